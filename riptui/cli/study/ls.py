"""`riptui study ls`: the studies that are known here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from riptui.cli.console import out, print_json, print_line, short_path, warn
from riptui.cli.unlisted import UnlistedFolders
from riptui.store.listing import walk_folders
from riptui.study.study_reader import StudyReader
from riptui.study.study_state import StudyState, describe_state, percent_done
from riptui.text.status_marks import STATUS_MARKS
from riptui.text.terminal import count_columns, fit_columns, printable
from riptui.text.units import format_duration


def ls(runs: Path, as_json: bool) -> int:
    unlisted = UnlistedFolders()
    states = StudyReader(runs).read(_list_groups(runs, unlisted))
    if as_json:
        print_json([_as_dict(state) for state in states])
        return unlisted.exit_code
    if not states:
        warn(f"no studies in {runs} or beside it; write one with: riptui study new quick.toml")
    _print_table(states)
    return unlisted.exit_code


def _list_groups(runs: Path, unlisted: UnlistedFolders) -> list[str]:
    """The folders below the runs folder that may hold records of studies."""
    if not runs.is_dir():
        return []
    folders = walk_folders(runs, on_error=unlisted)
    return [Path(folder).relative_to(runs).as_posix() for folder, is_group in folders if is_group]


def _print_table(states: Sequence[StudyState]) -> None:
    rows = [(state, printable(state.known.name), describe_state(state)) for state in states]
    name_width = max((count_columns(name) for _, name, _ in rows), default=0)
    word_width = max((count_columns(word) for _, _, (_, word) in rows), default=0)
    for state, name, (status, word) in rows:
        mark, colour = STATUS_MARKS.get(status, ("·", "dim"))
        progress = f"{percent_done(state):>4.0f} %" if state.progress else " " * 6
        seconds_left = state.progress.seconds_left if state.progress and state.is_active else None
        left = "" if seconds_left is None else f"  {format_duration(seconds_left)} left"
        path = printable(short_path(state.known.file))
        texts = f" {fit_columns(name, name_width)}  {word:<{word_width}} {progress}{left}  {path}"
        out.print(Text.assemble((mark, colour if colour != "none" else ""), texts))
        if state.known.problem:
            print_line(f"    {state.known.problem}", "yellow")


def _as_dict(state: StudyState) -> dict[str, Any]:
    known = state.known
    return {
        "name": known.name,
        "file": str(known.file),
        "folder": None if known.folder is None else str(known.folder),
        "state": describe_state(state)[1],
        "percent": percent_done(state) if state.progress else None,
        "seconds_left": state.progress.seconds_left if state.progress else None,
        "statuses": dict(state.progress.statuses) if state.progress else {},
        "expected": state.expected,
        "changed": known.has_changed,
        "problem": known.problem or None,
    }
