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
from riptui.export.tables import Cell
from riptui.figures import style
from riptui.figures.drawing import Drawing, Missing, counted
from riptui.figures.material import Condition, Run, Subject
from riptui.spec import Box
from riptui.store.frames import frames
from riptui.terminal import printable

IN_A_ROW = 9  # pictures: the paper's 0 to 400 %
EXAMPLES = 3  # images of figure 1, and of 10 to 12
PIXELS = 256  # a side, at most, of a picture in a figure: 1.28 inches of print at 200 dpi
LARGEST = 1.9  # inches
GAP, HEAD, SIDE = 0.05, 0.2, 0.2  # inches between pictures, above a row of labels, beside a column of them
MOST_TRIED = 20  # images whose frames cannot be read, before a figure is given up
HALF_TONE = 128  # of the square in figure 6 that is going to be repainted


class Tile(NamedTuple):
    """A picture in its place, or an empty place."""

    image: Image | None
    above: str = ""
    beside: str = ""
    outlined: Box | None = None


Draw = Callable[[Subject], tuple[list[list[Tile]], list[dict[str, Cell]]]]
"""From an image to its rows of tiles, and the rows of the table that tells their frames."""


def before_and_after(condition: Condition) -> Iterator[Drawing | Missing]:
    """Figure 1: originals beside outcomes."""
    mask = _usual(condition.masks)
    tiles: list[list[Tile]] = []
    rows: list[dict[str, Cell]] = []
    damaged: list[str] = []
    having = [one for one in condition.subjects() if mask in one.runs]
    for _, found, table in _drawn(having, EXAMPLES, lambda one: _pair(one.first()[mask]), damaged):
        tiles += found
        rows += table
    if not tiles:
        yield Missing("1", condition.of, _NEEDS, damaged)
        return
    caption = f"Originals beside their outcomes: {counted(len(tiles), 'image')}, mask {mask} px, one trajectory each."
    yield Drawing("1", condition.stem("1"), caption, sheet(tiles), rows, damaged)


def sequences(condition: Condition) -> Iterator[Drawing | Missing]:
    """Figures 4 and 5: one trajectory each, a picture every 50 %."""
    mask = _usual(condition.masks)
    damaged: list[str] = []
    having = [one for one in condition.subjects() if mask in one.runs]
    found = _drawn(having, 2, lambda one: _every_half([one.first()[mask]], beside=False), damaged)
    numbers = iter(("4", "5"))
    for subject, tiles, rows in found:
        number = next(numbers)
        run = subject.first()[mask]
        caption = f"{_thinned(run)} of {subject.name}, mask {mask} px, seed {run.spec.seed}; n = 1 trajectory."
        yield Drawing(number, condition.stem(number), caption, sheet(tiles), rows, damaged)
    for number in numbers:
        needs = _NEEDS if number == "4" else "a second image, its pictures not damaged"
        yield Missing(number, condition.of, needs, damaged)


def by_mask_size(condition: Condition) -> Iterator[Drawing | Missing]:
    """Figures 10 to 12: an image each, a row per mask size."""
    damaged: list[str] = []
    having = [one for one in condition.subjects() if len(one.runs) > 1]
    found = _drawn(having, EXAMPLES, lambda one: _every_half([*one.first().values()], beside=True), damaged)
    numbers = iter(("10", "11", "12"))
    for subject, tiles, rows in found:
        number, runs = next(numbers), subject.first()
        caption = (
            f"{_thinned(next(iter(runs.values())))} of {subject.name}, a row for each mask size: "
            f"{', '.join(map(str, runs))} px; n = {counted(len(runs), 'trajectory')}."
        )
        yield Drawing(number, condition.stem(number), caption, sheet(tiles), rows, damaged)
    for number in numbers:
        needs = f"{'an' if number == '10' else 'another'} image with two mask sizes, its pictures not damaged"
        yield Missing(number, condition.of, needs, damaged)


def two_iterations(condition: Condition) -> Iterator[Drawing | Missing]:
    """Figure 6: before, masked, inpainted; iteration 1 and below it iteration 2."""
    mask = _usual(condition.masks)
    damaged: list[str] = []
    having = [one for one in condition.subjects() if mask in one.runs]
    for subject, tiles, rows in _drawn(having, 1, lambda one: _first_two(one.first()[mask]), damaged):
        run = subject.first()[mask]
        caption = (
            f"The first {'two iterations' if len(tiles) > 1 else 'iteration'} on {subject.name}: the frame before, "
            f"the square that was drawn in grey, and the frame after it; mask {mask} px, seed {run.spec.seed}, "
            "n = 1 trajectory."
        )
        yield Drawing("6", condition.stem("6"), caption, sheet(tiles), rows, damaged)
        return
    yield Missing("6", condition.of, _NEEDS, damaged)


def sheet(tiles: Sequence[Sequence[Tile]]) -> Figure:
    """Rows of square pictures, labels above them and at their left."""
    columns = max(map(len, tiles))
    left = SIDE if any(row[0].beside for row in tiles) else 0.0
    side = min(LARGEST, (style.WIDTH - left - (columns - 1) * GAP) / columns)
    heads = [HEAD if any(tile.above for tile in row) else 0.0 for row in tiles]
    width = left + columns * (side + GAP) - GAP
    height = sum(heads) + len(tiles) * (side + GAP) - GAP
    figure = style.blank(width, height)
    figure.set_layout_engine("none")
    top = height
    for row, head in zip(tiles, heads, strict=True):
        top -= head + side
        for column, tile in enumerate(row):
            x = left + column * (side + GAP)
            axes = figure.add_axes((x / width, top / height, side / width, side / height))
            _place(axes, tile)
        top -= GAP
    return figure


_NEEDS = "a trajectory that is computed to its end and not damaged: riptui resume, riptui check"


def _place(axes: Axes, tile: Tile) -> None:
    axes.set_axis_off()
    if tile.image is not None:
        size = min(PIXELS, len(tile.image))
        small = PIL.Image.fromarray(tile.image).resize((size, size), PIL.Image.Resampling.LANCZOS)
        axes.imshow(np.asarray(small), extent=(0, len(tile.image), len(tile.image), 0))
    if tile.above:
        axes.set_title(tile.above, pad=3, fontsize=7.5)
    if tile.beside:
        axes.annotate(
            tile.beside,
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


def _drawn(
    subjects: Sequence[Subject], most: int, draw: Draw, damaged: list[str]
) -> Iterator[tuple[Subject, list[list[Tile]], list[dict[str, Cell]]]]:
    """The first few images whose frames can be read; why others cannot goes to `damaged`."""
    count = 0
    for subject in subjects[: most + MOST_TRIED]:
        if count == most:
            return
        try:
            tiles, rows = draw(subject)
        except (DamagedError, InputError) as error:  # InputError: rows in the middle cannot be read
            damaged.append(str(error))
            continue
        count += 1
        yield subject, tiles, rows


def _usual(masks: Sequence[int]) -> int:
    """The middle mask size."""
    return masks[(len(masks) - 1) // 2]


def _pair(run: Run) -> tuple[list[list[Tile]], list[dict[str, Cell]]]:
    last = run.spec.iterations
    (_, before), (_, after) = frames(run.trajectory, [0, last])
    name = style.label(run.spec.source_name, 27)
    tiles = [Tile(before, above=name), Tile(after, above=f"after {run.spec.inpainted(last):.4g} %")]
    return [tiles], _rows(run, [0, last])


def _every_half(runs: Sequence[Run], *, beside: bool) -> tuple[list[list[Tile]], list[dict[str, Cell]]]:
    """A row of tiles a run, equal amounts below one another; places without a frame of that amount are empty."""
    chosen = [{run.spec.inpainted(k): k for k in shown(run)} for run in runs]
    amounts = sorted({amount for columns in chosen for amount in columns})
    tiles, rows = [], []
    for run, columns in zip(runs, chosen, strict=True):
        images = dict(frames(run.trajectory, columns.values()))
        heads = [_percent(amount) for amount in amounts] if run is runs[0] else [""] * len(amounts)
        sides = [f"{run.spec.mask} px" if beside and not at else "" for at in range(len(amounts))]
        pictures = [images.get(columns.get(amount, -1)) for amount in amounts]
        tiles.append(list(map(Tile, pictures, heads, sides)))
        rows += _rows(run, columns.values())
    return tiles, rows


def _first_two(run: Run) -> tuple[list[list[Tile]], list[dict[str, Cell]]]:
    count = min(2, run.spec.iterations)
    boxes = [row.box for row in run.trajectory.rows()[:count]]
    images: Mapping[int, Image] = dict(frames(run.trajectory, range(count + 1)))
    tiles = []
    for k, box in enumerate(boxes, 1):
        masked = images[k - 1].copy()
        masked[box.window] = HALF_TONE
        tiles.append(
            [
                Tile(images[k - 1], "original" if k == 1 else f"frame {k - 1}", f"iteration {k}"),
                Tile(masked, "masked", outlined=box),
                Tile(images[k], f"inpainted: frame {k}"),
            ]
        )
    return tiles, _rows(run, range(count + 1))


def shown(run: Run) -> list[int]:
    """The iterations of a sequence: every 50 %, or as many halves as make at most nine pictures."""
    halves = run.spec.halves()
    step = -(-(len(halves) - 1) // (IN_A_ROW - 1))
    return sorted({*halves[::step], halves[-1]}) if step else halves


def _thinned(run: Run) -> str:
    chosen = shown(run)
    every = run.spec.inpainted(chosen[1]) if len(chosen) > 1 else 0
    return f"A picture every {every:.4g} % inpainted"


def _percent(inpainted: float) -> str:
    return f"{inpainted:.4g} %" if inpainted else "original"


def _rows(run: Run, chosen: Iterable[int]) -> list[dict[str, Cell]]:
    covered = run.trajectory.coverage()
    place = {**run.identity(), "trajectory": printable(str(run.trajectory.path))}
    return [{**place, "k": k, "inpainted": run.spec.inpainted(k), "coverage": covered[k]} for k in chosen]
