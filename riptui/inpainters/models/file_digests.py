"""SHA-256 of files of gigabytes, each computed once: a cache in the user's cache folder. Imports no torch.

A file counts as unchanged while its path, size, modification time and inode are the same.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from riptui.errors import WeightsError
from riptui.filesystem import open_regular
from riptui.inpainters.models.json_cache import add_to_cache, read_cache

FileState = tuple[int, int, int]
"""Size in bytes, modification time in ns, inode; of the file that a link leads to."""

CACHE = "weights"
MIN_AGE_NS = 2 * 10**9  # a file changed so recently can change again within the clock tick of its file system
IGNORED_KEYS = {"_name_or_path", "name_or_path", "_diffusers_version", "transformers_version", "architectures"}
"""Keys of configurations that differ between copies of a model and decide nothing."""


def file_state(path: Path) -> FileState | None:
    """What changes when a file is replaced or written to; None if it cannot be read."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


@dataclass(frozen=True)
class ReadFiles:
    """A file or a folder of weights as it was when it was read."""

    path: Path
    sha256: str
    """Of all files that decide what it computes: `file_sha256` of a file, `content_sha256` of a folder."""
    states: Mapping[Path, FileState | None]

    @property
    def is_unchanged(self) -> bool:
        return are_unchanged(self.states)


def are_unchanged(states: Mapping[Path, FileState | None]) -> bool:
    """Whether files are there and as they were."""
    return None not in states.values() and file_states(states) == states


def file_states(paths: Iterable[Path]) -> dict[Path, FileState | None]:
    """The state of each file."""
    return {path: file_state(path) for path in paths}


@contextmanager
def explain_unreadable() -> Iterator[None]:
    """For what reads weights: an OSError becomes a WeightsError that names the file."""
    try:
        yield
    except OSError as error:
        raise WeightsError(f"{error.filename} cannot be read: {error.strerror}") from error


@contextmanager
def _open_named(path: Path) -> Iterator[BufferedReader]:
    """As `open_regular`; errors of reading name the file, too."""
    try:
        with open_regular(path) as opened:
            yield opened
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hex: from the cache if it is unchanged. About 1 s per gigabyte. Raises OSError."""
    key, state = str(path.absolute()), file_state(path)
    cached = _read_cache().get(key)
    if cached is not None and state is not None and cached[:3] == list(state):
        return str(cached[3])
    with _open_named(path) as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    if state is not None and state == file_state(path) and time.time_ns() - state[1] > MIN_AGE_NS:
        add_to_cache(CACHE, key, [*state, digest])
    return digest


def content_sha256(paths: tuple[Path, ...]) -> str:
    """SHA-256 of the files of a component, in hex: of their names and contents. Configurations count by their values,
    whatever the order of their keys, without `IGNORED_KEYS`. Raises OSError."""
    lines = [f"{path.name} {_config_sha256(path) or file_sha256(path)}" for path in sorted(paths)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def content_digests(parts: Mapping[str, tuple[Path, ...]]) -> dict[str, str]:
    """By part, `content_sha256` of its files. Raises OSError."""
    return {part: content_sha256(paths) for part, paths in parts.items()}


def known_files() -> list[Path]:
    """The files in the cache: where weights have been on this machine. Some may be gone."""
    return [Path(key) for key in _read_cache()]


def _config_sha256(path: Path) -> str:
    """SHA-256 of what a small JSON object says, without `IGNORED_KEYS`; "" for any other file."""
    if path.suffix != ".json" or path.stat().st_size > 1_000_000:
        return ""
    try:
        with _open_named(path) as opened:
            content = json.loads(opened.read())
    except ValueError:
        return ""
    if not isinstance(content, dict):
        return ""
    config = {key: value for key, value in content.items() if key not in IGNORED_KEYS}
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()


def _read_cache() -> Mapping[str, list[int | str]]:
    """Path to size, modification time, inode and digest."""
    entries = read_cache(CACHE).items()
    return {key: entry for key, entry in entries if isinstance(entry, list) and len(entry) == 4}
