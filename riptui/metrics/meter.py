"""Measures the frames of trajectories in order. Knows neither what a metric computes nor where values are stored."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any, NamedTuple

import numpy as np

from riptui.arrays import Image
from riptui.errors import MetricError
from riptui.metrics import (
    CONTENT,
    PREVIOUS,
    SQUARES,
    Metric,
    Repaint,
    RepaintMetric,
    base_name,
    check_names,
    find_metric,
    load,
    load_repaint_metric,
    measure_each,
    measure_map,
    measure_profile,
    split_names,
)
from riptui.metrics.content import find_content
from riptui.metrics.values import ProfileValues, SquareValues
from riptui.spec import Box, Spec

SQUARE_DIGITS = 6  # decimal places of the value of a square
PROFILE_DIGITS = 5  # decimal places of the values of a profile

ValuesOrError = dict[str, float] | MetricError
"""Values by metric name, or the error that prevented them."""


class Meter:
    """The metrics of one trajectory, with its original prepared as their reference.

    Skips NAME@repaints, which a RepaintMeter measures, and features. After each frame `squares` has that frame's
    values of NAME@squares at each square, by NAME, and `profiles` the profiles of metrics that have one, relative to
    the original.
    """

    def __init__(
        self,
        names: Iterable[str],
        original: Image,
        previous: Image | None = None,
        device: str = "",
        content: Box | None = None,
        side: int = 0,
    ) -> None:
        """Load all metrics. Raises InputError, MissingExtraError, BrokenExtraError, WeightsError.

        original: frame 0, uint8 [size, size, 3]. previous: the frame measured last (not copied), where a trajectory is
        resumed; while it is None, NAME@previous has no value. device: as in `load`. content: the part of the frame that
        NAME@content measures, None for all of it; where it is smaller than a metric needs, the value is nan. side: of a
        square of the grid in px, for NAME@squares; 0: the frame is one square.
        """
        self.previous = previous
        self.content = content
        self.side = side
        self.squares: dict[str, SquareValues] = {}
        self.profiles: dict[str, ProfileValues] = {}
        self.names = split_names(check_names(names)).frames
        repaint_names = [name for name in self.names if find_metric(name).of_repaint]
        self.metrics: dict[str, Metric] = {name: load(name, device) for name in self.names if name not in repaint_names}
        self.repaint_metrics: dict[str, RepaintMetric] = {
            name: load_repaint_metric(name, device) for name in repaint_names
        }
        prepare = {name: metric.prepare for name, metric in (self.metrics | self.repaint_metrics).items()}
        self.too_small = {
            name for name in self.names if min(self.crop(name, original).shape[:2]) < find_metric(name).min_side
        }
        self.prepared = {
            name: prepare[name](self.crop(name, original))
            for name in self.names
            if not name.endswith(PREVIOUS) and name not in self.too_small
        }

    @classmethod
    def of_trajectory(cls, names: Iterable[str], original: Image, spec: Spec, device: str = "") -> "Meter":
        """A meter with the bands and the grid of a trajectory's spec. Raises as the constructor."""
        names = [*names]
        content = find_content(original, spec) if any(name.endswith(CONTENT) for name in names) else None
        return cls(names, original, device=device, content=content, side=spec.mask)

    def crop(self, name: str, image: Image) -> Image:
        """The part of a frame that a metric measures: the content for NAME@content, otherwise the frame."""
        if self.content is None or not name.endswith(CONTENT):
            return image
        return np.ascontiguousarray(image[self.content.window])

    def measure(
        self, frame: Image, names: Collection[str] | None = None, repaint: Repaint | None = None
    ) -> dict[str, float]:
        """A frame's values by all metrics, or by those in `names`. The frame becomes `previous`. Raises MetricError.

        repaint: the iteration that made the frame; without it metrics of iterations have no value.
        """
        [measured] = measure_together([MeteredFrame(self, frame, repaint)], names)
        if isinstance(measured, MetricError):
            raise measured
        return measured

    def measure_squares(self, name: str, frame: Image) -> float:
        """Set `squares` to the values of the frame's squares by NAME@squares, and return their mean."""
        found = measure_map(self.metrics[name], self.prepared[name], frame)
        side = self.side or len(frame)
        count = len(frame) // side
        by_square = found.astype(np.float64).reshape(count, side, count, side).mean(axis=(1, 3))
        self.squares[base_name(name)] = by_square.round(SQUARE_DIGITS).tolist()
        return float(by_square.mean())

    def measure_profile(self, name: str, frame: Image) -> None:
        """Set the frame's entry in `profiles`, if the metric has a profile."""
        if find_metric(name).has_profile and name not in self.too_small:
            found = measure_profile(self.metrics[name], self.prepared[name], frame)
            self.profiles[name] = found.astype(np.float64).round(PROFILE_DIGITS).tolist()


class MeteredFrame(NamedTuple):
    """A frame to measure, with the meter of its trajectory and the iteration that made it, if one did."""

    meter: Meter
    frame: Image
    repaint: Repaint | None = None


def measure_together(batch: Sequence[MeteredFrame], names: Collection[str] | None = None) -> list[ValuesOrError]:
    """Measure one frame of each of several trajectories as `Meter.measure` does, in one call where a metric can.

    Returns values or an error per frame: where a metric fails on a frame, only that frame has no values.
    """
    measurements = [_Measurement(*metered, metered.meter.previous, {}) for metered in batch]
    for metered in batch:  # before measuring: if a metric fails, the next frame is still compared with this one
        metered.meter.previous = metered.frame
        metered.meter.squares, metered.meter.profiles = {}, {}
    all_names = dict.fromkeys(name for metered in batch for name in metered.meter.names)
    for name in all_names if names is None else [name for name in all_names if name in names]:
        if applicable := [measurement for measurement in measurements if measurement.applies(name)]:
            _measure(name, applicable)
    return [measurement.values for measurement in measurements]


@dataclass
class _Measurement:
    """A frame, what it is compared with, and its values so far."""

    meter: Meter
    frame: Image
    repaint: Repaint | None
    previous: Image | None
    values: ValuesOrError

    def applies(self, name: str) -> bool:
        """Whether the metric has a value for this frame."""
        if isinstance(self.values, MetricError):
            return False
        if name in self.meter.repaint_metrics:
            return self.repaint is not None
        return name in self.meter.metrics and (not name.endswith(PREVIOUS) or self.previous is not None)

    def reference(self, name: str) -> Any:
        """The prepared reference: the original's, or that of the frame measured before."""
        if name in self.meter.prepared or self.previous is None:
            return self.meter.prepared[name]
        return self.meter.metrics[name].prepare(self.previous)


def _measure(name: str, measurements: list[_Measurement]) -> None:
    """Measure with one metric; if a call for several frames fails, retry one by one to find the frame that failed."""
    try:
        values = _values(name, measurements)
    except Exception as error:
        if len(measurements) > 1:
            for measurement in measurements:
                _measure(name, [measurement])
            return
        measurements[0].values = MetricError(f"{name} failed: {type(error).__name__}: {error}")
        measurements[0].values.__cause__ = error
        return
    for measurement, value in zip(measurements, values, strict=True):
        if not isinstance(measurement.values, MetricError):
            measurement.values[name] = value


def _values(name: str, measurements: list[_Measurement]) -> list[float]:
    meter = measurements[0].meter
    if metric := meter.repaint_metrics.get(name):
        return [
            metric.measure(measurement.meter.prepared[name], measurement.frame, measurement.repaint)
            for measurement in measurements
            if measurement.repaint
        ]
    if name.endswith(SQUARES):
        return [measurement.meter.measure_squares(name, measurement.frame) for measurement in measurements]
    if name == base_name(name):
        for measurement in measurements:
            measurement.meter.measure_profile(name, measurement.frame)
    frames = [measurement.meter.crop(name, measurement.frame) for measurement in measurements]
    if len({frame.shape for frame in frames}) > 1:  # pictures with bands of their own
        return [value for measurement in measurements for value in _values(name, [measurement])]
    if name in meter.too_small:
        return [nan] * len(frames)
    return measure_each(
        meter.metrics[name], [measurement.reference(name) for measurement in measurements], np.stack(frames)
    )
