"""A metric against the inpainted amount: of one trajectory, and of many at once. Light enough for a live screen.

Nothing is interpolated: trajectories meet where both were measured at exactly the same inpainted %. The paper's mask
sizes share a grid of 50 %; a grid whose squares do not halve (3 x 3, say) has points of its own.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import nan
from operator import attrgetter
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from jaxtyping import Float64, Int64

from riptui.errors import InputError
from riptui.spec import ParameterValue, Spec
from riptui.store.listing import TrajectorySummary
from riptui.store.trajectory import Trajectory

CurveValues = Float64[np.ndarray, " points"]

IMAGE = "image"
"""Groups by the original itself: the SHA-256 of frame 0's pixels."""


@dataclass(frozen=True, eq=False)
class Curve:
    """What one metric gave of one trajectory's frames, ascending. Values that are not finite are left out."""

    trajectory: Trajectory
    spec: Spec
    metric: str
    k: Int64[np.ndarray, " read_points"]
    inpainted: CurveValues
    """%, repeats counted."""
    values: CurveValues

    @property
    def complete(self) -> bool:
        """Whether the last iteration's frame is among them."""
        return len(self.k) > 0 and bool(self.k[-1] == self.spec.iterations)

    @property
    def image(self) -> str:
        return self.spec.original_sha256


class CurvePoint(NamedTuple):
    """A measured frame."""

    k: int
    inpainted: float
    """%, repeats counted."""
    coverage: float
    """% of the pixels, each counted once."""
    value: float


class Distribution(NamedTuple):
    """Of the values that several trajectories have at one inpainted %."""

    inpainted: float
    n: int
    """Trajectories. It can differ from point to point while some are not finished."""
    mean: float
    sd: float
    """Of a sample (n - 1 in the denominator); nan for one value."""
    lower: float
    """First quartile; all quartiles interpolate linearly between order statistics, as NumPy's do."""
    median: float
    upper: float
    """Third quartile."""


GroupKey = tuple[ParameterValue, ...]


class HasSpec(Protocol):
    """What has a spec: a curve, for one."""

    @property
    def spec(self) -> Spec: ...


SpecItem = TypeVar("SpecItem", bound=HasSpec)


def extract_curve(summary: TrajectorySummary, metric: str) -> Curve | None:
    """One metric of a trajectory; None if its folder cannot be read or it has no value of it."""
    if summary.spec is None:
        return None
    found = [
        (k, value)
        for k, values in summary.metrics.items()
        if k <= summary.k and (value := values.get(metric)) is not None
    ]
    if not found:
        return None
    k, values = (np.array(column) for column in zip(*found, strict=True))
    inpainted = 100 * k / summary.spec.cells  # rounded once, so equal amounts are equal numbers at any mask size
    return Curve(summary.trajectory, summary.spec, metric, k, inpainted, values.astype(np.float64))


def extract_curves(summaries: Iterable[TrajectorySummary], metric: str) -> list[Curve]:
    """One metric of every trajectory that has it."""
    return [found for summary in summaries if (found := extract_curve(summary, metric))]


def read_points(curve: Curve) -> list[CurvePoint]:
    """A curve with its coverage, which is read from the trajectory's rows. Raises DiskError, DamagedError."""
    covered = read_coverage(curve)
    columns = (curve.k.tolist(), curve.inpainted.tolist(), covered.tolist(), curve.values.tolist())
    return [CurvePoint(*cells) for cells in zip(*columns, strict=True)]


def read_coverage(curve: Curve) -> CurveValues:
    """% of the pixels repainted at least once, at each of a curve's points. Raises DiskError, DamagedError."""
    covered = curve.trajectory.read_coverage()
    return np.array([covered[k] if k < len(covered) else nan for k in curve.k.tolist()])


def shared_amounts(members: Sequence[Curve]) -> CurveValues:
    """The inpainted % at which all of some curves have a value, ascending."""
    shared = set(members[0].inpainted.tolist()).intersection(*(curve.inpainted.tolist() for curve in members[1:]))
    return np.array(sorted(shared))


def select_values(curve: Curve, inpainted: CurveValues) -> CurveValues:
    """A curve's values at some of its own points."""
    values: CurveValues = curve.values[np.searchsorted(curve.inpainted, inpainted)]
    return values


def group_by(found: Iterable[SpecItem], by: Sequence[str]) -> dict[GroupKey, list[SpecItem]]:
    """Curves by the values of spec fields, inpainter's parameters or `image`, in the order of those values.

    Or whatever else has a spec. A parameter that a trajectory's inpainter does not have is None there.
    Raises InputError for a name that is no field and no parameter of any of them.
    """
    listed = list(found)
    _require_names(listed, by)
    groups: defaultdict[GroupKey, list[SpecItem]] = defaultdict(list)
    for item in listed:
        groups[tuple(get_setting(item.spec, name) for name in by)].append(item)
    return {key: groups[key] for key in sorted(groups, key=_sort_key)}


def distributions(found: Iterable[Curve]) -> list[Distribution]:
    """Of the values of some curves, at each inpainted % at which any of them was measured, ascending."""
    values_at: defaultdict[float, list[float]] = defaultdict(list)
    for curve in found:
        for inpainted, value in zip(curve.inpainted.tolist(), curve.values.tolist(), strict=True):
            values_at[inpainted].append(value)
    return [distribution(inpainted, np.array(values_at[inpainted])) for inpainted in sorted(values_at)]


def distribution(inpainted: float, values: CurveValues) -> Distribution:
    """Of at least one value."""
    n = len(values)
    sd = float(values.std(ddof=1)) if n > 1 else nan
    lower, median, upper = np.quantile(values, (0.25, 0.5, 0.75)).tolist()
    return Distribution(inpainted, n, float(values.mean()), sd, lower, median, upper)


def get_setting(spec: Spec, name: str) -> ParameterValue:
    """A spec's field, its image or its inpainter's parameter; None for a parameter that it does not have."""
    if name == IMAGE:
        return spec.original_sha256
    if name not in _SPEC_FIELDS:
        return spec.parameters.get(name)
    value: ParameterValue | tuple[int, ...] = getattr(spec, name)
    return str(value) if isinstance(value, tuple) else value


def differing_settings(specs: Collection[Spec]) -> list[str]:
    """The fields and parameters, but for the picture's, that are not the same in all of these specs."""
    fields = [name for name in _SPEC_FIELDS if name not in _PICTURE_FIELDS and len({*map(attrgetter(name), specs)}) > 1]
    unlike = {tuple(spec.parameters.items()): spec for spec in specs}.values()  # few, of thousands of specs
    parameters = sorted({name for spec in unlike for name in spec.parameters} - {*_SPEC_FIELDS, IMAGE})
    return [*fields, *(name for name in parameters if len({get_setting(spec, name) for spec in unlike}) > 1)]


def _require_names(found: Sequence[HasSpec], by: Sequence[str]) -> None:
    parameter_names = [name for name in by if name != IMAGE and name not in _SPEC_FIELDS]
    if not parameter_names or not found:
        return
    parameters = {name for item in found for name in item.spec.parameters}
    for name in parameter_names:
        if name not in parameters:
            known = ", ".join([*_SPEC_FIELDS, IMAGE, *sorted(parameters - {*_SPEC_FIELDS})])
            raise InputError(f"cannot group by {name}. Known: {known}")


_SPEC_FIELDS = tuple(name for name in Spec.__struct_fields__ if name not in ("format", "parameters"))
_PICTURE_FIELDS = ("source_name", "source_sha256", "original_sha256")


def _sort_key(key: GroupKey) -> list[tuple[str, bool | int | float, str]]:
    """Numbers by value, text by letter, None first; unlike kinds apart."""
    return [
        ("number", value, "") if isinstance(value, int | float) else ("" if value is None else "text", 0, str(value))
        for value in key
    ]
