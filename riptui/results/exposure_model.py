"""A model of a square's error by its exposure, and the curve that it predicts at another mask size or order.

e(t) = a (1 - exp(-t / tau)). How many squares have which exposure follows from the order of the squares alone, so the
model gives the mean error of a frame at any inpainted amount, also for a mask size or an order that it was not fitted
to. It rises or is flat: errors that fall with exposure it takes as flat (tau = 0).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import NamedTuple

import numpy as np
import scipy

from riptui.arrays import Float64
from riptui.results.recursion_effect import NullPoint
from riptui.spec import Spec

Iterations = Float64[np.ndarray, " amounts"]
PredictedErrors = Float64[np.ndarray, " amounts"]

MAX_TAU = 1000.0  # repaints: a straight line over all exposures that occur


class ExposurePoint(NamedTuple):
    """An observation to fit the model to."""

    mask: int
    exposure: int
    error: float
    weight: float


@dataclass(frozen=True)
class ExposureModel:
    """e(t) = a (1 - exp(-t / tau))."""

    amplitudes: Mapping[int, float]
    """a by mask size, for the sizes it was fitted to."""
    tau: float
    """In repaints; 0: all of the error comes with the first repaint."""

    def amplitude(self, mask: int) -> float:
        """a at a mask size: as fitted, or a power law of the fitted sizes, or the only size's."""
        if mask in self.amplitudes:
            return self.amplitudes[mask]
        sizes, amplitudes = np.array([*self.amplitudes]), np.array([*self.amplitudes.values()])
        if len(sizes) < 2 or amplitudes.min() <= 0:
            return float(amplitudes[np.argmin(np.abs(np.log(sizes / mask)))])
        power, scale = np.polyfit(np.log(sizes), np.log(amplitudes), 1).tolist()
        return exp(scale + power * log(mask))

    @property
    def kept(self) -> float:
        """exp(-1 / tau): the share of the distance to a that a repaint leaves."""
        return exp(-1 / self.tau) if self.tau else 0.0

    def predict(self, spec: Spec, k: Iterations) -> PredictedErrors:
        """The expected mean error of frames k of a trajectory of the spec's mask size and order.

        Exposures are binomial with replacement, whether or not the grid is shifted; in the other orders they differ by
        one at most.
        """
        if spec.order not in ("shuffle", "raster"):
            remaining = (1 - (1 - self.kept) / spec.cells) ** k
        else:
            cycles, share = np.divmod(k / spec.cells, 1)
            remaining = self.kept**cycles * (1 - share * (1 - self.kept))
        predicted: PredictedErrors = self.amplitude(spec.mask) * (1 - remaining)
        return predicted


def fit_exposure_model(points: Sequence[ExposurePoint], *, max_tau: float = MAX_TAU) -> ExposureModel:
    """Fit by weighted least squares: one tau, and an amplitude for each mask size. `max_tau` 0: coverage alone."""
    sizes, exposures, errors, weights = (np.array(column, np.float64) for column in zip(*points, strict=True))

    def fit_amplitudes(kept: float) -> tuple[dict[int, float], float]:
        """The best amplitudes, and the weighted sum of squares that they leave."""
        shape = 1 - kept**exposures
        fitted, squares = {}, 0.0
        for size in np.unique(sizes).tolist():
            here = sizes == size
            unit, error, weight = shape[here], errors[here], weights[here]
            scale = float((weight * unit) @ error / ((weight * unit) @ unit))
            fitted[int(size)] = scale
            squares += float(weight @ (error - scale * unit) ** 2)
        return fitted, squares

    kept = 0.0
    if max_tau:
        bounds = (0.0, exp(-1 / max_tau))
        found = scipy.optimize.minimize_scalar(lambda kept: fit_amplitudes(kept)[1], bounds=bounds, method="bounded")
        if fit_amplitudes(found.x)[1] < fit_amplitudes(0.0)[1]:
            kept = float(found.x)
    return ExposureModel(fit_amplitudes(kept)[0], -1 / log(kept) if kept else 0.0)


def prediction_error(model: ExposureModel, spec: Spec, curve: Sequence[NullPoint]) -> float:
    """Root mean square over the amounts above 0 of predicted minus observed errors, in % of the mean observed error."""
    inpainted, observed = np.array([(point.inpainted, point.error) for point in curve]).T
    predicted = model.predict(spec, np.rint(inpainted * spec.cells / 100))
    above = inpainted > 0
    difference = (predicted - observed)[above]
    mean = float(observed[above].mean())
    return 100 * float(np.sqrt((difference**2).mean())) / mean if mean else np.nan
