"""Metric values as people read them."""

from collections.abc import Mapping
from math import isfinite

from riptui.metrics.values import MetricValues, finite_or_none
from riptui.text.terminal import printable

METRIC_ORDER = ("lpips-vgg", "lpips-alex", "lpips-squeeze", "ssim", "psnr")
"""The paper reports VGG mostly."""


def format_value(value: float | None) -> str:
    """0.6540, 17.13 or ∞: decimals by size, so that a column of them lines up."""
    finite = finite_or_none(value)
    if finite is None:
        return "∞"
    return f"{finite:.4f}" if abs(finite) < 10 else f"{finite:.2f}"


def format_short(value: float) -> str:
    """At most five columns: .421, 1.21, 17.1 or 255."""
    if not isfinite(value):
        return "∞"
    text = f"{value:.3f}" if abs(value) < 1 else f"{value:.3g}"
    return text.replace("0.", ".", 1) if abs(value) < 1 else text


def format_values(values: Mapping[str, float | None]) -> str:
    """All of one frame's values: ssim 0.71  psnr 21.3."""
    return "  ".join(f"{printable(name)} {format_value(value)}" for name, value in values.items())


def primary_metric(metrics: Mapping[int, MetricValues]) -> tuple[str, list[float]]:
    """The one metric to show where there is room for one, and its finite values in order."""
    names = dict.fromkeys(name for values in metrics.values() for name in values)
    name = next((name for name in METRIC_ORDER if name in names), next(iter(names), ""))
    series = [value for values in metrics.values() if (value := values.get(name)) is not None]
    return printable(name), series


def newest_values(metrics: Mapping[int, MetricValues]) -> MetricValues:
    """What was measured of the last measured frame."""
    return next(reversed(list(metrics.values())), {})
