"""A metric against the inpainted amount: one trajectory's curve, and the distribution of many. Fast enough for the app.

One estimator everywhere: the seeds of an image are averaged first, then the images, and n is images. A trajectory that
is there twice counts once.

Nothing is interpolated: trajectories are compared where both were measured at exactly the same inpainted %. The paper's
mask sizes share a grid of 50 %; other grids (e.g. 3 x 3 squares) are measured at other points.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import nan
from operator import attrgetter
from statistics import fmean
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np

from riptui.arrays import Float64, Int64
from riptui.errors import InputError, with_choices
from riptui.spec import ParameterValue, Spec
from riptui.spec_words import NO_INTERVENTION_TITLE, abbreviate, describe_setting, is_untreated
from riptui.store.listing import TrajectorySummary
from riptui.store.trajectory import Trajectory

CurveValues = Float64[np.ndarray, " points"]
ValuesByAmount = Mapping[float, Sequence[list[float]]]
"""Of each image the values of its curves, at each inpainted % at which any curve was measured, ascending."""

USUAL_SHARE = 0.8
"""Share of the images, or trajectories, that must be measured at an amount, for it not to be left out."""
IMAGE = "image"
"""Name by which to group by the original picture: the SHA-256 of frame 0's pixels."""


@dataclass(frozen=True, eq=False)
class Curve:
    """One metric's values over one trajectory's frames, ascending. Values that are not finite are left out."""

    trajectory: Trajectory
    spec: Spec
    metric: str
    k: Int64[np.ndarray, " read_points"]
    inpainted: CurveValues
    """%; repeats count."""
    values: CurveValues
    measured_until: int
    """The last measured frame, whatever its value."""

    @cached_property
    def complete(self) -> bool:
        """Whether the last iteration's frame was measured, and its value is finite."""
        return len(self.k) > 0 and bool(self.k[-1] == self.spec.iterations)

    @property
    def ends_infinite(self) -> bool:
        """Whether the last frame was measured, but its value is not finite, e.g. the PSNR of equal frames."""
        return self.measured_until == self.spec.iterations and not self.complete

    @property
    def image(self) -> str:
        return self.spec.original_sha256


class Distribution(NamedTuple):
    """Summary of the values of several images at one inpainted %, each the mean over the image's seeds."""

    inpainted: float
    n: int
    """Count of images. It can differ between points while some are unfinished."""
    mean: float
    sd: float
    """Sample standard deviation (n - 1 in the denominator); nan for one value."""
    lower: float
    """First quartile; all quartiles interpolate linearly between order statistics, as NumPy's do."""
    median: float
    upper: float
    """Third quartile."""


GroupKey = tuple[ParameterValue, ...]


class HasSpec(Protocol):
    """Anything with a spec, e.g. a curve."""

    @property
    def spec(self) -> Spec: ...


SpecItem = TypeVar("SpecItem", bound=HasSpec)


def extract_curve(summary: TrajectorySummary, metric: str) -> Curve | None:
    """One metric's curve; None if the trajectory cannot be read or has no value of the metric."""
    if summary.spec is None:
        return None
    measured = [(k, values[metric]) for k, values in summary.metrics.items() if k <= summary.k and metric in values]
    found = {k: value for k, value in measured if value is not None}
    if not found:
        return None
    k = np.array([*found])
    inpainted = np.array(summary.spec.amounts_at([*found]), np.float64)
    values = np.array([*found.values()], np.float64)
    return Curve(summary.trajectory, summary.spec, metric, k, inpainted, values, measured_until=measured[-1][0])


def extract_curves(summaries: Iterable[TrajectorySummary], metric: str) -> list[Curve]:
    """One metric's curve for every trajectory that has one."""
    return [found for summary in summaries if (found := extract_curve(summary, metric))]


def ends_infinite(summary: TrajectorySummary, metric: str) -> bool:
    """Whether the last frame was measured, but its value is not finite, as the PSNR of equal frames is."""
    last = summary.metrics.get(summary.spec.iterations, {}) if summary.spec else {}
    return metric in last and last[metric] is None


def drop_copies(summaries: Iterable[TrajectorySummary]) -> list[TrajectorySummary]:
    """One of each trajectory that is there more than once, the one that is furthest: copies are no further samples."""
    furthest: dict[str, TrajectorySummary] = {}
    for summary in summaries:
        identity = summary.spec.digest if summary.spec else str(summary.trajectory.path)
        other = furthest.setdefault(identity, summary)
        if (summary.k, len(summary.metrics)) > (other.k, len(other.metrics)):
            furthest[identity] = summary
    return list(furthest.values())


def shares_squares(found: Iterable[HasSpec]) -> bool:
    """Whether a seed gave several of the images the same squares: they are then no independent samples of squares."""
    return len({item.spec.original_sha256 for item in found if item.spec.squares == "shared"}) > 1


def read_coverage(curve: Curve) -> CurveValues:
    """% of the pixels repainted at least once, at each of a curve's points. Raises DiskError, DamagedError."""
    covered = curve.trajectory.read_coverage()
    return np.array([covered[k] if k < len(covered) else nan for k in curve.k.tolist()])


def shared_amounts(members: Sequence[Curve]) -> CurveValues:
    """The inpainted % at which all given curves have a value, ascending."""
    shared = set(members[0].inpainted.tolist()).intersection(*(curve.inpainted.tolist() for curve in members[1:]))
    return np.array(sorted(shared))


def measured_as_usual(members: Sequence[Curve]) -> list[Curve]:
    """Those with a value at each inpainted % at which four fifths of them have one.

    The others have too few points to compare: one measured at 0 and 400 % alone would be a straight line.
    """
    counts = Counter(amount for curve in members for amount in curve.inpainted.tolist())
    usual = {amount for amount, count in counts.items() if count >= USUAL_SHARE * len(members)}
    return [curve for curve in members if usual <= {*curve.inpainted.tolist()}]


def select_values(curve: Curve, inpainted: CurveValues) -> CurveValues:
    """A curve's values at some of its own points."""
    values: CurveValues = curve.values[np.searchsorted(curve.inpainted, inpainted)]
    return values


def select_points(curve: Curve, inpainted: CurveValues) -> Curve:
    """The curve at some of its own points."""
    places = np.searchsorted(curve.inpainted, inpainted)
    return replace(curve, k=curve.k[places], inpainted=curve.inpainted[places], values=curve.values[places])


def group_by(found: Iterable[SpecItem], by: Sequence[str]) -> dict[GroupKey, list[SpecItem]]:
    """Group curves, or other items with a spec, by the values of spec fields, parameters or `image`, sorted by them.

    A parameter that an item's inpainter does not have counts as None. Raises InputError for a name that is neither a
    field nor a parameter of any item.
    """
    listed = list(found)
    _require_names(listed, by)
    groups: defaultdict[GroupKey, list[SpecItem]] = defaultdict(list)
    for item in listed:
        groups[tuple(get_setting(item.spec, name) for name in by)].append(item)
    return {key: groups[key] for key in sorted(groups, key=lambda key: sort_key(key, by))}


def distributions(found: Iterable[Curve]) -> list[Distribution]:
    """The distribution over images at each inpainted % at which any curve was measured, ascending."""
    return distributions_of(values_by_amount(found))


def distributions_of(values_at: ValuesByAmount) -> list[Distribution]:
    """As `distributions`."""
    return [distribution(inpainted, np.array([*map(fmean, images)])) for inpainted, images in values_at.items()]


def values_by_amount(found: Iterable[Curve]) -> ValuesByAmount:
    """The values of curves by inpainted % and image."""
    values_at: defaultdict[float, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for curve in found:
        image = curve.image
        for inpainted, value in zip(curve.inpainted.tolist(), curve.values.tolist(), strict=True):
            values_at[inpainted][image].append(value)
    return {inpainted: [*values_at[inpainted].values()] for inpainted in sorted(values_at)}


def average_by_image(found: Iterable[Curve], values: Iterable[float]) -> CurveValues:
    """One value per curve, averaged over the seeds of each image, in the order of the images' first curves."""
    by_image: defaultdict[str, list[float]] = defaultdict(list)
    for curve, value in zip(found, values, strict=True):
        by_image[curve.image].append(value)
    return np.array([fmean(members) for members in by_image.values()], dtype=np.float64)


def distribution(inpainted: float, values: CurveValues) -> Distribution:
    """Summarise at least one value."""
    n = len(values)
    sd = float(values.std(ddof=1)) if n > 1 else nan
    lower, median, upper = np.quantile(values, (0.25, 0.5, 0.75)).tolist()
    return Distribution(inpainted, n, float(values.mean()), sd, lower, median, upper)


def get_setting(spec: Spec, name: str) -> ParameterValue:
    """The value of a spec field, `image` or a parameter of the inpainter; None for a parameter it does not have."""
    if name == IMAGE:
        return spec.original_sha256
    if name not in _SPEC_FIELDS:
        return abbreviate(spec.parameters.get(name))
    value: ParameterValue | tuple[int, ...] = getattr(spec, name)
    return str(value) if isinstance(value, tuple) else value


def differing_settings(specs: Collection[Spec]) -> list[str]:
    """The fields, except those of the picture, and the parameters that differ between specs."""
    fields = [name for name in _SPEC_FIELDS if name not in _PICTURE_FIELDS and len({*map(attrgetter(name), specs)}) > 1]
    distinct = {tuple(spec.parameters.items()): spec for spec in specs}.values()  # few, of thousands of specs
    parameters = sorted({name for spec in distinct for name in spec.parameters} - {*_SPEC_FIELDS, IMAGE})
    return [*fields, *(name for name in parameters if len({get_setting(spec, name) for spec in distinct}) > 1)]


def _require_names(found: Sequence[HasSpec], by: Sequence[str]) -> None:
    parameter_names = [name for name in by if name != IMAGE and name not in _SPEC_FIELDS]
    if not parameter_names or not found:
        return
    parameters = {name for item in found for name in item.spec.parameters}
    for name in parameter_names:
        if name not in parameters:
            choices = [*_SPEC_FIELDS, IMAGE, *sorted(parameters - {*_SPEC_FIELDS})]
            raise InputError(with_choices(f"cannot group by {name}, an unknown setting", name, choices))


_SPEC_FIELDS = tuple(name for name in Spec.__struct_fields__ if name not in ("format", "parameters"))
_PICTURE_FIELDS = ("source_name", "source_sha256", "original_sha256", "masks")


def settings_title(settings: Mapping[str, ParameterValue]) -> str:
    """The inpainter and its other settings in one line. Not yet printable."""
    names = sorted(settings, key=lambda name: name != "inpainter")
    texts = [text for name in names if (text := describe_setting(name, settings[name]))]
    return ", ".join(texts) if texts or not settings else NO_INTERVENTION_TITLE


def with_key(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a result for JSON, its `settings` first, under the name that they have in all results."""
    return {"key": fields.pop("settings"), **fields}


def sort_key(key: GroupKey, names: Sequence[str]) -> list[tuple[bool, str, bool | int | float, str]]:
    """Sorts what has no intervention first, then None, then numbers by value, then text. names: of the key's values."""
    return [(not is_untreated(name, value), *_rank(value)) for name, value in zip(names, key, strict=True)]


def _rank(value: ParameterValue) -> tuple[str, bool | int | float, str]:
    if isinstance(value, int | float):
        return "number", value, ""
    return "" if value is None else "text", 0, str(value)
