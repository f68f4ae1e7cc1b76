"""The metrics by name, and the one convention they are called by. Imports none of them.

Most say how far a frame is from a reference: the original, or, as NAME@previous, the frame measured before. `entropy`
is of the frame alone.

    availability   what can be measured here, and what is left out and why
    meter          measures the frames of one trajectory
    pairwise       the form of every metric that compares two pictures
    pixels         ssim, psnr, delta-e, entropy: scikit-image
    multiscale     ms-ssim: torchmetrics
    perceptual     the three LPIPS: the lpips package
    weights        the files of LPIPS's trunks: where they are, and fetching them
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from math import inf
from typing import TYPE_CHECKING, Any, Literal, Protocol

from riptui.errors import InputError, MissingExtraError

if TYPE_CHECKING:  # NumPy and jaxtyping take 120 ms to import, and the names alone need neither
    from riptui.arrays import Distances, Image, Images

PREVIOUS = "@previous"

LpipsNet = Literal["squeeze", "alex", "vgg"]


class Metric(Protocol):
    def prepare(self, reference: Image) -> Any:
        """What `measure` needs of a reference, computed once. Opaque: only for this metric's `measure`."""
        ...

    def measure(self, prepared: Any, frames: Images) -> Distances:
        """One value a frame. None of them depends on the other frames of the batch.

        A metric may also have `measure_each(prepared, frames)`: each frame against a reference of its own, at once.
        """
        ...


@dataclass(frozen=True)
class MetricInfo:
    """What is known of a metric before it is imported."""

    target: str
    """`module:factory`; the factory returns a Metric. It takes nothing, or `device` if the metric has a net."""
    summary: str
    range: tuple[float, float]
    """Least and greatest value it can take."""
    higher_means: Literal["farther", "closer", "neither"]
    """What a higher value means of the distance to the reference."""
    unit: str = ""
    pairwise: bool = True
    """Whether it has a reference at all."""
    extra: str | None = None
    """The extra that installs `packages`."""
    packages: tuple[str, ...] = ()
    """What it imports beyond the base install."""
    net: LpipsNet | None = None
    """The trunk whose weights it needs."""


def _lpips_info(net: LpipsNet, summary: str) -> MetricInfo:
    return MetricInfo(
        f"riptui.metrics.lpips:{net}",
        summary,
        range=(0, inf),
        higher_means="farther",
        extra="diffusion",
        packages=("torch", "torchvision", "lpips"),
        net=net,
    )


REGISTRY: dict[str, MetricInfo] = {
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


def find_metric(name: str) -> MetricInfo:
    """Look a name up, with or without @previous. Raises InputError with the known names."""
    base, separator, suffix = name.partition("@")
    if base not in REGISTRY:
        close_matches = difflib.get_close_matches(base, REGISTRY, n=1, cutoff=0.5)
        hint = f" Did you mean {close_matches[0]}{separator}{suffix}?" if close_matches else ""
        raise InputError(
            f"no metric is called {name}.{hint} Known: {', '.join(REGISTRY)}; pairwise ones with {PREVIOUS}"
        )
    if separator and separator + suffix != PREVIOUS:
        raise InputError(f"{name}: after {base} only {PREVIOUS} can follow, for the distance to the frame before")
    if separator and not REGISTRY[base].pairwise:
        raise InputError(f"{name}: {base} is of one frame alone and has no {PREVIOUS}; use {base}")
    return REGISTRY[base]


def check_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names in their order, none twice. Raises InputError at the first that is no metric."""
    unique_names = tuple(dict.fromkeys(names))
    for name in unique_names:
        find_metric(name)
    return unique_names


def sort_metrics(metrics: Iterable[str]) -> list[str]:
    """Names as the registry has them, @previous after the metric itself; names it does not have at the end."""
    known = [*REGISTRY]

    def sort_key(name: str) -> tuple[int, str]:
        base = name.partition("@")[0]
        return known.index(base) if base in known else len(known), name

    return sorted(metrics, key=sort_key)


def load(name: str, device: str = "") -> Metric:
    """Import and build a metric; once per process and device, so that all trajectories share a network.

    NAME@previous is NAME: what a metric is compared with is its caller's choice. device: where a net computes, as
    torch names it; "" for CUDA if there is one, otherwise the CPU.
    Raises InputError; MissingExtraError; WeightsError, at once: it downloads nothing.
    """
    return _load_cached(name.removesuffix(PREVIOUS), device if find_metric(name).net else "")


@cache
def _load_cached(name: str, device: str) -> Metric:
    info = REGISTRY[name]
    module, _, factory = info.target.partition(":")
    try:
        imported = import_module(module)
    except ModuleNotFoundError as error:
        if info.extra is None:
            raise
        package = (error.name or module).partition(".")[0]
        raise MissingExtraError(f"the metric {name}", package, info.extra) from error
    except (ImportError, OSError, RuntimeError) as error:  # a shared library is missing; torchvision for another torch
        cause = " ".join(str(error).split())[:200]
        fix = f"pip install --force-reinstall 'riptui[{info.extra}]'"
        raise InputError(f"the metric {name}: its packages do not import ({cause}): {fix}") from error
    metric: Metric = getattr(imported, factory)(**{"device": device} if info.net else {})
    return metric
