"""The form of a metric that compares two pictures: the same features of both, then a distance between those."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from riptui.arrays import Distances, Image, Images

Features = TypeVar("Features")


@dataclass(frozen=True)
class Pairwise(Generic[Features]):
    """A Metric. One frame at a time: a value cannot depend on its neighbours, and memory stays that of one frame."""

    features: Callable[[Image], Features]
    distance: Callable[[Features, Features], float]
    """Called with the reference's features first."""

    def prepare(self, reference: Image) -> Features:
        return self.features(reference)

    def measure(self, prepared: Features, frames: Images) -> Distances:
        return np.array([self.distance(prepared, self.features(frame)) for frame in frames], np.float64)
