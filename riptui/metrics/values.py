"""Metric values of one frame, as they are saved: numbers, or None where they are not finite."""

from array import array
from collections.abc import Iterable
from math import inf, isfinite, nan
from typing import NamedTuple

SquareValues = list[list[float]]
"""A metric's value at each square of the grid, row by row."""


ProfileValues = list[float]
"""A metric's values along an axis of its own."""


class RepaintDistance(NamedTuple):
    """Distances to the original right after a repaint, by a metric that has one at each pixel."""

    square: float
    """Mean over the square that was repainted."""
    frame: float
    """Mean over the frame."""


MetricValues = dict[str, float | None]
"""Metric name to value. None: not finite, e.g. the PSNR of two equal images."""


def pack_values(values: Iterable[float]) -> bytes:
    """Numbers in a third of the memory that a tuple of them takes: 8 bytes each."""
    return array("d", values).tobytes()


def unpack_values(packed: bytes) -> tuple[float, ...]:
    return tuple(memoryview(packed).cast("d"))


def finite_or_none(value: float | None) -> float | None:
    """The value, or None if it is not finite, which JSON cannot hold."""
    return value if value is not None and isfinite(value) else None


def number_of(name: str, values: MetricValues) -> float:
    """A metric's value of a frame: inf for the PSNR of equal pictures; nan if it is not measured, or not finite."""
    value = values.get(name, nan)
    return value if value is not None else inf if name.partition("@")[0] == "psnr" else nan
