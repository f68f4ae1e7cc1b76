"""Metrics of sets of pictures: numbers of two sets' features, never of one frame. Computed when asked for, not stored.

set_metrics      the metrics by name, and when one of them says nothing
kernel_distance  kid
frechet          fid
neighbourhoods   precision, recall, density, coverage-prdc
separability     u-ids, p-ids, and ASUKA's variants

The sets are paired: row i of one and row i of the other are of the same picture. A statistic takes how often each
picture is drawn, so that pictures can be resampled; copies of one picture are never neighbours, nor a pair, of each
other, which would make a resample look more alike than any sample is.
"""

from riptui.metrics.sets.set_metrics import (
    SET_METRICS,
    Counts,
    Influence,
    SetMetricInfo,
    SetStatistic,
    compute_influence,
    explain_refusal,
    find_set_metric,
    make_statistic,
)

__all__ = [
    "SET_METRICS",
    "Counts",
    "Influence",
    "SetMetricInfo",
    "SetStatistic",
    "compute_influence",
    "explain_refusal",
    "find_set_metric",
    "make_statistic",
]
