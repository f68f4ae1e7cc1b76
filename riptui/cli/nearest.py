"""`riptui nearest`: the pictures of a corpus that are nearest to frames."""

from pathlib import Path

from riptui.cli.console import print_json, print_line, print_table, warn, warn_left_out_count
from riptui.cli.results_tables import to_json_value
from riptui.cli.run_display import name_paths
from riptui.cli.settings_table import FormatCell, build_layouts
from riptui.cli.transient_progress import named_bars
from riptui.cli.unlisted import UnlistedFolders
from riptui.corpus.corpus_index import CorpusIndex
from riptui.corpus.nearest_pictures import NearestFrames, NearestQuestion, find_nearest_pictures, nearest_rows
from riptui.corpus.nearest_sheet import write_nearest_sheet
from riptui.corpus.picture_loading import PreparedAs
from riptui.errors import InputError
from riptui.export.files import require_file
from riptui.export.tables import CSV_SUFFIXES, write_csv
from riptui.features import load_extractor
from riptui.store.annotations import parse_tag
from riptui.store.listing import find_all_trajectories, summarize_measured
from riptui.text.units import format_count, format_inpainted

MAX_LISTED = 30
"""Frames in the table; all are in the CSV and the JSON."""


def nearest(
    paths: tuple[Path, ...],
    corpus: str,
    count: int,
    at: float | None,
    quantile: float,
    tag: str,
    sheet: Path | None,
    csv: Path | None,
    overwrite: bool,
    device: str,
    as_json: bool,
) -> int:
    for file, suffixes in ((sheet, [".png"]), (csv, CSV_SUFFIXES)):
        if file:
            require_file(file, suffixes, overwrite=overwrite)
    index = CorpusIndex(corpus)
    question = NearestQuestion(at, count, quantile, parse_tag(tag), paths)
    unlisted = UnlistedFolders()
    summaries = [summarize_measured(trajectory) for trajectory in find_all_trajectories(paths, on_error=unlisted)]
    warn_left_out_count("unreadable", sum(summary.spec is None for summary in summaries), see="riptui check")
    extractor = load_extractor(index.manifest.features, device)
    with named_bars(as_json=as_json) as begin:
        found = find_nearest_pictures(summaries, index, extractor, question, begin("features of frames"))
    if csv:
        _write_csv(found, csv, overwrite=overwrite)
    if sheet:
        prepared = PreparedAs(index.manifest.size, index.manifest.fit)
        drawn = write_nearest_sheet(found, prepared, sheet, overwrite=overwrite)
        warn(f"{sheet}: written, with {format_count(drawn, 'frame')} of {len(found.frames):,}")
    if as_json:
        print_json(to_json_value(found.as_dict()))
    else:
        _print_nearest(found)
    for reason in found.left_out:
        warn(f"left out, {reason}")
    return unlisted.exit_code


def _write_csv(found: NearestFrames, file: Path, *, overwrite: bool) -> None:
    rows = nearest_rows(found)
    if not rows:
        raise InputError("no frame was compared: there is nothing to write")
    warn(f"{write_csv(rows, file, overwrite=overwrite)}: written")


def _print_nearest(found: NearestFrames) -> None:
    if not found.frames:
        warn("no frame was compared")
        return
    listed = found.frames[:MAX_LISTED]
    names = name_paths([frame.trajectory.path for frame in listed])
    rows = [{"key": {"trajectory": name}, "frame": frame} for frame, name in zip(listed, names, strict=True)]
    columns: dict[str, FormatCell] = {
        "inpainted": lambda row: format_inpainted(row["frame"].inpainted),
        "tag": lambda row: found.tag if row["frame"].tagged else "",
        "similarity": lambda row: row["frame"].pictures[0].describe() if row["frame"].pictures else "-",
        "novel": lambda row: "yes" if row["frame"].novel else "no",
        "nearest": lambda row: row["frame"].pictures[0].path.name if row["frame"].pictures else "-",
    }
    print_table(build_layouts(rows, "key", columns, ("tag", "inpainted")))
    if len(found.frames) > MAX_LISTED:
        print_line(f"and {len(found.frames) - MAX_LISTED:,} less similar ones; --csv and --json have all", "dim")
    print_line(f"novel: {found.novel.describe()} of all frames", "bold")
    if found.novel_tagged.of:
        print_line(f"novel: {found.novel_tagged.describe()} of the frames tagged {found.tag}", "bold")
    else:
        print_line(f"no trajectory is tagged {found.tag}: riptui tag PATH --add {found.tag}", "dim")
    print_line(f"corpus {found.corpus}: {found.pictures:,} pictures, by {found.features}", "dim")
    for line in (found.threshold.describe(), *found.notes):
        print_line(line, "dim")
