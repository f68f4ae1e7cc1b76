"""A sheet: rows of square pictures with labels, the form of all figures that show frames."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import PIL.Image
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from riptui.arrays import Image
from riptui.figures import style
from riptui.spec import Box

MAX_PIXELS = 256  # px per side of a picture in a figure: 1.28 inches of print at 200 dpi
MAX_INCHES = 1.9  # inches per side of a picture
GAP_INCHES, HEAD_INCHES, SIDE_INCHES = 0.05, 0.2, 0.2  # between pictures; for labels above a row and beside it
FOOT_INCHES = 0.16  # for labels below a row


class Tile(NamedTuple):
    """One cell of a sheet: a picture with its labels, or empty."""

    image: Image | None
    label_above: str = ""
    label_beside: str = ""
    outlined: Box | None = None
    label_below: str = ""


def make_sheet(tiles: Sequence[Sequence[Tile]]) -> Figure:
    """A figure of rows of square pictures, with labels above and to the left of them."""
    heads = [HEAD_INCHES if any(tile.label_above for tile in row) else 0.0 for row in tiles]
    beside = SIDE_INCHES if any(row[0].label_beside for row in tiles) else 0.0
    foot = FOOT_INCHES if any(tile.label_below for row in tiles for tile in row) else 0.0
    figure, grid, side = lay_out([*map(len, tiles)], heads, beside=beside, foot=foot)
    for row, axes_of_row in zip(tiles, grid, strict=True):
        for tile, axes in zip(row, axes_of_row, strict=True):
            _draw_tile(axes, tile, min(MAX_PIXELS, round(side * style.DPI)))
    return figure


def lay_out(
    lengths: Sequence[int], heads: Sequence[float], *, beside: float = 0.0, foot: float = 0.0, below: float = 0.0
) -> tuple[Figure, list[list[Axes]], float]:
    """An empty figure with rows of so many squares, these by row, and their side in inches.

    Inches are kept free above each row (`heads`), below each (`foot`), at the left, and below all.
    """
    columns = max(lengths)
    side = min(MAX_INCHES, (style.PAGE_WIDTH - beside - (columns - 1) * GAP_INCHES) / columns)
    width = beside + columns * (side + GAP_INCHES) - GAP_INCHES
    height = sum(heads) + len(lengths) * (side + foot + GAP_INCHES) - GAP_INCHES + below
    figure = style.empty_figure(width, height)
    figure.set_layout_engine("none")
    top, grid = height, []
    for length, head in zip(lengths, heads, strict=True):
        top -= head + side
        lefts = [beside + column * (side + GAP_INCHES) for column in range(length)]
        grid.append([figure.add_axes((x / width, top / height, side / width, side / height)) for x in lefts])
        top -= GAP_INCHES + foot
    return figure, grid, side


def _draw_tile(axes: Axes, tile: Tile, max_pixels: int) -> None:
    axes.set_axis_off()
    if tile.image is not None:
        size = min(max_pixels, len(tile.image))
        small = PIL.Image.fromarray(tile.image).resize((size, size), PIL.Image.Resampling.LANCZOS)
        axes.imshow(np.asarray(small), extent=(0, len(tile.image), len(tile.image), 0))
    if tile.label_above:
        axes.set_title(tile.label_above, pad=3, fontsize=7.5)
    if tile.label_below:
        style.label_below(axes, tile.label_below)
    if tile.label_beside:
        style.label_beside(axes, tile.label_beside)
    if tile.outlined:
        x, y, width, height = tile.outlined
        axes.add_patch(Rectangle((x, y), width, height, fill=False, edgecolor="white", linewidth=1.6))
        axes.add_patch(Rectangle((x, y), width, height, fill=False, edgecolor="black", linewidth=0.8))
