"""What a matrix of distances or similarities says of a set: how diverse it is, what is nearly equal, in which order.

Computes nothing of pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from riptui.arrays import Float, Float64

DistanceMatrix = Float64[np.ndarray, "members members"]
"""Symmetric, 0 on the diagonal."""
SimilarityMatrix = Float64[np.ndarray, "members members"]
"""Symmetric and positive semidefinite, 1 on the diagonal."""

MAX_OPTIMAL_ORDER = 300  # members; the best order of the leaves takes seconds above it


@dataclass(frozen=True)
class NearPair:
    """Two members that are nearly equal, by their places in the set."""

    first: int
    second: int
    distance: float


def cosine_similarities(vectors: Float[np.ndarray, "members dimension"]) -> SimilarityMatrix:
    """The cosines of the angles between vectors. A vector of zeros has 0 to all others, and 1 to itself."""
    rows = vectors.astype(np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    units = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return _with_diagonal((units @ units.T).clip(-1, 1), 1.0)


def hamming_distances(bits: Float[np.ndarray, "members bits"]) -> DistanceMatrix:
    """How many of the bits, 0 or 1, differ."""
    signs = _to_signs(bits)
    different: DistanceMatrix = (signs.shape[1] - signs @ signs.T) / 2
    return different


def bit_similarities(bits: Float[np.ndarray, "members bits"]) -> SimilarityMatrix:
    """1 for equal bits, 0 if half of them differ, which is what unlike pictures have, -1 if all do."""
    signs = _to_signs(bits)
    return _with_diagonal(signs @ signs.T / signs.shape[1], 1.0)


def to_distances(similarities: SimilarityMatrix) -> DistanceMatrix:
    """1 - similarity: 0 for equal members, 1 for orthogonal ones."""
    return _with_diagonal(1 - similarities, 0.0)


def vendi_score(similarities: SimilarityMatrix) -> float:
    """The effective number of unlike members, Friedman & Dieng 2023: 1 for copies, n for n orthogonal members.

    The exponential of the entropy of the eigenvalues of the matrix / n.
    """
    eigenvalues = np.linalg.eigvalsh(similarities / len(similarities))
    shares = eigenvalues[eigenvalues > 0]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def list_pairs(distances: DistanceMatrix) -> Float64[np.ndarray, " pairs"]:
    """The distance of each pair, each once."""
    pairs: Float64[np.ndarray, " pairs"] = distances[np.triu_indices(len(distances), 1)]
    return pairs


def mean_distance(distances: DistanceMatrix) -> float:
    """Over the pairs."""
    return float(list_pairs(distances).mean())


def find_near_pairs(distances: DistanceMatrix, threshold: float) -> list[NearPair]:
    """The pairs whose distance is at most the threshold, the nearest first."""
    first, second = np.triu_indices(len(distances), 1)
    near = np.flatnonzero(distances[first, second] <= threshold)
    found = [NearPair(int(first[i]), int(second[i]), float(distances[first[i], second[i]])) for i in near]
    return sorted(found, key=lambda pair: (pair.distance, pair.first, pair.second))


def count_distinct(members: int, near: Sequence[NearPair]) -> int:
    """How many remain if of all that are linked by near pairs, also through others, one is kept."""
    links = np.zeros((members, members), np.bool_)
    for pair in near:
        links[pair.first, pair.second] = True
    return int(scipy.sparse.csgraph.connected_components(links, directed=False)[0])


def order_by_similarity(distances: DistanceMatrix) -> list[int]:
    """The members in an order in which neighbours are alike: the leaves of a tree of clusters (average linkage)."""
    if len(distances) < 3:
        return [*range(len(distances))]
    condensed = scipy.spatial.distance.squareform(distances, checks=False)
    tree = scipy.cluster.hierarchy.linkage(condensed, "average")
    if len(distances) <= MAX_OPTIMAL_ORDER:
        tree = scipy.cluster.hierarchy.optimal_leaf_ordering(tree, condensed)
    return [int(place) for place in scipy.cluster.hierarchy.leaves_list(tree)]


def _to_signs(bits: Float[np.ndarray, "members bits"]) -> Float64[np.ndarray, "members bits"]:
    signs: Float64[np.ndarray, "members bits"] = np.where(bits > 0.5, 1.0, -1.0)
    return signs


def _with_diagonal(
    matrix: Float64[np.ndarray, "members members"], value: float
) -> Float64[np.ndarray, "members members"]:
    symmetric: Float64[np.ndarray, "members members"] = (matrix + matrix.T) / 2
    np.fill_diagonal(symmetric, value)
    return symmetric
