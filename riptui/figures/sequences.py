"""Figures 1, 4, 5, 6 and 10 to 12: the pictures themselves. All they show is read and verified frame by frame."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import PIL.Image
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from riptui.arrays import Image
from riptui.errors import DamagedError, InputError
from riptui.export.tables import TableCell
from riptui.figures import style
from riptui.figures.data import CompleteRun, Condition, ImageRuns
from riptui.figures.figure import PlottedFigure, SkippedFigure
from riptui.spec import Box
from riptui.store.frames import read_frames
from riptui.text.terminal import printable
from riptui.text.units import format_count

MAX_PICTURES = 9  # pictures: the paper's 0 to 400 %
MAX_EXAMPLES = 3  # images of figure 1, and of 10 to 12
MAX_PIXELS = 256  # a side, at most, of a picture in a figure: 1.28 inches of print at 200 dpi
MAX_INCHES = 1.9  # inches
GAP_INCHES, HEAD_INCHES, SIDE_INCHES = (
    0.05,
    0.2,
    0.2,
)  # inches between pictures, above a row of labels, beside a column of them
MAX_UNREADABLE = 20  # images whose frames cannot be read, before a figure is given up
MASK_GREY = 128  # of the square in figure 6 that is going to be repainted


class Tile(NamedTuple):
    """A picture in its place, or an empty place."""

    image: Image | None
    label_above: str = ""
    label_beside: str = ""
    outlined: Box | None = None


DrawTiles = Callable[[ImageRuns], tuple[list[list[Tile]], list[dict[str, TableCell]]]]
"""From an image to its rows of tiles, and the rows of the table that tells their frames."""


def draw_before_and_after(condition: Condition) -> Iterator[PlottedFigure | SkippedFigure]:
    """Figure 1: originals beside outcomes."""
    mask = _middle_mask(condition.masks)
    tiles: list[list[Tile]] = []
    rows: list[dict[str, TableCell]] = []
    damaged: list[str] = []
    candidates = [image for image in condition.images() if mask in image.runs]
    for _, found, table in _draw_readable(
        candidates, MAX_EXAMPLES, lambda image: _before_and_after(image.run_per_mask()[mask]), damaged
    ):
        tiles += found
        rows += table
    if not tiles:
        yield SkippedFigure("1", condition.label, _NEEDS, damaged)
        return
    caption = f"Originals and last frames: {format_count(len(tiles), 'image')}, mask {mask} px, one trajectory each."
    yield PlottedFigure("1", condition.stem("1"), caption, make_sheet(tiles), rows, damaged)


def draw_sequences(condition: Condition) -> Iterator[PlottedFigure | SkippedFigure]:
    """Figures 4 and 5: one trajectory each, a picture every 50 %."""
    mask = _middle_mask(condition.masks)
    damaged: list[str] = []
    candidates = [image for image in condition.images() if mask in image.runs]
    found = _draw_readable(
        candidates, 2, lambda image: _every_half([image.run_per_mask()[mask]], label_rows=False), damaged
    )
    numbers = iter(("4", "5"))
    for image, tiles, rows in found:
        number = next(numbers)
        run = image.run_per_mask()[mask]
        caption = f"{_describe_interval(run)} of {image.name}, mask {mask} px, seed {run.spec.seed}; n = 1 trajectory."
        yield PlottedFigure(number, condition.stem(number), caption, make_sheet(tiles), rows, damaged)
    for number in numbers:
        needs = _NEEDS if number == "4" else "a second image with undamaged frames"
        yield SkippedFigure(number, condition.label, needs, damaged)


def draw_mask_sizes(condition: Condition) -> Iterator[PlottedFigure | SkippedFigure]:
    """Figures 10 to 12: an image each, a row per mask size."""
    damaged: list[str] = []
    candidates = [image for image in condition.images() if len(image.runs) > 1]
    found = _draw_readable(
        candidates, MAX_EXAMPLES, lambda image: _every_half([*image.run_per_mask().values()], label_rows=True), damaged
    )
    numbers = iter(("10", "11", "12"))
    for image, tiles, rows in found:
        number, runs = next(numbers), image.run_per_mask()
        caption = (
            f"{_describe_interval(next(iter(runs.values())))} of {image.name}, a row for each mask size: "
            f"{', '.join(map(str, runs))} px; n = {format_count(len(runs), 'trajectory')}."
        )
        yield PlottedFigure(number, condition.stem(number), caption, make_sheet(tiles), rows, damaged)
    for number in numbers:
        needs = f"{'an' if number == '10' else 'another'} image with two mask sizes and undamaged frames"
        yield SkippedFigure(number, condition.label, needs, damaged)


def draw_two_iterations(condition: Condition) -> Iterator[PlottedFigure | SkippedFigure]:
    """Figure 6: before, masked, inpainted; iteration 1 and below it iteration 2."""
    mask = _middle_mask(condition.masks)
    damaged: list[str] = []
    candidates = [image for image in condition.images() if mask in image.runs]
    for image, tiles, rows in _draw_readable(
        candidates, 1, lambda image: _first_two(image.run_per_mask()[mask]), damaged
    ):
        run = image.run_per_mask()[mask]
        caption = (
            f"The first {'two iterations' if len(tiles) > 1 else 'iteration'} on {image.name}: the frame before, "
            f"the square that was drawn in grey, and the frame after it; mask {mask} px, seed {run.spec.seed}, "
            "n = 1 trajectory."
        )
        yield PlottedFigure("6", condition.stem("6"), caption, make_sheet(tiles), rows, damaged)
        return
    yield SkippedFigure("6", condition.label, _NEEDS, damaged)


def make_sheet(tiles: Sequence[Sequence[Tile]]) -> Figure:
    """Rows of square pictures, labels above them and at their left."""
    columns = max(map(len, tiles))
    label_width = SIDE_INCHES if any(row[0].label_beside for row in tiles) else 0.0
    side = min(MAX_INCHES, (style.PAGE_WIDTH - label_width - (columns - 1) * GAP_INCHES) / columns)
    heads = [HEAD_INCHES if any(tile.label_above for tile in row) else 0.0 for row in tiles]
    width = label_width + columns * (side + GAP_INCHES) - GAP_INCHES
    height = sum(heads) + len(tiles) * (side + GAP_INCHES) - GAP_INCHES
    figure = style.empty_figure(width, height)
    figure.set_layout_engine("none")
    top = height
    for row, head in zip(tiles, heads, strict=True):
        top -= head + side
        for column, tile in enumerate(row):
            x = label_width + column * (side + GAP_INCHES)
            axes = figure.add_axes((x / width, top / height, side / width, side / height))
            _draw_tile(axes, tile)
        top -= GAP_INCHES
    return figure


_NEEDS = "a finished, undamaged trajectory: riptui resume, riptui check"


def _draw_tile(axes: Axes, tile: Tile) -> None:
    axes.set_axis_off()
    if tile.image is not None:
        size = min(MAX_PIXELS, len(tile.image))
        small = PIL.Image.fromarray(tile.image).resize((size, size), PIL.Image.Resampling.LANCZOS)
        axes.imshow(np.asarray(small), extent=(0, len(tile.image), len(tile.image), 0))
    if tile.label_above:
        axes.set_title(tile.label_above, pad=3, fontsize=7.5)
    if tile.label_beside:
        axes.annotate(
            tile.label_beside,
            xy=(0, 0.5),
            xycoords="axes fraction",
            xytext=(-3, 0),
            textcoords="offset points",
            rotation=90,
            ha="right",
            va="center",
            fontsize=7.5,
        )
    if tile.outlined:
        x, y, width, height = tile.outlined
        axes.add_patch(Rectangle((x, y), width, height, fill=False, edgecolor="white", linewidth=1.6))
        axes.add_patch(Rectangle((x, y), width, height, fill=False, edgecolor="black", linewidth=0.8))


def _draw_readable(
    images: Sequence[ImageRuns], max_images: int, draw: DrawTiles, damaged: list[str]
) -> Iterator[tuple[ImageRuns, list[list[Tile]], list[dict[str, TableCell]]]]:
    """The first few images whose frames can be read; why others cannot goes to `damaged`."""
    count = 0
    for image in images[: max_images + MAX_UNREADABLE]:
        if count == max_images:
            return
        try:
            tiles, rows = draw(image)
        except (DamagedError, InputError) as error:  # InputError: rows in the middle cannot be read
            damaged.append(str(error))
            continue
        count += 1
        yield image, tiles, rows


def _middle_mask(masks: Sequence[int]) -> int:
    """The middle mask size."""
    return masks[(len(masks) - 1) // 2]


def _before_and_after(run: CompleteRun) -> tuple[list[list[Tile]], list[dict[str, TableCell]]]:
    last = run.spec.iterations
    (_, before), (_, after) = read_frames(run.trajectory, [0, last])
    name = style.safe_label(run.spec.source_name, 27)
    tiles = [Tile(before, label_above=name), Tile(after, label_above=f"after {run.spec.inpainted(last):.4g} %")]
    return [tiles], _rows(run, [0, last])


def _every_half(
    runs: Sequence[CompleteRun], *, label_rows: bool
) -> tuple[list[list[Tile]], list[dict[str, TableCell]]]:
    """A row of tiles a run, equal amounts below one another; places without a frame of that amount are empty."""
    chosen = [{run.spec.inpainted(k): k for k in choose_iterations(run)} for run in runs]
    amounts = sorted({amount for columns in chosen for amount in columns})
    tiles, rows = [], []
    for run, columns in zip(runs, chosen, strict=True):
        images = dict(read_frames(run.trajectory, columns.values()))
        heads = [_percent(amount) for amount in amounts] if run is runs[0] else [""] * len(amounts)
        sides = [f"{run.spec.mask} px" if label_rows and not index else "" for index in range(len(amounts))]
        pictures = [images.get(columns.get(amount, -1)) for amount in amounts]
        tiles.append(list(map(Tile, pictures, heads, sides)))
        rows += _rows(run, columns.values())
    return tiles, rows


def _first_two(run: CompleteRun) -> tuple[list[list[Tile]], list[dict[str, TableCell]]]:
    count = min(2, run.spec.iterations)
    boxes = [row.box for row in run.trajectory.read_rows()[:count]]
    images: Mapping[int, Image] = dict(read_frames(run.trajectory, range(count + 1)))
    tiles = []
    for k, box in enumerate(boxes, 1):
        masked = images[k - 1].copy()
        masked[box.window] = MASK_GREY
        tiles.append(
            [
                Tile(images[k - 1], "original" if k == 1 else f"frame {k - 1}", f"iteration {k}"),
                Tile(masked, "masked", outlined=box),
                Tile(images[k], f"inpainted: frame {k}"),
            ]
        )
    return tiles, _rows(run, range(count + 1))


def choose_iterations(run: CompleteRun) -> list[int]:
    """The iterations of a sequence: every 50 %, or as many halves as make at most nine pictures."""
    halves = run.spec.keyframe_iterations()
    step = -(-(len(halves) - 1) // (MAX_PICTURES - 1))
    return sorted({*halves[::step], halves[-1]}) if step else halves


def _describe_interval(run: CompleteRun) -> str:
    chosen = choose_iterations(run)
    every = run.spec.inpainted(chosen[1]) if len(chosen) > 1 else 0
    return f"A picture every {every:.4g} % inpainted"


def _percent(inpainted: float) -> str:
    return f"{inpainted:.4g} %" if inpainted else "original"


def _rows(run: CompleteRun, chosen: Iterable[int]) -> list[dict[str, TableCell]]:
    covered = run.trajectory.read_coverage()
    identity = {**run.identity(), "trajectory": printable(str(run.trajectory.path))}
    return [{**identity, "k": k, "inpainted": run.spec.inpainted(k), "coverage": covered[k]} for k in chosen]
