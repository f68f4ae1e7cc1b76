"""Measures each repainted square right after its repaint (NAME@repaints), as a part of the whole frame's map."""

from collections.abc import Iterable

import numpy as np

from riptui.arrays import Image
from riptui.errors import MetricError
from riptui.metrics.loading import load
from riptui.metrics.metric import measure_map
from riptui.metrics.metric_names import base_name, split_names
from riptui.metrics.values import RepaintDistance
from riptui.region import Region

REPAINT_DIGITS = 8  # decimal places: a repaint of 16 px changes a frame's distance by a thousandth


class RepaintMeter:
    """The NAME@repaints of one trajectory, with its original prepared as their reference."""

    def __init__(self, names: Iterable[str], original: Image, device: str = "") -> None:
        """Load the NAME@repaints among `names`. original: frame 0. device: as in `load`.

        Raises InputError, MissingExtraError, BrokenExtraError, WeightsError.
        """
        self.names = split_names(names).repaints
        self._metrics = {name: load(name, device) for name in self.names}
        self._prepared = {name: metric.prepare(original) for name, metric in self._metrics.items()}

    def measure(self, frame: Image, region: Region, names: Iterable[str] | None = None) -> dict[str, RepaintDistance]:
        """The distances to the original by NAME, right after `region` was repainted. Raises MetricError.

        names: NAME@repaints, some of those that were loaded; None: all of them.
        """
        return {
            base_name(name): self._measure(name, frame, region) for name in (self.names if names is None else names)
        }

    def _measure(self, name: str, frame: Image, region: Region) -> RepaintDistance:
        try:
            found = measure_map(self._metrics[name], self._prepared[name], frame)
        except Exception as error:
            raise MetricError(f"{name} failed: {type(error).__name__}: {error}") from error
        repainted = found[region.box.window]
        repainted = repainted if region.mask is None else repainted[region.mask]
        square, whole = (float(np.mean(part, dtype=np.float64)) for part in (repainted, found))
        return RepaintDistance(round(square, REPAINT_DIGITS), round(whole, REPAINT_DIGITS))
