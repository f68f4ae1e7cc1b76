"""Import and build the metrics that are used, once per process."""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache
from importlib import import_module
from typing import Any

from riptui.errors import InputError
from riptui.extras import importing
from riptui.metrics.metric import Metric, RepaintMetric
from riptui.metrics.metric_names import base_name, find_metric


def load(name: str, device: str = "") -> Metric:
    """Import and build a metric of frames; once per process and device, so that all trajectories share a network.

    An ending such as @previous is ignored: the caller chooses the reference and the part of the frame. device: cpu,
    cuda or cuda:N for a metric that is a network; "" uses CUDA if there is any.
    Raises InputError, MissingExtraError, BrokenExtraError; WeightsError at once if weights are missing: it downloads
    nothing.
    """
    info = find_metric(name)
    if info.of_repaint:
        raise InputError(f"{name} measures iterations, not frames: load it with riptui.metrics.load_repaint_metric")
    metric: Metric = load_cached(base_name(name), device if info.takes_device else "")
    return metric


def load_repaint_metric(name: str, device: str = "") -> RepaintMetric:
    """As `load`, for a metric of iterations."""
    info = find_metric(name)
    if not info.of_repaint:
        raise InputError(f"{name} measures frames, not iterations: load it with riptui.metrics.load")
    metric: RepaintMetric = load_cached(name, device if info.takes_device else "")
    return metric


@cache
def load_cached(name: str, device: str) -> Any:
    """A metric, made once per process and device. Raises MissingExtraError, BrokenExtraError, WeightsError."""
    info = find_metric(name)
    module, _, factory = info.target.partition(":")
    with importing(f"the metric {name}", info.extra) if info.extra else nullcontext():
        imported = import_module(module)
    return getattr(imported, factory)(**{"device": device} if info.takes_device else {})
