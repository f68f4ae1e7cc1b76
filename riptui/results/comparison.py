"""Comparison of inpainters: which drifts least, and whether the difference is significant.

Only blocks that every inpainter has completed are compared: the same squares of the same image. The areas under the
curves are averaged within each image; the images are the sample.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

import numpy as np
from jaxtyping import Float64

from riptui.errors import InputError
from riptui.metrics import find_metric
from riptui.results.bootstrap import IntervalEstimate, estimate
from riptui.results.curves import Curve, GroupKey, average_by_image, get_setting, group_by
from riptui.results.holm import adjust_p
from riptui.results.statistics import area_under_curve, estimate_by_image, median_half_life
from riptui.spec import ParameterValue

Block = tuple[ParameterValue, ...]
"""An image and the settings of `_SQUARE_FIELDS`."""

_SQUARE_FIELDS = ("mask", "seed", "amount", "order", "paste")
"""The settings that, with the image, decide which squares are repainted and how much of them is kept."""


@dataclass(frozen=True)
class Standing:
    """One inpainter's row in the ranking."""

    key: GroupKey
    trajectories: int
    """Complete trajectories in blocks that every inpainter has completed."""
    area: IntervalEstimate
    """Mean value over the whole amount."""
    half_life: float | None
    """%; the median over images."""
    seconds: float | None
    """Median wall time per inpainting, over all machines. None if there are no rows."""


@dataclass(frozen=True)
class PairedDifference:
    """The difference between the areas of two inpainters, paired by image."""

    nearer: GroupKey
    farther: GroupKey
    effect: IntervalEstimate
    """Mean over images of how much larger the area of `farther` is (for a similarity metric: smaller)."""
    p: float
    """Wilcoxon's signed-rank test, two-sided."""
    adjusted: float
    """p adjusted by Holm's method for all pairs of the table."""


@dataclass(frozen=True)
class InpainterComparison:
    standings: list[Standing]
    """Most stable first."""
    differences: list[PairedDifference]
    """One per pair, in the order of the standings."""
    left_out: int
    """Count of trajectories that are unfinished, or whose block some inpainter has not completed."""


def compare(found: Collection[Curve], by: Sequence[str] = ("inpainter",)) -> InpainterComparison:
    """Rank inpainters, or groups by other settings, by the area under the curve.

    Raises InputError if there are fewer than two groups, if no block is complete in all of them, if one group has a
    block twice, and for a metric that is neither a distance nor a similarity.
    """
    blocks = {key: _curves_by_block(members, by) for key, members in group_by(found, by).items()}
    if len(blocks) < 2:
        raise InputError(f"nothing to compare: all measured trajectories have the same {' and '.join(by)}")
    shared = sorted(set.intersection(*(set(by_block) for by_block in blocks.values())))
    if not shared:
        raise InputError(
            "nothing to compare: no combination of image, mask size, seed and amount is complete in all of them"
        )
    metric = next(iter(found)).metric
    higher = find_metric(metric).higher_means
    if higher == "neither":
        raise InputError(f"{metric} does not measure the distance to the original: choose another metric")
    sign = 1.0 if higher == "farther" else -1.0
    members = {key: [by_block[block] for block in shared] for key, by_block in blocks.items()}
    standings = [_standing(key, curves) for key, curves in members.items()]
    standings.sort(key=lambda standing: sign * standing.area.value)
    areas = {
        key: average_by_image(curves, [area_under_curve(curve) for curve in curves]) for key, curves in members.items()
    }
    differences = _paired_differences([(standing.key, sign * areas[standing.key]) for standing in standings])
    return InpainterComparison(standings, differences, len(found) - len(shared) * len(blocks))


def _curves_by_block(members: Iterable[Curve], by: Sequence[str]) -> dict[Block, Curve]:
    """The complete curves by block. Raises InputError if two have the same block."""
    names = [name for name in _SQUARE_FIELDS if name not in by]
    blocks: dict[Block, Curve] = {}
    for curve in members:
        block = (curve.image, *(get_setting(curve.spec, name) for name in names))
        if curve.complete and blocks.setdefault(block, curve) is not curve:
            raise InputError(
                f"{blocks[block].trajectory.path} and {curve.trajectory.path} have the same {', '.join([*by, *names])} "
                "and image: also compare by the setting in which they differ, or leave one out"
            )
    return blocks


def _standing(key: GroupKey, members: Sequence[Curve]) -> Standing:
    seconds = [row.seconds for curve in members for row in curve.trajectory.read_rows()]
    return Standing(
        key,
        len(members),
        estimate_by_image(members, [area_under_curve(curve) for curve in members]),
        median_half_life(members),
        median(seconds) if seconds else None,
    )


def _paired_differences(areas: Sequence[tuple[GroupKey, Float64[np.ndarray, " images"]]]) -> list[PairedDifference]:
    pairs = list(combinations(areas, 2))
    tests = [_wilcoxon(farther - nearer) for (_, nearer), (_, farther) in pairs]
    all_adjusted = adjust_p(tests)
    return [
        PairedDifference(nearer_key, farther_key, estimate((farther - nearer)[:, None]), p, adjusted)
        for ((nearer_key, nearer), (farther_key, farther)), p, adjusted in zip(pairs, tests, all_adjusted, strict=True)
    ]


def _wilcoxon(differences: Float64[np.ndarray, " images"]) -> float:
    """p of the signed-rank test: exact for few images without ties; 1 if all differences are 0."""
    if not differences.any():
        return 1.0
    from scipy.stats import wilcoxon  # late: 0.5 s

    return float(wilcoxon(differences).pvalue)
