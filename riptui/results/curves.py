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
from riptui.spec import Parameter, Spec
from riptui.store.listing import Summary
from riptui.store.trajectory import Trajectory

Values = Float64[np.ndarray, " points"]

IMAGE = "image"
"""Groups by the original itself: the SHA-256 of frame 0's pixels."""


@dataclass(frozen=True, eq=False)
class Curve:
    """What one metric gave of one trajectory's frames, ascending. Values that are not finite are left out."""

    trajectory: Trajectory
    spec: Spec
    metric: str
    k: Int64[np.ndarray, " points"]
    inpainted: Values
    """%, repeats counted."""
    values: Values

    @property
    def complete(self) -> bool:
        """Whether the last iteration's frame is among them."""
        return len(self.k) > 0 and bool(self.k[-1] == self.spec.iterations)

    @property
    def image(self) -> str:
        return self.spec.original_sha256


class Point(NamedTuple):
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


Key = tuple[Parameter, ...]


class Specified(Protocol):
    """What has a spec: a curve, for one."""

    @property
    def spec(self) -> Spec: ...


Of = TypeVar("Of", bound=Specified)


def curve(summary: Summary, metric: str) -> Curve | None:
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


def curves(summaries: Iterable[Summary], metric: str) -> list[Curve]:
    """One metric of every trajectory that has it."""
    return [found for summary in summaries if (found := curve(summary, metric))]


def points(one: Curve) -> list[Point]:
    """A curve with its coverage, which is read from the trajectory's rows. Raises DiskError, DamagedError."""
    covered = coverage(one)
    columns = (one.k.tolist(), one.inpainted.tolist(), covered.tolist(), one.values.tolist())
    return [Point(*cells) for cells in zip(*columns, strict=True)]


def coverage(one: Curve) -> Values:
    """% of the pixels repainted at least once, at each of a curve's points. Raises DiskError, DamagedError."""
    covered = one.trajectory.coverage()
    return np.array([covered[k] if k < len(covered) else nan for k in one.k.tolist()])


def common(members: Sequence[Curve]) -> Values:
    """The inpainted % at which all of some curves have a value, ascending."""
    shared = set(members[0].inpainted.tolist()).intersection(*(one.inpainted.tolist() for one in members[1:]))
    return np.array(sorted(shared))


def at(one: Curve, inpainted: Values) -> Values:
    """A curve's values at some of its own points."""
    values: Values = one.values[np.searchsorted(one.inpainted, inpainted)]
    return values


def grouped(found: Iterable[Of], by: Sequence[str]) -> dict[Key, list[Of]]:
    """Curves by the values of spec fields, inpainter's parameters or `image`, in the order of those values.

    Or whatever else has a spec. A parameter that a trajectory's inpainter does not have is None there.
    Raises InputError for a name that is no field and no parameter of any of them.
    """
    listed = list(found)
    _require_names(listed, by)
    groups: defaultdict[Key, list[Of]] = defaultdict(list)
    for one in listed:
        groups[tuple(setting(one.spec, name) for name in by)].append(one)
    return {key: groups[key] for key in sorted(groups, key=_order)}


def distributions(found: Iterable[Curve]) -> list[Distribution]:
    """Of the values of some curves, at each inpainted % at which any of them was measured, ascending."""
    values_at: defaultdict[float, list[float]] = defaultdict(list)
    for one in found:
        for inpainted, value in zip(one.inpainted.tolist(), one.values.tolist(), strict=True):
            values_at[inpainted].append(value)
    return [distribution(inpainted, np.array(values_at[inpainted])) for inpainted in sorted(values_at)]


def distribution(inpainted: float, values: Values) -> Distribution:
    """Of at least one value."""
    n = len(values)
    sd = float(values.std(ddof=1)) if n > 1 else nan
    lower, median, upper = np.quantile(values, (0.25, 0.5, 0.75)).tolist()
    return Distribution(inpainted, n, float(values.mean()), sd, lower, median, upper)


def setting(spec: Spec, name: str) -> Parameter:
    """A spec's field, its image or its inpainter's parameter; None for a parameter that it does not have."""
    if name == IMAGE:
        return spec.original_sha256
    if name not in _FIELDS:
        return spec.parameters.get(name)
    value: Parameter | tuple[int, ...] = getattr(spec, name)
    return str(value) if isinstance(value, tuple) else value


def settings(specs: Collection[Spec]) -> list[str]:
    """The fields and parameters, but for the picture's, that are not the same in all of these specs."""
    fields = [name for name in _FIELDS if name not in _PICTURE and len({*map(attrgetter(name), specs)}) > 1]
    unlike = {tuple(spec.parameters.items()): spec for spec in specs}.values()  # few, of thousands of specs
    parameters = sorted({name for spec in unlike for name in spec.parameters} - {*_FIELDS, IMAGE})
    return [*fields, *(name for name in parameters if len({setting(spec, name) for spec in unlike}) > 1)]


def _require_names(found: Sequence[Specified], by: Sequence[str]) -> None:
    wanted = [name for name in by if name != IMAGE and name not in _FIELDS]
    if not wanted or not found:
        return
    parameters = {name for one in found for name in one.spec.parameters}
    for name in wanted:
        if name not in parameters:
            known = ", ".join([*_FIELDS, IMAGE, *sorted(parameters - {*_FIELDS})])
            raise InputError(f"nothing here is called {name} to group by. Known: {known}")


_FIELDS = tuple(name for name in Spec.__struct_fields__ if name not in ("format", "parameters"))
_PICTURE = ("source_name", "source_sha256", "original_sha256")


def _order(key: Key) -> list[tuple[str, bool | int | float, str]]:
    """Numbers by value, text by letter, None first; unlike kinds apart."""
    return [
        ("number", one, "") if isinstance(one, int | float) else ("" if one is None else "text", 0, str(one))
        for one in key
    ]
