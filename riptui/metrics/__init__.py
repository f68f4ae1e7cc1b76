"""The metrics: one calling convention, and a registry of names. Importing this imports none of them.

metric        the calling convention
registry      the names, and how they are loaded
availability  which metrics can run on this machine, and why the others cannot
meter         measures the frames of one trajectory
pairwise      a metric made of features and a distance between them
pixels        ssim, psnr, delta-e, entropy: scikit-image
ms_ssim       ms-ssim: torchmetrics
lpips         the three LPIPS: the lpips package; lpips_weights has the files of their trunks
values        the values of one frame as they are saved; display formats them
"""

from riptui.metrics.metric import Metric, measure_each
from riptui.metrics.registry import (
    PREVIOUS,
    REGISTRY,
    LpipsNet,
    MetricInfo,
    check_names,
    find_metric,
    in_registry_order,
    load,
)

__all__ = [
    "PREVIOUS",
    "REGISTRY",
    "LpipsNet",
    "Metric",
    "MetricInfo",
    "check_names",
    "find_metric",
    "in_registry_order",
    "load",
    "measure_each",
]
