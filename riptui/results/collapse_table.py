"""The ends of trajectories as tables: labels with values and thresholds, clusters of ends, distances by amount."""

from dataclasses import asdict

from riptui.export.tables import TableCell
from riptui.metrics.values import finite_or_none
from riptui.results.collapse_summary import CollapseSummary
from riptui.results.coupling import CouplingAnalysis
from riptui.results.end_states import AttractionAnalysis
from riptui.results.long_table import settings_cells
from riptui.text.terminal import printable


def collapse_rows(summary: CollapseSummary) -> list[dict[str, TableCell]]:
    """A row for each trajectory, all with the same columns in the same order; those of the thresholds are last."""
    thresholds: dict[str, TableCell] = {
        f"threshold {name}": value for name, value in asdict(summary.thresholds).items()
    }
    return [
        {name: _cell(value) for name, value in summary.describe(end).items()}
        | {"metric": summary.ends.metric}
        | thresholds
        for end in summary.ends.members
    ]


def attraction_rows(attraction: AttractionAnalysis) -> list[dict[str, TableCell]]:
    """A row for each trajectory, with its cluster: by group, and within it from the largest cluster, number 1."""
    return [
        settings_cells(group.settings)
        | {
            "features": attraction.features,
            "images": group.images,
            **group.ratio.cells("ratio"),
            "alike below": group.radius,
            "cluster": number,
            "cluster images": cluster.images,
            "path": printable(path),
        }
        for group in attraction.groups
        for number, cluster in enumerate(group.clusters, 1)
        for path in cluster.paths
    ]


def coupling_rows(coupling: CouplingAnalysis) -> list[dict[str, TableCell]]:
    """A row for each group and amount."""
    return [
        settings_cells({name: value for name, value in group.settings.items() if name != "squares"})
        | {
            "squares": group.squares,
            "images": group.images,
            "seeds": group.seeds,
            "inpainted": point.inpainted,
            "distance": finite_or_none(point.distance),
            **point.ratio.cells("ratio"),
        }
        for group in coupling.groups
        for point in group.points
    ]


def _cell(value: TableCell) -> TableCell:
    if isinstance(value, str):
        return printable(value)
    return finite_or_none(value) if isinstance(value, float) else value
