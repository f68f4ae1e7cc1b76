"""Import and build extractors when they are first used, once per process."""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache
from importlib import import_module

from riptui.extras import importing
from riptui.features.extractor import FeatureExtractor
from riptui.features.registry import find_extractor


def load_extractor(name: str, device: str = "") -> FeatureExtractor:
    """Import and build an extractor, NAME or NAME:MODEL, once per process and device.

    device, for extractors that are networks: cpu, cuda or cuda:N; "" is CUDA if available, otherwise the CPU.
    Downloads nothing. Raises InputError for an unknown name or a model of another kind, MissingExtraError,
    BrokenExtraError, and WeightsError if weights are missing or damaged.
    """
    return load_cached(name, device if find_extractor(name).takes_device else "")


@cache
def load_cached(name: str, device: str) -> FeatureExtractor:
    """As `load_extractor`, for a device that the extractor takes."""
    info = find_extractor(name)
    module, _, factory = info.target.partition(":")
    with importing(f"the features {name}", info.extra) if info.extra else nullcontext():
        imported = import_module(module)
    arguments = {"device": device} if info.takes_device else {}
    if info.model:
        arguments |= {"name": name, "model": name.partition(":")[2] or info.model}
    extractor: FeatureExtractor = getattr(imported, factory)(**arguments)
    return extractor
