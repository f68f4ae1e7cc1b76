"""Statistics against SciPy, closed forms and made data whose truth is known."""

from collections.abc import Callable
from dataclasses import replace
from math import exp, inf, isnan, log, nan
from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
import scipy.stats

from riptui.results import bootstrap, fits, statistics
from riptui.results.curves import Curve, extract_curves, select_points, values_by_amount
from tests.support.made import made_spec, made_summary

Value = Callable[[float], float]


def made_curves(values: dict[tuple[int, int], Value], metric: str = "lpips-vgg", **fields: object) -> list[Curve]:
    """A curve for each (image, seed)."""
    summaries = [
        made_summary(made_spec(image, seed=seed, **fields), {metric: value}) for (image, seed), value in values.items()
    ]
    return extract_curves(summaries, metric)


def one_curve(value: Value, **given: Any) -> Curve:
    [found] = made_curves({(0, 0): value}, **given)
    return found


# ── the bootstrap ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("images", [10, 40, 200])
def test_the_interval_of_a_mean_is_scipys_bca(images: int) -> None:
    values = np.random.default_rng(images).lognormal(size=images)
    found = bootstrap.estimate(values[:, None], resamples=20_000, expanded=False)
    theirs = scipy.stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(1)
    ).confidence_interval
    wide = theirs.high - theirs.low
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(theirs.low, abs=0.05 * wide)
    assert found.high == pytest.approx(theirs.high, abs=0.05 * wide)
    assert found.images == images


def test_the_interval_of_a_ratio_is_scipys_bca() -> None:
    x, y = np.random.default_rng(3).lognormal(size=(2, 60))
    found = bootstrap.estimate(np.stack([x, y], axis=1), bootstrap.ratio_of_means, resamples=20_000, expanded=False)
    theirs = scipy.stats.bootstrap(
        (x, y),
        lambda x, y, axis: x.mean(axis=axis) / y.mean(axis=axis),
        n_resamples=20_000,
        paired=True,
        vectorized=True,
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), rel=0.03)


@pytest.mark.parametrize("images", [8, 12, 30])
def test_expanded_it_is_nearly_students_interval_for_normal_values(images: int) -> None:
    values = np.random.default_rng(images).normal(size=images)
    values = (values - values.mean()) / values.std(ddof=1)
    values = np.concatenate([values, -values])  # no skewness
    found = bootstrap.estimate(values[:, None], resamples=40_000)
    theirs = scipy.stats.ttest_1samp(values, 0).confidence_interval()
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), rel=0.06)


def test_of_five_images_it_is_not_narrower_than_students_interval() -> None:
    values = np.random.default_rng(5).lognormal(size=5)
    found = bootstrap.estimate(values[:, None], null=0.0)
    theirs = scipy.stats.ttest_1samp(values, 0)
    assert found.low <= theirs.confidence_interval().low
    assert found.high >= theirs.confidence_interval().high
    assert found.p_above >= scipy.stats.ttest_1samp(values, 0, alternative="greater").pvalue


@pytest.mark.slow
def test_nineteen_of_twenty_intervals_of_a_few_images_hold_the_truth() -> None:
    drawn = np.random.default_rng(0).normal(size=(1000, 10))
    found = [bootstrap.estimate(values[:, None], resamples=999) for values in drawn]
    held = np.mean([one.low <= 0 <= one.high for one in found])
    assert 0.92 <= held <= 0.97


def test_the_same_seed_gives_the_same_interval_and_another_one_nearly_the_same() -> None:
    values = np.random.default_rng(0).normal(size=(30, 1))
    assert bootstrap.estimate(values) == bootstrap.estimate(values)
    assert bootstrap.estimate(values, seed=1) != bootstrap.estimate(values)
    assert bootstrap.estimate(values, seed=1).low == pytest.approx(bootstrap.estimate(values).low, abs=0.05)


def test_equal_values_have_an_interval_without_width() -> None:
    assert bootstrap.estimate(np.full((9, 1), 0.25)) == bootstrap.IntervalEstimate(0.25, 0.25, 0.25, 9)


def test_one_image_has_no_interval_and_none_no_value() -> None:
    alone = bootstrap.estimate(np.array([[0.5]]))
    assert (alone.value, alone.images) == (0.5, 1)
    assert isnan(alone.low)
    assert isnan(alone.high)
    assert isnan(bootstrap.estimate(np.empty((0, 1))).value)


def test_a_ratio_to_nothing_has_no_interval() -> None:
    found = bootstrap.estimate(np.array([[1.0, 0.0]] * 5), bootstrap.ratio_of_means)
    assert isnan(found.low)


def test_images_are_resampled_and_not_their_trajectories() -> None:
    """Ten runs of each image are not ten times the images: the interval is that of the images' means."""
    levels = np.random.default_rng(0).normal(size=12)
    found = made_curves({(image, seed): lambda x, v=levels[image]: v for image in range(12) for seed in range(10)})
    estimate = statistics.estimate_by_image(found, [float(one.values[-1]) for one in found])
    assert estimate.images == 12
    alone = bootstrap.estimate(levels[:, None])
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((alone.value, alone.low, alone.high))


def test_an_image_with_more_runs_counts_once() -> None:
    found = made_curves({(0, 0): lambda x: 0.0, (1, 0): lambda x: 1.0, (1, 1): lambda x: 1.0})
    assert statistics.estimate_by_image(found, [float(one.values[-1]) for one in found]).value == pytest.approx(1 / 2)
    drift = statistics.summarize_drift(found)
    assert drift.last is not None
    assert (drift.trajectories, drift.images, drift.last.n, drift.last.mean) == (3, 2, 2, 0.5)


# ── areas, half-lives ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_area_under_a_line_is_half_its_end() -> None:
    assert statistics.area_under_curve(one_curve(lambda x: x / 400)) == pytest.approx(0.5)
    assert statistics.area_under_curve(one_curve(lambda x: 0.3)) == pytest.approx(0.3)


def test_the_area_is_scipys_by_trapezoids() -> None:
    found = one_curve(lambda x: 1 - exp(-x / 90))
    expected = scipy.integrate.trapezoid(found.values, found.inpainted) / 400
    assert statistics.area_under_curve(found) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (lambda x: x / 400, 200.0),
        (lambda x: min(x, 100.0), 50.0),
        (lambda x: 1 - x / 1000, 200.0),
        (lambda x: 0.0 if x < 150 else 1.0, 125.0),
        (lambda x: 0.0 if x < 400 else 1.0, 375.0),
        (lambda x: 0.0, None),
        (lambda x: {0: 0.0, 50: 3.0, 100: 0.0}.get(int(x), 1.0), 50 / 6),
    ],
)
def test_the_half_life_is_where_half_the_way_is_first_gone(value: Value, expected: float | None) -> None:
    found = statistics.half_life(one_curve(value))
    assert found == (None if expected is None else pytest.approx(expected))


def test_the_half_life_of_a_saturating_law_is_that_of_its_formula() -> None:
    found = statistics.half_life(one_curve(lambda x: 1 - exp(-x / 150), mask=64))
    truth = -150 * log(1 - (1 - exp(-400 / 150)) / 2)
    assert found == pytest.approx(truth, abs=4), "it is interpolated in steps of 50 %"


def test_without_a_value_of_frame_0_there_is_no_half_life() -> None:
    found = one_curve(lambda x: inf if x == 0 else 40 - x / 100, metric="psnr")
    kept = found.values < inf
    cut = replace(found, k=found.k[kept], inpainted=found.inpainted[kept], values=found.values[kept])
    assert statistics.half_life(cut) is None


def test_a_group_is_told_in_numbers() -> None:
    rates = np.random.default_rng(0).uniform(0.5, 1.5, size=20)
    members = made_curves({(image, 0): lambda x, r=rate: r * x / 400 for image, rate in enumerate(rates)})
    unfinished = made_summary(made_spec(20), {"lpips-vgg": lambda x: 99.0}, until=350.0)
    found = statistics.summarize_drift([*members, *extract_curves([unfinished], "lpips-vgg")])
    assert (found.trajectories, found.unfinished, found.images, found.amount) == (20, 1, 20, 400)
    assert found.last is not None
    assert (found.last.mean, found.last.sd) == pytest.approx((rates.mean(), rates.std(ddof=1)))
    assert found.final.value == pytest.approx(rates.mean())
    assert found.final.low < found.final.value < found.final.high
    assert found.area.value == pytest.approx(rates.mean() / 2)
    assert found.half_life == pytest.approx(200)


def test_a_group_without_a_complete_trajectory_has_no_numbers() -> None:
    unfinished = made_summary(made_spec(), {"ssim": lambda x: 0.5}, until=350.0)
    found = statistics.summarize_drift(extract_curves([unfinished], "ssim"))
    assert (found.trajectories, found.unfinished, found.last, found.half_life, found.laws) == (0, 1, None, None, [])
    assert isnan(found.final.value)


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

X = np.arange(0, 401, 50, dtype=np.float64)


def noisy(y: np.ndarray, seed: int) -> np.ndarray:
    return y + np.random.default_rng(seed).normal(scale=0.01, size=y.shape)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("law", "formula", "start"),
    [
        ("saturating", lambda x, a, b: a * (1 - np.exp(-x / b)), (0.6, 90.0)),
        ("power", lambda x, a, b: a * x**b, (0.05, 0.4)),
    ],
)
def test_a_fit_is_scipys_least_squares_and_finds_its_law(
    law: fits.Law, formula: Callable[..., np.ndarray], start: tuple[float, float], seed: int
) -> None:
    y = noisy(formula(X, *start), seed)
    best, other = fits.fit_laws(X, y)
    assert best.law == law
    assert best.aicc < other.aicc - 2
    theirs, _ = scipy.optimize.curve_fit(formula, X[1:], y[1:], p0=start)
    assert (best.a, best.b) == pytest.approx(tuple(theirs), rel=1e-4)
    assert (best.a, best.b) == pytest.approx(start, rel=0.35)


def test_aicc_is_that_of_its_definition() -> None:
    y = noisy(0.6 * (1 - np.exp(-X / 90)), 0)
    best, _ = fits.fit_laws(X, y)
    residuals = y[1:] - best.a * (1 - np.exp(-X[1:] / best.b))
    n, p = 8, 3
    akaike = n * log((residuals**2).sum() / n) + 2 * p
    assert best.aicc == pytest.approx(akaike + 2 * p * (p + 1) / (n - p - 1))


def test_a_falling_metric_is_fitted_by_its_drift() -> None:
    members = made_curves({(0, 0): lambda x: exp(-x / 100)}, metric="ssim")
    best, _ = statistics.fit_mean_drift(members)
    assert best.law == "saturating"
    assert best.a == pytest.approx(-1)
    assert best.b == pytest.approx(100)


def test_a_straight_line_is_a_power_of_one() -> None:
    best, _ = fits.fit_laws(X, noisy(X / 400, 1) * (X > 0))
    assert best.law == "power"
    assert best.b == pytest.approx(1, abs=0.1)


def test_too_few_points_fit_no_law() -> None:
    assert fits.fit_laws(X[:5], X[:5]) == []
    assert len(fits.fit_laws(X[:6], X[:6])) == 2


# ── frames to each other, runs to each other ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("value", "expected"), [(lambda x: 8 / x, 1 / 8), (lambda x: 0.2, 1.0), (lambda x: x, 8.0)])
def test_convergence_is_the_last_distance_between_measured_frames_over_the_first(value: Value, expected: float) -> None:
    levels = np.random.default_rng(0).uniform(0.5, 1.5, 12)
    previous = made_curves(
        {(image, 0): lambda x, v=level: v * value(x) if x else 0.0 for image, level in enumerate(levels)},
        metric="lpips-vgg@previous",
    )
    found = statistics.convergence(previous)
    assert (found.value, found.low, found.high) == pytest.approx((expected, expected, expected))


def test_nothing_measured_against_the_previous_frame_converges_nowhere() -> None:
    assert isnan(statistics.convergence([]).value)


def test_the_spread_over_runs_is_pooled_within_images() -> None:
    values = np.random.default_rng(0).normal(size=(4, 10))
    members = made_curves(
        {
            (image, seed): lambda x, v=values[image, seed], i=image: 10 * i + v
            for image in range(4)
            for seed in range(10)
        }
    )
    lonely = made_curves({(9, 0): lambda x: 1e6})
    found = statistics.spread_over_runs(values_by_amount([*members, *lonely]))
    assert [one.inpainted for one in found] == X.tolist()
    assert (found[-1].images, found[-1].runs) == (4, 40)
    assert found[-1].sd == pytest.approx(np.sqrt(values.var(axis=1, ddof=1).mean()))


def test_images_with_unlike_numbers_of_runs_are_pooled_by_their_degrees_of_freedom() -> None:
    members = made_curves({(0, 0): lambda x: 0.0, (0, 1): lambda x: 2.0, **{(1, s): lambda x: 5.0 for s in range(4)}})
    [one, *_] = statistics.spread_over_runs(values_by_amount(members))
    assert one.sd == pytest.approx(((2.0 * 1 + 0 * 3) / 4) ** 0.5)


def test_single_runs_have_no_spread() -> None:
    [one, *_] = statistics.spread_over_runs(values_by_amount(made_curves({(0, 0): lambda x: x})))
    assert (one.images, one.runs) == (0, 0)
    assert one.sd is nan or isnan(one.sd)


# ── images against seeds ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_intraclass_correlation_is_that_of_shrout_and_fleiss() -> None:
    """Their table 4: six targets, four judges. ICC(1, 1) is .17, F = 1.79 (p. 423)."""
    ratings = [(9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7)]
    found = made_curves(
        {
            (image, seed): lambda x, value=value: float(value)
            for image, row in enumerate(ratings)
            for seed, value in enumerate(row)
        }
    )
    last = statistics.intraclass_correlations(values_by_amount(found))[-1]
    assert (last.images, last.runs) == (6, 24)
    assert last.value == pytest.approx(0.166, abs=5e-4)
    ratio = scipy.stats.f_oneway(*ratings).statistic
    low, high = (ratio / scipy.stats.f.ppf(level, 5, 18) for level in (0.975, 0.025))
    assert (last.low, last.high) == pytest.approx(((low - 1) / (low + 3), (high - 1) / (high + 3)))


def test_seeds_that_change_nothing_leave_all_variance_to_the_images() -> None:
    found = made_curves({(image, seed): lambda x, image=image: image * x for image in range(3) for seed in range(2)})
    assert {one.value for one in statistics.intraclass_correlations(values_by_amount(found)) if one.inpainted} == {1.0}


def test_without_two_seeds_of_two_images_there_is_no_intraclass_correlation() -> None:
    members = made_curves({(0, 0): lambda x: x, (0, 1): lambda x: x + 1})
    assert statistics.intraclass_correlations(values_by_amount(members)) == []


# ── what is infinite, what is too few ────────────────────────────────────────────────────────────────────────────────


def test_a_psnr_that_is_infinite_at_the_end_is_measured_all_the_same() -> None:
    still = one_curve(lambda x: 40.0 if x == 50 else inf, metric="psnr")
    unfinished = made_curves({(1, 0): lambda x: 30.0}, metric="psnr")[0]
    drift = statistics.summarize_drift([still, unfinished])
    assert (drift.trajectories, drift.infinite, drift.unfinished) == (1, 1, 0)


@pytest.mark.parametrize(("images", "shown"), [(2, False), (4, False), (5, True)])
def test_an_interval_takes_five_images(images: int, shown: bool) -> None:
    found = bootstrap.estimate(np.arange(images, dtype=float)[:, None])
    assert (not isnan(found.low), found.value) == (shown, (images - 1) / 2)


def test_the_p_value_is_students_of_the_null_for_normal_values() -> None:
    values = np.random.default_rng(2).normal(size=60)
    for null in (-0.1, 0.0, 0.3):
        expected = scipy.stats.ttest_1samp(values, null, alternative="greater").pvalue
        assert bootstrap.estimate(values[:, None], null=null).p_above == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("images", [5, 12, 40])
def test_neither_interval_nor_p_is_narrower_than_students(images: int) -> None:
    """Of skew values: BCa reaches less far at one end."""
    values = np.random.default_rng(images).lognormal(sigma=1.0, size=images)
    found = bootstrap.estimate(values[:, None], null=1.0)
    students = scipy.stats.ttest_1samp(values, 1.0, alternative="greater")
    low, high = scipy.stats.ttest_1samp(values, 1.0).confidence_interval(0.95)
    assert found.low <= low + 1e-12
    assert found.high >= high - 1e-12
    assert found.p_above >= students.pvalue - 1e-12
    assert found.p_below >= 1 - students.pvalue - 1e-12


def test_a_trajectory_measured_at_both_ends_alone_has_no_way_between_them() -> None:
    """A straight line from one to the other would halve its change at 200 %, whatever happened."""
    curves = made_curves({(image, 0): lambda x: 1 - min(x, 50) / 100 for image in range(6)}, "ssim")
    sparse = select_points(curves[0], curves[0].inpainted[[0, -1]])
    whole, mixed = (statistics.summarize_drift([first, *curves[1:]]) for first in (curves[0], sparse))
    assert (mixed.final.images, mixed.area.images) == (6, 5)
    assert (mixed.area.value, mixed.half_life, mixed.laws) == (whole.area.value, whole.half_life, whole.laws)
    assert whole.half_life == 25


def test_a_trajectory_measured_only_at_its_end_spoils_no_area() -> None:
    curves = made_curves({(image, 0): lambda x: 1 - x / 1000 for image in range(6)}, "ssim")
    single = select_points(curves[0], curves[0].inpainted[-1:])
    found = statistics.summarize_drift([single, *curves[1:]])
    assert (found.final.images, found.area.images) == (6, 5)
    assert found.area.value == pytest.approx(0.8)


@pytest.mark.parametrize("crossed", [False, True])
def test_an_interval_depends_on_no_order_of_the_images(crossed: bool) -> None:
    """`riptui results` and the report read the folders in unlike orders."""
    fields = {"squares": "shared" if crossed else "own"}
    rng = np.random.default_rng(0)
    ends = {(image, seed): float(rng.normal(1, 0.3)) for image in range(8) for seed in range(6)}
    curves = made_curves({key: lambda x, end=end: end * x / 400 for key, end in ends.items()}, mask=256, **fields)
    forward, backward = (statistics.summarize_drift(found) for found in (curves, curves[::-1]))
    for one, other in ((forward.final, backward.final), (forward.area, backward.area)):
        assert (one.low, one.high) == pytest.approx((other.low, other.high), rel=1e-9)


@pytest.mark.parametrize(("order", "expected"), [("replacement", 70.3), ("shuffle", 50.0), ("raster", 50.0)])
def test_the_half_life_of_coverage_alone_is_that_of_the_order(order: str, expected: float) -> None:
    """With replacement half of 1 - exp(-4), 0.491, is reached between 1 - exp(-0.5) and 1 - exp(-1)."""
    curve = one_curve(lambda x: x, mask=32, order=order)
    found = statistics.summarize_drift([curve])
    assert found.coverage_half_life == pytest.approx(expected, rel=0.005)
