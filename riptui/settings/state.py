"""State that the app remembers, e.g. the last values of a form: one JSON file.

Nothing depends on it: if it cannot be read or written, values count as not remembered. If two apps write at the same
time, the last write wins.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from riptui.filesystem import (
    ANSWER_SECONDS,
    NotRegularFileError,
    ResultT,
    read_own_file,
    run_within,
    write_atomically,
)
from riptui.settings.paths import state_file

RememberedT = TypeVar("RememberedT")

MAX_BYTES = 1024 * 1024  # bytes

_stalled: set[str] = set()
"""State files whose disk did not answer once: this process asks no second time, so that the app stays quick."""


def remember(key: str, value: object) -> bool:
    """Store a value, anything that msgspec encodes as JSON, under a key; return whether it is stored: disk errors are
    ignored, and a state that would be too large to be read again is not written.

    The file is whole at any time. It is not made durable (fsync): after a power cut an older state is good enough.
    """
    file = state_file()
    with suppress(OSError, UnicodeEncodeError):  # JSON cannot hold a path with undecodable bytes
        state = {} if str(file) in _stalled else _read_state(file)
        data = msgspec.json.encode({**state, key: value})
        if len(data) <= MAX_BYTES:
            _on_disk(file, lambda: _write_state(file, data))
            return True
    return False


def recall(key: str, kind: type[RememberedT]) -> RememberedT | None:
    """The value stored under a key, or None if there is none of that type."""
    try:
        return msgspec.convert(_read_state(state_file())[key], kind)
    except (KeyError, msgspec.ValidationError):
        return None


def _on_disk(file: Path, call: Callable[[], ResultT]) -> ResultT:
    """Raises OSError: TimeoutError if the disk does not answer, now or at an earlier call."""
    if str(file) in _stalled:
        raise TimeoutError
    try:
        return run_within(ANSWER_SECONDS, call)
    except TimeoutError:
        _stalled.add(str(file))
        raise


def _write_state(file: Path, data: bytes) -> None:
    if file.exists() and not file.is_file():
        raise NotRegularFileError
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, data, durable=False, mode=0o600)


def _read_state(file: Path) -> dict[str, Any]:
    try:
        data = _on_disk(file, lambda: read_own_file(file, MAX_BYTES))
        return msgspec.json.decode(data, type=dict[str, Any])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
