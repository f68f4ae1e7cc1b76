"""From which similarity on a frame is not a new picture: by the corpus itself, not by a constant.

A picture that was drawn as those of the corpus were is as similar to its nearest picture as they are to theirs. So the
threshold is a quantile of the similarities between pictures of the corpus and their nearest other one: of pictures
exchangeable with them, that share is novel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, nan

import msgspec
import numpy as np
import scipy

from riptui.corpus.corpus_files import SIMILARITIES
from riptui.corpus.corpus_index import CorpusIndex
from riptui.corpus.similar_vectors import QUERIES, find_nearest
from riptui.errors import InputError
from riptui.filesystem import write_atomically
from riptui.results.bootstrap import CONFIDENCE
from riptui.store.disk_errors import explain_errors
from riptui.store.records import UNREADABLE

LEVEL = 0.95
SAMPLE = 2000
"""Pictures whose nearest is looked for: the standard error of the share below the threshold is then half a percent."""


@dataclass(frozen=True)
class NoveltyThreshold:
    """A frame is novel if its similarity to the nearest picture is below `similarity`."""

    level: float
    """The quantile that was asked for, 0 to 1."""
    similarity: float
    own_novel: float
    """Share of the corpus' own pictures that would be novel, 0 to 1: below the level where many are equally similar."""
    sample: int
    """Pictures of the corpus that it was estimated from."""

    def describe(self) -> str:
        return (
            f"novel: similarity below {self.similarity:.4f}, by which {100 * self.own_novel:.1f} % of the corpus' own "
            f"pictures would be novel (quantile {self.level:g} of {self.sample:,} leave-one-out similarities)"
        )


@dataclass(frozen=True)
class ShareEstimate:
    """k of n, with Wilson's 95 % interval: it takes frames for independent."""

    count: int
    of: int
    share: float
    """0 to 1; nan of none."""
    low: float
    high: float

    def describe(self) -> str:
        """60 % [31, 83], 6 of 10."""
        if not self.of:
            return "-"
        interval = f"[{100 * self.low:.0f}, {100 * self.high:.0f}]"
        return f"{100 * self.share:.0f} % {interval}, {self.count:,} of {self.of:,}"


class SavedSimilarities(msgspec.Struct, frozen=True):
    """similarities.json."""

    vectors: list[int]
    """The vectors of the index when they were computed: the number of all, and of those that belong to no picture."""
    similarities: list[float]
    """Of sampled pictures to their nearest other one, ascending."""


def find_threshold(similarities: Sequence[float], level: float = LEVEL) -> NoveltyThreshold:
    """The threshold from leave-one-out similarities, ascending: number ceil((n + 1) * level) of n, the last at most.

    Raises InputError for a level that is not between 0 and 1, or if there are none.
    """
    if not 0 < level < 1:
        raise InputError(f"the quantile {level:g}: it must be above 0 and below 1, e.g. {LEVEL:g}")
    count = len(similarities)
    if not count:
        raise InputError("the corpus has no two unlike pictures: nothing can be said about what is new")
    threshold = similarities[min(ceil((count + 1) * level), count) - 1]
    own = sum(similarity < threshold for similarity in similarities) / count
    return NoveltyThreshold(level, threshold, own, count)


def read_similarities(index: CorpusIndex, *, sample: int = SAMPLE) -> list[float]:
    """The leave-one-out similarities of the index, ascending: those that were saved, or those that are computed now.

    Copies by pixels count as one picture, and none is the neighbour of another. Raises DiskError.
    """
    file = index.folder / SIMILARITIES
    state = [len(index.vectors), len(index.replaced)]
    try:
        saved = msgspec.json.decode(file.read_bytes(), type=SavedSimilarities)
        if saved.vectors == state:
            return saved.similarities
    except (OSError, *UNREADABLE):
        pass
    found = _leave_one_out(index, sample)
    with explain_errors(file):
        write_atomically(file, msgspec.json.encode(SavedSimilarities(state, found)), durable=False)
    return found


def wilson_interval(count: int, of: int) -> ShareEstimate:
    """A share with Wilson's score interval (1927), by SciPy; nan of none."""
    if not of:
        return ShareEstimate(0, 0, nan, nan, nan)
    interval = scipy.stats.binomtest(count, of).proportion_ci(CONFIDENCE, method="wilson")
    return ShareEstimate(count, of, count / of, float(interval.low), float(interval.high))


def _leave_one_out(index: CorpusIndex, sample: int) -> list[float]:
    distinct = [numbers[0] for numbers in index.copies.values()]
    drawn = sorted(np.random.default_rng(0).choice(distinct, min(sample, len(distinct)), replace=False).tolist())
    similarities: list[float] = []
    for start in range(0, len(drawn), QUERIES):
        part = drawn[start : start + QUERIES]
        own = [index.copies[index.by_vector[number].pixels_sha256] for number in part]
        found = find_nearest(index.vectors, index.vectors[part], 1, own, index.replaced)
        similarities += found.similarities[:, 0].tolist()
    return sorted(similarity for similarity in similarities if np.isfinite(similarity))
