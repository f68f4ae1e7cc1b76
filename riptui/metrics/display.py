"""The order, titles and number formats of metrics on screens, in the report and in printed tables."""

from collections.abc import Iterable, Mapping
from itertools import chain
from math import isfinite, isnan

from riptui.metrics import CONTENT, PREVIOUS, REGISTRY, SQUARES, base_name
from riptui.metrics.values import MetricValues, finite_or_none, number_of
from riptui.text.terminal import printable

PAPER_METRICS = ("lpips-vgg", "lpips-alex", "lpips-squeeze", "ssim", "psnr")
"""The default metrics, in the order of display. The RIP paper reports LPIPS, mostly on VGG."""
METRIC_ORDER = tuple(dict.fromkeys([*PAPER_METRICS, *REGISTRY.built_in]))


def in_display_order(names: Iterable[str]) -> list[str]:
    """Sort names and drop repeats: LPIPS first, unknown metrics after known ones, @previous after all others."""
    rank = {name: position for position, name in enumerate(METRIC_ORDER)}
    return sorted(
        dict.fromkeys(names),
        key=lambda name: (name.endswith(PREVIOUS), rank.get(base_name(name), len(rank)), name != base_name(name)),
    )


def metric_names(metrics: Mapping[int, MetricValues]) -> list[str]:
    """The metrics that were measured on any frame, in display order. metrics: values by frame number."""
    return in_display_order(name for values in metrics.values() for name in values)


def metric_title(name: str) -> str:
    """A metric's name on a screen, printable: LPIPS vgg, SSIM, ΔE; SSIM Δ50 (@previous), SSIM content, ΔE squares."""
    base, ending = base_name(name), {PREVIOUS: " Δ50", CONTENT: " content", SQUARES: " squares"}
    info = REGISTRY.get(base)
    return printable((info and info.title) or base) + ending.get(name.removeprefix(base), "")


def format_value(value: float | None) -> str:
    """A value in about six columns: 0.6540, 17.13, 61234; ∞ for None and anything that is not finite."""
    finite = finite_or_none(value)
    if finite is None:
        return "∞"
    digits = 4 if abs(finite) < 10 else 2 if abs(finite) < 1000 else 0
    return f"{finite:z.{digits}f}"  # z: no negative zero


def distance_name(metric: str) -> str:
    """The distance to the original that a metric is taken as: of a similarity such as ssim, 1 - ssim."""
    info = REGISTRY.get(base_name(metric))
    return f"{info.range[1]:g} - {metric}" if info and info.higher_means == "closer" else metric


def format_result(value: float) -> str:
    """A statistic of values, as `format_value` has it; "-" if it is not finite."""
    return format_value(value) if isfinite(value) else "-"


def format_short(value: float) -> str:
    """A value in at most five columns, and a sign: .421, 1.21, 17.1, 255 or 61.2k. For values below a million."""
    if not isfinite(value):
        return "∞"
    if abs(value) >= 999.5:
        return f"{value / 1000:.3g}k"
    text = f"{value:.3f}" if abs(value) < 1 else f"{value:.3g}"
    return text.replace("0.", ".", 1) if abs(value) < 1 else text


def format_values(values: Mapping[str, float | None]) -> str:
    """All values of a frame in one line, safe to print: ssim 0.7100  psnr 21.30."""
    return "  ".join(f"{printable(name)} {format_value(value)}" for name, value in values.items())


def primary_metric(metrics: Mapping[int, MetricValues], preferred: str = "") -> tuple[str, list[float]]:
    """The metric for views with room for one, and its values in frame order, infinite ones included.

    The preferred metric if it was measured, else the first of PAPER_METRICS that was, else any; "" if none was.
    metrics: values by frame number.
    """
    names = set[str]().union(*metrics.values())
    if (name := preferred) not in names:
        name = next(filter(names.__contains__, PAPER_METRICS), "") or next(chain.from_iterable(metrics.values()), "")
    series = [value for values in metrics.values() if not isnan(value := number_of(name, values))]
    return printable(name), series


def newest_values(metrics: Mapping[int, MetricValues]) -> MetricValues:
    """The values of the last measured frame; empty if none was. metrics: values by frame number, ascending."""
    return [*metrics.values()][-1] if metrics else {}


def finite_values(metrics: Mapping[int, MetricValues]) -> dict[str, float]:
    """The values of the last measured frame that are finite."""
    return {name: value for name, value in newest_values(metrics).items() if value is not None}
