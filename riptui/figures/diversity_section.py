"""The report's section on diversity: how far the seeds of a picture are apart, and which are nearly equal."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from matplotlib.figure import Figure

from riptui.arrays import Image
from riptui.errors import RiptuiError
from riptui.export.tables import TableData, write_csv
from riptui.figures import style
from riptui.figures.data import Condition
from riptui.figures.diversity_figure import (
    MAX_MATRICES,
    MAX_TILES,
    draw_contact_sheet,
    draw_matrices,
    draw_spread,
    spread_rows,
)
from riptui.figures.figure import PlottedFigure, WrittenFigure
from riptui.figures.markdown import (
    escape_markdown,
    first_complaints,
    format_estimate,
    markdown_list,
    markdown_table,
    show_figures,
)
from riptui.figures.report_data import OnReportProgress, ReportData
from riptui.figures.section import ReportSection
from riptui.results.curves import get_setting, settings_title
from riptui.results.diversity import (
    ConditionDiversity,
    ConditionPoint,
    DiversityAnalysis,
    SetDiversity,
    analyse_diversity,
    explain_intervals,
)
from riptui.results.diversity_rows import diversity_as_dict, list_pair_rows
from riptui.results.frame_comparison import choose_comparison
from riptui.results.panel import condition_settings
from riptui.results.seed_sets import SeedSet, find_seed_sets
from riptui.spec import Spec
from riptui.store.frames import read_frame
from riptui.text.units import format_count, format_inpainted

DIVERSITY_CSV = "diversity.csv"
KINDS = ("spread", "matrix", "sheet")
"""Of figures, by their files' names."""
MAX_DRAWN = 6  # conditions with figures; there may be a hundred prompts

_INTRODUCTION = """\
A set is all trajectories of one picture with the same settings but for the seed. *Distance* is the mean over its pairs
of frames at equal inpainted %: how far runs of one picture, or pictures of one prompt, lie apart. The *Vendi score* is
the effective number of unlike members: 1 for copies, n for n orthogonal ones; it depends on the features. Pairs whose
perceptual hashes differ in few bits are *near-duplicates*; *distinct* is how many members remain if each family of
near-duplicates counts once. In brackets: 95 % confidence intervals.
"""


def write_diversity(data: ReportData, folder: Path, on_progress: OnReportProgress) -> ReportSection:
    """Compare the seeds of each picture, by the best features that all its frames have; nothing without sets.

    Writes the figures and every pair as CSV. Raises DiskError.
    """
    sets = find_seed_sets(data.summaries)
    if not sets:
        return ReportSection("diversity", None)
    comparison = choose_comparison(sets)
    analysis = analyse_diversity(
        data.summaries, comparison, amounts="half", keep=False, on_progress=_only_sets(on_progress)
    )
    if not analysis.sets:
        return ReportSection("diversity", None)
    write_csv([*list_pair_rows(analysis)], folder / DIVERSITY_CSV)
    drawn = [
        (condition, found)
        for condition in data.conditions
        if (found := [diversity for diversity in analysis.conditions if condition.includes(_spec(diversity))])
    ]
    with style.styled():
        figures = [
            figure
            for condition, found in drawn[:MAX_DRAWN]
            for figure in _write_figures(condition, found, analysis.unit, folder)
        ]
    return ReportSection("diversity", diversity_as_dict(analysis), _render(analysis, figures), figures, [DIVERSITY_CSV])


def _render(analysis: DiversityAnalysis, figures: Sequence[WrittenFigure]) -> Iterator[str]:
    yield f"## How far seeds are apart\n\n{_INTRODUCTION}"
    points = [point for condition in analysis.conditions for point in condition.points]
    yield (
        f"Distances by {escape_markdown(analysis.by)} ({escape_markdown(analysis.unit)}); near-duplicates: at most "
        f"{analysis.near_bits} of 64 bits differ; {explain_intervals(points)}. "
        f"[CSV]({DIVERSITY_CSV}) of every pair.\n"
    )
    for kind in KINDS:
        of_kind = [figure for figure in figures if figure.stem.startswith(f"diversity-{kind}")]
        yield from show_figures("How far seeds are apart", of_kind)
    columns = [
        "condition",
        "mask",
        "inpainted",
        "pictures",
        "trajectories",
        "distance",
        "Vendi score",
        "near-duplicates",
    ]
    yield markdown_table([*columns, "distinct"], [*_point_rows(analysis)])
    if near := [*_list_near(analysis)]:
        yield "Near-duplicates at the end:\n"
        yield markdown_list(first_complaints(near, DIVERSITY_CSV))
    yield markdown_list(first_complaints([f"left out, {reason}" for reason in analysis.left_out]))


def _only_sets(on_progress: OnReportProgress) -> OnReportProgress:
    def show(stage: str, done: int, total: int) -> None:
        if stage == "comparing sets":
            on_progress(stage, done, total)

    return show


def _spec(diversity: ConditionDiversity) -> Spec:
    """Of any of its trajectories."""
    return diversity.sets[0].seed_set.members[0].spec


def _write_figures(
    condition: Condition, found: Sequence[ConditionDiversity], unit: str, folder: Path
) -> Iterator[WrittenFigure]:
    sets = [diversity for each in found for diversity in each.sets]
    sets.sort(key=lambda diversity: -len(diversity.seed_set.members))
    if any(len(diversity.points) > 1 for diversity in found):
        caption = (
            "Mean distance between the seeds of a picture, and Vendi score per seed, against the inpainted amount, "
            f"with {explain_intervals([point for each in found for point in each.points])}; {_count(sets)}."
        )
        rows = [*spread_rows(found)]
        yield _write(draw_spread(found, condition.sizes, unit), rows, caption, "spread", condition, folder)
    shown = sets[:MAX_MATRICES]
    names = ", ".join(
        f"{diversity.seed_set.picture} ({diversity.seed_set.members[0].spec.mask_title})" for diversity in shown
    )
    caption = (
        f"Distance between each two seeds at the end, one scale for all; neighbours are alike, squares mark "
        f"near-duplicates: {names}; {_count(shown)}."
    )
    yield _write(draw_matrices(shown, unit), _matrix_rows(shown), caption, "matrix", condition, folder)
    if frames := _read_frames(shown[0]):
        count = len(shown[0].seed_set.members)
        more = f"; the first {len(frames)} of {count}" if len(frames) < count else ""
        caption = (
            f"{shown[0].seed_set.picture}: its seeds at the end, neighbours are alike; near-duplicates are outlined"
        )
        rows = [{"place": row, "seed": shown[0].seed_set.seeds[at]} for row, at in enumerate(shown[0].points[-1].order)]
        figure = draw_contact_sheet(shown[0], frames)
        yield _write(figure, rows, f"{caption}{more}.", "sheet", condition, folder)


def _write(
    figure: Figure, rows: TableData, caption: str, kind: str, condition: Condition, folder: Path
) -> WrittenFigure:
    plotted = PlottedFigure("diversity", condition.stem_of(f"diversity-{kind}"), caption, figure, rows)
    return style.write_plotted(plotted, condition.label, folder)


def _read_frames(diversity: SetDiversity) -> list[Image]:
    """The last frames in the order by similarity; none if one cannot be read."""
    point, members = diversity.points[-1], diversity.seed_set.members
    with suppress(RiptuiError):
        ordered = [members[place] for place in point.order[:MAX_TILES]]
        return [read_frame(member.trajectory, member.spec.iterations) for member in ordered]
    return []


def _matrix_rows(sets: Sequence[SetDiversity]) -> TableData:
    return [
        {"picture": diversity.seed_set.picture, "seed": first, "other_seed": second, "distance": float(distance)}
        for diversity in sets
        for row, first in zip(diversity.points[-1].compared.distances, diversity.seed_set.seeds, strict=True)
        for distance, second in zip(row, diversity.seed_set.seeds, strict=True)
    ]


def _point_rows(analysis: DiversityAnalysis) -> Iterator[list[str]]:
    by = _condition_settings(analysis)
    for condition in analysis.conditions:
        shown = condition.sets[0].seed_set
        for point in _shown_points(condition):
            yield [
                escape_markdown(_title(shown, by)),
                shown.members[0].spec.mask_title,
                format_inpainted(point.inpainted),
                f"{point.pictures:,}",
                f"{point.trajectories:,}",
                format_estimate(point.distance),
                format_estimate(point.vendi, "{:.2f}".format, f" of {point.trajectories / point.pictures:.3g}"),
                f"{point.near_pairs:,} of {format_count(point.pairs, 'pair')}",
                f"{point.distinct:,}",
            ]


def _shown_points(condition: ConditionDiversity) -> Sequence[ConditionPoint]:
    """A quarter of the amount and the end; the figure and its CSV have all."""
    *earlier, last = condition.points
    quarter = min(earlier, key=lambda point: abs(point.inpainted - last.inpainted / 4), default=None)
    return [quarter, last] if quarter else [last]


def _condition_settings(analysis: DiversityAnalysis) -> list[str]:
    """The settings that tell conditions apart, except the mask size."""
    return condition_settings(member for diversity in analysis.sets for member in diversity.seed_set.members)


def _title(seed_set: SeedSet, by: Sequence[str]) -> str:
    return settings_title({name: get_setting(seed_set.members[0].spec, name) for name in by})


def _list_near(analysis: DiversityAnalysis) -> list[str]:
    by = _condition_settings(analysis)
    return [
        f"{seeds.picture}, {_title(seeds, by)}, {seeds.members[0].spec.mask_title}: seeds {seeds.seeds[pair.first]} "
        f"and {seeds.seeds[pair.second]}, {format_count(int(pair.distance), 'bit')}"
        for diversity in analysis.sets
        for seeds in [diversity.seed_set]
        for pair in diversity.points[-1].near
    ]


def _count(sets: Sequence[SetDiversity]) -> str:
    members = sum(len(diversity.seed_set.members) for diversity in sets)
    return f"n = {format_count(len(sets), 'set')} of {format_count(members, 'trajectory')}"
