"""`riptui note`: show and write notes."""

import shlex
import sys
from pathlib import Path

import rich_click as click

from riptui.cli import has_terminal
from riptui.cli.console import print_json, print_line, warn
from riptui.settings.editor import find_editor
from riptui.store.annotations import Annotations, change_annotations, parse_note, read_annotations
from riptui.store.listing import find_all_trajectories


def note(path: Path, text: str | None, append: bool, edit: bool, remove: bool, as_json: bool) -> int:
    if (text is not None) + edit + remove > 1 or (append and text is None):
        raise click.UsageError("give one of TEXT, --append TEXT, --edit and --remove")
    find_all_trajectories([path])  # refuses what is neither a trajectory nor a group
    before = read_annotations(path).note
    if text is None and not edit and not remove:
        _print_note(path, before, as_json, instead=f"{path} has no note; write one: riptui note {path} TEXT")
        return 0
    if edit:
        edited = click.edit(before, editor=shlex.join(find_editor(has_terminal=has_terminal())), extension=".txt")
        if edited is None:
            warn("the note is unchanged")
            _print_note(path, before, as_json)
            return 0
        text = edited
    new = parse_note(sys.stdin.read() if text == "-" else text or "")
    replaced: list[str] = []

    def change(annotations: Annotations) -> Annotations:
        combined = "\n".join(filter(None, [annotations.note, new])) if append else new
        replaced.append("" if append or edit else annotations.note)
        return annotations.with_note(parse_note(combined))

    after = change_annotations(path, change)
    if replaced[-1] and replaced[-1] != after.note:
        for line in f"the note was: {replaced[-1]}".splitlines():
            warn(line)
    _print_note(path, after.note, as_json, instead="the note is removed")
    return 0


def _print_note(path: Path, note: str, as_json: bool, *, instead: str = "") -> None:
    """The note, or `instead` if there is none; in JSON null."""
    if as_json:
        print_json({str(path): note or None})
        return
    for line in (note or instead).splitlines():
        print_line(line)
