"""A metric that compares two pictures: features of each, then a distance between the features."""

from collections.abc import Callable, Sequence
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
    """A Metric. One frame at a time: a value cannot depend on its neighbours, and memory stays that of one frame."""

    features: Callable[[Image], Features]
    distance: Callable[[Features, Features], float]
    """Called with the reference's features first."""
    batch_features: Callable[[Images], Sequence[Features]] | None = None
    """The features of several pictures at once, where that is faster."""
    distance_map: Callable[[Features, Image], DistanceMap] | None = None
    """The distance of a frame at each pixel, if it has one there. Called with the reference's features first."""
    profile: Callable[[Features, Image], Profile] | None = None
    """What the number is made of along an axis, if it has a profile. Called with the reference's features first."""

    def prepare(self, reference: Image) -> Features:
        """The features of the picture that frames are compared with: computed once."""
        return self.features(reference)

    def measure(self, prepared: Features, frames: Images) -> Distances:
        """The distance of each frame, float64 [frames]."""
        return np.array([self.distance(prepared, self.features(frame)) for frame in frames], np.float64)

    def measure_map(self, prepared: Features, frame: Image) -> DistanceMap:
        """The distance at each pixel. Only for metrics that are `spatial`."""
        assert self.distance_map is not None
        return self.distance_map(prepared, frame)

    def measure_profile(self, prepared: Features, frame: Image) -> Profile:
        """The profile of a frame. Only for metrics with `has_profile`."""
        assert self.profile is not None
        return self.profile(prepared, frame)

    def measure_each(self, prepared: Sequence[Features], frames: Images) -> Distances:
        """Measure each frame against its own reference."""
        features = self.batch_features(frames) if self.batch_features else map(self.features, frames)
        return np.array([self.distance(*pair) for pair in zip(prepared, features, strict=True)], np.float64)
