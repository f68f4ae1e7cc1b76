"""The metrics by name, with their properties, known without importing them."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal

from riptui.plugins import Registry

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
    title: str = ""
    """Its name on a screen and in a figure; "": the name in the registry."""
    pairwise: bool = True
    """Whether it compares with a reference; otherwise it measures a single frame and has no NAME@previous."""
    extra: str | None = None
    """The extra of riptui that installs `packages`; None: riptui has no extra for them."""
    packages: tuple[str, ...] = ()
    """Packages that it imports beyond the base install."""
    min_side: int = 1
    """Pixels that each side of a picture must have at least. Frames always have them, NAME@content may not."""
    spatial: bool = False
    """Whether it has `measure_map`, and so NAME@squares and NAME@repaints."""
    has_profile: bool = False
    """Whether it has `measure_profile`: a curve that is stored beside the number, at every 50 %."""
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
        "Log amplitude of the luma to the original, mean above 0.25 cycles per pixel; stored by frequency, too.",
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
    """The info that a plug-in's entry point names, checked. Raises ValueError or TypeError."""
    if not isinstance(found, MetricInfo):
        raise TypeError(f"it must be a MetricInfo, not {type(found).__name__}")
    if found.target.count(":") != 1:
        raise ValueError(f"its target must be module:factory, not {found.target!r}")
    if found.higher_means not in ("farther", "closer", "neither"):
        raise ValueError(f"higher_means must be farther, closer or neither, not {found.higher_means!r}")
    return found


REGISTRY = Registry("metric", BUILT_IN, adopt_plugin)
"""All metrics by name, in the order of tables, with those of plug-ins (entry point group `riptui.metrics`)."""
