"""The exposure model: its fit, the curves it predicts against SciPy's binomial and simulated squares."""

import numpy as np
import pytest
import scipy.stats

from riptui.masks import draw_box
from riptui.results.exposure_model import ExposureModel, ExposurePoint, fit_exposure_model, prediction_error
from riptui.results.recursion_effect import NullPoint
from riptui.spec import SquareOrder
from tests.support.made import made_spec


def points(a: float, tau: float, *, mask: int = 64, count: int = 9) -> list[ExposurePoint]:
    return [ExposurePoint(mask, t, a * (1 - np.exp(-t / tau)), 100 / t) for t in range(1, count)]


@pytest.mark.parametrize("tau", [0.3, 1.0, 4.0, 30.0])
def test_exact_observations_give_the_model_back(tau: float) -> None:
    model = fit_exposure_model([*points(12, tau), *points(30, tau, mask=128)])
    assert model.tau == pytest.approx(tau, rel=1e-2)
    assert model.amplitudes == pytest.approx({64: 12, 128: 30}, rel=1e-2)


def test_errors_that_are_flat_or_fall_are_taken_as_flat() -> None:
    flat = fit_exposure_model([ExposurePoint(64, t, 7.0, 1) for t in range(1, 6)])
    falling = fit_exposure_model([ExposurePoint(64, t, 7.0 - t, 1) for t in range(1, 6)])
    assert flat.tau < 0.1
    assert flat.amplitudes[64] == pytest.approx(7)
    assert falling.tau < 0.1
    assert falling.amplitudes[64] == pytest.approx(4, rel=1e-2)
    assert fit_exposure_model(points(12, 4.0), max_tau=0).tau == 0


def test_an_unseen_size_follows_the_power_law_of_the_others() -> None:
    model = ExposureModel({32: 10.0, 64: 20.0}, 1.0)
    assert model.amplitude(64) == 20
    assert model.amplitude(256) == pytest.approx(80)
    assert ExposureModel({64: 20.0}, 1.0).amplitude(256) == 20
    assert ExposureModel({32: 0.0, 64: 20.0}, 1.0).amplitude(128) == 20


@pytest.mark.parametrize("k", [0, 1, 37, 256])
def test_with_replacement_it_is_the_mean_over_scipys_binomial(k: int) -> None:
    spec, model = made_spec(mask=64), ExposureModel({64: 12.0}, 2.5)
    expected = scipy.stats.binom(k, 1 / spec.cells).expect(lambda t: 12 * (1 - np.exp(-t / 2.5)))
    assert model.predict(spec, np.array([float(k)]))[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("order", ["shuffle", "raster", "replacement"])
def test_predicted_curves_are_those_of_simulated_squares(order: SquareOrder) -> None:
    model = ExposureModel({64: 12.0}, 2.5)
    seeds = range(1 if order == "raster" else 12)
    observed = []
    for seed in seeds:
        spec = made_spec(mask=64, order=order, seed=seed)
        counts, errors = dict[object, int](), [0.0]
        for k in range(1, spec.iterations + 1):
            box = draw_box(spec, k)
            counts[box] = counts.get(box, 0) + 1
            errors.append(sum(12 * (1 - np.exp(-t / 2.5)) for t in counts.values()) / spec.cells)
        observed.append(errors)
    mean = np.mean(observed, axis=0)
    predicted = model.predict(spec, np.arange(float(len(mean))))
    assert predicted == pytest.approx(mean, rel=0.04 if order == "replacement" else 1e-9)


def test_the_prediction_error_is_the_root_mean_square_in_percent_of_the_mean() -> None:
    spec, model = made_spec(mask=256, order="raster"), ExposureModel({256: 8.0}, 0.0)
    curve = [NullPoint(0, 0, 0), NullPoint(50, 3, 0), NullPoint(100, 7, 0), NullPoint(200, 8, 0)]
    assert prediction_error(model, spec, curve) == pytest.approx(100 * np.sqrt(2 / 3) / 6)
