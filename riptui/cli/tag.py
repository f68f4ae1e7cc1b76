"""`riptui tag`: add, remove and show tags."""

from collections.abc import Sequence
from pathlib import Path

import rich_click as click

from riptui.cli.console import print_error, print_json, print_line
from riptui.errors import RiptuiError
from riptui.store.annotations import Annotations, change_annotations, parse_tag, read_annotations
from riptui.store.listing import find_all_trajectories


def tag(
    paths: tuple[Path, ...], add: tuple[str, ...] | None, remove: tuple[str, ...] | None, each: bool, as_json: bool
) -> int:
    added, removed = ([parse_tag(text) for text in texts or ()] for texts in (add, remove))
    if both := sorted({*added} & {*removed}):
        raise click.UsageError(f"{', '.join(both)}: either --add or --remove")
    trajectories = find_all_trajectories(paths)  # refuses what is neither a trajectory nor a group
    folders = [trajectory.path for trajectory in trajectories] if each else list(dict.fromkeys(paths))
    tags: dict[str, Sequence[str]] = {}
    failed = False
    for folder in folders:
        try:
            tags[str(folder)] = _change(folder, added, removed).tags
        except RiptuiError as error:
            print_error(str(error) if str(folder) in str(error) else f"{folder}: {error}")
            failed = True
    if as_json:
        print_json(tags)
    else:
        for path, names in tags.items():
            print_line(f"{path}  {' '.join(f'#{name}' for name in names) or 'no tags'}")
    return 1 if failed else 0


def _change(folder: Path, added: Sequence[str], removed: Sequence[str]) -> Annotations:
    if added or removed:
        return change_annotations(folder, lambda before: before.with_tags(added, removed))
    return read_annotations(folder)
