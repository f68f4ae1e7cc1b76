"""The metrics: one calling convention, and a registry of names. Importing this imports none of them.

metric        the calling convention
registry      the names, and how they are loaded
availability  which metrics can run on this machine, and why the others cannot
meter         measures the frames of one trajectory; content: where in them the picture is
pairwise      a metric made of features and a distance between them; single_frame: one of a frame alone
pixels        ssim, psnr, delta-e, lab-l, lab-a, lab-b, entropy: scikit-image
seams         seam, seam-original, seam-delta-e: what an iteration leaves along its square's border
fine_detail   high-frequencies, edge-density, jpeg-bytes
ms_ssim       ms-ssim: torchmetrics
lpips         the three LPIPS: the lpips package; lpips_weights has the files of their trunks
values        the values of one frame, and of its squares, as they are saved; display formats them
"""

from riptui.metrics.metric import Metric, Repaint, RepaintMetric, measure_each, measure_map
from riptui.metrics.registry import (
    CONTENT,
    PREVIOUS,
    REGISTRY,
    SQUARES,
    LpipsNet,
    MetricInfo,
    base_name,
    check_names,
    find_metric,
    has_value_at_first,
    in_registry_order,
    load,
    load_repaint_metric,
)

__all__ = [
    "CONTENT",
    "PREVIOUS",
    "REGISTRY",
    "SQUARES",
    "LpipsNet",
    "Metric",
    "MetricInfo",
    "Repaint",
    "RepaintMetric",
    "base_name",
    "check_names",
    "find_metric",
    "has_value_at_first",
    "in_registry_order",
    "load",
    "load_repaint_metric",
    "measure_each",
    "measure_map",
]
