"""Inpainters side by side: which drifts least, and whether the data can tell.

Only what every inpainter has done is compared: the same squares of the same image. The areas under the curves are
averaged within an image; the images are the sample.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

import numpy as np
from jaxtyping import Float64

from riptui.errors import InputError
from riptui.metrics import find_metric
from riptui.results.bootstrap import IntervalEstimate, estimate
from riptui.results.curves import Curve, GroupKey, get_setting, group_by
from riptui.results.statistics import area_under_curve, estimate_by_image, half_life
from riptui.spec import ParameterValue

Block = tuple[ParameterValue, ...]
"""An image and the settings of `_SQUARE_FIELDS`."""

_SQUARE_FIELDS = ("mask", "seed", "amount", "order", "paste")
"""What decides, with the image, which squares are repainted and how much of them is kept."""


@dataclass(frozen=True)
class Standing:
    """An inpainter's place."""

    key: GroupKey
    trajectories: int
    """Complete ones of the squares that every inpainter has repainted."""
    area: IntervalEstimate
    """Mean value over the whole amount."""
    half_life: float | None
    """%; the median over trajectories."""
    seconds: float | None
    """Median wall time of an inpainting, whatever machine it was on. None if no row is there."""


@dataclass(frozen=True)
class PairedDifference:
    """Between the areas of two inpainters, image by image."""

    nearer: GroupKey
    farther: GroupKey
    effect: IntervalEstimate
    """Mean over images of how much larger the farther one's area is (smaller, of a metric of likeness)."""
    p: float
    """Wilcoxon's signed-rank test, two-sided."""
    adjusted: float
    """By Holm's method, for all pairs of the table."""


@dataclass(frozen=True)
class InpainterComparison:
    standings: list[Standing]
    """The most stable first."""
    differences: list[PairedDifference]
    """Of all pairs, in the order of the standings."""
    left_out: int
    """Trajectories that are not complete, or that not every inpainter has."""


def compare(found: Collection[Curve], by: Sequence[str] = ("inpainter",)) -> InpainterComparison:
    """Order inpainters, or groups by other settings, by the area under the curve.

    Raises InputError with fewer than two groups, if no squares of an image are complete in all of them, if one group
    has the same squares twice, and for a metric that is neither a distance nor a likeness.
    """
    blocks = {key: _curves_by_block(members, by) for key, members in group_by(found, by).items()}
    if len(blocks) < 2:
        raise InputError(f"nothing to compare: all measured trajectories have the same {' and '.join(by)}")
    shared = sorted(set.intersection(*(set(by_block) for by_block in blocks.values())))
    if not shared:
        raise InputError("nothing to compare: no image, mask size, seed and amount is complete in all of them")
    metric = next(iter(found)).metric
    higher = find_metric(metric).higher_means
    if higher == "neither":
        raise InputError(f"{metric} does not measure the distance to the original: choose another metric")
    sign = 1.0 if higher == "farther" else -1.0
    members = {key: [by_block[block] for block in shared] for key, by_block in blocks.items()}
    standings = [_standing(key, curves) for key, curves in members.items()]
    standings.sort(key=lambda standing: sign * standing.area.value)
    areas = {key: _mean_areas(curves) for key, curves in members.items()}
    differences = _paired_differences([(standing.key, sign * areas[standing.key]) for standing in standings])
    return InpainterComparison(standings, differences, len(found) - len(shared) * len(blocks))


def _curves_by_block(members: Iterable[Curve], by: Sequence[str]) -> dict[Block, Curve]:
    """The complete curves. Raises InputError if two have one block: something else tells them apart."""
    names = [name for name in _SQUARE_FIELDS if name not in by]
    blocks: dict[Block, Curve] = {}
    for curve in members:
        block = (curve.image, *(get_setting(curve.spec, name) for name in names))
        if curve.complete and blocks.setdefault(block, curve) is not curve:
            raise InputError(
                f"{blocks[block].trajectory.path} and {curve.trajectory.path} have the same {', '.join([*by, *names])} "
                "and image: also compare by a setting in which they differ, or leave one out"
            )
    return blocks


def _standing(key: GroupKey, members: Sequence[Curve]) -> Standing:
    half_lives = [found for curve in members if (found := half_life(curve)) is not None]
    seconds = [row.seconds for curve in members for row in curve.trajectory.read_rows()]
    return Standing(
        key,
        len(members),
        estimate_by_image(members, [area_under_curve(curve) for curve in members]),
        median(half_lives) if half_lives else None,
        median(seconds) if seconds else None,
    )


def _mean_areas(members: Iterable[Curve]) -> Float64[np.ndarray, " images"]:
    """Mean area of each image, the images in the order of their first curves."""
    areas: defaultdict[str, list[float]] = defaultdict(list)
    for curve in members:
        areas[curve.image].append(area_under_curve(curve))
    return np.array([np.mean(found) for found in areas.values()])


def _paired_differences(areas: Sequence[tuple[GroupKey, Float64[np.ndarray, " images"]]]) -> list[PairedDifference]:
    pairs = list(combinations(areas, 2))
    tests = [_wilcoxon(farther - nearer) for (_, nearer), (_, farther) in pairs]
    return [
        PairedDifference(nearer_key, farther_key, estimate((farther - nearer)[:, None]), p, adjusted)
        for ((nearer_key, nearer), (farther_key, farther)), p, adjusted in zip(pairs, tests, holm(tests), strict=True)
    ]


def _wilcoxon(differences: Float64[np.ndarray, " images"]) -> float:
    """p of the signed-rank test: exact for few images without ties; 1 if no image differs."""
    if not differences.any():
        return 1.0
    from scipy.stats import wilcoxon  # late: 0.5 s

    return float(wilcoxon(differences).pvalue)


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment (1979): each p at most as small as the chance that any of them is by chance."""
    adjusted = [1.0] * len(p)
    floor = 0.0
    for rank, index in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        floor = max(floor, min(1.0, (len(p) - rank) * p[index]))
        adjusted[index] = floor
    return adjusted
