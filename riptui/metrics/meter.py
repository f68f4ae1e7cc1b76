"""Measures the frames of trajectories in order. Does not know what a metric computes, nor where its values go."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from riptui.arrays import Image
from riptui.errors import MetricError
from riptui.metrics import PREVIOUS, check_names, load, measure_each

ValuesOrError = dict[str, float] | MetricError
"""Values by metric name, or the error that prevented them."""


class Meter:
    """The metrics of one trajectory, with its original prepared.

    `previous` is the frame measured last (not copied), None before the first; set it when a trajectory is resumed.
    While it is None, NAME@previous has no value. `device` as in `load`.

    Loads all metrics when it is created, and then raises InputError, MissingExtraError or WeightsError.
    """

    def __init__(self, names: Iterable[str], original: Image, previous: Image | None = None, device: str = "") -> None:
        self.previous = previous
        self.metrics = {name: load(name, device) for name in check_names(names)}
        self.prepared = {
            name: metric.prepare(original) for name, metric in self.metrics.items() if not name.endswith(PREVIOUS)
        }

    def measure(self, frame: Image, names: Collection[str] | None = None) -> dict[str, float]:
        """The frame's values, of all metrics or of `names`; the frame becomes `previous`. Raises MetricError."""
        [measured] = measure_together([(self, frame)], names)
        if isinstance(measured, MetricError):
            raise measured
        return measured


def measure_together(batch: Sequence[tuple[Meter, Image]], names: Collection[str] | None = None) -> list[ValuesOrError]:
    """Measure one frame of each of several trajectories, as `Meter.measure` does, in one call where a metric can.

    A metric that fails costs the frame it failed on its values, and no other frame.
    """
    pairs = [_FramePair(meter, frame, meter.previous, {}) for meter, frame in batch]
    for meter, frame in batch:  # before measuring: if a metric fails, the next frame is still compared with this one
        meter.previous = frame
    for name in dict.fromkeys(name for meter, _ in batch for name in meter.metrics if names is None or name in names):
        if applicable := [pair for pair in pairs if pair.applies(name)]:
            _measure(name, applicable)
    return [pair.measured for pair in pairs]


@dataclass
class _FramePair:
    """A frame, the frame measured before it, and its values so far."""

    meter: Meter
    frame: Image
    previous: Image | None
    measured: ValuesOrError

    def applies(self, name: str) -> bool:
        """Whether the metric has a value for this frame."""
        if isinstance(self.measured, MetricError) or name not in self.meter.metrics:
            return False
        return name in self.meter.prepared or self.previous is not None

    def reference(self, name: str) -> Any:
        """The prepared reference: the original's, or that of the frame measured before."""
        if name in self.meter.prepared or self.previous is None:
            return self.meter.prepared[name]
        return self.meter.metrics[name].prepare(self.previous)


def _measure(name: str, pairs: list[_FramePair]) -> None:
    """Measure with one metric; if a call for several frames fails, retry one by one to find the frame that failed."""
    try:
        values = _values(name, pairs)
    except Exception as error:
        if len(pairs) > 1:
            for pair in pairs:
                _measure(name, [pair])
            return
        pairs[0].measured = MetricError(f"{name} failed: {type(error).__name__}: {error}")
        pairs[0].measured.__cause__ = error
        return
    for pair, value in zip(pairs, values, strict=True):
        if not isinstance(pair.measured, MetricError):
            pair.measured[name] = value


def _values(name: str, pairs: list[_FramePair]) -> list[float]:
    references = [pair.reference(name) for pair in pairs]
    return measure_each(pairs[0].meter.metrics[name], references, np.stack([pair.frame for pair in pairs]))
