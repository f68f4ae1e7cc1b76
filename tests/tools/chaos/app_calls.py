"""What only the app does with a runs folder, as a process: `python -m tests.tools.chaos.app_calls CALL RUNS ...`.

trash RUNS PATH..., restore RUNS, rename RUNS PATH NAME. Exit code 1 if riptui refuses.
"""

import sys
from pathlib import Path

from riptui.errors import RiptuiError
from riptui.store.move import rename
from riptui.store.trash import list_entries, move_to_trash, restore


def main(call: str, runs: Path, *words: str) -> int:
    if call == "trash":
        move_to_trash(runs, [Path(word) for word in words])
        return 0
    if call == "rename":
        rename(runs, Path(words[0]), words[1])
        return 0
    refusals = 0
    for entry in list_entries(runs):
        try:
            restore(runs, entry)
        except RiptuiError as error:
            print(error, file=sys.stderr)
            refusals += 1
    return bool(refusals)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:]))
    except RiptuiError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
