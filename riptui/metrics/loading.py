"""Import and build the metrics that are used, once per process."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from riptui.errors import InputError, MissingExtraError
from riptui.metrics.metric import Metric, RepaintMetric
from riptui.metrics.metric_names import base_name, find_metric


def load(name: str, device: str = "") -> Metric:
    """Import and build a metric of frames; once per process and device, so that all trajectories share a network.

    An ending such as @previous is ignored: the caller chooses the reference and the part of the frame. device: cpu,
    cuda or cuda:N for a metric that is a network; "" uses CUDA if there is any.
    Raises InputError, MissingExtraError; WeightsError at once if weights are missing: it downloads nothing.
    """
    info = find_metric(name)
    if info.of_repaint:
        raise InputError(f"{name} measures iterations, not frames: load it with riptui.metrics.load_repaint_metric")
    metric: Metric = _load_cached(base_name(name), device if info.takes_device else "")
    return metric


def load_repaint_metric(name: str, device: str = "") -> RepaintMetric:
    """As `load`, for a metric of iterations."""
    info = find_metric(name)
    if not info.of_repaint:
        raise InputError(f"{name} measures frames, not iterations: load it with riptui.metrics.load")
    metric: RepaintMetric = _load_cached(name, device if info.takes_device else "")
    return metric


@cache
def _load_cached(name: str, device: str) -> Any:
    info = find_metric(name)
    module, _, factory = info.target.partition(":")
    try:
        imported = import_module(module)
    except ModuleNotFoundError as error:
        if info.extra is None:
            raise
        package = (error.name or module).partition(".")[0]
        raise MissingExtraError(f"the metric {name}", package, info.extra) from error
    except (ImportError, OSError, RuntimeError) as error:  # a shared library is missing; torchvision for another torch
        if info.extra is None:
            raise
        cause = " ".join(str(error).split())[:200]
        fix = f"pip install --force-reinstall 'riptui[{info.extra}]'"
        raise InputError(f"the metric {name}: its packages cannot be imported ({cause}): {fix}") from error
    return getattr(imported, factory)(**{"device": device} if info.takes_device else {})
