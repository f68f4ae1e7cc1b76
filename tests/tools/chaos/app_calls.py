"""What only the app does with a runs folder, as commands: trash RUNS PATH..., restore RUNS, rename RUNS PATH NAME."""

import sys
from pathlib import Path

from riptui.errors import RiptuiError
from riptui.store.move import rename
from riptui.store.trash import list_entries, move_to_trash, restore


def run(words: list[str]) -> int:
    """Run a command; return the exit code: 1 if riptui refuses."""
    call, runs, *rest = words
    try:
        if call == "trash":
            move_to_trash(Path(runs), [Path(word) for word in rest])
        elif call == "rename":
            rename(Path(runs), Path(rest[0]), rest[1])
        else:
            return restore_all(Path(runs))
    except RiptuiError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def restore_all(runs: Path) -> int:
    code = 0
    for entry in list_entries(runs):
        try:
            restore(runs, entry)
        except RiptuiError as error:
            print(error, file=sys.stderr)
            code = 1
    return code
