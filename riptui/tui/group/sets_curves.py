"""The view of a group's sets: a metric of all frames against all originals, by inpainted %, with its interval."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite

from riptui.features import short_title
from riptui.metrics.sets import SET_METRICS
from riptui.results.picture_names import name_pictures
from riptui.results.picture_sets import MemberFeatures, group_members
from riptui.results.set_curves import SetCurve, set_curves
from riptui.store.feature_file import StoredFeatures
from riptui.text.terminal import printable
from riptui.text.units import format_count
from riptui.tui.group.chart_options import SETS, ChartOptions
from riptui.tui.group.columns import build_table
from riptui.tui.group.group_reader import GroupMember
from riptui.tui.group.mean_curves import MAX_CURVES, GroupData, interval_ends, separating_settings, split_by_curve
from riptui.tui.plot.series import Series


def build_sets_data(
    members: Mapping[str, GroupMember],
    options: ChartOptions,
    features: Mapping[str, StoredFeatures],
    names: Sequence[str],
    root: str,
) -> GroupData:
    """Build a group's chart of a metric of sets and its table. `features`: by path, by the first of the extractors
    `names`, of which the group has features.
    """
    name = next(iter(names), "")
    metrics = tuple(metric for metric, info in SET_METRICS.items() if not info.per_dimension)
    metric = options.metric if options.metric in metrics else metrics[0]
    identity = next((member.identity for member in features.values() if member.vectors), "")
    drawn = [
        members[path]
        for path, member in features.items()
        if member.identity == identity and {*members[path].spec.point_iterations()} <= member.vectors.keys()
    ]
    settings = separating_settings(drawn)
    more = f" ({sorted(names).index(name) + 1} of {len(names)})" if len(names) > 1 else ""
    series, notes = [], [f"features {printable(short_title(name))}{more}"] if name else []
    curves = split_by_curve(drawn, settings)
    for colour, (title, found) in enumerate([*curves.items()][:MAX_CURVES]):
        sets = group_members(
            [MemberFeatures(member.spec, features[member.path].vectors) for member in found], name, settings
        )
        [curve] = set_curves(sets, metric)
        notes += [curve.refusal] if curve.refusal else []
        series.append(_series(title, curve, colour))
    if others := len(members) - len(drawn):
        notes.append(f"without {format_count(others, 'trajectory')}: unfinished, a copy, or without these features")
    if len(curves) > MAX_CURVES:
        notes.append(f"{MAX_CURVES} of {len(curves)} curves")
    images = name_pictures(member.spec for member in members.values())
    resolved = replace(options, view=SETS, metric=metric, image=options.image % max(1, len(images)), features=name)
    measured = dict.fromkeys(metric for member in members.values() for metric in member.names)
    return GroupData(
        resolved,
        metrics if drawn else (),
        tuple(series),
        max((member.spec.amount for member in drawn), default=0.0),
        tuple(images.values()),
        ", ".join(dict.fromkeys(notes)),
        *build_table(members, tuple(measured), root),
        features=tuple(sorted(names)),
    )


def _series(title: str, curve: SetCurve, colour: int) -> Series:
    """The values by inpainted %, with their intervals as a band."""
    points = [point for point in curve.points if isfinite(point.estimate.value)]
    low, high = interval_ends([point.estimate for point in points])
    x = tuple(point.inpainted for point in points)
    y = tuple(point.estimate.value for point in points)
    counts = tuple(point.images for point in points)
    return Series(title, x, y, low, high, colour, counts=counts, signed=SET_METRICS[curve.metric].range[0] < 0)
