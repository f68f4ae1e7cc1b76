"""Pictures printed side by side in a command's output. No Textual.

The library textual-image makes the text, by its class for the protocol that our own probe chose: its automatic choice
leaves kitty over plain SSH blank, and prints rubbish in tmux. In tmux, and where it fails, our own encoders make it.
"""

from __future__ import annotations

import logging
import random
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riptui.graphics import kitty, sixel
from riptui.graphics.budget import LOCAL_BUDGET, REMOTE_BUDGET
from riptui.graphics.capabilities import Terminal
from riptui.graphics.encoding import quantize, resize
from riptui.graphics.fit import MAX_CELLS, PictureBox, fit
from riptui.graphics.half_blocks import ColourDepth, shrink, to_escape_codes, to_half_blocks
from riptui.graphics.rgb import RGBAArray, RGBArray

GAP_COLUMNS = 2
UNKNOWN_BACKGROUND = (0, 0, 0)


@dataclass(frozen=True)
class PrintedRow:
    """Pictures side by side: text with escape sequences that shows them, and how many columns each takes."""

    text: str
    columns: tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """The boxes of pictures side by side, from left to right, with their tops aligned."""

    boxes: tuple[PictureBox, ...]

    @property
    def rows(self) -> int:
        return max(box.rows for box in self.boxes)

    @property
    def columns(self) -> int:
        return sum(box.columns for box in self.boxes) + GAP_COLUMNS * (len(self.boxes) - 1)


def picture_row(
    images: Sequence[RGBArray], terminal: Terminal, size: tuple[int, int], depth: ColourDepth = "truecolor"
) -> PrintedRow | None:
    """Pictures side by side, as large as fit a window of `size` (columns, rows).

    None without room for them, or if pictures are off. They are scaled up by whole factors only, as in the app. The
    text ends at the start of the line below. depth: the colours of half blocks.
    """
    layout = None if terminal.protocol == "off" else fit_row(images, terminal, size)
    if layout is None:
        return None
    text = None if terminal.tmux else print_by_library(images, terminal, layout, depth)
    if text is None:
        text = print_by_own_encoders(images, terminal, layout, depth)
    if terminal.protocol == "sixel":
        text = "\n" * (layout.rows + sixel.ROWS_BELOW) + f"\x1b[{layout.rows + sixel.ROWS_BELOW}A" + text
    return PrintedRow(text, tuple(box.columns for box in layout.boxes))


def fit_row(images: Sequence[RGBArray], terminal: Terminal, size: tuple[int, int]) -> Layout | None:
    """Boxes of pictures side by side, each with the same room, in `size` (columns, rows); None without room."""
    columns = (min(size[0], MAX_CELLS) + GAP_COLUMNS) // len(images) - GAP_COLUMNS
    boxes = [fit(image.shape[1::-1], (columns, size[1]), terminal.cell, terminal.protocol) for image in images]
    found = tuple(box for box in boxes if box is not None)
    return Layout(found) if len(found) == len(boxes) else None


def print_by_library(images: Sequence[RGBArray], terminal: Terminal, layout: Layout, depth: ColourDepth) -> str | None:
    """The text by textual-image; None if it fails or does not keep to the layout."""
    try:
        from riptui.graphics import textual_image_text  # Rich and Pillow, 0.1 s

        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # 0.12 reads as Pillow 11 did
            if terminal.protocol == "halfblock":
                small = [shrink(image, box.columns, box.rows) for image, box in zip(images, layout.boxes, strict=True)]
                return textual_image_text.half_cells(small, terminal.cell, GAP_COLUMNS, depth)
            sheet = _draw_sheet(images, terminal, layout)
            return textual_image_text.pixels(sheet, terminal, (layout.columns, layout.rows))
    except Exception:  # we use parts of the library that are not its public API
        logging.getLogger(__name__).debug("textual-image failed; our own encoders print", exc_info=True)
        return None


def print_by_own_encoders(images: Sequence[RGBArray], terminal: Terminal, layout: Layout, depth: ColourDepth) -> str:
    """The text by the app's own encoders."""
    budget = REMOTE_BUDGET if terminal.remote else LOCAL_BUDGET
    if terminal.protocol == "halfblock":
        rows = [""] * layout.rows
        for index, (image, box) in enumerate(zip(images, layout.boxes, strict=True)):
            cells = to_half_blocks(shrink(image, box.columns, box.rows), depth)
            blank = " " * box.columns
            lines = [to_escape_codes(line) for line in cells] + [blank] * (layout.rows - box.rows)
            rows = [row + " " * (GAP_COLUMNS if index else 0) + line for row, line in zip(rows, lines, strict=True)]
        return "".join(f"{row}\n" for row in rows)
    sheet = _draw_sheet(images, terminal, layout)
    if terminal.protocol == "kitty":
        number = random.choice(kitty.random_numbers())
        picture = quantize(_flatten(sheet, terminal), budget.kitty_colours[0])
        sent = kitty.transmit(number, kitty.encode(picture), layout.columns, layout.rows, tmux=terminal.tmux)
        cells = kitty.placeholders(number, layout.columns, layout.rows, "")
        return sent + "".join(f"{to_escape_codes(row)}\n" for row in cells)
    bands = layout.rows * terminal.cell[1] // sixel.BAND * sixel.BAND
    picture = quantize(_flatten(sheet[:bands], terminal), budget.sixel_colours[0])
    control = sixel.encode(picture, terminal.background or UNKNOWN_BACKGROUND)
    return "\n" * layout.rows + f"\x1b7\x1b[{layout.rows}A{control}\x1b8"


def _draw_sheet(images: Sequence[RGBArray], terminal: Terminal, layout: Layout) -> RGBAArray:
    """The pictures on one image of whole cells, transparent where there is none."""
    cell_width, cell_height = terminal.cell
    sheet = np.zeros((layout.rows * cell_height, layout.columns * cell_width, 4), np.uint8)
    left = 0
    for image, box in zip(images, layout.boxes, strict=True):
        sheet[: box.height, left : left + box.width, :3] = resize(image, box.width, box.height)
        sheet[: box.height, left : left + box.width, 3] = 255
        left += (box.columns + GAP_COLUMNS) * cell_width
    return sheet


def _flatten(sheet: RGBAArray, terminal: Terminal) -> RGBArray:
    """The sheet on the terminal's background; on black where that is unknown."""
    background = np.array(terminal.background or UNKNOWN_BACKGROUND, np.uint8)
    return np.where(sheet[..., 3:] == 255, sheet[..., :3], background)
