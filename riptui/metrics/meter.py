"""Measures the frames of one trajectory, in order. Knows not what a metric does, nor where its values go."""

from collections.abc import Collection, Iterable

from riptui.arrays import Image
from riptui.errors import MetricError
from riptui.metrics import PREVIOUS, load, parse


class Meter:
    """The metrics of one trajectory, with its original prepared.

    `previous` is the frame measured last, None before the first; set it when a trajectory is resumed. It is kept, not
    copied. While it is None, metrics against the previous frame have no value.

    Raises InputError, MissingExtraError or WeightsError when made: everything is loaded then.
    """

    def __init__(self, names: Iterable[str], original: Image, previous: Image | None = None) -> None:
        self.previous = previous
        self._metrics = {name: load(name) for name in parse(names)}
        self._prepared = {
            name: metric.prepare(original) for name, metric in self._metrics.items() if not name.endswith(PREVIOUS)
        }

    def measure(self, frame: Image, names: Collection[str] | None = None) -> dict[str, float]:
        """The frame's values by name, of all metrics or some; the frame becomes `previous`. Raises MetricError."""
        values = {}
        before, self.previous = self.previous, frame  # at once: should a metric fail, the next frame follows this one
        for name, metric in self._metrics.items():
            if names is not None and name not in names:
                continue
            try:
                if name in self._prepared:
                    prepared = self._prepared[name]
                elif before is not None:
                    prepared = metric.prepare(before)
                else:
                    continue
                values[name] = float(metric.measure(prepared, frame[None])[0])
            except Exception as error:
                raise MetricError(f"{name} failed: {type(error).__name__}: {error}") from error
        return values
