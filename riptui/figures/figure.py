"""A drawn figure with its data, a written figure, and a figure that was skipped for lack of data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from riptui.export.tables import TableData
from riptui.figures.curve_view import CurveView

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class PlottedFigure:
    """A figure that is ready to be written."""

    number: str
    """Number of the corresponding figure of the paper."""
    stem: str
    """Its files' name without the extension."""
    caption: str
    """With every n. May contain names from disk: not yet escaped for Markdown."""
    figure: Figure
    rows: TableData
    """The drawn data, for the CSV beside the figure."""
    damaged: Sequence[str] = ()
    """One message per trajectory that was skipped because its frames cannot be read."""
    view: CurveView = CurveView.AMOUNT


@dataclass(frozen=True)
class WrittenFigure:
    """A figure on disk."""

    number: str
    condition: str
    """The condition, if there are several; else empty."""
    stem: str
    caption: str
    files: tuple[str, ...]
    """File names of the PNG, the SVG, the PDF and the CSV in the report's folder."""
    view: CurveView = CurveView.AMOUNT


@dataclass(frozen=True)
class SkippedFigure:
    """A figure that cannot be drawn from these trajectories."""

    number: str
    condition: str
    """The condition, if there are several; else empty."""
    needs: str
    """The missing data and the command that adds it; follows "it needs"."""
    damaged: Sequence[str] = ()


def describe_skipped(skipped: Sequence[SkippedFigure]) -> Iterator[str]:
    """What is missing, a line for each figure and reason. With names from disk, not yet escaped."""
    conditions: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for figure in skipped:
        conditions[figure.number, figure.needs] += [figure.condition] if figure.condition else []
    for (number, needs), found in conditions.items():
        named = "" if not found else f", {found[0]}" if len(found) == 1 else f", {len(found):,} conditions"
        yield f"figure {number}{named}: it needs {needs}"
