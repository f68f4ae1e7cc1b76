"""The series of a trajectory's chart: its metrics over inpainted % or coverage."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING, Literal

from riptui import metrics
from riptui.metrics import PREVIOUS, base_name
from riptui.metrics.display import metric_names, metric_title
from riptui.metrics.values import MetricValues, number_of
from riptui.spec import Spec
from riptui.store.records import IterationRow
from riptui.tui.plot.series import Series

if TYPE_CHECKING:  # imports NumPy
    from riptui.tui.trajectory.loader import TrajectorySnapshot

XAxis = Literal["inpainted", "coverage", "passes"]
X_LABELS: dict[XAxis, str] = {"inpainted": "inpainted %", "coverage": "coverage %", "passes": "passes"}


def same_scale_metrics(measured: Mapping[int, MetricValues], chosen: str) -> list[str]:
    """The metrics to draw together because they share a scale: all LPIPS, all of Lab, the chosen one, or the first."""
    available = metric_names(measured)
    if not available:
        return []
    chosen = chosen if chosen in available else available[0]
    return [name for name in available if _scale_key(name) == _scale_key(chosen)]


def _scale_key(name: str) -> tuple[str, bool]:
    family = next((family for family in ("lpips-", "lab-") if name.startswith(family)), base_name(name))
    return family, name.endswith(PREVIOUS)


def y_label(names: Sequence[str]) -> str:
    """The label of the y axis: LPIPS, PSNR (dB) ..."""
    if not names:
        return ""
    metric = metrics.REGISTRY.get(base_name(names[0]))
    unit = f" ({metric.unit})" if metric and metric.unit and metric.unit not in metric_title(names[0]) else ""
    if names[0].startswith("lpips-"):
        return "LPIPS to the frame before" if names[0].endswith(PREVIOUS) else "LPIPS"
    if names[0].startswith("lab-"):
        return "shift in CIELAB"
    return metric_title(names[0]) + unit


def x_position(spec: Spec, rows: Sequence[IterationRow], k: int, axis: XAxis) -> float:
    """The position of frame k on the x axis: in %, or in passes."""
    if axis == "passes":
        return spec.passes(k)
    if axis == "inpainted" or not k:
        return spec.inpainted(k)
    return rows[k - 1].coverage


def x_end(spec: Spec, axis: XAxis) -> float:
    """Where the x axis ends."""
    match axis:
        case "inpainted":
            return spec.amount
        case "coverage":
            return 100.0
        case "passes":
            return spec.passes(spec.iterations)


def frame_at(spec: Spec, rows: Sequence[IterationRow], newest: int, x: float, axis: XAxis) -> int:
    """The frame at a position on the x axis: the nearest inpainted % or pass, or the first with that coverage."""
    if axis == "passes":
        return min(newest, max(0, round(x / spec.passes(1))))
    if axis == "inpainted" and not spec.masks:
        return min(newest, max(0, round(x * spec.cells / 100)))
    return min(newest, bisect_left(range(newest + 1), x, key=lambda k: x_position(spec, rows, k, axis)))


def _y(name: str, values: MetricValues) -> float | None:
    """None instead of nan, which is not equal to itself: an unchanged series is not drawn again."""
    value = number_of(name, values)
    return None if isnan(value) else value


def build_series(snapshot: "TrajectorySnapshot", names: Sequence[str], axis: XAxis) -> list[Series]:
    """A series per metric, of its measured frames; none if the trajectory cannot be read."""
    spec, values = snapshot.spec, snapshot.metrics
    if spec is None:
        return []
    positions = {k: x_position(spec, snapshot.rows, k, axis) for k in values if k <= snapshot.newest}
    return [
        Series(metric_title(name), [positions[k] for k in frames], [_y(name, values[k]) for k in frames], colour=colour)
        for colour, name in enumerate(names)
        if (frames := [k for k in positions if name in values[k]])
    ]
