"""How the metrics of one trajectory went: what its chart shows."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Literal

from riptui import metrics
from riptui.spec import Spec
from riptui.store.records import Row, Values
from riptui.tui.plot.series import Series
from riptui.tui.trajectory.readings import PREVIOUS, names_in, title

Axis = Literal["inpainted", "coverage"]
X_LABELS: dict[Axis, str] = {"inpainted": "inpainted %", "coverage": "coverage %"}


def family(names: Mapping[int, Values], chosen: str) -> list[str]:
    """The metrics to draw together, for they share a scale: all LPIPS, or the chosen one alone, or the first."""
    found = names_in(names)
    if not found:
        return []
    chosen = chosen if chosen in found else found[0]
    return [name for name in found if _kind(name) == _kind(chosen)]


def _kind(name: str) -> tuple[str, bool]:
    return ("lpips" if name.startswith("lpips-") else name), name.endswith(PREVIOUS)


def y_label(names: Sequence[str]) -> str:
    """LPIPS, PSNR (dB) ..."""
    if not names:
        return ""
    known = metrics.REGISTRY.get(names[0].removesuffix(PREVIOUS))
    unit = f" ({known.unit})" if known and known.unit and known.unit not in title(names[0]) else ""
    if names[0].startswith("lpips-"):
        return "LPIPS to the frame before" if names[0].endswith(PREVIOUS) else "LPIPS"
    return title(names[0]) + unit


def place(spec: Spec, rows: Sequence[Row], k: int, axis: Axis) -> float:
    """Frame k on the x axis, in %."""
    if axis == "inpainted" or not k:
        return spec.inpainted(k)
    return rows[k - 1].coverage


def frame_at(spec: Spec, rows: Sequence[Row], newest: int, x: float, axis: Axis) -> int:
    """The frame at a place on the x axis: of inpainted % the nearest, of coverage the first that has as much."""
    if axis == "inpainted":
        return min(newest, max(0, round(x * spec.cells / 100)))
    return min(newest, bisect_left(range(newest + 1), x, key=lambda k: place(spec, rows, k, axis)))


def series(
    spec: Spec, rows: Sequence[Row], newest: int, values: Mapping[int, Values], names: Sequence[str], axis: Axis
) -> list[Series]:
    """A line for each metric over the points that were measured."""
    return [
        Series(
            title(name),
            tuple(place(spec, rows, k, axis) for k in at),
            tuple(values[k][name] for k in at),
            color=color,
        )
        for color, name in enumerate(names)
        if (at := [k for k in values if name in values[k] and k <= newest])
    ]
