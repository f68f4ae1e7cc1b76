"""The metrics by name, with their properties, known without importing them."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal

from riptui.plugins import Registry, require_info

LpipsNet = Literal["squeeze", "alex", "vgg"]


@dataclass(frozen=True)
class MetricInfo:
    """The properties of a metric, known without importing it."""

    target: str
    """`module:factory`. The factory returns a Metric, or a RepaintMetric if `of_repaint`; it takes no argument, or
    `device` if `takes_device`."""
    summary: str
    """One line: what is measured, and its source."""
    range: tuple[float, float]
    """Smallest and largest possible value."""
    higher_means: Literal["farther", "closer", "neither"]
    """What a higher value means: the frame is farther from the reference, closer to it, or neither."""
    unit: str = ""
    """"": the number has no unit."""
    title: str = ""
    """Its name on a screen and in a figure; "": the name in the registry."""
    pairwise: bool = True
    """Whether it compares a frame with a reference. If not, NAME@previous does not exist."""
    extra: str | None = None
    """The extra of riptui that installs `packages`; None: no extra does."""
    packages: tuple[str, ...] = ()
    """Packages that it imports beyond the base install."""
    min_side: int = 1
    """The smallest width and height, in pixels, that it can measure. Frames have it; NAME@content may be smaller."""
    spatial: bool = False
    """Whether it has `measure_map`, and so NAME@squares and NAME@repaints."""
    has_profile: bool = False
    """Whether it has `measure_profile`: a curve that is stored beside the number, at every 50 % inpainted."""
    of_repaint: bool = False
    """Whether it measures what an iteration did (a RepaintMetric). Frame 0 then has no value, and no ending such as
    @previous exists."""
    net: LpipsNet | None = None
    """The LPIPS trunk whose weights it needs."""
    takes_device: bool = False
    """Whether the factory takes `device`, as metrics that are networks do."""


def _lpips_info(net: LpipsNet, summary: str) -> MetricInfo:
    return MetricInfo(
        f"riptui.metrics.lpips:{net}",
        summary,
        title=f"LPIPS {net}",
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
        title=f"Δ {coordinate.split()[0]}",
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
        title="SSIM",
        range=(-1, 1),
        higher_means="closer",
        min_side=11,
    ),
    "psnr": MetricInfo(
        "riptui.metrics.pixels:psnr",
        "Peak signal-to-noise ratio of RGB; infinite for equal pictures.",
        title="PSNR",
        range=(0, inf),
        higher_means="closer",
        unit="dB",
    ),
    "ms-ssim": MetricInfo(
        "riptui.metrics.ms_ssim:ms_ssim",
        "Structural similarity at five scales, Wang et al. 2003, of the luma.",
        title="MS-SSIM",
        range=(0, 1),
        higher_means="closer",
        extra="diffusion",
        packages=("torch", "torchmetrics"),
        min_side=161,
    ),
    "delta-e": MetricInfo(
        "riptui.metrics.pixels:delta_e",
        "Mean colour difference, CIEDE2000; about 1 can just be seen.",
        title="ΔE",
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
        "Change of the gradient along the border of the iteration's mask (ASUKA's Grad, Wang et al. 2025).",
        range=(0, inf),
        higher_means="farther",
        pairwise=False,
        of_repaint=True,
    ),
    "seam-original": MetricInfo(
        "riptui.metrics.seams:seam_original",
        "The same, against the original instead of the frame before.",
        range=(0, inf),
        higher_means="farther",
        pairwise=False,
        of_repaint=True,
    ),
    "seam-delta-e": MetricInfo(
        "riptui.metrics.seams:seam_delta_e",
        "CIEDE2000 across the border of the iteration's mask, less that of the frame before.",
        title="seam ΔE",
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
    "spectrum": MetricInfo(
        "riptui.metrics.spectrum:spectrum",
        "Log amplitude of the luma relative to the original, mean above 0.25 cycles/pixel; also stored by frequency.",
        range=(-inf, inf),
        higher_means="neither",
        min_side=128,
        has_profile=True,
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
        title="JPEG bytes",
        range=(0, inf),
        higher_means="neither",
        unit="byte",
        pairwise=False,
    ),
}


def adopt_plugin(found: object, distribution: str) -> MetricInfo:
    """Check what a plug-in's entry point names, and return it. Raises TypeError, ValueError."""
    info = require_info(found, MetricInfo)
    if info.higher_means not in ("farther", "closer", "neither"):
        raise ValueError(f"higher_means must be farther, closer or neither, not {info.higher_means!r}")
    return info


REGISTRY = Registry("metric", BUILT_IN, adopt_plugin)
"""All metrics by name, in the order of tables, with those of plug-ins (entry point group `riptui.metrics`)."""
