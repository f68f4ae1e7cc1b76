"""The ends of trajectories as a table, one row each: labels, measured values, and the thresholds between them."""

from dataclasses import asdict

from riptui.export.tables import TableCell
from riptui.metrics.values import finite_or_none
from riptui.results.collapse_summary import CollapseSummary
from riptui.text.terminal import printable


def collapse_rows(summary: CollapseSummary) -> list[dict[str, TableCell]]:
    """All rows have the same columns in the same order; those of thresholds, the same in each row, are last."""
    thresholds: dict[str, TableCell] = {
        f"threshold {name}": value for name, value in asdict(summary.thresholds).items()
    }
    return [
        {name: _cell(value) for name, value in summary.describe(end).items()}
        | {"metric": summary.ends.metric}
        | thresholds
        for end in summary.ends.members
    ]


def _cell(value: TableCell) -> TableCell:
    if isinstance(value, str):
        return printable(value)
    return finite_or_none(value) if isinstance(value, float) else value
