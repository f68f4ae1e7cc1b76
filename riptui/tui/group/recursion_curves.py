"""The recursion view of a group: the error of squares by number of repaints, and R with its interval. No Textual."""

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite

from riptui.metrics.display import in_display_order
from riptui.results.exposure import LUMA, SquareErrors
from riptui.results.picture_names import name_pictures
from riptui.results.recursion_effect import RecursionEffect, compute_effect
from riptui.results.shared_squares import count_shared, describe_shared
from riptui.text.units import format_count
from riptui.tui.group.chart_options import ChartOptions
from riptui.tui.group.columns import build_table
from riptui.tui.group.group_reader import GroupMember
from riptui.tui.group.mean_curves import MAX_CURVES, GroupData, interval_ends, separating_settings, split_by_curve
from riptui.tui.plot.series import Series


def build_recursion_data(
    members: Mapping[str, GroupMember], options: ChartOptions, squares: Mapping[str, SquareErrors], root: str
) -> GroupData:
    """Build a group's chart of recursion and its table. `squares`: by path, of its complete trajectories."""
    errors = {name for found in squares.values() for name in found.errors}
    names = [*([LUMA] if LUMA in errors else []), *in_display_order(errors - {LUMA})]
    error = options.metric if options.metric in names else LUMA
    drawn = [member for path, member in members.items() if path in squares and error in squares[path].errors]
    settings = separating_settings(drawn)
    series, ends = [], [0]
    curves = split_by_curve(drawn, settings)
    for colour, (name, found) in enumerate([*curves.items()][:MAX_CURVES]):
        effect = compute_effect([squares[member.path] for member in found], error)
        series.append(_series(f"{name}  {describe_slope(effect)}", effect, colour))
        ends.append(effect.by_exposure[-1].exposure)
    notes = [describe_shared(shared) for shared in sorted({*map(count_shared, curves.values())} - {0})]
    notes += [f"curves by {', '.join(settings)}"] if len(settings) > 1 else []
    if others := len(members) - len(drawn):
        notes.append(f"without {format_count(others, 'trajectory')}: unfinished, a copy, without paste or unreadable")
    if len(curves) > MAX_CURVES:
        notes.append(f"{MAX_CURVES} of {len(curves)} curves")
    images = name_pictures(member.spec for member in members.values())
    resolved = replace(options, metric=error, image=options.image % max(1, len(images)))
    metrics = tuple(in_display_order(name for member in members.values() for name in member.names))
    return GroupData(
        resolved,
        tuple(names),
        tuple(series),
        float(max(ends)),
        tuple(images.values()),
        ", ".join(notes),
        *build_table(members, metrics, root),
    )


def describe_slope(effect: RecursionEffect) -> str:
    """R in % of the error after one repaint, with its interval if there is one: R +1.6 % [0.9, 2.3]."""
    share = effect.relative_slope
    if not isfinite(share.value):
        return "R -"
    low, high = (round(end, 1) + 0.0 for end in (share.low, share.high))  # -0.0 becomes 0.0
    interval = f" [{low:.1f}, {high:.1f}]" if isfinite(low) else ""
    return f"R {share.value:+.1f} %{interval}"


def _series(name: str, effect: RecursionEffect, colour: int) -> Series:
    """The mean error by number of repaints from 0, with its interval as a band."""
    means = effect.by_exposure
    low, high = interval_ends([mean.error for mean in means])
    x = (0.0, *(float(mean.exposure) for mean in means))
    return Series(name, x, (0.0, *(mean.error.value for mean in means)), (None, *low), (None, *high), colour)
