"""How often each end occurs, by condition and mask size, and how far apart mask sizes end: by stated thresholds."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isnan
from statistics import fmean, median
from typing import Any

from riptui.results.bootstrap import IntervalEstimate, estimate_share
from riptui.results.collapse_thresholds import CollapseThresholds
from riptui.results.curves import group_by, with_key
from riptui.results.end_looks import EndLook, TrajectoryEnd, TrajectoryEnds
from riptui.results.panel import condition_settings
from riptui.spec import ParameterValue

STABILISED = "stabilised"
LABELS = (*EndLook, STABILISED)
"""The labels, those of a frame's look first: exactly one of these holds."""
MEASURED = ("detail", "seams", "structure", "colour_spread", "original_spread", "distance", "growth")
"""The fields of a `TrajectoryEnd` that the labels are read from."""


@dataclass(frozen=True)
class EndShares:
    """How trajectories of one condition and mask size end."""

    settings: Mapping[str, ParameterValue]
    """The inpainter, the settings that differ within any inpainter, and the mask size."""
    trajectories: int
    images: int
    shares: Mapping[str, IntervalEstimate]
    """% of the trajectories by label, with intervals by image; of `stabilised` over those where that is known."""
    medians: Mapping[str, float]
    """Of the measured values over trajectories, by name; without those that are not known."""


@dataclass(frozen=True)
class MaskSpread:
    """How far apart the mask sizes of one picture and condition end: the paper's figure 9."""

    settings: Mapping[str, ParameterValue]
    """Without the mask size."""
    image: str
    """SHA-256 of the original."""
    source_name: str
    distances: Mapping[int, float]
    """Mean over the seeds of the distance at the end, by mask size."""
    spread: float
    """Range of the distances, in % of their mean."""

    def spreads(self, thresholds: CollapseThresholds) -> bool:
        return self.spread >= thresholds.spread


@dataclass(frozen=True)
class CollapseSummary:
    """The ends of trajectories, labelled."""

    ends: TrajectoryEnds
    thresholds: CollapseThresholds
    groups: Sequence[EndShares]
    mask_spreads: Sequence[MaskSpread]

    def as_dict(self) -> dict[str, Any]:
        """For JSON; numbers that are not finite are nan."""
        return {
            "metric": self.ends.metric,
            "thresholds": asdict(self.thresholds),
            "rules": self.thresholds.describe(),
            "groups": [with_key(asdict(group)) for group in self.groups],
            "images": [
                with_key(asdict(spread)) | {"spreads": spread.spreads(self.thresholds)} for spread in self.mask_spreads
            ],
            "trajectories": [self.describe(end) for end in self.ends.members],
            "left_out": list(self.ends.left_out),
        }

    def describe(self, end: TrajectoryEnd) -> dict[str, Any]:
        """One trajectory's labels, and what they were read from."""
        return {
            "path": str(end.trajectory.path),
            "source": end.spec.source_name,
            "image": end.image,
            "inpainter": end.spec.inpainter,
            "mask": end.spec.mask,
            "seed": end.spec.seed,
            "look": str(end.look(self.thresholds)),
            "stabilised": end.is_stabilised(self.thresholds),
            **measured_values(end),
        }


def measured_values(end: TrajectoryEnd) -> dict[str, float]:
    """What the labels are read from, by name; nan where it is not known."""
    return {name: getattr(end, name) for name in MEASURED}


def summarise_ends(ends: TrajectoryEnds, thresholds: CollapseThresholds) -> CollapseSummary:
    """Label the ends and count them by group."""
    condition = condition_settings(ends.members)
    groups = [
        _share_ends(dict(zip((*condition, "mask"), key, strict=True)), members, thresholds)
        for key, members in group_by(ends.members, [*condition, "mask"]).items()
    ]
    spreads = [
        spread
        for key, members in group_by(ends.members, condition).items()
        for spread in _spread_over_masks(dict(zip(condition, key, strict=True)), members)
    ]
    return CollapseSummary(ends, thresholds, groups, spreads)


def _share_ends(
    settings: Mapping[str, ParameterValue], members: Sequence[TrajectoryEnd], thresholds: CollapseThresholds
) -> EndShares:
    images, looks = [end.image for end in members], [end.look(thresholds) for end in members]
    shares = {str(look): estimate_share(images, [found is look for found in looks]) for look in EndLook}
    shares[STABILISED] = estimate_share(images, [end.is_stabilised(thresholds) for end in members])
    columns: defaultdict[str, list[float]] = defaultdict(list)
    for end in members:
        for name, value in measured_values(end).items():
            if not isnan(value):
                columns[name].append(value)
    medians = {name: median(values) for name, values in columns.items()}
    return EndShares(settings, len(members), len({*images}), shares, medians)


def _spread_over_masks(settings: Mapping[str, ParameterValue], members: Sequence[TrajectoryEnd]) -> list[MaskSpread]:
    by_image: defaultdict[str, list[TrajectoryEnd]] = defaultdict(list)
    for end in members:
        if not isnan(end.distance):
            by_image[end.image].append(end)
    found = []
    for image, ends in by_image.items():
        by_mask: defaultdict[int, list[float]] = defaultdict(list)
        for end in ends:
            by_mask[end.spec.mask].append(end.distance)
        distances = {mask: fmean(values) for mask, values in sorted(by_mask.items())}
        mean = fmean(distances.values())
        if len(distances) > 1 and mean > 0:
            spread = 100 * (max(distances.values()) - min(distances.values())) / mean
            found.append(MaskSpread(settings, image, ends[0].spec.source_name, distances, spread))
    return sorted(found, key=lambda end: (end.source_name, end.image))
