"""What a report draws of a runs folder. Import it where matplotlib is installed."""

from collections.abc import Iterator
from pathlib import Path

from riptui.figures.data import Condition
from riptui.figures.figure import PlottedFigure, SkippedFigure
from riptui.figures.report_data import ReportData, load_report_data
from riptui.store.listing import find_trajectories


def unheard(what: str, done: int, total: int) -> None:
    """For tests that do not look at the progress."""


def material(runs: Path) -> ReportData:
    return load_report_data(find_trajectories(runs), unheard)


def only(runs: Path) -> Condition:
    [condition] = material(runs).conditions
    return condition


def drawings(found: Iterator[PlottedFigure | SkippedFigure]) -> list[PlottedFigure]:
    listed = list(found)
    assert [one for one in listed if isinstance(one, SkippedFigure)] == []
    return [one for one in listed if isinstance(one, PlottedFigure)]
