"""Squares that all images share are no sample of squares: what is estimated over them, and what is not decided."""

import numpy as np
import pytest
import scipy.stats

from riptui.results import bootstrap, paper_tests, shared_squares, statistics
from riptui.results.curves import extract_curves
from riptui.results.findings import FOR_THESE_SQUARES, check_findings
from riptui.results.panel import ONE_SEQUENCE, SHARED_RUNS
from riptui.results.verdict import Verdict
from riptui.spec import SQUARE_SOURCES
from riptui.store.listing import TrajectorySummary
from tests.support.made import made_spec, made_summary
from tests.support.simulated_studies import SHARE, simulate, true_mean

MASKS = (64, 128, 256)


def drifting(squares: str, *, images: int = 12, seeds: int = 1) -> list[TrajectorySummary]:
    """Larger masks end farther, which all images agree on."""
    rng = np.random.default_rng(3)
    return [
        made_summary(
            made_spec(image, mask=mask, seed=seed, squares=squares),
            {"lpips-vgg": (np.sqrt(np.arange(9)) * (1 + mask / 256) * rng.normal(1, 0.02)).tolist()},
        )
        for image in range(images)
        for mask in MASKS
        for seed in range(seeds)
    ]


def test_with_one_sequence_findings_about_images_are_not_decided_and_say_why() -> None:
    [tested] = check_findings(drifting("shared"))
    for number in (1, 2, 3, 5):
        found = tested.findings[number - 1]
        assert found.verdict is Verdict.UNDECIDED
        assert {part.open for part in found.evidence} == {ONE_SEQUENCE}


@pytest.mark.parametrize(("squares", "seeds"), [("own", 1), ("shared", 6)])
def test_with_squares_of_their_own_or_several_sequences_they_are(squares: str, seeds: int) -> None:
    [tested] = check_findings(drifting(squares, seeds=seeds))
    assert [found.verdict for found in tested.findings[:3]] == [Verdict.HOLDS] * 3


@pytest.mark.parametrize(("seeds", "words"), [(3, "all images share 3 sequences of squares, and a verdict takes 5")])
def test_a_few_sequences_decide_nothing_either(seeds: int, words: str) -> None:
    [tested] = check_findings(drifting("shared", seeds=seeds))
    for number in (1, 2, 3, 5):
        assert {part.open for part in tested.findings[number - 1].evidence} == {words}
        assert tested.findings[number - 1].verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("seeds", [3, 10])
def test_the_spread_over_runs_of_shared_sequences_is_theirs_and_decides_nothing(seeds: int) -> None:
    """All images see the same few runs: with as wide a spread at both mask sizes, 5 in 6 studies decided it."""
    found = paper_tests.runs_spread(simulate(np.random.default_rng(0), images=20, squares="shared", seeds=seeds))
    assert {part.open for part in found.evidence} == {SHARED_RUNS}
    assert found.verdict is Verdict.UNDECIDED


def test_findings_over_images_alone_say_that_they_are_for_these_squares() -> None:
    [tested] = check_findings(drifting("shared", seeds=6))
    assert FOR_THESE_SQUARES in tested.findings[4].note
    [tested] = check_findings(drifting("own"))
    assert FOR_THESE_SQUARES not in tested.findings[4].note


def test_intervals_over_sequences_need_five_of_them() -> None:
    for seeds, shown in ((4, False), (5, True)):
        found = bootstrap.estimate_crossed(crossed(np.random.default_rng(0), 30, seeds)[..., None])
        assert np.isfinite(found.low) == shown
    few = extract_curves(drifting("shared", seeds=2), "lpips-vgg")
    summary = statistics.summarize_drift([curve for curve in few if curve.spec.mask == 64])
    assert summary.final.low < summary.final.high, "over images, for these squares"
    assert "for these squares" in shared_squares.describe_shared(summary.shared_squares)


def test_convergence_resamples_the_sequences_too() -> None:
    """All images do the same: what differs is between sequences."""
    made = [
        made_summary(
            made_spec(image, mask=256, seed=seed, squares="shared"), {"ssim@previous": [0.1] * 8 + [0.1 + seed / 50]}
        )
        for image in range(9)
        for seed in range(6)
    ]
    found = statistics.convergence(extract_curves(made, "ssim@previous"))
    assert found.high - found.low > 0.1


def test_one_image_shares_its_squares_with_nobody() -> None:
    curves = extract_curves(drifting("shared", images=1), "lpips-vgg")
    assert shared_squares.count_shared(curves) == 0


def test_shared_and_own_squares_are_two_conditions() -> None:
    tested = check_findings([*drifting("shared"), *drifting("own")])
    assert [condition.settings["squares"] for condition in tested] == ["own", "shared"]
    assert [condition.findings[2].verdict for condition in tested] == [Verdict.HOLDS, Verdict.UNDECIDED]


def crossed(rng: np.random.Generator, images: int, seeds: int) -> np.ndarray:
    """Values of images and of sequences that all images share, mean 0: the sequences decide most."""
    by_image, by_seed = rng.normal(size=(images, 1)), rng.normal(size=(1, seeds))
    return by_image + by_seed + 0.5 * rng.normal(size=(images, seeds))


@pytest.mark.slow
def test_intervals_over_images_and_seeds_hold_the_truth_where_those_over_images_alone_do_not() -> None:
    both, images_only = 0, 0
    for trial in range(150):
        values = crossed(np.random.default_rng(trial), 30, 10)
        wide = bootstrap.estimate_crossed(values[..., None], resamples=1000)
        narrow = bootstrap.estimate(values.mean(axis=1)[:, None], resamples=1000)
        both += wide.low <= 0 <= wide.high
        images_only += narrow.low <= 0 <= narrow.high
    assert both >= 0.9 * 150
    assert images_only <= 0.85 * 150


def test_where_every_image_has_every_seed_the_crossed_mean_is_the_mean_of_means() -> None:
    values = crossed(np.random.default_rng(0), 7, 5)
    assert bootstrap.estimate_crossed(values[..., None]).value == pytest.approx(values.mean())
    values[2, 3] = np.nan
    expected = np.mean([np.nanmean(row) for row in values])
    assert bootstrap.estimate_crossed(values[..., None]).value == pytest.approx(expected)


@pytest.mark.slow
def test_shared_squares_give_intervals_that_miss_the_truth_and_own_ones_do_not() -> None:
    """At 256 px and 100 %, of 8 images: the squares are then most of the chance."""
    held = {"own": 0, "shared": 0}
    for squares in SQUARE_SOURCES:
        for trial in range(120):
            panel = simulate(np.random.default_rng(trial), images=8, squares=squares, masks=[256])
            values = [by_mask[256][0].at(100.0) for by_mask in panel.runs.values()]
            interval = bootstrap.estimate(np.array(values)[:, None], resamples=1000)
            held[squares] += interval.low <= true_mean(256, 100.0) <= interval.high
    assert held["own"] >= 0.88 * 120
    assert held["shared"] <= 0.75 * 120


@pytest.mark.slow
def test_larger_masks_that_drift_more_are_found_with_own_squares_and_never_denied_with_shared_ones() -> None:
    for trial in range(5):
        verdicts = {
            squares: paper_tests.larger_masks_end_farther(
                simulate(np.random.default_rng(trial), images=60, squares=squares, share=SHARE)
            ).verdict
            for squares in SQUARE_SOURCES
        }
        assert verdicts == {"own": Verdict.HOLDS, "shared": Verdict.UNDECIDED}


def test_the_interval_over_images_and_sequences_has_the_width_of_its_formula() -> None:
    """Of an effect of the image plus one of the sequence: the variances of both means, and Student's t."""
    rng = np.random.default_rng(0)
    by_image, by_seed = rng.normal(0, 1, 40), rng.normal(0, 2, 40)
    found = bootstrap.estimate_crossed((by_image[:, None] + by_seed)[..., None])
    error = np.sqrt((by_image.var(ddof=1) + by_seed.var(ddof=1)) / 40)
    half = scipy.stats.t.ppf(0.975, 39) * error
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.05)
    assert found.value == pytest.approx(by_image.mean() + by_seed.mean())
