"""Metric values of one frame, as they are saved: numbers, or None where they are not finite."""

from math import isfinite

SquareValues = list[list[float]]
"""A metric's value at each square of the grid, row by row."""

MetricValues = dict[str, float | None]
"""Metric name to value. None: not finite, e.g. the PSNR of two equal images."""


def finite_or_none(value: float | None) -> float | None:
    """The value, or None if it is not finite, which JSON cannot hold."""
    return value if value is not None and isfinite(value) else None
