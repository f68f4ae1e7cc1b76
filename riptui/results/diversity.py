"""How far the seeds of a picture are apart at equal inpainted %: diversity, near-duplicates, the order by similarity.

The pictures are the sample, or the seeds if there are few pictures; the pairs of a set are not.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from math import inf, isfinite, isnan, nan
from typing import Literal

import numpy as np

from riptui.errors import InputError, RiptuiError
from riptui.results.bootstrap import MIN_INTERVAL_IMAGES, NO_ESTIMATE, IntervalEstimate, estimate
from riptui.results.frame_comparison import HASH, ComparedFrames, FrameComparison, ReadItem, load_comparison
from riptui.results.seed_intervals import SeedError, mean_reach, seed_error
from riptui.results.seed_sets import SeedSet, SetMember, find_seed_sets
from riptui.results.similarity import (
    DistanceMatrix,
    NearPair,
    count_distinct,
    find_near_pairs,
    mean_distance,
    order_by_similarity,
    vendi_score,
)
from riptui.spec import ParameterValue, Spec
from riptui.store.listing import TrajectorySummary
from riptui.text.terminal import printable
from riptui.text.units import format_inpainted

NEAR_BITS = 4
"""Bits of the perceptual hash, of 64, by which near-duplicates differ at most."""

Amounts = Literal["end", "half"] | Sequence[float]
"""Where sets are compared: at their end, at every 50 %, or at these inpainted %."""
IntervalBy = Literal["pictures", "seeds"]
"""By picture, or by the seeds of these very pictures if they are fewer than MIN_INTERVAL_IMAGES."""
OnDiversityProgress = Callable[[str, int, int], None]
"""Called as `on_progress(stage, done, total)`."""


@dataclass(frozen=True, eq=False)
class SeedSetPoint:
    """A set at one inpainted %."""

    inpainted: float
    compared: ComparedFrames
    hash_distances: DistanceMatrix
    """Bits of the perceptual hash that differ."""
    near: Sequence[NearPair]
    """Near-duplicates by that hash, the nearest first."""

    @cached_property
    def order(self) -> list[int]:
        """The places of the members, neighbours being alike."""
        return order_by_similarity(self.compared.distances)

    @property
    def mean(self) -> float:
        """Mean distance over the pairs."""
        return mean_distance(self.compared.distances)

    @cached_property
    def mean_error(self) -> SeedError | None:
        """Of the mean distance, by leaving members out; None for too few."""
        return seed_error(self.compared.distances, mean_distance)

    @cached_property
    def vendi(self) -> float:
        """Effective number of unlike members; nan where distances are not those of vectors."""
        return nan if self.compared.similarities is None else vendi_score(self.compared.similarities)

    @cached_property
    def vendi_error(self) -> SeedError | None:
        """Of the Vendi score, the same way; None where there is no score."""
        return None if self.compared.similarities is None else seed_error(self.compared.similarities, vendi_score)

    @property
    def distinct(self) -> int:
        """Count of members, near-duplicates of each other counted as one."""
        return count_distinct(len(self.hash_distances), self.near)


@dataclass(frozen=True, eq=False)
class SetDiversity:
    """A set, and what is known of it at each inpainted %."""

    seed_set: SeedSet
    points: Sequence[SeedSetPoint]


@dataclass(frozen=True)
class ConditionPoint:
    """All pictures of one condition at one inpainted %."""

    inpainted: float
    pictures: int
    trajectories: int
    distance: IntervalEstimate
    """The mean distance of a picture's seeds, averaged over pictures."""
    vendi: IntervalEstimate
    interval_by: IntervalBy
    near_pairs: int
    pairs: int
    distinct: int


@dataclass(frozen=True, eq=False)
class ConditionDiversity:
    """What is known of the pictures with the same settings."""

    settings: Mapping[str, ParameterValue]
    sets: Sequence[SetDiversity]
    points: Sequence[ConditionPoint]


@dataclass(frozen=True, eq=False)
class DiversityAnalysis:
    """All sets of some trajectories, by condition."""

    by: str
    """The extractor of features or the metric that distances are from."""
    unit: str
    near_bits: int
    conditions: Sequence[ConditionDiversity]
    left_out: Sequence[str]
    """What could not be read, and why."""

    @property
    def sets(self) -> list[SetDiversity]:
        return [diversity for condition in self.conditions for diversity in condition.sets]


@dataclass
class _Reader:
    """Reads the features, or frames, and the perceptual hashes of trajectories; notes what cannot be read."""

    comparison: FrameComparison
    hashes: FrameComparison
    left_out: list[str] = field(default_factory=list)

    def read(self, members: Iterable[SetMember], numbers: Sequence[int]) -> Iterator[tuple[SetMember, "_Items"]]:
        for member in members:
            try:
                hashed = self.hashes.read(member.trajectory, numbers)
                same = self.comparison.name == self.hashes.name
                yield member, (hashed if same else self.comparison.read(member.trajectory, numbers), hashed)
            except RiptuiError as error:
                self.left_out.append(f"{printable(str(member.trajectory.path))}: {error}")


_Items = tuple[Mapping[int, ReadItem], Mapping[int, ReadItem]]


def analyse_diversity(
    summaries: Iterable[TrajectorySummary],
    comparison: FrameComparison,
    *,
    amounts: Amounts = "end",
    near_bits: int = NEAR_BITS,
    keep: bool = True,
    on_progress: OnDiversityProgress = lambda stage, done, total: None,
) -> DiversityAnalysis:
    """Compare the seeds of each picture. keep: whether to store perceptual hashes that are computed now.

    Members and points that cannot be read are left out, and noted. Raises InputError for an amount that no trajectory
    reaches; DeviceMemoryError.
    """
    sets = find_seed_sets(summaries)
    reader = _Reader(comparison, load_comparison(HASH, keep=keep))
    found = []
    for done, seed_set in enumerate(sets):
        on_progress("comparing sets", done, len(sets))
        points = _compare_set(seed_set, reader, amounts, near_bits, on_progress)
        if points:
            found.append(points)
    on_progress("comparing sets", len(sets), len(sets))
    if sets and not found and not reader.left_out:
        named = ", ".join(format_inpainted(amount) for amount in amounts if not isinstance(amount, str))
        raise InputError(f"no trajectory has {named} inpainted: --at end")
    return DiversityAnalysis(comparison.name, comparison.unit, near_bits, _by_condition(found), reader.left_out)


def _compare_set(
    seed_set: SeedSet, reader: _Reader, amounts: Amounts, near_bits: int, on_progress: OnDiversityProgress
) -> SetDiversity | None:
    """None if fewer than two members can be read, or none has any of the amounts."""
    numbers = choose_iterations(seed_set.members[0].spec, amounts)
    read = dict(reader.read(seed_set.members, numbers)) if numbers else {}
    if len(read) < 2:
        return None
    points = []
    on_pairs = partial(on_progress, "comparing pairs")
    for k in numbers:
        try:
            hashed = reader.hashes.compare([hashes[k] for _, hashes in read.values()], on_pairs)
            compared = reader.comparison.compare([items[k] for items, _ in read.values()], on_pairs)
        except RiptuiError as error:
            reader.left_out.append(f"{seed_set.picture}: {error}")
            continue
        near = find_near_pairs(hashed.distances, near_bits)
        points.append(SeedSetPoint(seed_set.members[0].spec.inpainted(k), compared, hashed.distances, near))
    kept = SeedSet(seed_set.settings, seed_set.picture, [*read])
    return SetDiversity(kept, points) if points else None


def choose_iterations(spec: Spec, amounts: Amounts) -> list[int]:
    """The iterations, without 0, at which a trajectory has these inpainted %; those beyond its end are left out."""
    if amounts == "end":
        return [spec.iterations]
    if amounts == "half":
        return [k for k in spec.point_iterations() if k]
    wanted = {spec.reaches(amount) for amount in amounts if isinstance(amount, float | int)}
    return sorted(k for k in wanted if 0 < k <= spec.iterations)


def _by_condition(found: Sequence[SetDiversity]) -> list[ConditionDiversity]:
    members: defaultdict[tuple[ParameterValue, ...], list[SetDiversity]] = defaultdict(list)
    for diversity in found:
        members[tuple(diversity.seed_set.settings.values())].append(diversity)
    return [
        ConditionDiversity(sets[0].seed_set.settings, sets, [*_summarise_points(sets)]) for sets in members.values()
    ]


def _summarise_points(sets: Sequence[SetDiversity]) -> Iterator[ConditionPoint]:
    amounts = sorted({point.inpainted for diversity in sets for point in diversity.points})
    for inpainted in amounts:
        points = [point for diversity in sets for point in diversity.points if point.inpainted == inpainted]
        sizes = [len(point.hash_distances) for point in points]
        yield ConditionPoint(
            inpainted,
            len(points),
            sum(sizes),
            estimate_distance(points),
            estimate_vendi(points),
            "seeds" if _are_few(points) else "pictures",
            sum(len(point.near) for point in points),
            sum(size * (size - 1) // 2 for size in sizes),
            sum(point.distinct for point in points),
        )


def estimate_distance(points: Sequence[SeedSetPoint]) -> IntervalEstimate:
    """The mean distance between the seeds of a picture, averaged over the pictures; see `IntervalBy`."""
    found = _estimate_mean([point.mean for point in points])
    return _by_seeds(found, [point.mean_error for point in points] if _are_few(points) else []).within(0, inf)


def estimate_vendi(points: Sequence[SeedSetPoint]) -> IntervalEstimate:
    """The Vendi score of a picture's seeds, averaged over the pictures; see `IntervalBy`."""
    found = _estimate_mean([point.vendi for point in points])
    most = sum(len(point.hash_distances) for point in points) / len(points)
    return _by_seeds(found, [point.vendi_error for point in points] if _are_few(points) else []).within(1, most)


def explain_intervals(points: Sequence[ConditionPoint]) -> str:
    """What the intervals are taken over, pictures or seeds, in words."""
    kinds = {point.interval_by for point in points if not isnan(point.distance.low)}
    if not kinds:
        return f"no intervals over fewer than {MIN_INTERVAL_IMAGES} pictures, nor over fewer than as many seeds"
    by_seed = (
        "by seed (each left out in turn), for the pictures of these sets; of a Vendi score for sets of as many seeds"
    )
    if kinds == {"seeds"}:
        return f"95 % intervals {by_seed}"
    fewer = f"; over fewer than {MIN_INTERVAL_IMAGES} pictures {by_seed}" if "seeds" in kinds else ""
    return f"95 % intervals by picture{fewer}"


def _are_few(points: Sequence[SeedSetPoint]) -> bool:
    return len(points) < MIN_INTERVAL_IMAGES


def _estimate_mean(values: Sequence[float]) -> IntervalEstimate:
    """Over pictures."""
    known = [value for value in values if isfinite(value)]
    return estimate(np.array(known, np.float64).reshape(-1, 1)) if known else NO_ESTIMATE


def _by_seeds(found: IntervalEstimate, errors: Sequence[SeedError | None]) -> IntervalEstimate:
    reach = mean_reach(errors)
    return found if isnan(reach) else replace(found, low=found.value - reach, high=found.value + reach)
