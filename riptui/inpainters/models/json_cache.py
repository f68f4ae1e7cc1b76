"""Small JSON files in the user's cache folder, to which several processes add at once. Imports no torch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from riptui.filesystem import ANSWER_SECONDS, open_own_log, read_own_file, try_lock, write_atomically
from riptui.settings.paths import cache_folder

MAX_BYTES = 2**26


def read_cache(name: str) -> Mapping[str, Any]:
    """The entries of a cache by key; empty if there is none, or if it is damaged."""
    try:
        content = json.loads(read_own_file(cache_folder() / f"{name}.json", MAX_BYTES))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def add_to_cache(name: str, key: str, entry: Any) -> None:
    """Add or replace an entry, losing none that another process adds. Does nothing if the folder cannot be written."""
    with suppress(OSError), _lock(name):
        content = json.dumps({**read_cache(name), key: entry}).encode()
        write_atomically(cache_folder() / f"{name}.json", content, durable=False)


@contextmanager
def _lock(name: str) -> Iterator[None]:
    """Keep other processes from writing. Waits at most ANSWER_SECONDS for the lock, and not at all where locks do not
    work, as on some network disks; then goes without."""
    with open_own_log(cache_folder() / f".{name}.lock") as file:
        try_lock(file.fileno(), seconds=ANSWER_SECONDS)  # its holder may be frozen
        yield
