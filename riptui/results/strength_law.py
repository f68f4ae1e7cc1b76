"""How drift grows with the strength of image to image: the exponent of a power law, over images, at a number of passes.

NoOp-Bench ("The Drift Kernel", CVPR 2026) reports drift quadratic in the strength, after one pass. A model of latents
also changes a picture that it adds no noise to, by its autoencoder; where the autoencoder alone was run on the same
images, the exponent of what is beyond it is given as well.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from riptui.errors import InputError
from riptui.inpainters.models.catalogue import resolve_model
from riptui.results.bootstrap import NO_ESTIMATE, Columns, IntervalEstimate, Resampled, estimate
from riptui.results.curves import Curve, CurveValues, differing_settings, group_by
from riptui.results.panel import distance_function
from riptui.spec import ParameterValue, Spec

STRENGTH = "strength"
PROCESS, AUTOENCODER = "img2img", "autoencoder"
MIN_STRENGTHS = 3
MSE = "mse"
"""What the PSNR is taken as: the mean squared error, of values from 0 to 1."""

ToDistance = Callable[[CurveValues], CurveValues]
"""From a metric's values to distances, 0 for equal pictures."""


@dataclass(frozen=True)
class StrengthLaw:
    """Drift against strength, of trajectories that differ in nothing else but the image and the seed."""

    settings: Mapping[str, ParameterValue]
    """What differs between these laws, e.g. the prompt."""
    metric: str
    """The distance: that of the metric of this name, or MSE."""
    passes: int
    strengths: Sequence[float]
    """As they were used: strength x steps is a whole number of steps."""
    drifts: Sequence[float]
    """At each strength, the mean over images; the seeds of an image are averaged first."""
    without_noise: float
    """That of the autoencoder alone; nan if it was not run on all of these images."""
    exponent: IntervalEstimate
    """Of the mean drift, by least squares of its logarithm on that of the strength."""
    exponent_beyond: IntervalEstimate
    """The same of what is beyond the autoencoder."""


def find_strength_laws(curves: Iterable[Curve]) -> list[StrengthLaw]:
    """The laws of all groups of img2img trajectories with at least MIN_STRENGTHS strengths: after the first pass, and
    after the last that all of a group have. Metrics without a distance have none."""
    by_metric: defaultdict[str, list[Curve]] = defaultdict(list)
    for curve in curves:
        by_metric[curve.metric].append(curve)
    laws: list[StrengthLaw] = []
    for metric, members in by_metric.items():
        try:
            name, measure = _distance(metric)
        except InputError:
            continue
        processes = [curve for curve in members if curve.spec.inpainter == PROCESS]
        controls = [curve for curve in members if curve.spec.inpainter == AUTOENCODER]
        by = [key for key in differing_settings([curve.spec for curve in processes]) if key not in (STRENGTH, "seed")]
        for key, group in group_by(processes, by).items():
            laws += _fit_group(dict(zip(by, key, strict=True)), name, measure, group, controls)
    return laws


def fit_exponent(strengths: Sequence[float], drifts: Columns) -> IntervalEstimate:
    """The exponent of the images' mean drift. drifts: above 0, a row per image, a column per strength."""
    logs = np.log(np.asarray(strengths))
    weights = (logs - logs.mean()) / ((logs - logs.mean()) ** 2).sum()

    def slope(means: Columns) -> Resampled:
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Resampled = np.log(means) @ weights
        return found

    return estimate(drifts, slope)


def used_strength(spec: Spec) -> float:
    """The share of the steps that a pass takes."""
    steps, strength = spec.parameters.get("steps"), spec.parameters.get(STRENGTH)
    if not isinstance(steps, int) or not isinstance(strength, int | float):
        return nan
    return min(int(steps * strength), steps) / steps


def _distance(metric: str) -> tuple[str, ToDistance]:
    """What the drift is called, and a function from a metric's values to it. Raises InputError if it has none."""
    if metric == "psnr":
        return MSE, lambda values: 10 ** (-values / 10)
    return metric, distance_function(metric)


def _fit_group(
    settings: Mapping[str, ParameterValue],
    name: str,
    measure: ToDistance,
    group: Sequence[Curve],
    controls: Sequence[Curve],
) -> Iterable[StrengthLaw]:
    strengths = sorted({used_strength(curve.spec) for curve in group} - {0.0, nan})
    last = min(curve.spec.passes(curve.spec.iterations) for curve in group)
    own = [curve for curve in controls if _is_control(curve.spec, group[0].spec)]
    for passes in sorted({1, last}):
        values = {s: _by_image([c for c in group if used_strength(c.spec) == s], passes, measure) for s in strengths}
        images = sorted(set.intersection(*({*found} for found in values.values()))) if values else []
        if len(strengths) < MIN_STRENGTHS or not images:
            continue
        drifts = np.array([[values[s][image] for s in strengths] for image in images])
        control = _by_image(own, passes, measure)
        has_control = all(image in control for image in images)
        beyond = drifts - np.array([[control[image]] for image in images]) if has_control else None
        yield StrengthLaw(
            settings,
            name,
            passes,
            strengths,
            drifts.mean(axis=0).tolist(),
            float(np.mean([control[image] for image in images])) if has_control else nan,
            fit_exponent(strengths, drifts),
            NO_ESTIMATE if beyond is None else fit_exponent(strengths, beyond),
        )


def _by_image(curves: Iterable[Curve], passes: int, measure: ToDistance) -> dict[str, float]:
    """The distance after so many passes by image, the mean over its seeds."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for curve in curves:
        distances = measure(curve.values)
        for k, distance in zip(curve.k.tolist(), distances.tolist(), strict=True):
            if curve.spec.passes(k) == passes:
                found[curve.image].append(distance)
    return {image: float(np.mean(distances)) for image, distances in found.items()}


def _is_control(control: Spec, process: Spec) -> bool:
    """Whether an autoencoder is that of an img2img trajectory's model, on frames prepared alike."""
    vae = process.parameters.get("vae") or process.parameters.get("model")
    is_alike = (control.size, control.fit) == (process.size, process.fit)
    return is_alike and _name(control.parameters.get("vae")) == _name(vae)


def _name(place: ParameterValue) -> str:
    try:
        return resolve_model(str(place)).model
    except InputError:
        return str(place)
