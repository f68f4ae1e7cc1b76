"""Comparison of inpainters: which drifts least, and whether the difference is significant.

Only blocks that every inpainter has completed are compared: the same squares of the same image, at the amounts at
which all of them were measured. The areas under the curves are averaged within each image; the images are the sample.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import median

import numpy as np
import scipy

from riptui.arrays import Float64
from riptui.errors import InputError
from riptui.metrics import find_metric
from riptui.results.bootstrap import IntervalEstimate
from riptui.results.curves import (
    Curve,
    GroupKey,
    average_by_image,
    get_setting,
    group_by,
    select_points,
    shared_amounts,
)
from riptui.results.panel import condition_settings
from riptui.results.shared_squares import count_shared
from riptui.results.statistics import area_under_curve, estimate_by_image, median_half_life
from riptui.results.verdict import adjust_p
from riptui.spec import ParameterValue

Block = tuple[ParameterValue, ...]
"""An image and the settings of `_SQUARE_FIELDS`."""

_SQUARE_FIELDS = ("mask", "seed", "squares", "amount", "order", "paste")
"""The settings that, with the image, decide which squares are repainted, and whether the rest of the frame stays."""


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
    """Inpainters by how little they drift, and a test of each pair."""

    standings: list[Standing]
    """Most stable first."""
    differences: list[PairedDifference]
    """One per pair, in the order of the standings."""
    left_out: int
    """Count of trajectories that are unfinished, or whose block is not complete and comparable in all inpainters."""
    shared_squares: int
    """As in DriftSummary. The p values take the squares as given in any case."""


def compare(found: Collection[Curve], by: Sequence[str] = ("inpainter",)) -> InpainterComparison:
    """Rank inpainters, or groups by other settings, by the area under the curve.

    Raises InputError if there are fewer than two groups, if no block is complete in all of them, if one group has a
    block twice, and for a metric that is neither a distance nor a similarity.
    """
    blocks = {key: _curves_by_block(members, by) for key, members in group_by(found, by).items()}
    if len(blocks) < 2:
        raise InputError(f"nothing to compare: all measured trajectories have the same {' and '.join(by)}")
    shared = _align(blocks)
    if not shared:
        raise InputError(
            "nothing to compare: no combination of image, mask size, seed, squares and amount is complete in all of "
            "them, measured at two amounts that all share"
        )
    metric = next(iter(found)).metric
    higher = find_metric(metric).higher_means
    if higher == "neither":
        raise InputError(f"{metric} does not measure the distance to the original: choose another metric")
    sign = 1.0 if higher == "farther" else -1.0
    members = {key: [curves[place] for curves in shared] for place, key in enumerate(blocks)}
    standings = [_standing(key, curves) for key, curves in members.items()]
    standings.sort(key=lambda standing: sign * standing.area.value)
    differences = [
        _paired_difference(nearer.key, farther.key, members[nearer.key], members[farther.key], sign)
        for nearer, farther in combinations(standings, 2)
    ]
    adjusted = adjust_p([difference.p for difference in differences])
    return InpainterComparison(
        standings,
        [replace(difference, adjusted=p) for difference, p in zip(differences, adjusted, strict=True)],
        len(found) - len(shared) * len(blocks),
        count_shared(next(iter(members.values()))),
    )


def settings_to_compare(found: Iterable[Curve]) -> list[str]:
    """The settings that tell inpainters apart; those that decide the squares or the amount are not compared."""
    return [name for name in condition_settings(found) if name not in ("amount", "squares")]


def _align(blocks: Mapping[GroupKey, Mapping[Block, Curve]]) -> list[list[Curve]]:
    """A curve per group for each block that all have, at the amounts at which all were measured, if there are two."""
    aligned = []
    for block in sorted(set.intersection(*(set(by_block) for by_block in blocks.values()))):
        curves = [by_block[block] for by_block in blocks.values()]
        amounts = shared_amounts(curves)
        if len(amounts) > 1:
            aligned.append([select_points(curve, amounts) for curve in curves])
    return aligned


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


def _paired_difference(
    nearer: GroupKey, farther: GroupKey, nearer_curves: Sequence[Curve], farther_curves: Sequence[Curve], sign: float
) -> PairedDifference:
    """The curves' blocks are the same, in the same order."""
    areas = zip(map(area_under_curve, nearer_curves), map(area_under_curve, farther_curves), strict=True)
    differences = [sign * (farther_area - nearer_area) for nearer_area, farther_area in areas]
    p = _wilcoxon(average_by_image(nearer_curves, differences))
    return PairedDifference(nearer, farther, estimate_by_image(nearer_curves, differences), p, p)


def _wilcoxon(differences: Float64[np.ndarray, " images"]) -> float:
    """p of the signed-rank test: exact for few images without ties; 1 if all differences are 0."""
    if not differences.any():
        return 1.0
    return float(scipy.stats.wilcoxon(differences).pvalue)
