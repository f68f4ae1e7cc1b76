"""How large a picture is shown: as large as there is room, its proportions kept."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from riptui.tui.graphics.terminal import Protocol


@dataclass(frozen=True)
class Box:
    """The place of a picture: a number of cells, and the pixels of the screen that the picture takes within them."""

    columns: int
    rows: int
    width: int
    height: int


def fit(image: tuple[int, int], room: tuple[int, int], cell: tuple[int, int], protocol: Protocol) -> Box | None:
    """The box for an image of (width, height) pixels in a room of (columns, rows); None where there is no room.

    A picture is shrunk as far as needed, and never blown up except by a whole number: then each of its pixels is a
    sharp square, and nothing on the screen is interpolated that the model did not paint.
    """
    if min(*image, *room) < 1:
        return None
    width, height = image
    cell_width, cell_height = cell
    scale = min(room[0] * cell_width / width, room[1] * cell_height / height)
    unit = cell_width if protocol == "halfblock" else 1  # screen pixels that one of the image's takes unscaled
    if scale > unit:
        scale = unit * int(scale / unit)
    shown = max(1, round(width * scale)), max(1, round(height * scale))
    whole = round if protocol == "halfblock" else ceil
    columns = min(room[0], max(1, whole(shown[0] / cell_width)))
    rows = min(room[1], max(1, whole(shown[1] / cell_height)))
    return Box(columns, rows, min(shown[0], columns * cell_width), min(shown[1], rows * cell_height))
