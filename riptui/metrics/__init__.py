"""The metrics: one calling convention, and a registry of names. Importing this imports none of them.

metric        the calling convention
registry      the metrics by name; metric_names: endings of names; loading: from a name to a metric
availability  which metrics can run on this machine, and why the others cannot
meter         measures the frames of one trajectory; content: where in them the picture is;
              repaint_meter: measures each repainted square (NAME@repaints)
pairwise      a metric made of features and a distance between them; single_frame: one of a frame alone
pixels        ssim, psnr, delta-e, lab-l, lab-a, lab-b, entropy: scikit-image; running_ssim: square by square
seams         seam, seam-original, seam-delta-e: what an iteration leaves along its square's border
fine_detail   high-frequencies, edge-density, jpeg-bytes; spectrum: the relative log amplitude by
              frequency, in frequency_bins
ms_ssim       ms-ssim: torchmetrics
lpips         the three LPIPS: the lpips package; lpips_weights has the files of their trunks
map_program   a program that measures distances at each pixel, for the app
sets          metrics of sets of pictures: numbers of two sets' features
values        the values of one frame, and of its squares, as they are saved; display formats them
"""

from riptui.lazy_modules import lazy_modules
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

TYPE_CHECKING = False
if TYPE_CHECKING:
    from riptui.metrics import running_ssim as running_ssim

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

__getattr__ = lazy_modules(__name__)
