"""Top-1 shares and Bradley-Terry strengths: against choix, closed forms and simulated people."""

import numpy as np
import pytest

from riptui.results.preferences import LIMIT, count_comparisons, estimate_strength, fit_strengths, rank_conditions
from riptui.results.rating_answers import ComparisonAnswer
from riptui.store.ratings import RatedFrame


def answer(image: int, conditions: str, chosen: int | None, rater: str = "ann") -> ComparisonAnswer:
    frames = tuple(RatedFrame(f"{image:060x}{ord(name):04x}", 16) for name in conditions)
    return ComparisonAnswer(rater, str(image), ("ab", frozenset(frames)), frames, tuple(conditions), chosen)


def simulate(strengths: dict[str, float], images: int, size: int, seed: int) -> list[ComparisonAnswer]:
    generator = np.random.default_rng(seed)
    names = [*strengths]
    answers = []
    for image in range(images):
        shown = "".join(generator.permutation(names)[:size])
        odds = np.exp([strengths[name] for name in shown])
        answers.append(answer(image, shown, int(generator.choice(size, p=odds / odds.sum()))))
    return answers


def strengths_of(answers: list[ComparisonAnswer]) -> list[float]:
    table = count_comparisons(answers)
    fitted = fit_strengths(table.wins.sum(axis=0), table.set_counts.sum(axis=0), table.sets)
    return [float(strength) for strength in fitted]


def test_of_two_conditions_the_strength_is_half_the_log_odds() -> None:
    answers = [answer(image, "ab", int(image % 4 == 0)) for image in range(40)]
    assert strengths_of(answers) == pytest.approx([np.log(3) / 2, -np.log(3) / 2])
    first, second = rank_conditions(answers)
    assert (first.condition, first.shown, first.top1.value) == ("a", 40, 75.0)
    assert first.strength.low < np.log(3) / 2 < first.strength.high
    assert second.strength.value == pytest.approx(-first.strength.value)


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 3])
def test_strengths_are_those_of_choix(size: int) -> None:
    choix = pytest.importorskip("choix", exc_type=ModuleNotFoundError)
    answers = simulate({"a": 1.0, "b": 0.3, "c": -0.2, "d": -1.1}, 300, size, seed=size)
    data = []
    for one in answers:
        indices = ["abcd".index(name) for name in one.conditions]
        assert one.chosen is not None
        data.append((indices.pop(one.chosen), indices))
    expected = choix.ilsr_top1(4, data)
    assert strengths_of(answers) == pytest.approx(expected - expected.mean(), abs=1e-4)


def test_ties_count_in_equal_parts() -> None:
    answers = [answer(image, "ab", None) for image in range(6)]
    assert strengths_of(answers) == pytest.approx([0, 0])
    assert [preference.top1.value for preference in rank_conditions(answers)] == [50, 50]


def test_who_wins_everything_has_the_limit_and_no_traceback() -> None:
    first, second = rank_conditions([answer(image, "ab", 0) for image in range(10)])
    assert (first.condition, first.strength.value, second.strength.value) == ("a", LIMIT, -LIMIT)
    assert rank_conditions([]) == []
    assert rank_conditions([answer(1, "aa", 0)]) == []


def test_the_interval_of_a_share_of_few_images_stays_within_0_and_100() -> None:
    for preference in rank_conditions([answer(image, "ab", int(image == 0)) for image in range(6)]):
        assert 0 <= preference.top1.low < preference.top1.value < preference.top1.high <= 100


@pytest.mark.slow
def test_intervals_hold_the_truth() -> None:
    truth = {"a": 0.6, "b": 0.0, "c": -0.6}
    held = 0
    for seed in range(24):
        answers = simulate(truth, 60, 2, seed=100 + seed)
        found = estimate_strength(count_comparisons(answers), 0)
        held += found.low <= truth["a"] <= found.high
    assert held >= 21
