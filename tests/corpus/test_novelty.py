"""Novel: as statsmodels' Wilson interval says, and for pictures exchangeable with the corpus as the level says."""

import json
from math import isnan

import numpy as np
import pytest

from riptui.corpus.corpus_files import SIMILARITIES
from riptui.corpus.corpus_index import CorpusIndex
from riptui.corpus.novelty import find_threshold, read_similarities, wilson_interval
from riptui.corpus.similar_vectors import find_nearest
from riptui.errors import InputError
from tests.corpus.test_similar_vectors import unit_vectors


@pytest.mark.parametrize(("count", "of"), [(0, 7), (3, 7), (7, 7), (93, 100), (1, 1)])
def test_wilson_is_that_of_statsmodels(count: int, of: int) -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    found = wilson_interval(count, of)
    assert (found.low, found.high) == pytest.approx(proportion.proportion_confint(count, of, method="wilson"))
    assert found.share == count / of


def test_nothing_has_no_share() -> None:
    assert isnan(wilson_interval(0, 0).share)


@pytest.mark.slow
@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_of_exchangeable_pictures_the_level_is_novel(level: float) -> None:
    """Corpora of 150 vectors and 50 more of the same kind: the mean share over 40 draws is the level's."""
    shares = []
    for draw in range(40):
        everything = unit_vectors(200, 6, draw)
        corpus, frames = everything[:150], everything[150:]
        own = find_nearest(corpus, corpus, 1, [{number} for number in range(150)]).similarities[:, 0]
        threshold = find_threshold(sorted(own.tolist()), level)
        nearest = find_nearest(corpus, frames, 1).similarities[:, 0]
        shares.append(float((nearest < threshold.similarity).mean()))
        assert threshold.own_novel == pytest.approx(level, abs=0.02)
    standard_error = np.std(shares, ddof=1) / np.sqrt(len(shares))
    assert np.mean(shares) == pytest.approx(level, abs=3 * standard_error + 0.01)


def test_many_equal_similarities_are_told() -> None:
    threshold = find_threshold([0.5] * 8 + [1.0] * 2, 0.95)
    assert (threshold.similarity, threshold.own_novel) == (1.0, 0.8)
    assert "80.0 % of the corpus' own" in threshold.describe()
    for level in (0.0, 1.0, -1):
        with pytest.raises(InputError, match="above 0 and below 1"):
            find_threshold([0.5], level)
    with pytest.raises(InputError, match="no two unlike pictures"):
        find_threshold([])


def test_similarities_are_kept_until_the_index_changes(index: CorpusIndex) -> None:
    found = read_similarities(index)
    assert len(found) == 12
    assert found == sorted(found)
    assert all(similarity < 1 for similarity in found)
    file = index.folder / SIMILARITIES
    saved = json.loads(file.read_bytes())
    file.write_text(json.dumps(saved | {"similarities": [0.25]}))
    assert read_similarities(index) == [0.25]
    file.write_text(json.dumps(saved | {"vectors": [11, 0]}))
    assert read_similarities(index) == found
    file.write_text("rubbish")
    assert read_similarities(index) == found
    assert len(read_similarities(index, sample=5)) == 12, "kept"


def test_copies_are_one_picture(index: CorpusIndex) -> None:
    """A copy of every picture: without care all would have a neighbour of similarity 1."""
    before = read_similarities(index)
    doubled = CorpusIndex("photos")
    doubled.pictures = [*index.pictures]
    numbers = {digest: [*vectors, *vectors] for digest, vectors in index.copies.items()}
    doubled.__dict__["copies"] = numbers
    (index.folder / SIMILARITIES).unlink()
    assert read_similarities(doubled) == before
