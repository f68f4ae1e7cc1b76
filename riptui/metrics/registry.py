"""The metrics by name: their properties, known without importing them, and how to load them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from math import inf
from typing import Literal

from riptui.errors import InputError, MissingExtraError
from riptui.metrics.metric import Metric
from riptui.plugins import Registry

PREVIOUS = "@previous"

LpipsNet = Literal["squeeze", "alex", "vgg"]


@dataclass(frozen=True)
class MetricInfo:
    """The properties of a metric, known without importing it."""

    target: str
    """`module:factory`; the factory returns a Metric. It takes no argument, or `device` if `takes_device`."""
    summary: str
    """One line: the measure and its source."""
    range: tuple[float, float]
    """Smallest and largest possible value."""
    higher_means: Literal["farther", "closer", "neither"]
    """What a higher value says about the distance to the reference."""
    unit: str = ""
    pairwise: bool = True
    """Whether it compares with a reference; otherwise it measures a single frame and has no NAME@previous."""
    extra: str | None = None
    """The extra of riptui that installs `packages`; None: riptui has no extra for them."""
    packages: tuple[str, ...] = ()
    """Packages that it imports beyond the base install."""
    net: LpipsNet | None = None
    """The LPIPS trunk whose weights it needs."""
    takes_device: bool = False
    """Whether the factory takes `device`: a network, for a GPU if there is one."""


def _lpips_info(net: LpipsNet, summary: str) -> MetricInfo:
    return MetricInfo(
        f"riptui.metrics.lpips:{net}",
        summary,
        range=(0, inf),
        higher_means="farther",
        extra="diffusion",
        packages=("torch", "torchvision", "lpips"),
        net=net,
        takes_device=True,
    )


BUILT_IN: dict[str, MetricInfo] = {
    "lpips-squeeze": _lpips_info("squeeze", "LPIPS, Zhang et al. 2018, on SqueezeNet: the smallest of the three."),
    "lpips-alex": _lpips_info("alex", "LPIPS, Zhang et al. 2018, on AlexNet: the fastest of the three."),
    "lpips-vgg": _lpips_info(
        "vgg", "LPIPS, Zhang et al. 2018, on VGG-16: what the RIP paper reports most; slow on a CPU."
    ),
    "ssim": MetricInfo(
        "riptui.metrics.pixels:ssim",
        "Structural similarity, Wang et al. 2004, of the luma.",
        range=(-1, 1),
        higher_means="closer",
    ),
    "psnr": MetricInfo(
        "riptui.metrics.pixels:psnr",
        "Peak signal-to-noise ratio of RGB; infinite for equal pictures.",
        range=(0, inf),
        higher_means="closer",
        unit="dB",
    ),
    "ms-ssim": MetricInfo(
        "riptui.metrics.ms_ssim:ms_ssim",
        "Structural similarity at five scales, Wang et al. 2003, of the luma.",
        range=(0, 1),
        higher_means="closer",
        extra="diffusion",
        packages=("torch", "torchmetrics"),
    ),
    "delta-e": MetricInfo(
        "riptui.metrics.pixels:delta_e",
        "Mean colour difference, CIEDE2000; about 1 can just be seen.",
        range=(0, inf),
        higher_means="farther",
        unit="ΔE00",
    ),
    "entropy": MetricInfo(
        "riptui.metrics.pixels:entropy",
        "Shannon entropy of the luma's histogram, of the frame alone.",
        range=(0, 8),
        higher_means="neither",
        unit="bit",
        pairwise=False,
    ),
}


def adopt_plugin(found: object, distribution: str) -> MetricInfo:
    """The info that a plug-in's entry point names, checked. Raises ValueError or TypeError."""
    if not isinstance(found, MetricInfo):
        raise TypeError(f"it must be a MetricInfo, not {type(found).__name__}")
    if found.target.count(":") != 1:
        raise ValueError(f"its target must be module:factory, not {found.target!r}")
    if found.higher_means not in ("farther", "closer", "neither"):
        raise ValueError(f"higher_means must be farther, closer or neither, not {found.higher_means!r}")
    return found


REGISTRY = Registry("metric", BUILT_IN, adopt_plugin)
"""All metrics by name, with those of plug-ins (entry point group `riptui.metrics`)."""


def find_metric(name: str) -> MetricInfo:
    """Look a name up, with or without @previous. Raises InputError with the available names."""
    base, separator, suffix = name.partition("@")
    info = REGISTRY.get(base)
    if info is None:
        if problem := REGISTRY.find_problem(base):
            raise InputError(problem)
        close_matches = difflib.get_close_matches(base, REGISTRY, n=1, cutoff=0.5)
        hint = f" Did you mean {close_matches[0]}{separator}{suffix}?" if close_matches else ""
        raise InputError(
            f"unknown metric {name!r}.{hint} Available: {', '.join(REGISTRY)}; "
            f"metrics that compare two pictures also with {PREVIOUS}"
        )
    if separator and separator + suffix != PREVIOUS:
        raise InputError(f"{name}: only {PREVIOUS} can follow {base}: the distance to the previous measured frame")
    if separator and not info.pairwise:
        raise InputError(f"{name}: {base} measures single frames and has no {PREVIOUS}; use {base}")
    return info


def check_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names in their order, without repeats. Raises InputError for the first unknown one."""
    unique_names = tuple(dict.fromkeys(names))
    for name in unique_names:
        find_metric(name)
    return unique_names


def in_registry_order(metrics: Iterable[str]) -> list[str]:
    """Sort names as in the registry, each NAME@previous after NAME; unknown names come last."""
    known = [*REGISTRY]

    def sort_key(name: str) -> tuple[int, str]:
        base = name.partition("@")[0]
        return known.index(base) if base in known else len(known), name

    return sorted(metrics, key=sort_key)


def load(name: str, device: str = "") -> Metric:
    """Import and build a metric; once per process and device, so that all trajectories share a network.

    NAME@previous gives NAME: the caller chooses the reference. device: cpu, cuda or cuda:N for a metric that is a
    network; "" uses CUDA if there is any.
    Raises InputError, MissingExtraError; WeightsError at once if weights are missing: it downloads nothing.
    """
    return _load_cached(name.removesuffix(PREVIOUS), device if find_metric(name).takes_device else "")


@cache
def _load_cached(name: str, device: str) -> Metric:
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
    metric: Metric = getattr(imported, factory)(**{"device": device} if info.takes_device else {})
    return metric
