"""The size at which a picture is shown: as large as fits, with its proportions."""

from dataclasses import dataclass
from math import ceil

from riptui.graphics.capabilities import GraphicsProtocol
from riptui.graphics.sixel import BAND

MAX_CELLS = 297  # columns or rows: kitty has marks for no more
MAX_SIXEL_SIDE = 1000  # pixels: by default xterm cuts off larger pictures


@dataclass(frozen=True)
class PictureBox:
    """The place that a picture takes: `columns` and `rows` of cells, and in them `width` x `height` screen pixels."""

    columns: int
    rows: int
    width: int
    height: int
    smooth: bool = False
    """Whether a picture that is scaled up is smoothed: by a fraction, its pixels would be squares of unlike sizes."""


def fit(
    image: tuple[int, int], available: tuple[int, int], cell: tuple[int, int], protocol: GraphicsProtocol
) -> PictureBox | None:
    """The box of an image of (width, height) pixels where (columns, rows) are available; None without room.

    cell: (width, height) of a cell in pixels.

    A picture is shrunk as far as needed, but scaled up only by a whole factor: then each of its pixels is a sharp
    square, and the screen shows nothing that the model did not paint.
    """
    if min(*image, *available) < 1:
        return None
    columns, rows = min(available[0], MAX_CELLS), min(available[1], MAX_CELLS)
    scale = min(columns * cell[0] / image[0], rows * cell[1] / image[1])
    if protocol == "sixel":
        scale = min(scale, MAX_SIXEL_SIDE / max(image))
    unit = cell[0] if protocol == "halfblock" else 1  # screen pixels per image pixel
    if scale > unit:
        scale = unit * int(scale / unit)
    width, height = max(1, round(image[0] * scale)), max(1, round(image[1] * scale))
    if protocol == "sixel" and height > cell[1]:
        # As many whole bands as fit into whole cells: terminals draw the last band in full, and tmux counts it in full.
        height = height // cell[1] * cell[1] // BAND * BAND
        width = max(1, round(height * image[0] / image[1]))
    round_cells = round if protocol == "halfblock" else ceil
    columns = min(columns, max(1, round_cells(width / cell[0])))
    rows = min(rows, max(1, round_cells(height / cell[1])))
    return PictureBox(columns, rows, min(width, columns * cell[0]), min(height, rows * cell[1]))
