"""Which condition people prefer: the share of first places, and the strength of Bradley and Terry's model.

The model (Bradley & Terry 1952) for choices among several (Luce 1959): condition i is chosen from a set S with the
probability p_i / sum of p over S. Its maximum likelihood is found by Hunter's MM algorithm (2004). Pictures are the
random sample, so intervals resample them with all that was said of them; people and conditions are given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

from riptui.arrays import Float64
from riptui.results.bootstrap import IntervalEstimate, Resampled, estimate, estimate_from_counts, ratio_of_means
from riptui.results.rating_answers import ComparisonAnswer

LIMIT = 6.0
"""Strengths are cut here: a condition that won or lost everything has none that is finite. Odds of 400 to 1."""
RESAMPLES = 1000
MM_STEPS = 300
TOLERANCE = 1e-7

PerImage = Float64[np.ndarray, "images conditions"]


@dataclass(frozen=True)
class Preference:
    """What people think of a condition, compared with the others that were shown beside it."""

    condition: str
    shown: int
    """How often."""
    top1: IntervalEstimate
    """Share of first places where it was shown, %; a tie counts in equal parts."""
    strength: IntervalEstimate
    """Log odds against an average condition, from -LIMIT to LIMIT; 0: it is one."""


@dataclass(frozen=True)
class ComparisonTable:
    """Comparisons as numbers, by picture."""

    conditions: tuple[str, ...]
    wins: PerImage
    """First places; a tie of n gives each 1/n."""
    shown: PerImage
    sets: Float64[np.ndarray, "sets conditions"]
    """1 for the members of each set that was shown."""
    set_counts: Float64[np.ndarray, "images sets"]
    """How often each set was shown."""


def rank_conditions(answers: Sequence[ComparisonAnswer]) -> list[Preference]:
    """All conditions, the most preferred first; none without comparisons of different conditions."""
    table = count_comparisons(answers)
    found = []
    for index, condition in enumerate(table.conditions):
        columns = np.stack([100 * table.wins[:, index], table.shown[:, index]], axis=1)
        top1 = estimate(columns, ratio_of_means).within(0, 100)
        found.append(Preference(condition, int(table.shown[:, index].sum()), top1, estimate_strength(table, index)))
    return sorted(found, key=lambda preference: (-preference.strength.value, preference.condition))


def format_strength(strength: float) -> str:
    """With a sign; at the limit nothing is known but that it is at least so much; "-" if it is not known."""
    if isnan(strength):
        return "-"
    return f"{'≥ ' if strength >= LIMIT else '≤ ' if strength <= -LIMIT else ''}{strength:+.2f}"


def estimate_strength(table: ComparisonTable, index: int) -> IntervalEstimate:
    """The strength of one condition."""

    def fit(counts: Float64[np.ndarray, "resamples images"]) -> Resampled:
        return fit_strengths(counts @ table.wins, counts @ table.set_counts, table.sets)[:, index]

    return estimate_from_counts(fit, len(table.wins), resamples=RESAMPLES)


def count_comparisons(answers: Sequence[ComparisonAnswer]) -> ComparisonTable:
    """Comparisons within one condition say nothing of conditions, and are not counted."""
    useful = [answer for answer in answers if len(set(answer.conditions)) == len(answer.conditions) > 1]
    conditions = tuple(sorted({condition for answer in useful for condition in answer.conditions}))
    images = {image: row for row, image in enumerate(dict.fromkeys(answer.image for answer in useful))}
    sets = {
        members: row for row, members in enumerate(dict.fromkeys(frozenset(answer.conditions) for answer in useful))
    }
    wins, shown = np.zeros((2, len(images), len(conditions)))
    set_counts = np.zeros((len(images), len(sets)))
    for answer in useful:
        image, columns = images[answer.image], [conditions.index(name) for name in answer.conditions]
        shown[image, columns] += 1
        wins[image, columns if answer.chosen is None else columns[answer.chosen]] += (
            1 / len(columns) if answer.chosen is None else 1
        )
        set_counts[image, sets[frozenset(answer.conditions)]] += 1
    members = np.array([[name in chosen for name in conditions] for chosen in sets], dtype=np.float64)
    return ComparisonTable(conditions, wins, shown, members.reshape(len(sets), len(conditions)), set_counts)


def fit_strengths(
    wins: Float64[np.ndarray, "*batch conditions"],
    set_counts: Float64[np.ndarray, "*batch sets"],
    sets: Float64[np.ndarray, "sets conditions"],
) -> Float64[np.ndarray, "*batch conditions"]:
    """Log strengths with mean 0, cut at LIMIT, for each of many samples at once. nan where a sample has no comparison.

    wins: first places. set_counts: how often each set was shown; sets: its members, 0 or 1.
    """
    strengths = np.full(wins.shape, 1 / max(1, wins.shape[-1]))
    floor = np.exp(-2 * LIMIT)
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(MM_STEPS):
            chances = set_counts / (strengths @ sets.T)
            updated = np.maximum(np.nan_to_num(wins / (chances @ sets)), floor)
            updated /= updated.sum(axis=-1, keepdims=True)
            moved, strengths = np.abs(updated - strengths).max(initial=0.0), updated
            if moved < TOLERANCE:
                break
        logs = np.log(strengths)
    centred: Float64[np.ndarray, "*batch conditions"] = np.clip(logs - logs.mean(axis=-1, keepdims=True), -LIMIT, LIMIT)
    centred[wins.sum(axis=-1) == 0] = np.nan
    return centred
