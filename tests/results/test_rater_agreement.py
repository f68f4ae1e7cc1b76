"""Kappas against statsmodels, and the agreement of metrics with people against SciPy."""

from itertools import combinations

import numpy as np
import pytest

from riptui.metrics.values import MetricValues
from riptui.results.rater_agreement import RatedItem, compare_metrics, compare_raters, estimate_kappa
from riptui.results.rating_answers import ComparisonAnswer, TagAnswer
from riptui.store.ratings import RatedFrame
from tests.results.test_preferences import answer


def answers_of(raters: int, items: int, seed: int) -> np.ndarray:
    """[items, raters] of three categories, in which people agree in part."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 3, (items, 1))
    return np.where(generator.random((items, raters)) < 0.6, truth, generator.integers(0, 3, (items, raters)))


def items_of(given: np.ndarray) -> list[RatedItem]:
    return [
        RatedItem(str(row // 3), {f"r{column}": str(value) for column, value in enumerate(values)})
        for row, values in enumerate(given)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("raters", [2, 3, 5])
def test_kappas_are_those_of_statsmodels(raters: int) -> None:
    kappas = pytest.importorskip("statsmodels.stats.inter_rater", exc_type=ModuleNotFoundError)
    given = answers_of(raters, 60, raters)
    found = estimate_kappa("comparisons", items_of(given), tuple(f"r{index}" for index in range(raters)))
    if raters == 2:
        table = np.array([[np.sum((given == (a, b)).all(axis=1)) for b in range(3)] for a in range(3)])
        expected = kappas.cohens_kappa(table).kappa
    else:
        expected = kappas.fleiss_kappa(kappas.aggregate_raters(given)[0])
    assert found is not None
    assert found.kappa.value == pytest.approx(expected)
    assert found.kappa.low < expected < found.kappa.high
    assert found.items == 60


def test_closed_forms_of_agreement() -> None:
    both = [RatedItem(str(index), {"a": str(index % 2), "b": str(index % 2)}) for index in range(20)]
    found = estimate_kappa("s", both, ("a", "b"))
    assert found is not None
    assert (found.kappa.value, found.agreed) == (1.0, 100.0)
    opposite = [RatedItem(str(index), {"a": str(index % 2), "b": str(1 - index % 2)}) for index in range(20)]
    found = estimate_kappa("s", opposite, ("a", "b"))
    assert found is not None
    assert (found.kappa.value, found.agreed) == (-1.0, 0.0)
    same = [RatedItem(str(index), {"a": "x", "b": "x"}) for index in range(20)]
    found = estimate_kappa("s", same, ("a", "b"))
    assert found is not None
    assert np.isnan(found.kappa.value)
    assert estimate_kappa("s", [RatedItem("1", {"a": "x"}), RatedItem("2", {"b": "x"})], ("a", "b")) is None


def test_raters_are_compared_by_two_and_all_on_comparisons_and_on_tags_that_were_used() -> None:
    comparisons = [answer(image, "ab", image % 2, rater) for image in range(6) for rater in ("ann", "bob", "eve")]
    frames = [RatedFrame(f"{image:064x}", 1) for image in range(4)]
    tags = [TagAnswer(rater, "1", frame, "", frozenset({"face"})) for frame in frames for rater in ("ann", "bob")]
    found = compare_raters(comparisons, tags)
    assert [(kappa.subject, len(kappa.raters), kappa.items) for kappa in found] == [
        *[("comparisons", 2, 6)] * 3,
        ("comparisons", 3, 6),
        ("face", 2, 4),
    ]


def test_a_metrics_gamma_is_kendalls_tau_where_all_pairs_were_compared() -> None:
    stats = pytest.importorskip("scipy.stats")
    generator = np.random.default_rng(3)
    people, measured = generator.permutation(8), generator.permutation(8)
    frames = [RatedFrame(f"{index:064x}", 4) for index in range(8)]
    comparisons = []
    for left, right in combinations(range(8), 2):
        pair = (frames[left], frames[right])
        chosen = int(people[right] > people[left])
        comparisons.append(ComparisonAnswer("ann", "1", ("ab", frozenset(pair)), pair, ("x", "y"), chosen))
    values: dict[RatedFrame, MetricValues] = {
        frame: {"ssim": float(value), "lpips-vgg": -float(value), "entropy": 1.0}
        for frame, value in zip(frames, measured, strict=True)
    }
    expected = stats.kendalltau(people, measured).statistic
    found = compare_metrics(comparisons, values)
    assert {agreement.metric for agreement in found} == {"ssim", "lpips-vgg"}  # entropy is no distance
    for agreement in found:
        assert agreement.gamma.value == pytest.approx(expected)
        assert agreement.agreed == pytest.approx(50 * (1 + expected))
        assert agreement.pairs == 28


def test_the_interval_of_a_gamma_of_few_images_stays_within_its_range() -> None:
    comparisons = [answer(image, "ab", int(image == 0)) for image in range(6)]
    known: dict[RatedFrame, MetricValues] = {
        frame: {"ssim": float(place)} for one in comparisons for place, frame in enumerate(one.frames)
    }
    [found] = compare_metrics(comparisons, known)
    assert -1 <= found.gamma.low < found.gamma.value < found.gamma.high <= 1


def test_ties_of_people_and_of_metrics_say_nothing() -> None:
    comparisons = [answer(1, "ab", None), answer(2, "ab", 0), answer(3, "ab", 1)]
    same: dict[RatedFrame, MetricValues] = {frame: {"ssim": 0.5} for one in comparisons for frame in one.frames}
    assert compare_metrics(comparisons, same) == []
    assert compare_metrics(comparisons, {}) == []
    assert compare_metrics([], {}) == []
