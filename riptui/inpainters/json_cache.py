"""Small JSON files in the user's cache folder, to which several processes add at once. Imports no torch."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from riptui.filesystem import write_atomically
from riptui.settings.paths import cache_folder


def read_cache(name: str) -> Mapping[str, Any]:
    """The entries of a cache by key; empty if there is none, or if it is damaged."""
    try:
        content = json.loads((cache_folder() / f"{name}.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def add_to_cache(name: str, key: str, entry: Any) -> None:
    """Add an entry, and lose none that another process adds. Does nothing if the folder cannot be written."""
    with suppress(OSError), _lock(name):
        content = json.dumps({**read_cache(name), key: entry}).encode()
        write_atomically(cache_folder() / f"{name}.json", content, durable=False)


@contextmanager
def _lock(name: str) -> Iterator[None]:
    """Keep other processes from writing. Where locks do not work, as on some network disks, no one waits."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    with (cache_folder() / f".{name}.lock").open("wb") as file:
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
