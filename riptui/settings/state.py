"""State that the app remembers, e.g. the last values of a form: one JSON file.

Nothing depends on it: if it cannot be read or written, values count as not remembered. If two apps write at the same
time, the last write wins.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from riptui.filesystem import write_atomically
from riptui.settings.paths import state_file

RememberedT = TypeVar("RememberedT")

MAX_BYTES = 1024 * 1024  # bytes


def remember(key: str, value: object) -> None:
    """Store a value, anything that msgspec encodes as JSON, under a key. Disk errors are ignored.

    The file is whole at any time. It is not made durable (fsync): after a power cut an older state is good enough.
    """
    file = state_file()
    with suppress(OSError, UnicodeEncodeError):  # JSON cannot hold a path with undecodable bytes
        data = msgspec.json.encode({**_read_state(file), key: value})
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, data, durable=False, mode=0o600)


def recall(key: str, kind: type[RememberedT]) -> RememberedT | None:
    """The value stored under a key, or None if there is none of that type."""
    try:
        return msgspec.convert(_read_state(state_file())[key], kind)
    except (KeyError, msgspec.ValidationError):
        return None


def _read_state(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            return msgspec.json.decode(opened.read(MAX_BYTES), type=dict[str, Any])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
