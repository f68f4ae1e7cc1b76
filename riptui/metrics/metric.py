"""The calling convention of all metrics. Imports no array package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # NumPy takes 100 ms to import, and the names alone need neither
    from riptui.arrays import Distances, Image, Images
    from riptui.metrics.pairwise import DistanceMap, Profile
    from riptui.region import Region
    from riptui.spec import Box


class Metric(Protocol):
    """Measures frames against a reference: the original or, as NAME@previous, the frame measured before.

    Optional methods: `measure_each(prepared, frames)` measures each frame against a reference of its own, in one call;
    `prepared` then has an entry per frame. `measure_map(prepared, frame)` gives the distance at each pixel, [height,
    width], for NAME@squares and NAME@repaints. `measure_profile(prepared, frame)` gives a curve over an axis of the
    metric's own, the same for all frames, which is stored beside the number.
    """

    def prepare(self, reference: Image) -> Any:
        """Compute once what `measure` needs of a reference (uint8 [height, width, 3]). Only this metric reads it."""
        ...

    def measure(self, prepared: Any, frames: Images) -> Distances:
        """One float64 value per frame (uint8 [batch, height, width, 3]), independent of the batch's other frames."""
        ...


@dataclass(frozen=True, eq=False)
class Repaint:
    """What an iteration started from. The frame that it made is passed beside this."""

    before: Image
    """Frame k-1, uint8 [height, width, 3]."""
    region: Region
    """The pixels that it repainted."""

    @property
    def box(self) -> Box:
        """The region's bounding box; the square itself where a square was repainted."""
        return self.region.box


class RepaintMetric(Protocol):
    """Measures what one iteration did to a frame. Frame 0, which no iteration made, has no value."""

    def prepare(self, original: Image) -> Any:
        """Compute once what `measure` needs of the original (uint8 [height, width, 3]). Only this metric reads it."""
        ...

    def measure(self, prepared: Any, frame: Image, repaint: Repaint) -> float:
        """The value of the iteration that turned `repaint.before` into `frame` (uint8 [height, width, 3])."""
        ...


def measure_map(metric: Metric, prepared: Any, frame: Image) -> DistanceMap:
    """The distance of a frame at each pixel, [height, width]. Only for metrics that are `spatial`."""
    measure: Callable[[Any, Image], DistanceMap] = getattr(metric, "measure_map")  # noqa: B009  it is optional
    return measure(prepared, frame)


def measure_profile(metric: Metric, prepared: Any, frame: Image) -> Profile:
    """The profile of a frame, [points]. Only for metrics with `has_profile`."""
    measure: Callable[[Any, Image], Profile] = getattr(metric, "measure_profile")  # noqa: B009  it is optional
    return measure(prepared, frame)


def measure_each(metric: Metric, prepared: Sequence[Any], frames: Images) -> list[float]:
    """Measure each frame against its own reference: in one call if the metric can, otherwise one by one.

    prepared: an entry per frame (uint8 [batch, height, width, 3]), as `Metric.prepare` returns it.
    """
    measure_all: Callable[[Sequence[Any], Images], Distances] | None = getattr(metric, "measure_each", None)
    if measure_all is not None and len(frames) > 1:
        return [float(value) for value in measure_all(prepared, frames)]
    return [float(metric.measure(reference, frames[i : i + 1])[0]) for i, reference in enumerate(prepared)]
