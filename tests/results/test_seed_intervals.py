"""Intervals over the seeds of one picture: by simulation, and against the closed form of the jackknife."""

from math import isnan

import numpy as np
import pytest
from scipy import stats

from riptui.results.seed_intervals import LARGE, SeedError, mean_reach, seed_error
from riptui.results.similarity import (
    cosine_similarities,
    hamming_distances,
    list_pairs,
    mean_distance,
    to_distances,
    vendi_score,
)


def test_of_a_mean_it_is_the_standard_error_of_the_mean() -> None:
    values = np.random.default_rng(0).normal(0, 1, 12)
    found = seed_error(np.diag(values), lambda matrix: float(np.diag(matrix).mean()))
    assert found
    assert found.error == pytest.approx(stats.sem(values))
    assert mean_reach([found]) == pytest.approx(found.error * stats.t(11).ppf(0.975))


def test_over_few_pictures_errors_add_up_as_those_of_independent_sets() -> None:
    errors = [SeedError(3.0, 10), SeedError(4.0, 20)]
    assert mean_reach(errors) == pytest.approx(2.5 * stats.t(9).ppf(0.975))
    assert isnan(mean_reach([*errors, None]))
    assert isnan(mean_reach([]))


def test_fewer_than_five_seeds_have_none_and_copies_are_certain() -> None:
    assert seed_error(np.zeros((4, 4)), mean_distance) is None
    copies = cosine_similarities(np.ones((6, 3)))
    assert seed_error(to_distances(copies), mean_distance) == SeedError(0.0, 6)
    certain = seed_error(copies, vendi_score)
    assert certain
    assert certain.error == pytest.approx(0, abs=1e-9)


def test_many_seeds_are_left_out_in_parts() -> None:
    bits = np.random.default_rng(0).integers(0, 2, (LARGE + 1, 64)).astype(np.float32)
    found = seed_error(hamming_distances(bits), mean_distance)
    each = seed_error(hamming_distances(bits[:LARGE]), mean_distance)
    assert found
    assert each
    assert (found.parts, each.parts) == (20, 100)
    assert found.error == pytest.approx(each.error, rel=0.5)


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("seeds", [10, 40])
def test_intervals_hold_the_mean_of_such_sets(seeds: int) -> None:
    generator = np.random.default_rng(0)
    scale = 1 / np.arange(1, 129)

    def draw() -> tuple[float, float, float, float]:
        similarities = cosine_similarities(generator.normal(scale / 2, scale, (seeds, 128)))
        distances = to_distances(similarities)
        reaches = [
            mean_reach([seed_error(matrix, number)])
            for matrix, number in ((distances, mean_distance), (similarities, vendi_score))
        ]
        return float(list_pairs(distances).mean()), reaches[0], vendi_score(similarities), reaches[1]

    drawn = np.array([draw() for _ in range(200)])
    for values, reaches in (drawn[:, :2].T, drawn[:, 2:].T):
        held = np.abs(values - values.mean()) <= reaches
        assert 0.87 <= held.mean() <= 1
