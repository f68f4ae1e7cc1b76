"""A metric of a frame alone, without a reference."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from riptui.arrays import Distances, Image, Images


@dataclass(frozen=True)
class SingleFrameMetric:
    """A Metric that ignores its reference."""

    value: Callable[[Image], float]

    def prepare(self, reference: Image) -> None:
        """Nothing is prepared: frames are not compared with the reference."""

    def measure(self, prepared: None, frames: Images) -> Distances:
        """The value of each frame, float64 [frames]."""
        return np.array([self.value(frame) for frame in frames], np.float64)
