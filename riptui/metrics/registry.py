"""The metrics by name: their properties, known without importing them, and how to load them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from math import inf
from typing import Any, Literal

from riptui.errors import InputError
from riptui.extras import importing
from riptui.metrics.metric import Metric, RepaintMetric
from riptui.plugins import Registry

PREVIOUS = "@previous"
"""Ending of a metric's name: against the frame measured before, instead of the original."""
CONTENT = "@content"
"""Ending of a metric's name: of the part of the frame that the picture covers, without blank bands."""

SQUARES = "@squares"
"""Ending of a metric's name: also of each square of the grid; the value is their mean."""

LpipsNet = Literal["squeeze", "alex", "vgg"]


@dataclass(frozen=True)
class MetricInfo:
    """The properties of a metric, known without importing it."""

    target: str
    """`module:factory`; the factory returns a Metric, or a RepaintMetric if `of_repaint`. It takes no argument, or
    `device` if `takes_device`."""
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
    min_side: int = 1
    """Pixels that each side of a picture must have at least. Frames always have them, NAME@content may not."""
    spatial: bool = False
    """Whether it has `measure_map`, and so NAME@squares."""
    of_repaint: bool = False
    """Whether it measures what an iteration did (a RepaintMetric): frame 0 has no value, and there is no NAME@..."""
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
        min_side=64,
        spatial=True,
        net=net,
        takes_device=True,
    )


def _lab_info(channel: Literal["l", "a", "b"], coordinate: str, above_0: str) -> MetricInfo:
    return MetricInfo(
        f"riptui.metrics.pixels:lab_{channel}",
        f"Mean shift of CIELAB's {coordinate}; above 0 the frame is {above_0}.",
        range=(-inf, inf),
        higher_means="neither",
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
        min_side=11,
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
        min_side=161,
    ),
    "delta-e": MetricInfo(
        "riptui.metrics.pixels:delta_e",
        "Mean colour difference, CIEDE2000; about 1 can just be seen.",
        range=(0, inf),
        higher_means="farther",
        spatial=True,
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
    "lab-l": _lab_info("l", "L* (lightness)", "lighter"),
    "lab-a": _lab_info("a", "a* (green to red)", "redder"),
    "lab-b": _lab_info("b", "b* (blue to yellow)", "yellower"),
    "seam": MetricInfo(
        "riptui.metrics.seams:seam",
        "Gradient that the iteration added along its square's border (ASUKA's Grad, Wang et al. 2025).",
        range=(0, inf),
        higher_means="farther",
        pairwise=False,
        of_repaint=True,
    ),
    "seam-original": MetricInfo(
        "riptui.metrics.seams:seam_original",
        "The same against the original.",
        range=(0, inf),
        higher_means="farther",
        pairwise=False,
        of_repaint=True,
    ),
    "seam-delta-e": MetricInfo(
        "riptui.metrics.seams:seam_delta_e",
        "CIEDE2000 across the border of the iteration's square, less that of the frame before.",
        range=(-inf, inf),
        higher_means="neither",
        unit="ΔE00",
        pairwise=False,
        of_repaint=True,
    ),
    "high-frequencies": MetricInfo(
        "riptui.metrics.fine_detail:high_frequencies",
        "Share of the luma's energy above 0.25 cycles per pixel, of the frame alone.",
        range=(0, 100),
        higher_means="neither",
        unit="%",
        pairwise=False,
    ),
    "edge-density": MetricInfo(
        "riptui.metrics.fine_detail:edge_density",
        "Share of the pixels on an edge by Canny (100, 200), of the frame alone.",
        range=(0, 100),
        higher_means="neither",
        unit="%",
        pairwise=False,
    ),
    "jpeg-bytes": MetricInfo(
        "riptui.metrics.fine_detail:jpeg_bytes",
        "Bytes of the frame as JPEG of quality 90 (colour not subsampled), of the frame alone.",
        range=(0, inf),
        higher_means="neither",
        unit="byte",
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
    """Look a name up, with or without @previous, @content or @squares. Raises InputError with the available names."""
    base, separator, suffix = name.partition("@")
    info = REGISTRY.get(base)
    if info is None:
        if problem := REGISTRY.find_problem(base):
            raise InputError(problem)
        close_matches = difflib.get_close_matches(base, REGISTRY, n=1, cutoff=0.5)
        hint = f" Did you mean {close_matches[0]}{separator}{suffix}?" if close_matches else ""
        raise InputError(
            f"unknown metric {name!r}.{hint} Available: {', '.join(REGISTRY)}; "
            f"metrics that compare two pictures also with {PREVIOUS}, metrics of frames with {CONTENT}"
        )
    ending = separator + suffix
    if ending not in ("", PREVIOUS, CONTENT, SQUARES):
        raise InputError(
            f"{name}: only {PREVIOUS} can follow {base}, the distance to the previous measured frame, {CONTENT}, "
            f"without blank bands, or {SQUARES}, of each square"
        )
    if ending == SQUARES and not info.spatial:
        spatial = ", ".join(other for other, found in REGISTRY.items() if found.spatial)
        raise InputError(f"{name}: {base} has no {SQUARES}; these have: {spatial}")
    if (ending == PREVIOUS and not info.pairwise) or (ending and info.of_repaint):
        kind = "iterations" if info.of_repaint else "single frames"
        raise InputError(f"{name}: {base} measures {kind} and has no {ending}; use {base}")
    return info


def base_name(name: str) -> str:
    """The metric's name in the registry, without its ending."""
    return name.partition("@")[0]


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
        base = base_name(name)
        return known.index(base) if base in known else len(known), name

    return sorted(metrics, key=sort_key)


def has_value_at_first(name: str) -> bool:
    """Whether the first measured frame, frame 0, has a value: it has no frame before it. Unknown names are taken to."""
    info = REGISTRY.get(base_name(name))
    return not name.endswith(PREVIOUS) and not (info and info.of_repaint)


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
    with importing(f"the metric {name}", info.extra) if info.extra else nullcontext():
        imported = import_module(module)
    return getattr(imported, factory)(**{"device": device} if info.takes_device else {})
