"""A figure with the data behind it, and a figure that there is nothing to draw from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from riptui.export.tables import TableData

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class PlottedFigure:
    """Ready to be written."""

    number: str
    """Of the paper's figure that it follows."""
    stem: str
    """Of its files' names."""
    caption: str
    """With every n. May hold names from disk: not yet safe for Markdown."""
    figure: Figure
    rows: TableData
    """What is drawn, for the CSV beside it."""
    damaged: Sequence[str] = ()
    """Why trajectories that would have been drawn were passed over."""


@dataclass(frozen=True)
class WrittenFigure:
    """A figure on disk."""

    number: str
    of: str
    """The condition, if there are several; else empty."""
    stem: str
    caption: str
    files: tuple[str, ...]
    """PNG, SVG, CSV: names within the report's folder."""


@dataclass(frozen=True)
class SkippedFigure:
    """A figure that cannot be drawn from these trajectories."""

    number: str
    of: str
    """The condition, if there are several; else empty."""
    needs: str
    """What would be needed, in a sentence without its full stop."""
    damaged: Sequence[str] = ()
