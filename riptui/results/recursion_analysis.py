"""What recursion does in any trajectories: by condition and mask size, how well it is predicted, and by order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from riptui.metrics.display import in_display_order
from riptui.results.curves import Curve, drop_copies, extract_curve, group_by, with_key
from riptui.results.exposure import PATCH_ERRORS, SquareErrors
from riptui.results.exposure_model import ExposureModel, ExposurePoint, fit_exposure_model, prediction_error
from riptui.results.order_differences import OrderDifference, compare_orders
from riptui.results.panel import condition_settings
from riptui.results.read_squares import ReadSquares
from riptui.results.recursion_effect import RecursionEffect, compute_effect
from riptui.results.shared_squares import count_shared
from riptui.spec import ParameterValue, Spec
from riptui.store.listing import TrajectorySummary
from riptui.text.terminal import printable

GroupSettings = Mapping[str, ParameterValue]


@dataclass(frozen=True)
class RecursionGroup:
    """Complete trajectories that differ only in picture and seed."""

    settings: GroupSettings
    """The inpainter, the settings that differ within any inpainter, and the mask size."""
    spec: Spec
    """Of any of them."""
    effects: Mapping[str, RecursionEffect]
    """By error: those of PATCH_ERRORS, and the metrics whose NAME@repaints some of them have."""
    shared_squares: int
    """As in DriftSummary."""


@dataclass(frozen=True)
class HeldOutCurve:
    """How well the curve of one group is predicted by a model fitted to the others of its inpainter and settings."""

    settings: GroupSettings
    """Of the group that is predicted."""
    left_out: Literal["mask", "order"]
    """What the model has not seen: groups of this mask size, or groups of this order."""
    error: str
    model: ExposureModel
    deviation: float
    """Root mean square of predicted minus observed errors over the amounts, in % of the mean observed error."""
    coverage_deviation: float
    """The same with tau = 0: what coverage alone predicts."""


@dataclass(frozen=True)
class OrderComparison:
    """The orders of squares compared within one condition and mask size."""

    settings: GroupSettings
    """Without the order."""
    differences: Sequence[OrderDifference]


@dataclass(frozen=True)
class RecursionAnalysis:
    """Everything about exposure and coverage; its numbers are by picture."""

    groups: Sequence[RecursionGroup]
    held_out: Sequence[HeldOutCurve]
    orders: Sequence[OrderComparison]
    left_out: Sequence[str]
    """What was left out, each with the reason."""
    notes: Sequence[str] = ()
    """Which errors are not there, and how to get them."""

    @property
    def gaps(self) -> Mapping[str, str]:
        """By error, which groups have none, since it is known of whole masks and they have tiles. Safe to print."""
        off_grid = [group for group in self.groups if not group.spec.is_on_grid]
        found = {}
        for name in dict.fromkeys(name for group in self.groups for name in group.effects):
            if without := [group.spec for group in off_grid if name not in group.effects]:
                masks = dict.fromkeys(f"{spec.inpainter}, {spec.order}" for spec in without)
                found[name] = printable(f"no {name} off the grid, where it is known of whole masks: {'; '.join(masks)}")
        return found

    def as_dict(self) -> dict[str, Any]:
        """For JSON. The encoder turns values that are not finite into null."""
        return {
            "groups": [
                {
                    "key": dict(group.settings),
                    "shared_squares": group.shared_squares,
                    "errors": {name: asdict(effect) for name, effect in group.effects.items()},
                }
                for group in self.groups
            ],
            "held_out": [with_key(asdict(held)) for held in self.held_out],
            "orders": [with_key(asdict(comparison)) for comparison in self.orders],
            "left_out": list(self.left_out),
            "notes": list(self.notes),
            "gaps": dict(self.gaps),
        }


def analyse_recursion(
    read: ReadSquares, summaries: Iterable[TrajectorySummary] = (), metric: str | None = None
) -> RecursionAnalysis:
    """Summarise the errors of the squares of all complete trajectories.

    `metric`: orders are compared by it as well, on the trajectories of `summaries` that were measured to the end.
    """
    members = read.members
    by = [*condition_settings(members), "mask"]
    groups = [
        RecursionGroup(
            dict(zip(by, key, strict=True)),
            found[0].spec,
            {
                name: compute_effect([image for image in found if name in image.errors], name)
                for name in error_names(found)
            },
            count_shared(found),
        )
        for key, found in group_by(members, by).items()
    ]
    measured = [curve for summary in drop_copies(summaries) if metric and (curve := extract_curve(summary, metric))]
    curves = [curve for curve in measured if curve.complete and _is_comparable(curve, read)]
    orders = list(_compare_orders(members, curves))
    return RecursionAnalysis(groups, list(_predict_each(groups)), orders, read.left_out, read.notes)


def _is_comparable(curve: Curve, read: ReadSquares) -> bool:
    """Whether its squares were read, or it has none that could be: a metric knows all orders."""
    return curve.spec.digest in read.by_digest or (curve.spec.paste and not curve.spec.keeps_repaints)


def error_names(members: Iterable[SquareErrors]) -> list[str]:
    """The errors that any of them has, those of pixels first."""
    found = {name for member in members for name in member.errors}
    return [*(name for name in PATCH_ERRORS if name in found), *in_display_order(found - PATCH_ERRORS.keys())]


def _predict_each(groups: Sequence[RecursionGroup]) -> Iterator[HeldOutCurve]:
    """Predict each group from those of its inpainter and settings with another mask size, or another order.

    Masks of unequal sizes have no size by which to predict.
    """
    of_squares = [group for group in groups if not group.spec.masks]
    for group in of_squares:
        related = [other for other in of_squares if _condition(other.settings) == _condition(group.settings)]
        for left_out in ("mask", "order"):
            seen = [other for other in related if getattr(other.spec, left_out) != getattr(group.spec, left_out)]
            for name in group.effects:
                if having := [other for other in seen if name in other.effects]:
                    yield _predict(group, having, left_out, name)


def _predict(
    group: RecursionGroup, seen: Sequence[RecursionGroup], left_out: Literal["mask", "order"], name: str
) -> HeldOutCurve:
    points = [
        ExposurePoint(other.spec.mask, mean.exposure, mean.error.value, mean.repaints)
        for other in seen
        for mean in other.effects[name].by_exposure
    ]
    model = fit_exposure_model(points)
    deviations = [
        prediction_error(fitted, group.spec, group.effects[name].curve)
        for fitted in (model, fit_exposure_model(points, max_tau=0))
    ]
    return HeldOutCurve(group.settings, left_out, name, model, *deviations)


def _condition(settings: GroupSettings) -> GroupSettings:
    return {name: value for name, value in settings.items() if name not in ("mask", "order")}


def _compare_orders(members: Sequence[SquareErrors], measured: Sequence[Curve]) -> Iterator[OrderComparison]:
    by = [*condition_settings([*members, *measured]), "mask"]
    if "order" not in by:
        return
    squares = [_frame_curve(member, name) for member in members for name in member.errors]
    others = [name for name in by if name != "order"]
    for key, found in group_by([*measured, *squares], others).items():
        differences: list[OrderDifference] = []
        for name in dict.fromkeys(curve.metric for curve in found):
            differences += compare_orders(curve for curve in found if curve.metric == name)
        if differences:
            yield OrderComparison(dict(zip(others, key, strict=True)), differences)


def _frame_curve(member: SquareErrors, name: str) -> Curve:
    last = member.repainted.iterations
    amounts = np.array([member.spec.amount_at(k) for k in range(last + 1)])
    errors = member.frame_errors(name)
    return Curve(member.trajectory, member.spec, f"{name} of squares", np.arange(last + 1), amounts, errors, last)
