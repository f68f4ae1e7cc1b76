"""Intervals of what is known of the seeds of one picture, by leaving seeds out: the seeds are the sample.

The jackknife (Efron & Tibshirani 1993, chapter 11) and not the bootstrap, whose resamples have copies: these are no
distance apart, and make a set look less diverse than any sample is. What a Vendi score says depends on the number of
seeds; its interval is for sets of as many. Of simulated intervals of 100 seeds, 91 to 100 % held the mean of such sets,
of 10 seeds 91 to 99 %. What only few seeds show can be missing from a set, which then looks too certain: of kinds of
pictures that one seed in twenty has, 10 seeds held the mean in a third of the simulations.
"""

from collections.abc import Callable, Sequence
from math import nan, sqrt
from typing import NamedTuple

import numpy as np
import scipy

from riptui.arrays import Float64
from riptui.results.bootstrap import CONFIDENCE, MIN_INTERVAL_IMAGES, jackknife_error

MOST_LEFT_OUT, FEWER_LEFT_OUT = 100, 20
"""The most parts of a set that are left out in turn, in sets of up to LARGE members and in larger ones: a seed each or,
of more seeds, nearly equal parts."""
LARGE = 300  # members; each eigenvalue problem of more takes 10 ms and more

Matrix = Float64[np.ndarray, "members members"]
"""Of distances or similarities between the members of a set."""


class SeedError(NamedTuple):
    """The standard error of a number of one set, and from how many parts it is known."""

    error: float
    parts: int


def seed_error(matrix: Matrix, number: Callable[[Matrix], float]) -> SeedError | None:
    """The standard error of a number of a set, by leaving members out; None for fewer than MIN_INTERVAL_IMAGES."""
    members = len(matrix)
    if members < MIN_INTERVAL_IMAGES:
        return None
    parts = min(members, MOST_LEFT_OUT if members <= LARGE else FEWER_LEFT_OUT)
    part = np.arange(members) % parts
    kept = [np.flatnonzero(part != left_out) for left_out in range(parts)]
    return SeedError(jackknife_error(np.array([number(matrix[np.ix_(rows, rows)]) for rows in kept])), parts)


def mean_reach(errors: Sequence[SeedError | None]) -> float:
    """Half of the 95 % interval of the mean over these very sets; nan if one of them has no standard error."""
    known = [error for error in errors if error]
    if not known or len(known) < len(errors):
        return nan
    of_mean = sqrt(sum(each.error**2 for each in known)) / len(known)
    return of_mean * float(scipy.special.stdtrit(min(each.parts for each in known) - 1, (1 + CONFIDENCE) / 2))
