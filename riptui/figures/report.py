"""`write_report()`: writes a folder with the paper's figures, their data and a readable report."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from riptui import __version__
from riptui.errors import InputError
from riptui.export.files import write_atomically
from riptui.figures import averages, scatter, sequences, singles, spectrum_figure, square_maps, style
from riptui.figures.data import Condition
from riptui.figures.figure import PlottedFigure, SkippedFigure, WrittenFigure
from riptui.figures.html import render_html
from riptui.figures.nearest_section import require_corpus
from riptui.figures.reference import ReferenceCurves, find_undrawn
from riptui.figures.reference import read as read_reference
from riptui.figures.report_data import OnReportProgress, ReportData, load_report_data
from riptui.figures.report_folder import FORMAT, JSON_NAME, require_report_folder, staged_report
from riptui.figures.report_text import render_markdown
from riptui.figures.section import ReportSection
from riptui.figures.sections import write_sections
from riptui.figures.stability_section import render_stability, write_stability
from riptui.results.findings import ConditionFindings, check_findings
from riptui.results.verdict import PaperFinding, parts_as_dicts
from riptui.store.trajectory import Trajectory

MARKDOWN_NAME = "report.md"
HTML_NAME = "report.html"

DrawFigure = Callable[[Condition], Iterator[PlottedFigure | SkippedFigure]]

DRAWN_OF_SQUARES: tuple[DrawFigure, ...] = (
    sequences.draw_one_inpainting,
    sequences.draw_two_iterations,
    sequences.draw_mask_sizes,
    square_maps.draw_square_maps,
)
"""Figures that say nothing where each iteration repaints the whole image."""


@dataclass(frozen=True)
class WrittenReport:
    """The result of writing a report: the figures, the findings, and what was left out."""

    folder: Path
    metric: str | None
    """The metric of single panels, the stability table and the findings."""
    trajectories: int
    """Count of complete trajectories."""
    unfinished: int
    unreadable: Sequence[str]
    figures: Sequence[WrittenFigure]
    left_out: Sequence[SkippedFigure]
    damaged: Sequence[str]
    """One message per trajectory that figures with pictures skipped."""
    tested: Sequence[ConditionFindings]
    notes: Sequence[str]
    """Further remarks for the reader."""
    sections: Sequence[ReportSection]

    @property
    def all_figures(self) -> list[WrittenFigure]:
        """The paper's, and those of all sections."""
        return [*self.figures, *(figure for section in self.sections for figure in section.figures)]

    def as_dict(self) -> dict[str, Any]:
        """The content of report.json. The encoder turns values that are not finite into null."""
        return {
            "riptui_report": FORMAT,
            "riptui": __version__,
            "metric": self.metric,
            "trajectories": self.trajectories,
            "unfinished": self.unfinished,
            "unreadable": list(self.unreadable),
            "figures": [asdict(figure) for figure in self.all_figures],
            "left_out": [asdict(skipped) for skipped in self.left_out],
            "damaged": list(self.damaged),
            "notes": list(self.notes),
            "findings": [
                {
                    "settings": dict(tested.settings),
                    "findings": [*map(_finding_as_dict, tested.findings)],
                    "excess": [*map(_finding_as_dict, tested.excess)],
                }
                for tested in self.tested
            ],
            **{section.key: section.content for section in self.sections},
            "files": [
                *(MARKDOWN_NAME, HTML_NAME, JSON_NAME),
                *(file for section in self.sections for file in section.files),
                *(file for figure in self.all_figures for file in figure.files),
            ],
        }


def _finding_as_dict(finding: PaperFinding) -> dict[str, Any]:
    return asdict(finding) | {"verdict": str(finding.verdict), "evidence": parts_as_dicts(finding)}


def write_report(
    trajectories: Iterable[Trajectory],
    out: Path,
    *,
    reference: Path | None = None,
    rated_folders: Sequence[Path] = (),
    corpus: str | None = None,
    overwrite: bool = False,
    on_progress: OnReportProgress = lambda stage, done, total: None,
) -> WrittenReport:
    """Draw the paper's figures from trajectories and write them with a report to a folder, atomically.

    Figures that need more data are left out, with the reason. The same trajectories give the same bytes.
    `reference`: a CSV of published curves (see `reference.read`). `rated_folders`: ratings are read in and below them,
    and tags of groups count up to them. `corpus`: the pictures that the last frames are compared with.
    `out` is created; an earlier report in it is replaced. With `overwrite`, `out` may contain other files, which are
    kept.

    Raises InputError: no readable trajectory, a wrong `reference`, `corpus` or `out`; DiskError; MissingExtraError,
    WeightsError for the features of `corpus`.
    """
    require_report_folder(out, overwrite=overwrite)
    overlaid = read_reference(reference) if reference else None
    if corpus:
        require_corpus(corpus)
    data = load_report_data(trajectories, on_progress)
    with staged_report(out, overwrite=overwrite) as folder:
        figures, left_out, damaged = _draw_all(data, overlaid, folder, on_progress)
        stability = write_stability(data, folder)
        sections = [
            ReportSection("stability", stability.rows, render_stability(data, stability), files=stability.files),
            *write_sections(data, folder, on_progress, rated_folders=rated_folders, corpus=corpus),
        ]
        on_progress("testing", 0, 1)
        tested, notes = _check_findings(data)
        notes += _reference_notes(data, overlaid)
        written = WrittenReport(
            folder=out,
            metric=data.metric,
            trajectories=len(data.runs),
            unfinished=data.unfinished,
            unreadable=data.unreadable,
            figures=figures,
            left_out=left_out,
            damaged=damaged,
            tested=tested,
            notes=notes,
            sections=sections,
        )
        text = render_markdown(data, figures, left_out, damaged, tested, notes, stability, sections)
        write_atomically(folder / MARKDOWN_NAME, text.encode())
        write_atomically(folder / HTML_NAME, render_html(text, _pictures(written, folder)).encode())
        write_atomically(folder / JSON_NAME, msgspec.json.format(msgspec.json.encode(written.as_dict())) + b"\n")
        on_progress("testing", 1, 1)
    return written


def _draw_all(
    data: ReportData, reference: ReferenceCurves | None, folder: Path, on_progress: OnReportProgress
) -> tuple[list[WrittenFigure], list[SkippedFigure], list[str]]:
    draw_functions = list_draw_functions(reference)
    figures, left_out = [], []
    damaged: dict[str, None] = {}
    total = len(draw_functions) * len(data.conditions)
    with style.styled():
        for draw_index, draw in enumerate(draw_functions):
            for condition_index, condition in enumerate(data.conditions):
                on_progress("drawing", draw_index * len(data.conditions) + condition_index, total)
                if draw in DRAWN_OF_SQUARES and condition.whole_image:
                    continue
                for figure in draw(condition):
                    if isinstance(figure, PlottedFigure):
                        figures.append(style.write_plotted(figure, condition.label, folder))
                    elif not condition.is_generated:
                        left_out.append(figure)
                    damaged |= dict.fromkeys(figure.damaged)
    on_progress("drawing", total, total)
    return figures, left_out, list(damaged)


def list_draw_functions(reference: ReferenceCurves | None) -> list[DrawFigure]:
    """In the order of the paper's numbers."""
    return [
        sequences.draw_before_and_after,
        sequences.draw_one_inpainting,
        sequences.draw_sequences,
        sequences.draw_two_iterations,
        lambda condition: averages.draw_mean_drift(condition, reference),
        scatter.draw_every_value,
        singles.draw_single_images,
        sequences.draw_mask_sizes,
        singles.draw_seeds,
        square_maps.draw_square_maps,
        spectrum_figure.draw_spectra,
    ]


def _pictures(written: WrittenReport, folder: Path) -> dict[str, bytes]:
    """The PNGs of the report, by the name that its text has for them."""
    named = [figure.files for figure in written.all_figures] + [section.files for section in written.sections]
    names = [file for files in named for file in files if file.endswith(".png")]
    return {name: (folder / name).read_bytes() for name in names}


def _check_findings(data: ReportData) -> tuple[list[ConditionFindings], list[str]]:
    """The findings, and notes that say why there are none."""
    if data.metric is None:
        return [], ["no findings: no trajectory was measured to its end; add metrics with riptui measure"]
    try:
        return check_findings(data.summaries, data.metric, data.squares.by_digest), []
    except InputError as error:
        return [], [f"the findings were not tested: {error}"]


def _reference_notes(data: ReportData, reference: ReferenceCurves | None) -> list[str]:
    if reference is None:
        return []
    drawn = [
        (metric, mask) for condition in data.conditions for metric in condition.metrics for mask in condition.masks
    ]
    return [
        f"{reference.name}: its curve of {metric} at mask {mask} px is not drawn: no trajectory here has both"
        for metric, mask in find_undrawn(reference, drawn)
    ]
