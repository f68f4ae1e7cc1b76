"""The order, titles and number formats of metrics, the same on every screen and in every table."""

from collections.abc import Iterable, Mapping
from itertools import chain
from math import isfinite, isnan

from riptui.metrics import CONTENT, PREVIOUS, REGISTRY, SQUARES, base_name
from riptui.metrics.values import MetricValues, finite_or_none, number_of
from riptui.text.terminal import printable

PAPER_METRICS = ("lpips-vgg", "lpips-alex", "lpips-squeeze", "ssim", "psnr")
"""The metrics that the paper reports; mostly LPIPS with VGG."""
METRIC_ORDER = tuple(dict.fromkeys([*PAPER_METRICS, *REGISTRY.built_in]))


def in_display_order(names: Iterable[str]) -> list[str]:
    """Sort names and drop repeats: LPIPS first, unknown metrics after known ones, @previous last."""
    rank = {name: position for position, name in enumerate(METRIC_ORDER)}
    return sorted(
        dict.fromkeys(names),
        key=lambda name: (name.endswith(PREVIOUS), rank.get(base_name(name), len(rank)), name != base_name(name)),
    )


def metric_names(metrics: Mapping[int, MetricValues]) -> list[str]:
    """The metrics that were measured, in their order."""
    return in_display_order(name for values in metrics.values() for name in values)


def metric_title(name: str) -> str:
    """A metric's name on a screen: LPIPS vgg, SSIM, ΔE; with Δ50 for @previous, content and squares for others."""
    base, ending = base_name(name), {PREVIOUS: " Δ50", CONTENT: " content", SQUARES: " squares"}
    info = REGISTRY.get(base)
    return printable((info and info.title) or base) + ending.get(name.removeprefix(base), "")


def format_value(value: float | None) -> str:
    """About six columns: 0.6540, 17.13, 61234, or ∞ for a value that is not finite."""
    finite = finite_or_none(value)
    if finite is None:
        return "∞"
    digits = 4 if abs(finite) < 10 else 2 if abs(finite) < 1000 else 0
    return f"{finite:z.{digits}f}"  # z: no negative zero


def format_result(value: float) -> str:
    """A statistic of values: as `format_value`, or - if it has no value."""
    return format_value(value) if isfinite(value) else "-"


def format_short(value: float) -> str:
    """At most five columns, and a sign: .421, 1.21, 17.1, 255 or 61.2k."""
    if not isfinite(value):
        return "∞"
    if abs(value) >= 999.5:
        return f"{value / 1000:.3g}k"
    text = f"{value:.3f}" if abs(value) < 1 else f"{value:.3g}"
    return text.replace("0.", ".", 1) if abs(value) < 1 else text


def format_values(values: Mapping[str, float | None]) -> str:
    """All of one frame's values: ssim 0.71  psnr 21.3."""
    return "  ".join(f"{printable(name)} {format_value(value)}" for name, value in values.items())


def primary_metric(metrics: Mapping[int, MetricValues], preferred: str = "") -> tuple[str, list[float]]:
    """The metric of views that show only one, and its values in order, also infinite ones; the preferred one where
    measured.
    """
    names = set[str]().union(*metrics.values())
    if (name := preferred) not in names:
        name = next(filter(names.__contains__, PAPER_METRICS), "") or next(chain.from_iterable(metrics.values()), "")
    series = [value for values in metrics.values() if not isnan(value := number_of(name, values))]
    return printable(name), series


def newest_values(metrics: Mapping[int, MetricValues]) -> MetricValues:
    """The values of the last measured frame."""
    return [*metrics.values()][-1] if metrics else {}


def finite_values(metrics: Mapping[int, MetricValues]) -> dict[str, float]:
    """The values of the last measured frame that are finite."""
    return {name: value for name, value in newest_values(metrics).items() if value is not None}
