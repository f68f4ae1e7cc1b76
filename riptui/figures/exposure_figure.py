"""The figure of what recursion does: error by exposure, and the curve against its coverage null."""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from riptui.export.tables import TableCell
from riptui.figures import style
from riptui.figures.curve_view import CurveView
from riptui.figures.data import mask_titles
from riptui.metrics.display import in_display_order
from riptui.results.bootstrap import MIN_INTERVAL_IMAGES
from riptui.results.exposure import LUMA, PATCH_ERRORS
from riptui.results.recursion_analysis import RecursionGroup
from riptui.results.recursion_effect import RecursionEffect
from riptui.text.units import format_count, format_counts
from riptui.tile_runs import TILE_PX


def draw_exposure(groups: Sequence[RecursionGroup], sizes: Sequence[int]) -> Figure:
    """Two panels for each of `drawn_errors`, a colour per mask size.

    `groups`: of one condition; `sizes`: the mask sizes of all conditions.
    """
    marks = style.mark_styles(sizes)
    names = drawn_errors(groups)
    figure = style.empty_figure(style.PAGE_WIDTH, 0.4 + 2.6 * len(names))
    last = max(group.effects[LUMA].curve[-1].inpainted for group in groups)
    for name, (left, right) in zip(names, figure.subplots(len(names), 2, squeeze=False), strict=True):
        for group in groups:
            if effect := group.effects.get(name):
                exposures = [mean.exposure for mean in effect.by_exposure]
                style.draw_estimates(
                    left, exposures, [mean.error for mean in effect.by_exposure], marks[group.spec.mask]
                )
                _draw_null(right, effect, marks[group.spec.mask])
        left.set_title("error by number of repaints")
        left.set_xlabel("repaints of the square")
        left.set_ylabel("luma error (levels)" if name == LUMA else f"{style.axis_name(name)}, of squares")
        left.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        right.set_title("error of the frame, and of coverage alone")
        spec = groups[0].spec
        passes = spec.passes(1) if spec.whole_image else 0
        style.set_percent_axis(right, CurveView.AMOUNT, last_amount=last, passes=passes)
        for axes in (left, right):
            axes.set_ylim(bottom=0)
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=style.FAINT, linestyle="--", linewidth=1, label="coverage null"),
        Patch(color=style.FAINT, alpha=0.25, linewidth=0, label="excess"),
    ]
    shown = {group.spec.mask: marks[group.spec.mask] for group in groups}
    style.add_legend(figure, shown, handles, titles=mask_titles(group.spec for group in groups))
    return figure


def drawn_errors(groups: Sequence[RecursionGroup]) -> list[str]:
    """The luma error, and an LPIPS of squares if any group has one."""
    others = [name for group in groups for name in group.effects if name not in PATCH_ERRORS]
    return [LUMA, *in_display_order(others)[:1]]


def exposure_rows(groups: Sequence[RecursionGroup]) -> Iterator[dict[str, TableCell]]:
    """The data of the figure, and the same for the other errors."""
    for group in groups:
        for name, effect in group.effects.items():
            shared: dict[str, TableCell] = {"mask": group.spec.mask, "error": name, "images": effect.images}
            empty = dict.fromkeys(("exposure", "repaints", "inpainted", "value", "low", "high", "null"))
            for mean in effect.by_exposure:
                counts = {"exposure": mean.exposure, "repaints": mean.repaints}
                yield {**shared, **empty, **counts, **mean.error.cells()}
            for point in effect.curve:
                yield {**shared, **empty, "inpainted": point.inpainted, "value": point.error, "null": point.null}


def exposure_caption(groups: Sequence[RecursionGroup]) -> str:
    """The caption of the figure, with every n."""
    images = {group.effects[LUMA].images for group in groups}
    trajectories = sum(group.effects[LUMA].trajectories for group in groups)
    intervals = (
        "bars are 95 % intervals by image"
        if max(images) >= MIN_INTERVAL_IMAGES
        else f"no intervals over fewer than {MIN_INTERVAL_IMAGES} images"
    )
    whole = all(group.spec.whole_image for group in groups)
    against = "the passes over the image" if whole else "the inpainted amount"
    tiles = "" if all(group.spec.is_on_grid for group in groups) else f" A square is here a tile of {TILE_PX} px."
    of_lpips = "".join(f" Below, the same by {name}." for name in drawn_errors(groups)[1:])
    return (
        "Left: mean luma error of squares right after their first, second, third ... repaint, each square compared "
        f"with itself; {intervals}. Right: mean luma error of the frame against {against}; dashed: what it would be if "
        "each square had stayed as its first repaint left it (coverage null); shaded: the excess. "
        f"n = {format_counts(images, 'image')}, {format_count(trajectories, 'trajectory')}.{of_lpips}{tiles}"
    )


def _draw_null(axes: Axes, effect: RecursionEffect, mark: style.MarkStyle) -> None:
    x, error, null = np.array([(point.inpainted, point.error, point.null) for point in effect.curve]).T
    axes.plot(x, error, color=mark["color"])
    axes.plot(x, null, color=mark["color"], linestyle="--", linewidth=1)
    axes.fill_between(x, null, error, color=mark["color"], alpha=0.25, linewidth=0)
