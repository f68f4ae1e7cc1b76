"""The report's section on what recursion does: its figures, its tables, and when not to trust them."""

from collections.abc import Iterator, Sequence
from math import isfinite
from pathlib import Path

from riptui.figures import style
from riptui.figures.data import Condition
from riptui.figures.exposure_figure import draw_exposure, exposure_caption, exposure_rows
from riptui.figures.figure import PlottedFigure, WrittenFigure
from riptui.figures.markdown import (
    condition_title,
    escape_markdown,
    first_complaints,
    format_estimate,
    markdown_list,
    markdown_table,
    show_figures,
)
from riptui.figures.report_data import ReportData
from riptui.figures.section import ReportSection
from riptui.metrics.display import format_result
from riptui.results.bootstrap import IntervalEstimate
from riptui.results.curves import settings_title
from riptui.results.exposure import LUMA, PATCH_ERRORS
from riptui.results.recursion_analysis import RecursionAnalysis, RecursionGroup, analyse_recursion
from riptui.results.shared_squares import describe_shared
from riptui.text.units import format_inpainted

_INTRODUCTION = """\
How much of a curve is the protocol, and how much the recursion? An inpainter that damages a square once, and no more
when it repaints it, has a curve all the same, because more and more squares are covered: the *coverage null*, what
first repaints alone add to a frame's error. D1 is the mean error of squares right after their first repaint. The
*excess* is what a frame's error has beyond the null. R, the *recursion effect*, is by how much each further repaint
of a square changes its error: 0 if it damages once, below 0 if it heals. In brackets: 95 % confidence intervals by
image. Masks that are not squares of one grid are taken as their tiles of 8 px, each of them a square.

Where squares of a grid are drawn, R has two parts. The *direct* effect is what a further repaint does by itself, from
the repaints of squares that nothing was repainted around since their last one: 0 for an inpainter that never sees what
is under the mask, if its fill is pasted whole. The rest came *through the surroundings*, which were repainted too. An
inpainter may look farther than the squares that touch the mask; what these do counts as direct. Errors of pixels weigh
a shifted edge and a wrong colour alike: look at the pictures.
"""


def write_recursion(data: ReportData, folder: Path) -> ReportSection:
    """Analyse the squares of all complete trajectories, and write a figure per condition. Raises DiskError."""
    analysis = analyse_recursion(data.squares, data.summaries, data.metric)
    with style.styled():
        figures = [
            _write_figure(condition, groups, folder)
            for condition in data.conditions
            if (groups := [group for group in analysis.groups if condition.includes(group.spec)])
        ]
    content, text = analysis.as_dict(), _render(analysis, figures)
    return ReportSection("recursion", content, text, figures, headline=_headline(analysis))


def _render(analysis: RecursionAnalysis, figures: Sequence[WrittenFigure]) -> Iterator[str]:
    yield f"## What recursion does\n\n{_INTRODUCTION}"
    if not analysis.groups:
        yield "No trajectory is complete, made with paste and readable: there is nothing to say.\n"
    yield from _shared_squares(analysis.groups)
    yield from show_figures("What recursion does", figures)
    for name in dict.fromkeys(name for group in analysis.groups for name in group.effects):
        unit = f", in {PATCH_ERRORS[name]}" if name in PATCH_ERRORS else ""
        yield f"Error of squares by {escape_markdown(name)}{unit}:\n"
        groups = [group for group in analysis.groups if name in group.effects]
        yield _effects_table(groups, name)
        yield from _parts_table(groups, name)
        yield from _feather_note(groups, name)
        if name in analysis.gaps:
            yield f"{escape_markdown(analysis.gaps[name])}\n"
    yield markdown_list(map(escape_markdown, analysis.notes))
    yield from _held_out_parts(analysis)
    yield from _order_parts(analysis)
    yield markdown_list(first_complaints([f"left out, {note}" for note in analysis.left_out]))


def _headline(analysis: RecursionAnalysis) -> str:
    """How much of the error coverage alone explains, in a line; nothing without squares."""
    explained = [group.effects[LUMA].explained.value for group in analysis.groups if LUMA in group.effects]
    shares = [share for share in explained if isfinite(share)]
    if not shares:
        return ""
    parts = (
        "The first repaint of each square, coverage alone, explains "
        f"{min(shares):.0f} to {max(shares):.0f} % of the luma error at the end, by condition and mask; the rest is "
        "what recursion adds (section *What recursion does*)"
    )
    left_out = f"; left out, {escape_markdown('; '.join(analysis.left_out))}" if analysis.left_out else ""
    return f"{parts}{left_out}"


def _shared_squares(groups: Sequence[RecursionGroup]) -> Iterator[str]:
    for shared in sorted({group.shared_squares for group in groups} - {0}):
        which = "Here" if all(group.shared_squares == shared for group in groups) else "In some groups"
        yield f"{which} {describe_shared(shared)}.\n"


def _write_figure(condition: Condition, groups: Sequence[RecursionGroup], folder: Path) -> WrittenFigure:
    figure, rows = draw_exposure(groups, condition.sizes), [*exposure_rows(groups)]
    plotted = PlottedFigure("recursion", condition.stem_of("recursion"), exposure_caption(groups), figure, rows)
    return style.write_plotted(plotted, condition.label, folder)


def _effects_table(groups: Sequence[RecursionGroup], name: str) -> str:
    rows = []
    for group in groups:
        effect = group.effects[name]
        rows.append(
            [
                condition_title(group.settings),
                group.spec.mask_title,
                f"{effect.trajectories:,}",
                f"{effect.images:,}",
                format_result(effect.first.value),
                format_estimate(effect.slope),
                _format_share(effect.relative_slope),
                format_result(effect.end.value),
                format_estimate(effect.excess),
                _format_share(effect.explained),
            ]
        )
    columns = ["condition", "mask", "trajectories", "images", "D1", "R", "R / D1", "at the end", "excess"]
    return markdown_table([*columns, "coverage explains"], rows)


def _parts_table(groups: Sequence[RecursionGroup], name: str) -> Iterator[str]:
    rows = [
        [
            condition_title(group.settings),
            group.spec.mask_title,
            f"{effect.images:,}",
            *(_format_share(part, digits=2) for part in (effect.relative_slope, effect.direct, effect.indirect)),
        ]
        for group in groups
        if isfinite((effect := group.effects[name]).direct.value) and not group.spec.whole_image
    ]
    if rows:
        yield "R / D1 in its two parts:\n"
        yield markdown_table(["condition", "mask", "images", "R / D1", "direct", "through the surroundings"], rows)


def _feather_note(groups: Sequence[RecursionGroup], name: str) -> Iterator[str]:
    """What a direct effect means where the paste is blended."""
    known = [group for group in groups if isfinite(group.effects[name].direct.value)]
    blended, others = (
        [group.effects[name].direct.value for group in known if bool(group.spec.feather) is has_feather]
        for has_feather in (True, False)
    )
    if name == LUMA and blended:
        without = f"; without, {_format_range(others)}" if others else ""
        yield (
            f"With *feather* the direct effect is {_format_range(blended)} of D1 per repaint{without}. It is the "
            "paste's, not the inpainter's: in the band inside the mask's border a repaint only mixes the fill into the "
            "old pixels, so that D1 is smaller, and each further repaint brings the band nearer to the fill. The "
            "inpainter need not see what is under the mask for that.\n"
        )


def _format_range(shares: Sequence[float]) -> str:
    low, high = (f"{round(end, 1) + 0.0:.1f}" for end in (min(shares), max(shares)))  # -0.0 becomes 0.0
    return f"{low} %" if low == high else f"{low} to {high} %"


def _held_out_parts(analysis: RecursionAnalysis) -> Iterator[str]:
    titles = {id(group.settings): condition_title(group.settings) for group in analysis.groups}
    held_out = [held for held in analysis.held_out if held.error == LUMA]
    if not held_out:
        return
    yield (
        "Luma error predicted by e(t) = a (1 - exp(-t / tau)), fitted to the error by exposure at other mask sizes, or "
        "in the other orders; a follows a power law of the mask size, or is the only other size's. Off by: the root "
        "mean square over the amounts, in % of the mean; the last column is the same with tau = 0:\n"
    )
    rows = [
        [
            titles[id(held.settings)],
            f"{held.settings['mask']} px",
            f"this {held.left_out}",
            f"{held.model.tau:.2g}",
            f"{held.deviation:.1f} %",
            f"{held.coverage_deviation:.1f} %",
        ]
        for held in held_out
    ]
    yield markdown_table(["condition", "mask", "not fitted to", "tau (repaints)", "off by", "coverage alone"], rows)


def _order_parts(analysis: RecursionAnalysis) -> Iterator[str]:
    rows = [
        [
            escape_markdown(settings_title(comparison.settings)),
            escape_markdown(difference.metric),
            f"{difference.order} - {difference.other}",
            format_inpainted(difference.inpainted),
            f"{difference.difference.images:,}",
            format_estimate(difference.difference),
        ]
        for comparison in analysis.orders
        for difference in comparison.differences
    ]
    if rows:
        yield "Orders of squares on the same images: the value of the first minus that of the second, by image:\n"
        yield markdown_table(["inpainter", "by", "orders", "inpainted", "images", "difference"], rows)


def _format_share(estimate: IntervalEstimate, digits: int = 1) -> str:
    return format_estimate(estimate, lambda share: f"{round(share, digits) + 0.0:.{digits}f}", " %")  # no -0.0
