"""Import and build metrics when they are first used, once per process."""

from __future__ import annotations

from functools import cache
from typing import Any

from riptui.errors import InputError
from riptui.extras import import_target
from riptui.metrics.metric import Metric, RepaintMetric
from riptui.metrics.metric_names import base_name, find_metric


def load(name: str, device: str = "") -> Metric:
    """Import and build a metric of frames, once per process and device, so that all trajectories share its network.

    An ending such as @previous is ignored: the caller chooses the reference and the part of the frame. device, for
    metrics that are networks: cpu, cuda or cuda:N; "" is CUDA if available, otherwise the CPU.
    Downloads nothing. Raises InputError for an unknown name or a metric of iterations, MissingExtraError,
    BrokenExtraError, and WeightsError if weights are missing or damaged.
    """
    info = find_metric(name)
    if info.of_repaint:
        raise InputError(f"{name} measures iterations, not frames: load it with riptui.metrics.load_repaint_metric")
    metric: Metric = load_cached(base_name(name), device if info.takes_device else "")
    return metric


def load_repaint_metric(name: str, device: str = "") -> RepaintMetric:
    """As `load`, for metrics of iterations (`MetricInfo.of_repaint`)."""
    info = find_metric(name)
    if not info.of_repaint:
        raise InputError(f"{name} measures frames, not iterations: load it with riptui.metrics.load")
    metric: RepaintMetric = load_cached(name, device if info.takes_device else "")
    return metric


@cache
def load_cached(name: str, device: str) -> Any:
    """The metric of a registry name. Raises MissingExtraError, BrokenExtraError, WeightsError."""
    info = find_metric(name)
    factory = import_target(info.target, f"the metric {name}", info.extra)
    return factory(**{"device": device} if info.takes_device else {})
