"""The most similar of many vectors: cosines by matrix products, a part of the vectors at a time."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from riptui.arrays import FeatureVectors, Float32, Int64

CHUNK = 4096  # vectors at a time: 8 MB of 512 numbers
QUERIES = 256  # queries at a time
DECIMALS = 5  # float32 products of one pair differ by 1e-6, depending on what else is multiplied with them

SimilarityRows = Float32[np.ndarray, "queries neighbours"]


class NearestVectors(NamedTuple):
    """For each query its most similar vectors, the most similar first; of equal ones the first in the index."""

    similarities: SimilarityRows
    """Cosines, -1 to 1, rounded to DECIMALS; -inf where there are not so many vectors."""
    numbers: Int64[np.ndarray, "queries neighbours"]


def find_nearest(
    vectors: FeatureVectors,
    queries: FeatureVectors,
    count: int,
    excluded: Sequence[Collection[int]] | None = None,
    excluded_of_all: Collection[int] = (),
) -> NearestVectors:
    """The `count` most similar vectors to each query; both have length 1. Memory does not grow with the vectors.

    `excluded`: for each query the numbers of vectors that are none of its neighbours.
    """
    parts = [
        _find_part(
            vectors,
            queries[start : start + QUERIES],
            count,
            excluded[start : start + QUERIES] if excluded else [()] * len(queries[start : start + QUERIES]),
            excluded_of_all,
        )
        for start in range(0, len(queries), QUERIES)
    ]
    if not parts:
        return NearestVectors(np.zeros((0, count), np.float32), np.zeros((0, count), np.int64))
    return NearestVectors(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _find_part(
    vectors: FeatureVectors,
    queries: FeatureVectors,
    count: int,
    excluded: Sequence[Collection[int]],
    excluded_of_all: Collection[int],
) -> NearestVectors:
    best = np.full((len(queries), count), -np.inf, np.float32)
    numbers = np.full((len(queries), count), -1, np.int64)
    never = np.fromiter(excluded_of_all, np.int64, len(excluded_of_all))
    for start in range(0, len(vectors), CHUNK):
        chunk = np.asarray(vectors[start : start + CHUNK])
        found = queries @ chunk.T
        np.round(found, DECIMALS, out=found)
        found[:, never[(never >= start) & (never < start + len(chunk))] - start] = -np.inf
        for row, left_out in enumerate(excluded):
            found[row, [number - start for number in left_out if start <= number < start + len(chunk)]] = -np.inf
        places = _top(found, min(count, len(chunk)))
        candidates = np.concatenate([best, np.take_along_axis(found, places, axis=1)], axis=1)
        order = np.argsort(-candidates, axis=1, kind="stable")[:, :count]
        best = np.take_along_axis(candidates, order, axis=1)
        numbers = np.take_along_axis(np.concatenate([numbers, places + start], axis=1), order, axis=1)
    return NearestVectors(best, np.where(np.isfinite(best), numbers, -1))


def _top(candidates: SimilarityRows, count: int) -> Int64[np.ndarray, "queries neighbours"]:
    """The columns of the greatest values of each row, the greatest first; of equal ones the first."""
    least = np.partition(candidates, -count, axis=1)[:, -count]
    order = np.empty((len(candidates), count), np.int64)
    for row, (values, bound) in enumerate(zip(candidates, least, strict=True)):
        among = np.flatnonzero(values >= bound)
        order[row] = among[np.argsort(-values[among], kind="stable")[:count]]
    return order
