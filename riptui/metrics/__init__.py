"""The metrics: one calling convention, and a registry of names. Importing this package imports no metric.

metric        the calling convention
registry      the metrics by name; metric_names: endings such as @previous; loading: from a name to a metric
availability  which metrics can run on this machine, and why the others cannot
meter         measures the frames of a trajectory; content: where the picture is in a frame with blank bands;
              repaint_meter: measures each repainted square (NAME@repaints)
pairwise      a metric made of features and a distance between them; single_frame: a metric of one frame alone
pixels        ssim, psnr, delta-e, lab-l, lab-a, lab-b; running_ssim: ssim updated square by square; entropy
seams         seam, seam-original, seam-delta-e: the edge that an iteration leaves along its mask's border
fine_detail   high-frequencies, edge-density, jpeg-bytes; spectrum: log amplitude relative to the reference, by
              frequency; frequency_bins: its axis
ms_ssim       ms-ssim, by torchmetrics
lpips         LPIPS on three networks, by the lpips package; lpips_weights: the files of their trunks
map_program   a process that computes distance maps (a distance per pixel) for the app
sets          metrics of sets of pictures, such as FID and KID, from the features of both sets
values        the values of a frame and of its squares, as they are saved; display: their order and number formats
"""

from riptui.lazy_modules import lazy_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from riptui.metrics import running_ssim as running_ssim
    from riptui.metrics.loading import load, load_repaint_metric
    from riptui.metrics.metric import Metric, Repaint, RepaintMetric, measure_each, measure_map, measure_profile
    from riptui.metrics.metric_names import (
        CONTENT,
        PREVIOUS,
        REPAINTS,
        SQUARES,
        base_name,
        check_names,
        find_metric,
        has_value_at_first,
        in_registry_order,
        is_features,
        split_names,
    )
    from riptui.metrics.registry import REGISTRY, LpipsNet, MetricInfo

__all__ = [
    "CONTENT",
    "PREVIOUS",
    "REGISTRY",
    "REPAINTS",
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
    "is_features",
    "load",
    "load_repaint_metric",
    "measure_each",
    "measure_map",
    "measure_profile",
    "split_names",
]

__getattr__ = lazy_names(
    __name__,
    {
        "loading": (
            "load",
            "load_repaint_metric",
        ),
        "metric": (
            "Metric",
            "Repaint",
            "RepaintMetric",
            "measure_each",
            "measure_map",
            "measure_profile",
        ),
        "metric_names": (
            *("CONTENT", "PREVIOUS", "REPAINTS", "SQUARES", "base_name", "check_names"),
            *("find_metric", "has_value_at_first", "in_registry_order", "is_features", "split_names"),
        ),
        "registry": (
            "REGISTRY",
            "LpipsNet",
            "MetricInfo",
        ),
    },
)
