"""Distances arranged for tests: complete trajectories that differ only in image, mask size and seed."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite, nan
from statistics import fmean

import numpy as np

from riptui.arrays import Float64
from riptui.errors import InputError
from riptui.metrics import PREVIOUS, find_metric
from riptui.results.bootstrap import MIN_INTERVAL_IMAGES, IntervalEstimate, estimate, estimate_crossed
from riptui.results.curves import (
    USUAL_SHARE,
    Curve,
    CurveValues,
    GroupKey,
    HasSpec,
    differing_settings,
    get_setting,
    group_by,
    select_points,
    shares_squares,
    sort_key,
)
from riptui.results.expected_coverage import relative_coverage

SeedValues = Mapping[int, float]
"""One value per seed of an image; nan where it has none."""

VARIED_FIELDS = ("mask", "seed")
"""The settings, besides the image, in which a panel's trajectories differ."""
ONE_SEQUENCE = "all images share one sequence of squares, so this holds for these squares only"
SHARED_RUNS = "all images share the sequences of squares, so this spread is that of these sequences only"


@dataclass(frozen=True, eq=False)
class DistanceCurve:
    """One trajectory's distances to the original. Frame 0 is left out: its distance is 0 by definition."""

    inpainted: CurveValues
    """% above 0 at which it was measured, ascending."""
    distances: CurveValues
    coverages: CurveValues | None = None
    """Coverage divided by the coverage that is expected of its mask size, at each point; None if that is unknown."""

    def select(self, amounts: Collection[float]) -> "DistanceCurve":
        """The distances at some of its amounts."""
        kept = np.isin(self.inpainted, list(amounts))
        return DistanceCurve(
            self.inpainted[kept], self.distances[kept], None if self.coverages is None else self.coverages[kept]
        )

    def at(self, inpainted: float) -> float:
        """The distance at one of its amounts."""
        return float(self.distances[np.searchsorted(self.inpainted, inpainted)])

    def at_expected_coverage(self, inpainted: float) -> float:
        """The distance at one of its amounts, had as much been covered as is expected of its mask size.

        Which squares stay untouched is chance, and rare ones decide: at 256 px and 400 %, one image in 25 keeps a
        quarter of its pixels. A few images seldom have one, so that their mean is too high and too sure.
        """
        if self.coverages is None:
            return self.at(inpainted)
        return self.at(inpainted) / float(self.coverages[np.searchsorted(self.inpainted, inpainted)])


@dataclass(frozen=True, eq=False)
class Panel:
    """Distances to the original by one metric."""

    metric: str
    runs: Mapping[str, Mapping[int, Mapping[int, DistanceCurve]]]
    """By image, mask size and seed."""
    shared_squares: bool
    """Whether a seed gave all images the same squares."""
    quantity: str = "distance"
    """What the values are, for the texts of the tests."""

    @property
    def masks(self) -> list[int]:
        """Mask sizes, ascending."""
        return sorted({mask for by_mask in self.runs.values() for mask in by_mask})

    @property
    def trajectories(self) -> int:
        return sum(len(by_seed) for by_mask in self.runs.values() for by_seed in by_mask.values())

    @property
    def knows_coverage(self) -> bool:
        """Whether differences between mask sizes are at expected coverage."""
        runs = (run for by_mask in self.runs.values() for by_seed in by_mask.values() for run in by_seed.values())
        return any(run.coverages is not None for run in runs)

    @property
    def why_open(self) -> str:
        """Why nothing that is estimated over images can be decided, if so: they share few sequences of squares."""
        seeds = {seed for by_mask in self.runs.values() for by_seed in by_mask.values() for seed in by_seed}
        if not self.shared_squares or len(seeds) >= MIN_INTERVAL_IMAGES:
            return ""
        if len(seeds) == 1:
            return ONE_SEQUENCE
        return f"all images share {len(seeds)} sequences of squares, and a verdict takes {MIN_INTERVAL_IMAGES}"

    def images_with(self, masks: Iterable[int], *, seeds: int = 1) -> list[str]:
        """The images that have at least so many seeds at each of these mask sizes."""
        wanted = list(masks)
        return [
            image for image, by_mask in self.runs.items() if all(len(by_mask.get(mask, ())) >= seeds for mask in wanted)
        ]

    def masks_of(self, images: int, *, seeds: int = 1) -> list[int]:
        """The mask sizes that at least so many images have, without those of a few images; all if none has so many."""
        return [mask for mask in self.masks if len(self.images_with([mask], seeds=seeds)) >= images] or self.masks

    def shared_amounts(self, masks: Collection[int], images: Iterable[str]) -> list[float]:
        """The inpainted % at which all these trajectories were measured, ascending."""
        curves = [curve for image in images for mask in masks for curve in self.runs[image][mask].values()]
        return sorted(set.intersection(*({*curve.inpainted.tolist()} for curve in curves))) if curves else []

    def usual_points(self, masks: Collection[int], images: Sequence[str], least: int) -> tuple[list[str], list[float]]:
        """The amounts at which four fifths of the images, and at least so many, were measured; the images with all.

        So a few trajectories that were measured at other amounts take none away from the others. If too few images have
        all of them: all images, and the amounts that they share.
        """
        amounts = {image: set(self.shared_amounts(masks, [image])) for image in images}
        counts = Counter(amount for found in amounts.values() for amount in found)
        usual = {amount for amount, count in counts.items() if count >= max(least, USUAL_SHARE * len(images))}
        members = [image for image in images if usual <= amounts[image]]
        if usual and len(members) >= least:
            return members, sorted(usual)
        return list(images), self.shared_amounts(masks, images)

    def seed_means(
        self, images: Sequence[str], mask: int, amounts: Sequence[float]
    ) -> Float64[np.ndarray, "images points"]:
        """The mean over the seeds of each image."""
        rows = [
            np.mean([curve.select(amounts).distances for curve in self.runs[image][mask].values()], axis=0)
            for image in images
        ]
        return np.array(rows, dtype=np.float64).reshape(len(images), len(amounts))

    def measure_all(self, measure: Callable[[DistanceCurve], float]) -> list[SeedValues]:
        """Measure each trajectory; for each image its values by seed, averaged over mask sizes.

        With squares of their own, seeds of different mask sizes have nothing in common: they are averaged first.
        """
        measured = [
            {mask: {seed: measure(curve) for seed, curve in by_seed.items()} for mask, by_seed in by_mask.items()}
            for by_mask in self.runs.values()
        ]
        if self.shared_squares:
            return [_mean_by_seed(by_mask.values()) for by_mask in measured]
        return [{0: _mean([_mean(by_seed.values()) for by_seed in by_mask.values()])} for by_mask in measured]

    def differences(self, masks: tuple[int, int], inpainted: float) -> list[SeedValues]:
        """For each image with both mask sizes: the distance with the second minus that with the first, by seed.

        Both at the coverage that is expected of their mask size.
        """
        found: list[SeedValues] = []
        for image in self.images_with(masks):
            ends = [
                {seed: curve.at_expected_coverage(inpainted) for seed, curve in self.runs[image][mask].items()}
                for mask in masks
            ]
            if self.shared_squares:
                found.append({seed: ends[1][seed] - ends[0][seed] for seed in ends[0].keys() & ends[1].keys()})
            else:
                found.append({0: _mean(ends[1].values()) - _mean(ends[0].values())})
        return found

    def estimate_mean(self, values: Iterable[SeedValues], null: float = nan) -> IntervalEstimate:
        """The mean over images of one value per image and seed; over images and seeds if these share squares."""
        known = [{seed: value for seed, value in by_seed.items() if isfinite(value)} for by_seed in values]
        known = [by_seed for by_seed in known if by_seed]
        seeds = sorted({seed for by_seed in known for seed in by_seed})
        if self.shared_squares and len(seeds) >= MIN_INTERVAL_IMAGES:
            cells = np.array([[by_seed.get(seed, nan) for seed in seeds] for by_seed in known])
            return estimate_crossed(cells[..., None], null=null)
        means = [fmean(by_seed.values()) for by_seed in known]
        return estimate(np.array(means, dtype=np.float64).reshape(-1, 1), null=null)


def make_panels(
    found: Iterable[Curve], by: Sequence[str], distances: Callable[[Curve], CurveValues] | None = None
) -> dict[GroupKey, Panel]:
    """Arrange the curves of one metric, a panel for each combination of the settings `by`.

    Unfinished trajectories are left out, and so are combinations without a complete one. `distances`: another distance
    than the metric's. Raises InputError for a metric that is not a distance to the original, and what it raises.
    """
    members: defaultdict[GroupKey, list[Curve]] = defaultdict(list)
    for curve in found:
        if curve.complete:
            members[tuple(get_setting(curve.spec, name) for name in by)].append(curve)
    measure = distances or _distances
    return {key: make_panel(members[key], measure) for key in sorted(members, key=lambda key: sort_key(key, by))}


def condition_settings(found: Iterable[HasSpec]) -> list[str]:
    """The settings that separate panels: the inpainter, and the settings that differ within any inpainter."""
    names: dict[str, None] = {}
    for members in group_by(found, ["inpainter"]).values():
        names |= dict.fromkeys(differing_settings([item.spec for item in members]))
    return ["inpainter", *(name for name in names if name not in VARIED_FIELDS)]


def make_panel(members: Sequence[Curve], distances: Callable[[Curve], CurveValues]) -> Panel:
    """The panel of complete curves of one metric and one condition. Raises what `distances` raises."""
    runs: defaultdict[str, defaultdict[int, dict[int, DistanceCurve]]] = defaultdict(lambda: defaultdict(dict))
    for curve in sorted(members, key=lambda curve: curve.image):  # so that intervals depend on no order of folders
        above = select_points(curve, curve.inpainted[curve.inpainted > 0])
        measured = DistanceCurve(above.inpainted, distances(above), relative_coverage(above))
        runs[curve.image][curve.spec.mask][curve.spec.seed] = measured
    return Panel(members[0].metric, runs, shares_squares(members))


def pair_panels(panels: Sequence[Panel]) -> list[Panel]:
    """The panels of several metrics, restricted to the trajectories and the amounts that all of them have."""
    keys = set.intersection(*({*_keys(panel)} for panel in panels))
    paired: list[dict[str, dict[int, dict[int, DistanceCurve]]]] = [{} for _ in panels]
    for image, mask, seed in sorted(keys):
        curves = [panel.runs[image][mask][seed] for panel in panels]
        amounts = set.intersection(*({*curve.inpainted.tolist()} for curve in curves))
        for runs, curve in zip(paired, curves, strict=True):
            runs.setdefault(image, {}).setdefault(mask, {})[seed] = curve.select(amounts)
    return [replace(panel, runs=runs) for panel, runs in zip(panels, paired, strict=True)]


def _keys(panel: Panel) -> Iterable[tuple[str, int, int]]:
    for image, by_mask in panel.runs.items():
        for mask, by_seed in by_mask.items():
            yield from ((image, mask, seed) for seed in by_seed)


def _mean(values: Iterable[float]) -> float:
    """The mean of those that are not nan; nan if there are none."""
    known = [value for value in values if isfinite(value)]
    return fmean(known) if known else nan


def _mean_by_seed(by_mask: Collection[SeedValues]) -> SeedValues:
    seeds = sorted({seed for by_seed in by_mask for seed in by_seed})
    return {seed: _mean([by_seed[seed] for by_seed in by_mask if seed in by_seed]) for seed in seeds}


def _distances(curve: Curve) -> CurveValues:
    return distance_function(curve.metric)(curve.values)


def is_distance(metric: str) -> bool:
    """Whether a metric is a distance to the original, or can be taken as one."""
    try:
        distance_function(metric)
    except InputError:
        return False
    return True


def distance_function(metric: str) -> Callable[[CurveValues], CurveValues]:
    """A function from a metric's values to distances, which are 0 for equal pictures.

    Raises InputError for a metric that is unknown or has no such distance.
    """
    info = find_metric(metric)
    if metric.endswith(PREVIOUS) or not info.pairwise or info.higher_means == "neither":
        raise InputError(f"{metric} is not a distance to the original, which the findings need: use lpips-vgg")
    if info.higher_means == "farther":
        return lambda values: values
    greatest = info.range[1]
    if not isfinite(greatest):
        raise InputError(
            f"{metric} has no finite value for equal pictures, so it is not a distance: use lpips-vgg, or ssim "
            "(taken as 1 - ssim)"
        )
    return lambda values: greatest - values
