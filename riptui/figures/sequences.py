"""Figures 1, 2, 4 to 6 and 10 to 12: sequences of pictures. Every frame they show is verified when it is read."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from riptui.arrays import Image
from riptui.errors import DamagedError, InputError
from riptui.export.tables import TableCell
from riptui.figures import style
from riptui.figures.data import CompleteRun, Condition, ImageRuns
from riptui.figures.figure import PlottedFigure, SkippedFigure
from riptui.figures.sheet import Tile, make_sheet
from riptui.store.frames import read_frames, read_region
from riptui.text.terminal import printable
from riptui.text.units import format_count, format_inpainted

MAX_PICTURES = 9  # pictures: the paper's 0 to 400 %
MAX_EXAMPLES = 3  # images of figure 1, and of 10 to 12
MAX_UNREADABLE = 20  # images with unreadable frames after which a figure is given up
MASK_GREY = 128  # grey of the masked square in figures 2 and 6

DrawTiles = Callable[[ImageRuns], tuple[list[list[Tile]], list[dict[str, TableCell]]]]
"""From an image to its rows of tiles, and the table rows that identify their frames."""


def draw_before_and_after(condition: Condition) -> Iterator[PlottedFigure | SkippedFigure]:
    """Figure 1: originals beside last frames."""
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
    what = _describe_mask(next(run for run in condition.runs if run.spec.mask == mask), mask)
    caption = f"Originals and last frames: {format_count(len(tiles), 'image')}, {what}, one trajectory each."
    yield PlottedFigure("1", condition.stem("1"), caption, make_sheet(tiles), rows, damaged)


def draw_one_inpainting(condition: Condition) -> Iterator[PlottedFigure | SkippedFigure]:
    """Figure 2: original, masked, inpainted."""
    mask = large_mask(condition)
    damaged: list[str] = []
    candidates = [image for image in condition.images() if mask in image.runs]
    for image, tiles, rows in _draw_readable(
        candidates, 1, lambda image: _first_iterations(image.run_per_mask()[mask], 1), damaged
    ):
        caption = (
            f"The first inpainting of {image.name}: the original, the drawn square in grey, and the frame after it; "
            f"mask {mask} px, seed {image.run_per_mask()[mask].spec.seed}, n = 1 trajectory."
        )
        yield PlottedFigure("2", condition.stem("2"), caption, make_sheet(tiles), rows, damaged)
        return
    yield SkippedFigure("2", condition.label, _NEEDS, damaged)


def draw_sequences(condition: Condition) -> Iterator[PlottedFigure | SkippedFigure]:
    """Figures 4 and 5: one trajectory each at `large_mask`, one picture every 50 %: two iterations at 256 px."""
    mask = large_mask(condition)
    damaged: list[str] = []
    candidates = [image for image in condition.images() if mask in image.runs]
    found = _draw_readable(
        candidates, 2, lambda image: _every_half([image.run_per_mask()[mask]], label_rows=False), damaged
    )
    numbers = iter(("4", "5"))
    for image, tiles, rows in found:
        number = next(numbers)
        run = image.run_per_mask()[mask]
        caption = (
            f"{_describe_interval(run)} of {image.name}, {_describe_mask(run, mask)}, seed {run.spec.seed}; "
            f"n = 1 trajectory{_paper_mask_note(run)}."
        )
        yield PlottedFigure(number, condition.stem(number), caption, make_sheet(tiles), rows, damaged)
    for number in numbers:
        needs = _NEEDS if number == "4" else "a second image with undamaged frames"
        yield SkippedFigure(number, condition.label, needs, damaged)


def draw_mask_sizes(condition: Condition) -> Iterator[PlottedFigure | SkippedFigure]:
    """Figures 10 to 12: one image each, one row per mask size."""
    damaged: list[str] = []
    candidates = [image for image in condition.images() if len(image.runs) > 1]
    found = _draw_readable(
        candidates, MAX_EXAMPLES, lambda image: _every_half([*image.run_per_mask().values()], label_rows=True), damaged
    )
    numbers = iter(("10", "11", "12"))
    for image, tiles, rows in found:
        number, runs = next(numbers), image.run_per_mask()
        caption = (
            f"{_describe_interval(next(iter(runs.values())))} of {image.name}, one row per mask size: "
            f"{', '.join(map(str, runs))} px; n = {format_count(len(runs), 'trajectory')}."
        )
        yield PlottedFigure(number, condition.stem(number), caption, make_sheet(tiles), rows, damaged)
    for number in numbers:
        needs = f"{'an' if number == '10' else 'another'} image with two mask sizes and undamaged frames"
        yield SkippedFigure(number, condition.label, needs, damaged)


def draw_two_iterations(condition: Condition) -> Iterator[PlottedFigure | SkippedFigure]:
    """Figure 6: frame before, masked, inpainted; iteration 1 above iteration 2."""
    mask = _middle_mask(condition.masks)
    damaged: list[str] = []
    candidates = [image for image in condition.images() if mask in image.runs]
    for image, tiles, rows in _draw_readable(
        candidates, 1, lambda image: _first_iterations(image.run_per_mask()[mask], 2), damaged
    ):
        run = image.run_per_mask()[mask]
        caption = (
            f"The first {'two iterations' if len(tiles) > 1 else 'iteration'} on {image.name}: the frame before, "
            f"the drawn square in grey, and the frame after it; mask {mask} px, seed {run.spec.seed}, "
            "n = 1 trajectory."
        )
        yield PlottedFigure("6", condition.stem("6"), caption, make_sheet(tiles), rows, damaged)
        return
    yield SkippedFigure("6", condition.label, _NEEDS, damaged)


_NEEDS = "a finished, undamaged trajectory (riptui resume, riptui check)"


def _draw_readable(
    images: Sequence[ImageRuns], max_images: int, draw: DrawTiles, damaged: list[str]
) -> Iterator[tuple[ImageRuns, list[list[Tile]], list[dict[str, TableCell]]]]:
    """Draw the first `max_images` images whose frames can be read; errors of others are added to `damaged`."""
    count = 0
    for image in images[: max_images + MAX_UNREADABLE]:
        if count == max_images:
            return
        try:
            tiles, rows = draw(image)
        except (DamagedError, InputError) as error:  # InputError: unreadable rows in the middle
            damaged.append(str(error))
            continue
        count += 1
        yield image, tiles, rows


def _middle_mask(masks: Sequence[int]) -> int:
    return masks[(len(masks) - 1) // 2]


def large_mask(condition: Condition) -> int:
    """The mask of figures 2, 4 and 5: half as wide as the picture, the paper's 256 px of 512, or the nearest to it."""
    half = condition.runs[0].spec.size // 2
    return min(condition.masks, key=lambda mask: (abs(mask - half), mask))


def _before_and_after(run: CompleteRun) -> tuple[list[list[Tile]], list[dict[str, TableCell]]]:
    last = run.spec.iterations
    (_, before), (_, after) = read_frames(run.trajectory, [0, last])
    name = style.safe_label(run.spec.source_name, 27)
    amount = _progress(run, run.spec.inpainted(last))
    tiles = [Tile(before, label_above=name), Tile(after, label_above=f"after {amount}")]
    return [tiles], _rows(run, [0, last])


def _every_half(
    runs: Sequence[CompleteRun], *, label_rows: bool
) -> tuple[list[list[Tile]], list[dict[str, TableCell]]]:
    """One row of tiles per run, one column per amount; a tile is empty if the run has no frame of that amount."""
    chosen = [{run.spec.inpainted(k): k for k in choose_iterations(run)} for run in runs]
    amounts = sorted({amount for columns in chosen for amount in columns})
    tiles, rows = [], []
    for run, columns in zip(runs, chosen, strict=True):
        images = dict(read_frames(run.trajectory, columns.values()))
        heads = [_progress(run, amount) for amount in amounts] if run is runs[0] else [""] * len(amounts)
        sides = [f"{run.spec.mask} px" if label_rows and not index else "" for index in range(len(amounts))]
        pictures = [images.get(columns.get(amount, -1)) for amount in amounts]
        tiles.append(list(map(Tile, pictures, heads, sides)))
        rows += _rows(run, columns.values())
    return tiles, rows


def _first_iterations(run: CompleteRun, count: int) -> tuple[list[list[Tile]], list[dict[str, TableCell]]]:
    """A row of tiles for each of the first `count` iterations: before, masked, after; labelled if there are several."""
    count = min(count, run.spec.iterations)
    regions = [read_region(run.trajectory, k) for k in range(1, count + 1)]
    images: Mapping[int, Image] = dict(read_frames(run.trajectory, range(count + 1)))
    tiles = []
    for k, region in enumerate(regions, 1):
        masked = images[k - 1].copy()
        masked[region.in_frame(len(masked))] = MASK_GREY
        tiles.append(
            [
                Tile(images[k - 1], "original" if k == 1 else f"frame {k - 1}", f"iteration {k}" if count > 1 else ""),
                Tile(masked, "masked", outlined=None if region.mask is not None else region.box),
                Tile(images[k], f"inpainted: frame {k}"),
            ]
        )
    return tiles, _rows(run, range(count + 1))


def choose_iterations(run: CompleteRun) -> list[int]:
    """The iterations of a sequence: every 50 %, or every multiple of it that gives at most nine pictures."""
    halves = run.spec.point_iterations()
    step = -(-(len(halves) - 1) // (MAX_PICTURES - 1))
    return sorted({*halves[::step], halves[-1]}) if step else halves


def _describe_interval(run: CompleteRun) -> str:
    chosen = choose_iterations(run)
    first = chosen[1] if len(chosen) > 1 else 0
    if run.spec.whole_image:
        return f"One picture every {format_count(run.spec.passes(first), 'pass')}"
    between = format_inpainted(run.spec.inpainted(first))
    return f"One picture every {between} inpainted ({format_count(first, 'iteration')})"


def _describe_mask(run: CompleteRun, mask: int) -> str:
    return "whole image" if run.spec.whole_image else f"mask {mask} px"


def _paper_mask_note(run: CompleteRun) -> str:
    """Where a trajectory's mask is not the paper's for figures 4 and 5."""
    half = run.spec.size // 2
    return (
        ""
        if run.spec.mask == half or run.spec.whole_image
        else f"; the paper's mask is {half} px, which no trajectory here has"
    )


def _progress(run: CompleteRun, inpainted: float) -> str:
    """What is written above a frame: 50 %, or pass 3 over the whole image."""
    if run.spec.whole_image and inpainted:
        return f"pass {run.spec.passes(round(inpainted / 100))}"
    return format_inpainted(inpainted) if inpainted else "original"


def _rows(run: CompleteRun, chosen: Iterable[int]) -> list[dict[str, TableCell]]:
    covered = run.trajectory.read_coverage()
    identity = {**run.identity(), "trajectory": printable(str(run.trajectory.path))}
    return [{**identity, "k": k, "inpainted": run.spec.inpainted(k), "coverage": covered[k]} for k in chosen]
