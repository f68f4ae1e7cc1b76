"""All sections of the report after the paper's figures, in their order. A new one is a line here."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from riptui.figures.collapse_section import write_collapse
from riptui.figures.diversity_section import write_diversity
from riptui.figures.interventions_section import write_interventions
from riptui.figures.nearest_section import write_nearest
from riptui.figures.ratings_section import write_ratings
from riptui.figures.recursion_section import write_recursion
from riptui.figures.report_data import OnReportProgress, ReportData
from riptui.figures.section import ReportSection
from riptui.figures.sets_section import write_sets
from riptui.figures.side_by_side_section import write_side_by_side
from riptui.figures.strength_section import write_strengths


def write_sections(
    data: ReportData,
    folder: Path,
    on_progress: OnReportProgress,
    *,
    rated_folders: Sequence[Path] = (),
    corpus: str | None = None,
) -> Iterator[ReportSection]:
    """Write the files of each section to the report's folder.

    rated_folders: where, and below which, ratings are looked for. corpus: the index of the nearest pictures.
    """
    yield write_side_by_side(data.conditions, folder)
    yield write_strengths(data.conditions, folder)
    yield write_interventions(data.conditions, data.metric, folder)
    yield write_recursion(data, folder)
    yield write_sets(data, folder, on_progress)
    yield write_diversity(data, folder, on_progress)
    yield write_collapse(data, folder, on_progress)
    nearest = ReportSection("nearest", None)
    yield write_nearest(data.summaries, corpus, rated_folders, folder, on_progress) if corpus else nearest
    yield write_ratings(rated_folders, data.summaries, folder)
