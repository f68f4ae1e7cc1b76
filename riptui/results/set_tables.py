"""Metrics of sets as rows of one table: a row per group, or pair of groups, and inpainted %."""

from collections.abc import Iterable, Iterator, Sequence

from riptui.export.tables import TableCell
from riptui.results.picture_sets import SetGroup
from riptui.results.set_curves import SetComparison, SetCurve, SetMetricPoint
from riptui.text.terminal import printable

SetRow = dict[str, TableCell]


def curve_rows(curves: Iterable[SetCurve], by: Sequence[str]) -> Iterator[SetRow]:
    """Of groups against their originals; the columns of the second group are empty."""
    others: SetRow = {f"other {printable(name)}": None for name in by}
    for curve in curves:
        for point in curve.points:
            yield _row(curve.metric, "to the originals", _settings(curve.group, by), others, point)


def comparison_rows(comparisons: Iterable[SetComparison], metric: str, by: Sequence[str]) -> Iterator[SetRow]:
    """Of two groups: their frames against each other, and the difference of their distances to the originals."""
    for comparison in comparisons:
        settings = _settings(comparison.first, by), _settings(comparison.second, by, "other ")
        for kind, points in (("between", comparison.between), ("difference", comparison.differences)):
            for point in points:
                yield _row(metric, kind, *settings, point)


def _row(metric: str, kind: str, settings: SetRow, other: SetRow, point: SetMetricPoint) -> SetRow:
    return {
        "metric": metric,
        "kind": kind,
        **settings,
        **other,
        "inpainted": point.inpainted,
        "images": point.images,
        **point.estimate.cells(),
        "refused": point.refused,
    }


def _settings(group: SetGroup, by: Sequence[str], prefix: str = "") -> SetRow:
    return {
        f"{prefix}{printable(name)}": value if isinstance(value, int | float) else printable(str(value))
        for name, value in zip(by, group.key, strict=True)
    }
