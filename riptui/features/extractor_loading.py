"""Import and build the extractors that are used, once per process."""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache
from importlib import import_module

from riptui.extras import importing
from riptui.features.extractor import FeatureExtractor
from riptui.features.registry import find_extractor


def load_extractor(name: str, device: str = "") -> FeatureExtractor:
    """Import and build an extractor, NAME or NAME:MODEL; once per process and device.

    device: cpu, cuda or cuda:N for one that is a network; "" uses CUDA if there is any.
    Raises InputError, MissingExtraError, BrokenExtraError; WeightsError at once if weights are missing: it downloads
    nothing.
    """
    return load_cached(name, device if find_extractor(name).takes_device else "")


@cache
def load_cached(name: str, device: str) -> FeatureExtractor:
    info = find_extractor(name)
    module, _, factory = info.target.partition(":")
    with importing(f"the features {name}", info.extra) if info.extra else nullcontext():
        imported = import_module(module)
    arguments = {"device": device} if info.takes_device else {}
    if info.model:
        arguments |= {"name": name, "model": name.partition(":")[2] or info.model}
    extractor: FeatureExtractor = getattr(imported, factory)(**arguments)
    return extractor
