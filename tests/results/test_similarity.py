"""Diversity of sets whose answer is known: copies, orthogonal members, clusters, planted duplicates."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from riptui.results.similarity import (
    NearPair,
    bit_similarities,
    cosine_similarities,
    count_distinct,
    find_near_pairs,
    hamming_distances,
    list_pairs,
    order_by_similarity,
    to_distances,
    vendi_score,
)

RANDOM = np.random.default_rng(3)


@pytest.mark.parametrize("members", [1, 2, 7, 100])
def test_vendi_is_1_for_copies_and_n_for_orthogonal_members(members: int) -> None:
    assert vendi_score(cosine_similarities(np.tile([[3.0, 4.0]], (members, 1)))) == pytest.approx(1)
    assert vendi_score(cosine_similarities(np.eye(members) * 5)) == pytest.approx(members)


@pytest.mark.parametrize("sizes", [[1], [9], [1, 1, 1], [5, 2], [9, 1, 1, 3, 7], [2] * 8])
def test_vendi_of_orthogonal_groups_of_copies_is_the_exponential_of_their_entropy(sizes: list[int]) -> None:
    vectors = np.repeat(np.eye(len(sizes)), sizes, axis=0)
    shares = np.array(sizes) / sum(sizes)
    assert vendi_score(cosine_similarities(vectors)) == pytest.approx(np.exp(-(shares * np.log(shares)).sum()))


@pytest.mark.parametrize("cosine", [0.0, 1e-9, 0.2, 0.5, 0.99, 1.0])
def test_vendi_of_two_members_is_the_closed_form(cosine: float) -> None:
    vectors = np.array([[1.0, 0.0], [cosine, np.sqrt(1 - cosine**2)]])
    shares = np.array([(1 + cosine) / 2, (1 - cosine) / 2])
    expected = np.exp(-sum(share * np.log(share) for share in shares if share > 0))
    assert vendi_score(cosine_similarities(vectors)) == pytest.approx(expected, rel=1e-6)


def test_vendi_depends_on_no_order_and_no_length() -> None:
    vectors = RANDOM.normal(size=(20, 6))
    score = vendi_score(cosine_similarities(vectors))
    shuffled = RANDOM.permutation(vectors) * RANDOM.uniform(0.1, 9, (20, 1))
    assert vendi_score(cosine_similarities(shuffled)) == pytest.approx(score)
    assert 1 < score < 6  # six dimensions have no more


def test_cosines_are_scipys() -> None:
    vectors = RANDOM.normal(size=(9, 5)).astype(np.float32)
    similarities = cosine_similarities(vectors)
    assert np.allclose(to_distances(similarities), cdist(vectors, vectors, "cosine"), atol=1e-6)
    assert (np.diag(similarities) == 1).all()
    zero = cosine_similarities(np.array([[0.0, 0.0], [1.0, 0.0]]))
    assert zero.tolist() == [[1, 0], [0, 1]]


def test_bits_are_compared_by_hammings_distance() -> None:
    bits = RANDOM.integers(0, 2, (8, 64)).astype(np.float32)
    bits[5] = 1 - bits[0]
    distances = hamming_distances(bits)
    assert np.array_equal(distances, cdist(bits, bits, "hamming") * 64)
    assert (distances[0, 5], bit_similarities(bits)[0, 5]) == (64, -1)
    assert np.allclose(bit_similarities(bits), 1 - distances / 32)


def test_vendi_of_random_bits_is_near_their_number_and_of_equal_ones_1() -> None:
    bits = RANDOM.integers(0, 2, (10, 64)).astype(np.float32)
    assert 8.5 < vendi_score(bit_similarities(bits)) <= 10
    assert vendi_score(bit_similarities(bits[[3] * 10])) == pytest.approx(1)


def test_a_planted_near_duplicate_is_the_only_near_pair() -> None:
    bits = RANDOM.integers(0, 2, (100, 64)).astype(np.float32)
    bits[70] = bits[12]
    bits[70, :3] = 1 - bits[12, :3]
    assert find_near_pairs(hamming_distances(bits), 4) == [NearPair(12, 70, 3)]
    assert find_near_pairs(hamming_distances(bits), 2) == []


def test_of_linked_members_one_is_distinct() -> None:
    assert count_distinct(6, [NearPair(0, 3, 1), NearPair(3, 5, 2), NearPair(1, 2, 0)]) == 3
    assert count_distinct(6, []) == 6
    assert count_distinct(3, [NearPair(i, j, 0) for i in range(3) for j in range(i + 1, 3)]) == 1


def test_in_the_order_clusters_are_together() -> None:
    labels = RANDOM.permutation(np.repeat([0, 1, 2], 6))
    vectors = np.eye(3)[labels] + RANDOM.normal(0, 0.05, (18, 3))
    ordered = labels[order_by_similarity(to_distances(cosine_similarities(vectors)))]
    assert np.count_nonzero(np.diff(ordered)) == 2


@pytest.mark.parametrize("members", [1, 2, 3, 40, 301])
def test_the_order_has_each_member_once(members: int) -> None:
    points = RANDOM.normal(size=(members, 2))
    distances = cdist(points, points)
    assert sorted(order_by_similarity(distances)) == [*range(members)]
    assert len(list_pairs(distances)) == members * (members - 1) // 2
