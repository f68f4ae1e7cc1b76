"""A metric that compares two pictures: features of each picture, then a distance between the features."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from riptui.arrays import Distances, Float, Image, Images

DistanceMap = Float[np.ndarray, "height width"]
Profile = Float[np.ndarray, "points"]
"""A metric's values along an axis of its own, such as the frequency."""

Features = TypeVar("Features")


@dataclass(frozen=True)
class PairwiseMetric(Generic[Features]):
    """A Metric made of functions. It measures frames one by one: a value depends on no other frame, and memory is that
    of one frame.
    """

    features: Callable[[Image], Features]
    distance: Callable[[Features, Features], float]
    """Called with the reference's features first."""
    distance_map: Callable[[Features, Image], DistanceMap] | None = None
    """The distance at each pixel, for metrics that are `spatial`. Called with the reference's features first."""
    profile: Callable[[Features, Image], Profile] | None = None
    """The profile of a frame, for metrics with `has_profile`. Called with the reference's features first."""

    def prepare(self, reference: Image) -> Features:
        """The features of the picture that frames are compared with."""
        return self.features(reference)

    def measure(self, prepared: Features, frames: Images) -> Distances:
        """The distance of each frame, float64 [frames]."""
        return np.array([self.distance(prepared, self.features(frame)) for frame in frames], np.float64)

    def measure_map(self, prepared: Features, frame: Image) -> DistanceMap:
        """The distance at each pixel, [height, width]. Only for metrics that are `spatial`."""
        assert self.distance_map is not None
        return self.distance_map(prepared, frame)

    def measure_profile(self, prepared: Features, frame: Image) -> Profile:
        """The profile of a frame, [points]. Only for metrics with `has_profile`."""
        assert self.profile is not None
        return self.profile(prepared, frame)
