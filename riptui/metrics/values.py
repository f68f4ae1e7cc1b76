"""Metric values of a frame, as they are saved: numbers, and None for what is not finite."""

from array import array
from collections.abc import Iterable
from math import inf, isfinite, nan
from typing import NamedTuple

SquareValues = list[list[float]]
"""A metric's value at each square of the grid, [rows][columns]."""
ProfileValues = list[float]
"""A metric's values along an axis of its own, such as the frequency."""


class RepaintDistance(NamedTuple):
    """Distances to the original right after a repaint, by a metric that is `spatial`."""

    square: float
    """Mean over the repainted pixels."""
    frame: float
    """Mean over the whole frame."""


MetricValues = dict[str, float | None]
"""Values by metric name. None: not finite, e.g. the PSNR of two equal images."""


def pack_values(values: Iterable[float]) -> bytes:
    """Pack numbers as float64, 8 bytes each: a quarter of the memory of a tuple of them."""
    return array("d", values).tobytes()


def unpack_values(packed: bytes) -> tuple[float, ...]:
    """The numbers that `pack_values` packed."""
    return tuple(memoryview(packed).cast("d"))


def finite_or_none(value: float | None) -> float | None:
    """The value, or None if it is not finite, which JSON cannot hold."""
    return value if value is not None and isfinite(value) else None


def number_of(name: str, values: MetricValues) -> float:
    """A frame's value by a metric: nan if it was not measured or is not finite; inf for the PSNR of equal pictures."""
    value = values.get(name, nan)
    return value if value is not None else inf if name.partition("@")[0] == "psnr" else nan
