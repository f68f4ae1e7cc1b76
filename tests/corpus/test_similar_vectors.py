"""The most similar vectors: those that scikit-learn finds, whatever the size of the parts, none that is excluded."""

import numpy as np
import pytest

from riptui.arrays import FeatureVectors
from riptui.corpus import similar_vectors
from riptui.corpus.similar_vectors import find_nearest


def unit_vectors(count: int, dimension: int, seed: int) -> FeatureVectors:
    drawn = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@pytest.mark.slow
@pytest.mark.parametrize(("chunk", "block"), [(7, 3), (4096, 256)])
def test_the_same_neighbours_as_scikit_learns(monkeypatch: pytest.MonkeyPatch, chunk: int, block: int) -> None:
    nearest_neighbors = pytest.importorskip("sklearn.neighbors").NearestNeighbors
    monkeypatch.setattr(similar_vectors, "CHUNK", chunk)
    monkeypatch.setattr(similar_vectors, "QUERIES", block)
    vectors, queries = unit_vectors(200, 16, 0), unit_vectors(11, 16, 1)
    found = find_nearest(vectors, queries, 6)
    distances, numbers = (
        nearest_neighbors(n_neighbors=6, metric="cosine", algorithm="brute").fit(vectors).kneighbors(queries)
    )
    np.testing.assert_array_equal(found.numbers, numbers)
    np.testing.assert_allclose(found.similarities, 1 - distances, atol=2e-5)


def test_excluded_vectors_are_no_neighbours() -> None:
    vectors = unit_vectors(30, 8, 0)
    all_but = find_nearest(vectors, vectors[:3], 2, [{0}, set(), {2, 5}], {7})
    assert all_but.numbers[1, 0] == 1
    assert all_but.similarities[1, 0] == 1
    for row, left_out in enumerate(({0, 7}, {7}, {2, 5, 7})):
        whole = [number for number in np.argsort(-(vectors @ vectors[row])) if number not in left_out]
        assert all_but.numbers[row].tolist() == whole[:2]


def test_fewer_vectors_than_neighbours_and_equal_ones() -> None:
    equal = np.ones((3, 4), np.float32) / 2
    found = find_nearest(equal, equal[:1], 5, [{1}])
    assert found.numbers.tolist() == [[0, 2, -1, -1, -1]]
    assert found.similarities[0, :2].tolist() == [1, 1]
    assert np.isneginf(found.similarities[0, 2:]).all()
    assert find_nearest(equal, equal[:0], 2).numbers.shape == (0, 2)
