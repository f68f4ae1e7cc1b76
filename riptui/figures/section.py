"""A section of the report, after the paper's figures and findings: all that the report needs of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from riptui.figures.figure import WrittenFigure


@dataclass(frozen=True)
class ReportSection:
    """A written section; one without text is left out of report.md."""

    key: str
    """Of its content in report.json."""
    content: object
    """Its content in report.json."""
    text: Iterable[str] = ()
    """Parts of the Markdown."""
    figures: Sequence[WrittenFigure] = ()
    files: Sequence[str] = ()
    """Those of no figure, in the report's folder."""
    headline: str = ""
    """What the report's summary says of it: a line of Markdown, or nothing."""
