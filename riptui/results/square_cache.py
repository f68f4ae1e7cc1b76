"""What patches gave, kept in the user's cache folder so that it is not computed again. Everything in it can be deleted.

An entry is named by what it was computed from: the spec, the rows, and size and time of the files that hold the pixels.
So no entry is used after a change on the disk, and the trajectory's folder need only be readable.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np

from riptui.filesystem import read_own_file, write_atomically
from riptui.results.exposure import PATCH_ERRORS, PerRepaint, SquareErrors
from riptui.results.patch_errors import Computed, assemble, compute_errors, known_names
from riptui.results.repainted_squares import find_squares
from riptui.settings.paths import cache_folder
from riptui.store import layout
from riptui.store.records import IterationRow
from riptui.store.trajectory import Trajectory

VERSION = 1  # of what is computed: another value makes all older entries void
MAX_ENTRY_BYTES = 2**24
MAX_BYTES = 2**28  # of all entries; 400 % of 512 px by 64 px takes 7 kB, off the grid 300 kB


def read_square_errors_cached(trajectory: Trajectory, names: Sequence[str] = tuple(PATCH_ERRORS)) -> SquareErrors:
    """As `read_square_errors`; what the cache has is not computed again, and the cache keeps what was computed."""
    rows = trajectory.read_rows()
    names = known_names(trajectory.spec, names)
    repaints = len(find_squares(trajectory, rows).numbers)
    file = _entry_file(trajectory, rows)
    found = _load(file, repaints) if file else {}
    if missing := [name for name in names if name not in found]:
        computed = compute_errors(trajectory, rows, missing)
        if file and file == _entry_file(trajectory, rows):  # the files were the same before and after
            _store(file, found | computed)
        found |= computed
    return assemble(trajectory, rows, {name: found[name] for name in names})


def shrink_cache() -> None:
    """Delete the entries used longest ago, if there are more than MAX_BYTES of them."""
    with suppress(OSError):
        with os.scandir(_folder()) as listed:
            entries = [(entry.stat(), entry.path) for entry in listed]
        total = sum(status.st_size for status, _ in entries)
        for status, path in sorted(entries, key=lambda found: found[0].st_mtime):
            if total <= MAX_BYTES:
                return
            Path(path).unlink(missing_ok=True)
            total -= status.st_size


def _folder() -> Path:
    return cache_folder() / "squares"


def _entry_file(trajectory: Trajectory, rows: Sequence[IterationRow]) -> Path | None:
    """None if the pixels' files cannot be named, for then they cannot be read."""
    try:
        states = [(trajectory.path / name).stat() for name in (layout.ORIGINAL, layout.PATCHES)]
    except OSError:
        return None
    sources = [
        VERSION,
        trajectory.spec.digest,
        [(status.st_size, status.st_mtime_ns) for status in states],
        [(row.box, row.patch, row.sha256) for row in rows],
    ]
    return _folder() / hashlib.sha256(msgspec.json.encode(sources)).hexdigest()


def _load(file: Path, count: int) -> Computed:
    """The entry; empty if there is none, or it is damaged."""
    try:
        content = msgspec.msgpack.decode(read_own_file(file, MAX_ENTRY_BYTES), type=dict[str, list[float]])
        os.utime(file)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return {name: np.array(values, np.float64) for name, values in content.items() if len(values) == count}


def _store(file: Path, computed: Mapping[str, PerRepaint]) -> None:
    content = msgspec.msgpack.encode({name: values.tolist() for name, values in computed.items()})
    if len(content) > MAX_ENTRY_BYTES:
        return
    with suppress(OSError):  # a full or read-only disk costs time, and nothing else
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, content, durable=False)
