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
from riptui.metrics import entry
from riptui.results.bootstrap import Estimate, estimate
from riptui.results.curves import Curve, Key, grouped, setting
from riptui.results.statistics import area, by_image, half_life
from riptui.spec import Parameter

Block = tuple[Parameter, ...]
"""An image and the settings of `_SQUARES`."""

_SQUARES = ("mask", "seed", "amount", "order", "paste")
"""What decides, with the image, which squares are repainted and how much of them is kept."""


@dataclass(frozen=True)
class Standing:
    """An inpainter's place."""

    key: Key
    trajectories: int
    """Complete ones of the squares that every inpainter has repainted."""
    area: Estimate
    """Mean value over the whole amount."""
    half_life: float | None
    """%; the median over trajectories."""
    seconds: float | None
    """Median wall time of an inpainting, whatever machine it was on. None if no row is there."""


@dataclass(frozen=True)
class Difference:
    """Between the areas of two inpainters, image by image."""

    nearer: Key
    farther: Key
    effect: Estimate
    """Mean over images of how much larger the farther one's area is (smaller, of a metric of likeness)."""
    p: float
    """Wilcoxon's signed-rank test, two-sided."""
    adjusted: float
    """By Holm's method, for all pairs of the table."""


@dataclass(frozen=True)
class Comparison:
    standings: list[Standing]
    """The most stable first."""
    differences: list[Difference]
    """Of all pairs, in the order of the standings."""
    left_out: int
    """Trajectories that are not complete, or that not every inpainter has."""


def compare(found: Collection[Curve], by: Sequence[str] = ("inpainter",)) -> Comparison:
    """Order inpainters, or groups by other settings, by the area under the curve.

    Raises InputError with fewer than two groups, if no squares of an image are complete in all of them, if one group
    has the same squares twice, and for a metric that is neither a distance nor a likeness.
    """
    blocks = {key: _blocks(members, by) for key, members in grouped(found, by).items()}
    if len(blocks) < 2:
        raise InputError(f"there is nothing to compare: all that was measured has one {' and '.join(by)}")
    shared = sorted(set.intersection(*(set(each) for each in blocks.values())))
    if not shared:
        raise InputError(
            "no image, mask size, seed and amount is complete in every one of them, so nothing can be compared"
        )
    metric = next(iter(found)).metric
    higher = entry(metric).higher
    if higher == "neither":
        raise InputError(f"{metric} says nothing of the distance to the original: choose another metric")
    sign = 1.0 if higher == "farther" else -1.0
    members = {key: [each[block] for block in shared] for key, each in blocks.items()}
    standings = [_standing(key, each) for key, each in members.items()]
    standings.sort(key=lambda one: sign * one.area.value)
    areas = {key: _areas(each) for key, each in members.items()}
    differences = _differences([(one.key, sign * areas[one.key]) for one in standings])
    return Comparison(standings, differences, len(found) - len(shared) * len(blocks))


def _blocks(members: Iterable[Curve], by: Sequence[str]) -> dict[Block, Curve]:
    """The complete curves. Raises InputError if two have one block: something else tells them apart."""
    names = [name for name in _SQUARES if name not in by]
    blocks: dict[Block, Curve] = {}
    for one in members:
        block = (one.image, *(setting(one.spec, name) for name in names))
        if one.complete and blocks.setdefault(block, one) is not one:
            raise InputError(
                f"{blocks[block].trajectory.path} and {one.trajectory.path} have the same {', '.join([*by, *names])} "
                "and image: compare by what else tells them apart too, or leave one out"
            )
    return blocks


def _standing(key: Key, members: Sequence[Curve]) -> Standing:
    half_lives = [found for one in members if (found := half_life(one)) is not None]
    seconds = [row.seconds for one in members for row in one.trajectory.rows()]
    return Standing(
        key,
        len(members),
        by_image(members, [area(one) for one in members]),
        median(half_lives) if half_lives else None,
        median(seconds) if seconds else None,
    )


def _areas(members: Iterable[Curve]) -> Float64[np.ndarray, " images"]:
    """Mean area of each image, the images in the order of their first curves."""
    areas: defaultdict[str, list[float]] = defaultdict(list)
    for one in members:
        areas[one.image].append(area(one))
    return np.array([np.mean(found) for found in areas.values()])


def _differences(areas: Sequence[tuple[Key, Float64[np.ndarray, " images"]]]) -> list[Difference]:
    pairs = list(combinations(areas, 2))
    tests = [_wilcoxon(far - near) for (_, near), (_, far) in pairs]
    return [
        Difference(near_key, far_key, estimate((far - near)[:, None]), p, adjusted)
        for ((near_key, near), (far_key, far)), p, adjusted in zip(pairs, tests, holm(tests), strict=True)
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
    for place, index in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        floor = max(floor, min(1.0, (len(p) - place) * p[index]))
        adjusted[index] = floor
    return adjusted
