"""The extractors by name: what is known of each before it is imported, and how it is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import PurePath

from riptui.errors import InputError, with_choices
from riptui.extras import import_target
from riptui.features.extractor import FeatureExtractor
from riptui.plugins import Registry, require_info


@dataclass(frozen=True)
class ExtractorInfo:
    """The properties of an extractor, known without importing it."""

    target: str
    """`module:factory`. The factory returns a FeatureExtractor; it takes `device` if `takes_device`, and `name` and
    `model` if there is a default model."""
    summary: str
    """One line: what it is, and its source."""
    extra: str | None = None
    """The extra of riptui that installs `packages`; None: no extra does."""
    packages: tuple[str, ...] = ()
    """Packages that it imports beyond the base install."""
    takes_device: bool = False
    """Whether the factory takes `device`, as extractors that are networks do."""
    model: str = ""
    """The default model, a hub id with its revision; NAME:MODEL names another. "": there is no choice of models."""
    licence: str = ""
    """The licence of the weights; "": there are none."""
    size: int = 0
    """Size of the weights in bytes, about; 0: there are none."""


BUILT_IN: dict[str, ExtractorInfo] = {
    "phash": ExtractorInfo(
        "riptui.features.perceptual_hash:phash",
        "Perceptual hash: 64 bits of the lowest frequencies, as 0 and 1. Needs no weights.",
    ),
    "inception": ExtractorInfo(
        "riptui.features.inception:inception",
        "Inception v3 of FID (Heusel et al. 2017), by torch-fidelity: 2,048 numbers.",
        extra="sets",
        packages=("torch", "torch_fidelity"),
        takes_device=True,
        licence="Apache-2.0",
        size=95_700_000,
    ),
    "inception-torchvision": ExtractorInfo(
        "riptui.features.inception:inception_torchvision",
        "torchvision's Inception v3 without its head (Szegedy et al. 2016): 2,048 numbers.",
        extra="diffusion",
        packages=("torch", "torchvision"),
        takes_device=True,
        licence="as torchvision has it (trained on ImageNet)",
        size=109_000_000,
    ),
    "clip": ExtractorInfo(
        "riptui.features.vision_models:clip",
        "CLIP's embedding of pictures (Radford et al. 2021): 768 numbers by the default model.",
        extra="diffusion",
        packages=("torch", "transformers"),
        takes_device=True,
        model="openai/clip-vit-large-patch14@32bd64288804d66eefd0ccbe215aa642df71cc41",
        licence="MIT",
        size=1_710_000_000,
    ),
    "dinov2": ExtractorInfo(
        "riptui.features.vision_models:dinov2",
        "DINOv2's class token (Oquab et al. 2023): 768 numbers by the default model.",
        extra="diffusion",
        packages=("torch", "transformers"),
        takes_device=True,
        model="facebook/dinov2-base@f9e44c814b77203eaa57a6bdbbd535f21ede1415",
        licence="Apache-2.0",
        size=346_000_000,
    ),
}


def adopt_plugin(found: object, distribution: str) -> ExtractorInfo:
    """Check what a plug-in's entry point names, and return it. Raises TypeError, ValueError."""
    return require_info(found, ExtractorInfo)


REGISTRY = Registry("feature extractor", BUILT_IN, adopt_plugin, group="riptui.features")
"""All extractors by name, with those of plug-ins (entry point group `riptui.features`)."""


def feature_extractor_names() -> tuple[str, ...]:
    """The names of all extractors, without models: phash, inception, ..."""
    return tuple(REGISTRY)


def find_extractor(name: str) -> ExtractorInfo:
    """Look up an extractor, NAME or NAME:MODEL.

    Raises InputError for an unknown name, with the available ones, and for a model where there is no choice of models.
    """
    base, colon, model = name.partition(":")
    info = REGISTRY.get(base)
    if info is None:
        problem = REGISTRY.find_problem(base)
        raise InputError(problem or with_choices(f"unknown features {base!r}", base, REGISTRY))
    if colon and not info.model:
        raise InputError(f"{name}: {base} has no choice of models; use {base}")
    if colon and not model:
        raise InputError(f"{name}: a model is missing after the colon; the default is {base}:{info.model}")
    return info


def short_title(name: str) -> str:
    """An extractor's name in short. Not yet printable.

    Of a model in a folder only the last part of the path is left: dinov2:…/base.
    """
    base, _, model = name.partition(":")
    return f"{base}:…/{PurePath(model).name}" if model.startswith("/") else name


def canonical_name(name: str) -> str:
    """The one form of a name: a model's path absolute, the URL of a page of the hub as a hub id. Raises InputError."""
    find_extractor(name)
    base, colon, model = name.partition(":")
    if not colon:
        return base
    from riptui.inpainters.models.catalogue import canonical_model  # with all inpainters' names: 30 ms

    return f"{base}:{canonical_model(model)}"


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
    factory = import_target(info.target, f"the features {name}", info.extra)
    arguments = {"device": device} if info.takes_device else {}
    if info.model:
        arguments |= {"name": name, "model": name.partition(":")[2] or info.model}
    extractor: FeatureExtractor = factory(**arguments)
    return extractor
