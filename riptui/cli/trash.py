"""`riptui trash` and `riptui restore`: what is in the trash; back to its place, or gone for good."""

import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import rich_click as click

from riptui.cli.confirm import confirm
from riptui.cli.console import print_error, print_json, print_line, warn
from riptui.errors import InputError, RiptuiError
from riptui.store.trash import TrashEntry, delete, disk_usage, list_entries, list_last_batch
from riptui.store.trash import restore as restore_entry
from riptui.text.units import format_count, format_size


def trash(paths: tuple[Path, ...], empty: bool, yes: bool, runs: Path, as_json: bool) -> int:
    if yes and not empty:
        raise click.UsageError("--yes belongs to --empty")
    entries = _choose(list_entries(runs), paths, runs) if paths else list_entries(runs)
    sizes = [disk_usage(entry.path) for entry in entries]
    failed = False
    what = f"{format_count(len(entries), 'trajectory')}, {format_size(sum(sizes))}"
    if empty and entries:
        question = f"Delete {what} in the trash, permanently? This cannot be undone."
        if not (yes or confirm(question, refused="nothing was deleted")):
            return 1
        kept = _delete(entries)
        sizes = [size for entry, size in zip(entries, sizes, strict=True) if entry not in kept]
        entries = [entry for entry in entries if entry not in kept]
        failed = bool(kept)
        what = f"{format_count(len(entries), 'trajectory')}, {format_size(sum(sizes))}"
    if as_json:
        print_json([_as_dict(entry, size) for entry, size in zip(entries, sizes, strict=True)])
    elif empty and (entries or failed):
        print_line(f"{what} deleted")
    elif not entries:
        warn(f"the trash of {runs} is empty" if runs.exists() else f"{runs} does not exist")
    else:
        for entry, size in zip(entries, sizes, strict=True):
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.record.when))
            print_line(f"{when}  {format_size(size):>9}  {entry.record.place}")
        print_line(f"{what}; riptui restore PATH brings back, riptui trash --empty deletes", "dim")
    return 1 if failed else 0


def _delete(entries: Iterable[TrashEntry]) -> list[TrashEntry]:
    """Delete what can be; print why the others cannot, and return them."""
    kept: list[TrashEntry] = []
    for entry in entries:
        try:
            delete(entry)
        except RiptuiError as error:
            print_error(f"{entry.record.place}: {error}")
            kept.append(entry)
    return kept


def restore(paths: tuple[Path, ...], dry_run: bool, runs: Path, as_json: bool) -> int:
    entries = _newest(_choose(list_entries(runs), paths, runs)) if paths else list_last_batch(runs)
    if not entries:
        raise InputError(f"the trash of {runs} is empty")
    places: list[Path] = []
    failed = False
    for entry in entries:
        try:
            places.append(runs / entry.record.place if dry_run else restore_entry(runs, entry))
        except RiptuiError as error:
            print_error(f"{entry.record.place}: {error}")
            failed = True
    if as_json:
        print_json([str(place) for place in places])
    else:
        for place in places if dry_run else ():
            print_line(str(place))
        verb = "would be restored" if dry_run else "restored"
        print_line(f"{format_count(len(places), 'trajectory')} {verb}", "dim" if dry_run else "")
    return 1 if failed else 0


def _choose(entries: Sequence[TrashEntry], paths: Iterable[Path], runs: Path) -> list[TrashEntry]:
    """What was at or below these paths, each from here or, where nothing was, from the runs folder.

    Raises InputError for one without.
    """
    root = os.path.realpath(runs)
    chosen: dict[Path, TrashEntry] = {}
    for path in paths:
        places = [os.path.relpath(os.path.realpath(path), root)]
        if path.parts and not path.is_absolute():
            places.append(path.as_posix())
        found: list[TrashEntry] = []
        for place in places:
            found = found or [entry for entry in entries if _is_at(entry.record.place, place)]
        if not found:
            raise InputError(f"nothing in the trash of {runs} was at {path}; riptui trash lists what is there")
        chosen |= {entry.folder: entry for entry in found}
    return [*chosen.values()]


def _is_at(place: str, folder: str) -> bool:
    return folder == "." or place == folder or place.startswith(f"{folder}/")


def _newest(entries: Iterable[TrashEntry]) -> list[TrashEntry]:
    """Of several from one place, the one that went last; `entries` begin with the newest."""
    newest: dict[str, TrashEntry] = {}
    for entry in entries:
        newest.setdefault(entry.record.place, entry)
    return [*newest.values()]


def _as_dict(entry: TrashEntry, disk_bytes: int) -> dict[str, Any]:
    return {"place": entry.record.place, "when": entry.record.when, "bytes": disk_bytes}
