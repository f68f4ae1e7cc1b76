"""All sections of the report after the paper's figures, in their order. A new one is a line here."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from riptui.figures.collapse_section import collapse_headline, render_collapse, write_collapse
from riptui.figures.diversity_section import DIVERSITY_CSV, render_diversity, write_diversity
from riptui.figures.interventions_section import interventions_headline, render_interventions, write_interventions
from riptui.figures.nearest_section import render_nearest, write_nearest
from riptui.figures.ratings_section import CSV_NAME, render_ratings, write_ratings
from riptui.figures.recursion_section import recursion_headline, render_recursion, write_recursion
from riptui.figures.report_data import OnReportProgress, ReportData
from riptui.figures.section import ReportSection
from riptui.figures.sets_section import render_sets, write_sets
from riptui.figures.side_by_side_section import render_side_by_side, write_side_by_side
from riptui.figures.strength_section import render_strengths, write_strengths
from riptui.results.diversity_rows import diversity_as_dict


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
    shown = write_side_by_side(data.conditions, folder)
    table = [dict(zip(shown.columns, row, strict=True)) for row in shown.rows]
    yield ReportSection("side_by_side", table, render_side_by_side(shown), shown.figures)

    strengths = write_strengths(data.conditions, folder)
    laws = [asdict(law) for law in strengths.laws]
    yield ReportSection("strengths", laws, render_strengths(strengths), strengths.figures)

    interventions = write_interventions(data.conditions, folder)
    effects = [asdict(effect) for effect in interventions.effects]
    text, line = render_interventions(interventions), interventions_headline(interventions, data.metric)
    yield ReportSection("interventions", effects, text, files=interventions.files, headline=line)

    recursion = write_recursion(data, folder)
    text, line = render_recursion(recursion), recursion_headline(recursion.analysis)
    yield ReportSection("recursion", recursion.analysis.as_dict(), text, recursion.figures, headline=line)

    sets = write_sets(data, folder, on_progress)
    yield ReportSection("sets", sets.as_dict(), render_sets(sets), sets.figures, [*sets.tables.values()])

    if diversity := write_diversity(data, folder, on_progress):
        content = diversity_as_dict(diversity.analysis)
        yield ReportSection("diversity", content, render_diversity(diversity), diversity.figures, [DIVERSITY_CSV])
    else:
        yield ReportSection("diversity", None, ())

    collapse = write_collapse(data, folder, on_progress)
    text, line = render_collapse(collapse), collapse_headline(collapse.summary)
    yield ReportSection("collapse", collapse.as_dict(), text, files=collapse.files, headline=line)

    if corpus:
        nearest = write_nearest(data.summaries, corpus, rated_folders, folder, on_progress)
        yield ReportSection("nearest", nearest.found.as_dict(), render_nearest(nearest), files=nearest.files)
    else:
        yield ReportSection("nearest", None, ())

    if ratings := write_ratings(rated_folders, data.summaries, folder):
        yield ReportSection("ratings", ratings.as_dict(), render_ratings(ratings), files=[CSV_NAME])
    else:
        yield ReportSection("ratings", None, ())
