"""Metrics of two sets of pictures, from the features of both. Computed when asked for, never stored.

set_metrics      the metrics by name, and when there are too few pictures for one
kernel_distance  kid
frechet          fid
neighbourhoods   precision, recall, density, coverage-prdc
separability     u-ids, p-ids, and ASUKA's variants

The sets are paired: row i of one and row i of the other come from the same picture. A statistic takes how often each
picture is drawn, so that pictures can be resampled (bootstrap). Copies of a picture are never each other's neighbours,
nor a pair: otherwise a resample would look more alike than any sample.
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
