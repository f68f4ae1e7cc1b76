"""The figures of diversity: the spread of seeds against the inpainted %, their matrix, and their contact sheet."""

from collections.abc import Iterator, Sequence
from math import isfinite, isnan

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from riptui.arrays import Image
from riptui.figures import sheet, style
from riptui.figures.curve_view import CurveView
from riptui.results.diversity import ConditionDiversity, SetDiversity
from riptui.spec import Box

MAX_MATRICES = 3  # pictures, as in the paper's figure 13
MAX_LABELLED = 24  # seeds; the labels of more would overlap
MAX_TILES = 100
COLUMNS = 10  # of a contact sheet
COLOURS = "magma"  # even in lightness, so that it reads in grey


def draw_spread(conditions: Sequence[ConditionDiversity], sizes: Sequence[int], unit: str) -> Figure:
    """Mean distance between the seeds of a picture, and Vendi score per seed, against the inpainted %.

    conditions: of one inpainter with its settings, one per mask size; sizes: the mask sizes of all.
    """
    marks = style.mark_styles(sizes)
    figure = style.empty_figure(style.PAGE_WIDTH, 2.9)
    last = max(point.inpainted for condition in conditions for point in condition.points)
    has_vendi = any(isfinite(point.vendi.value) for condition in conditions for point in condition.points)
    panels = figure.subplots(1, 1 + has_vendi, squeeze=False)[0]
    for condition in conditions:
        mark = marks[_mask(condition)]
        x = [point.inpainted for point in condition.points]
        seeds = [point.trajectories / point.pictures for point in condition.points]
        columns = [[point.distance for point in condition.points], [point.vendi for point in condition.points]]
        for axes, estimates, scale in zip(panels, columns, ([1.0] * len(x), seeds), strict=False):
            y = np.array([estimate.value for estimate in estimates]) / scale
            low, high = (
                np.array([getattr(estimate, end) for estimate in estimates]) / scale for end in ("low", "high")
            )
            bars = None if np.isnan(low).any() else np.array([y - low, high - y]).clip(0)
            options = style.marker_options(len(x))
            axes.errorbar(x, y, yerr=bars, elinewidth=0.7, capsize=1.8, **options, **mark)
    for axes, title in zip(panels, (f"distance between seeds ({unit})", "Vendi score / number of seeds"), strict=False):
        axes.set_title(style.safe_label(title, 60))
        style.set_percent_axis(axes, CurveView.AMOUNT, last_amount=last)
        axes.set_ylim(0, 1.06 * axes.get_ylim()[1])
    style.add_legend(figure, {mask: marks[mask] for mask in sorted({*map(_mask, conditions)})})
    return figure


def draw_matrices(sets: Sequence[SetDiversity], unit: str) -> Figure:
    """The distances between the seeds of a few pictures at their end, in the order by similarity; one scale for all.

    A square marks near-duplicates.
    """
    side = min(3.2, style.PAGE_WIDTH / len(sets))
    figure = style.empty_figure(max(0.5 * style.PAGE_WIDTH, side * len(sets)), side + 0.9)
    figure.set_layout_engine("compressed")  # "constrained" cuts the titles of squares above a common colour bar
    farthest = max(float(diversity.points[-1].compared.distances.max()) for diversity in sets)
    grid = figure.subplots(1, len(sets), squeeze=False)[0]
    for axes, diversity in zip(grid, sets, strict=True):
        point, seeds = diversity.points[-1], diversity.seed_set.seeds
        ordered = point.compared.distances[np.ix_(point.order, point.order)]
        picture = axes.imshow(ordered, cmap=COLOURS, vmin=0, vmax=farthest or 1, interpolation="nearest")
        axes.grid(visible=False)
        places = {place: row for row, place in enumerate(point.order)}
        for pair in point.near:
            for x, y in ((pair.first, pair.second), (pair.second, pair.first)):
                corner = (places[x] - 0.5, places[y] - 0.5)
                axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor="#56B4E9", linewidth=0.8))
        labels = [str(seeds[place]) for place in point.order] if len(seeds) <= MAX_LABELLED else []
        axes.set_xticks(range(len(labels)), labels, rotation=90, fontsize=6)
        axes.set_yticks(range(len(labels)), labels, fontsize=6)
        mask = diversity.seed_set.members[0].spec.mask_title
        axes.set_title(style.safe_label(f"{diversity.seed_set.picture}, {mask}", 26), fontsize=8)
    figure.colorbar(picture, ax=grid, location="bottom", shrink=0.6, aspect=40, label=style.safe_label(unit, 60))
    return figure


def draw_contact_sheet(diversity: SetDiversity, frames: Sequence[Image]) -> Figure:
    """The last frames of a set in the order by similarity. frames: of the members in `point.order`, at most MAX_TILES.

    What has a near-duplicate in the set is outlined.
    """
    point, seeds = diversity.points[-1], diversity.seed_set.seeds
    near = {place for pair in point.near for place in (pair.first, pair.second)}
    tiles = [
        sheet.Tile(
            frame,
            label_above=f"seed {seeds[place]}",
            outlined=Box(0, 0, len(frame), len(frame)) if place in near else None,
        )
        for place, frame in zip(point.order, frames, strict=False)
    ]
    rows = [tiles[start : start + COLUMNS] for start in range(0, len(tiles), COLUMNS)]
    return sheet.make_sheet(rows)


def spread_rows(conditions: Sequence[ConditionDiversity]) -> Iterator[dict[str, str | int | float | None]]:
    """The data of `draw_spread`."""
    for condition in conditions:
        for point in condition.points:
            yield {
                "mask": _mask(condition),
                "inpainted": point.inpainted,
                "pictures": point.pictures,
                "trajectories": point.trajectories,
                "distance": point.distance.value,
                "distance_low": _none_for_nan(point.distance.low),
                "distance_high": _none_for_nan(point.distance.high),
                "vendi": _none_for_nan(point.vendi.value),
                "vendi_low": _none_for_nan(point.vendi.low),
                "vendi_high": _none_for_nan(point.vendi.high),
                "near_pairs": point.near_pairs,
                "pairs": point.pairs,
                "distinct": point.distinct,
            }


def _none_for_nan(value: float) -> float | None:
    return None if isnan(value) else value


def _mask(condition: ConditionDiversity) -> int:
    return condition.sets[0].seed_set.members[0].spec.mask
