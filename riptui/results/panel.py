"""Distances arranged for tests: complete trajectories that differ in image, mask and seed alone."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from jaxtyping import Float64

from riptui.errors import InputError
from riptui.metrics import PREVIOUS, find_metric
from riptui.results.curves import (
    Curve,
    CurveValues,
    GroupKey,
    HasSpec,
    differing_settings,
    group_by,
    select_values,
    shared_amounts,
)

SeedCurves = Float64[np.ndarray, "seeds points"]
Means = Float64[np.ndarray, "images masks points"]

VARIED_FIELDS = ("mask", "seed")
"""What a panel's trajectories differ in, beside the image."""


@dataclass(frozen=True, eq=False)
class Panel:
    """Distances to the original by one metric. Frame 0 is left out: its distance is 0 by definition."""

    metric: str
    inpainted: CurveValues
    """%, ascending, above 0: where every trajectory was measured."""
    runs: Mapping[str, Mapping[int, SeedCurves]]
    """By image and mask size."""

    @property
    def masks(self) -> list[int]:
        """Sizes, ascending."""
        return sorted({mask for by_mask in self.runs.values() for mask in by_mask})

    @property
    def trajectories(self) -> int:
        return sum(len(runs) for by_mask in self.runs.values() for runs in by_mask.values())

    def complete_images(self, seeds: int = 1) -> list[str]:
        """The images that have every mask size, each with at least so many seeds."""
        masks = self.masks
        return [
            image for image, by_mask in self.runs.items() if all(len(by_mask.get(mask, ())) >= seeds for mask in masks)
        ]

    def reduce_seeds(self, images: Sequence[str], reduce: Callable[[SeedCurves], CurveValues]) -> Means:
        """What a function makes of the seeds of each image and mask size."""
        rows = [[reduce(self.runs[image][mask]) for mask in self.masks] for image in images]
        return np.array(rows, dtype=np.float64).reshape(len(images), len(self.masks), len(self.inpainted))

    def seed_means(self, images: Sequence[str]) -> Means:
        """Over seeds."""
        return self.reduce_seeds(images, lambda runs: runs.mean(axis=0))

    def mean_by_image(
        self, measure: Callable[[SeedCurves], Float64[np.ndarray, " seeds"]]
    ) -> Float64[np.ndarray, " images"]:
        """A number of each trajectory, averaged over the seeds and then over the mask sizes of each image."""
        return np.array(
            [np.mean([measure(runs).mean() for runs in by_mask.values()]) for by_mask in self.runs.values()]
        )


def make_panels(metrics: Mapping[str, Iterable[Curve]], by: Sequence[str]) -> dict[GroupKey, dict[str, Panel]]:
    """Curves by metric to panels by metric, for each combination of the settings that `condition_settings` names.

    Unfinished trajectories are left out; a combination without a complete one is not there. Raises InputError for a
    metric that is no distance to the original, and where trajectories were measured at no amount that all share.
    """
    arranged: dict[GroupKey, dict[str, Panel]] = {}
    for metric, found in metrics.items():
        for key, members in group_by((curve for curve in found if curve.complete), by).items():
            arranged.setdefault(key, {})[metric] = make_panel(metric, members)
    return arranged


def condition_settings(found: Iterable[HasSpec]) -> list[str]:
    """What tells the panels of some curves apart: the inpainter, and the settings that differ within any of them."""
    names: dict[str, None] = {}
    for members in group_by(found, ["inpainter"]).values():
        names |= dict.fromkeys(differing_settings([item.spec for item in members]))
    return ["inpainter", *(name for name in names if name not in VARIED_FIELDS)]


def make_panel(metric: str, members: Sequence[Curve]) -> Panel:
    """Complete curves of one metric and one condition. Raises InputError as `make_panels` does."""
    distance = _distance_function(metric)
    shared = shared_amounts(members)
    shared = shared[shared > 0]
    if not len(shared):
        raise InputError(
            f"{metric} was not measured at any amount common to all {len(members)} trajectories of "
            f"{members[0].spec.inpainter}: add values with riptui measure"
        )
    runs: defaultdict[str, defaultdict[int, list[CurveValues]]] = defaultdict(lambda: defaultdict(list))
    for curve in members:
        runs[curve.image][curve.spec.mask].append(distance(select_values(curve, shared)))
    stacked = {image: {mask: np.stack(values) for mask, values in by_mask.items()} for image, by_mask in runs.items()}
    return Panel(metric, shared, stacked)


def _distance_function(metric: str) -> Callable[[CurveValues], CurveValues]:
    """From a metric's values to distances that are 0 for equal pictures and rise with the difference."""
    info = find_metric(metric)
    if metric.endswith(PREVIOUS) or not info.pairwise:
        raise InputError(f"{metric} is not a distance to the original, which the findings need; use lpips-vgg")
    if info.higher_means == "farther":
        return lambda values: values
    greatest = info.range[1]
    if not isfinite(greatest):
        raise InputError(f"{metric} has no finite value for equal pictures, from which to count; use lpips-vgg or ssim")
    return lambda values: greatest - values
