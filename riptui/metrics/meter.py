"""Measures frames of trajectories, in order. Knows not what a metric does, nor where its values go."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from riptui.arrays import Image
from riptui.errors import MetricError
from riptui.metrics import PREVIOUS, check_names, load

ValuesOrError = dict[str, float] | MetricError
"""Values by name, or why there are none."""


class Meter:
    """The metrics of one trajectory, with its original prepared.

    `previous` is the frame measured last, None before the first; set it when a trajectory is resumed. It is kept, not
    copied. While it is None, metrics against the previous frame have no value. `device` as in `load`.

    Raises InputError, MissingExtraError or WeightsError when made: everything is loaded then.
    """

    def __init__(self, names: Iterable[str], original: Image, previous: Image | None = None, device: str = "") -> None:
        self.previous = previous
        self.metrics = {name: load(name, device) for name in check_names(names)}
        self.prepared = {
            name: metric.prepare(original) for name, metric in self.metrics.items() if not name.endswith(PREVIOUS)
        }

    def measure(self, frame: Image, names: Collection[str] | None = None) -> dict[str, float]:
        """The frame's values by name, of all metrics or some; the frame becomes `previous`. Raises MetricError."""
        [measured] = measure_together([(self, frame)], names)
        if isinstance(measured, MetricError):
            raise measured
        return measured


def measure_together(batch: Sequence[tuple[Meter, Image]], names: Collection[str] | None = None) -> list[ValuesOrError]:
    """A frame of each of several trajectories, as `Meter.measure` would measure it, but all at once where a metric can.

    A metric that fails ends the measuring of the frame that it failed at, and of no other.
    """
    pairs = [_FramePair(meter, frame, meter.previous, {}) for meter, frame in batch]
    for meter, frame in batch:  # at once: should a metric fail, the next frame follows this one
        meter.previous = frame
    for name in dict.fromkeys(name for meter, _ in batch for name in meter.metrics if names is None or name in names):
        if applicable := [pair for pair in pairs if pair.applies(name)]:
            _measure(name, applicable)
    return [pair.measured for pair in pairs]


@dataclass
class _FramePair:
    """A frame, what it is compared with, and what came out so far."""

    meter: Meter
    frame: Image
    previous: Image | None
    measured: ValuesOrError

    def applies(self, name: str) -> bool:
        """Whether the metric has a value here."""
        if isinstance(self.measured, MetricError) or name not in self.meter.metrics:
            return False
        return name in self.meter.prepared or self.previous is not None

    def reference(self, name: str) -> Any:
        """What the metric compares the frame with: the original, or the frame measured before."""
        if name in self.meter.prepared or self.previous is None:
            return self.meter.prepared[name]
        return self.meter.metrics[name].prepare(self.previous)


def _measure(name: str, pairs: list[_FramePair]) -> None:
    """Measure with one metric; where several fail together, each alone, to find out which it is."""
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
    metric = pairs[0].meter.metrics[name]
    references = [pair.reference(name) for pair in pairs]
    measure_each = getattr(metric, "measure_each", None) if len(pairs) > 1 else None
    if measure_each is not None:
        return [float(value) for value in measure_each(references, np.stack([pair.frame for pair in pairs]))]
    return [
        float(metric.measure(reference, pair.frame[None])[0]) for reference, pair in zip(references, pairs, strict=True)
    ]
