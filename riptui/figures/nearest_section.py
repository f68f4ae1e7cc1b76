"""The report's section on the nearest pictures of a corpus: how many frames are novel, and the least novel ones."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from riptui.corpus.corpus_index import CorpusIndex
from riptui.corpus.nearest_pictures import (
    FrameNeighbours,
    NearestFrames,
    NearestQuestion,
    find_nearest_pictures,
    nearest_rows,
)
from riptui.corpus.nearest_sheet import write_nearest_sheet
from riptui.corpus.picture_loading import PreparedAs
from riptui.export.tables import write_csv
from riptui.features import load_extractor
from riptui.figures.markdown import escape_markdown, first_complaints, markdown_list, markdown_table
from riptui.figures.report_data import OnReportProgress
from riptui.figures.section import ReportSection
from riptui.store.listing import TrajectorySummary
from riptui.text.units import format_count

NEAREST_CSV, NEAREST_SHEET = "nearest.csv", "nearest.png"
MAX_ROWS = 10
"""Frames in the table and on the sheet, the least novel ones; the CSV has all."""

_INTRODUCTION = """\
The pictures of a corpus that are most similar to the last frames. The picture that a trajectory was made from is left
out. A frame is *novel* if it is less similar to its nearest picture than the threshold, a quantile of the similarities
between the corpus' own pictures and their nearest other one: of pictures that were drawn as those were, as many would
be novel. In brackets: Wilson's 95 % interval, which takes frames for independent; several of one picture are not.
"""


def require_corpus(corpus: str) -> None:
    """Raise InputError unless there is such a corpus with pictures in it, and MissingExtraError, WeightsError for what
    its features need: before any work.
    """
    index = CorpusIndex(corpus)
    index.require_pictures()
    load_extractor(index.manifest.features)


def write_nearest(
    summaries: Sequence[TrajectorySummary],
    corpus: str,
    folders: Sequence[Path],
    out: Path,
    on_progress: OnReportProgress,
) -> ReportSection:
    """Compare the last frames of all complete trajectories with a corpus, and write a table and a sheet.

    `folders`: up to which tags of groups count. Raises InputError: no such corpus, or too small a one;
    MissingExtraError, WeightsError for its features; DamagedError, DiskError.
    """
    index = CorpusIndex(corpus)
    found = find_nearest_pictures(
        summaries,
        index,
        load_extractor(index.manifest.features),
        NearestQuestion(folders=folders, keep=False),
        lambda done, total: on_progress("comparing with the corpus", done, total),
    )
    if found.frames:
        write_csv(nearest_rows(found), out / NEAREST_CSV)
        prepared = PreparedAs(index.manifest.size, index.manifest.fit)
        write_nearest_sheet(found, prepared, out / NEAREST_SHEET, rows=MAX_ROWS)
    files = (NEAREST_CSV, NEAREST_SHEET) if found.frames else ()
    return ReportSection("nearest", found.as_dict(), _render(found), files=files)


def _render(found: NearestFrames) -> Iterator[str]:
    yield f"## Nearest pictures\n\n{_INTRODUCTION}"
    tag = escape_markdown(found.tag)
    shares = [f"novel of all frames: {found.novel.describe()}"]
    if found.novel_tagged.of:
        shares.append(f"novel of the frames tagged {tag}: {found.novel_tagged.describe()}")
    else:
        shares.append(f"no trajectory is tagged {tag} (riptui tag PATH --add {tag})")
    corpus = f"corpus {escape_markdown(found.corpus)}: {format_count(found.pictures, 'picture')}, by {found.features}"
    notes = map(escape_markdown, found.notes)
    yield markdown_list([*shares, corpus, escape_markdown(found.threshold.describe()), *notes])
    if found.frames:
        yield f"The least novel frames, each with its nearest pictures. [CSV]({NEAREST_CSV}) of all:\n"
        yield f"![Frames and their nearest pictures]({NEAREST_SHEET})\n"
        yield markdown_table(
            ["image", "inpainter", "mask", "seed", "similarity", "novel", "nearest picture"],
            [_frame_row(frame) for frame in found.frames[:MAX_ROWS]],
        )
    yield markdown_list(first_complaints([f"left out, {reason}" for reason in found.left_out]))


def _frame_row(frame: FrameNeighbours) -> list[str]:
    spec = frame.spec
    names = [escape_markdown(spec.source_name), spec.inpainter, spec.mask_title, str(spec.seed)]
    novel = "yes" if frame.novel else "no"
    if not frame.pictures:
        return [*names, "-", novel, "-"]
    nearest = frame.pictures[0]
    return [*names, nearest.describe(), novel, escape_markdown(nearest.path.name)]
