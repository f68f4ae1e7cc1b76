"""`riptui logs`: the log of a worker or of a failed trajectory."""

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from riptui.cli.unlisted import UnlistedFolders
from riptui.errors import InputError, with_choices
from riptui.store import layout
from riptui.store.disk import MAX_READ_BYTES, file_size, read_range
from riptui.store.tail import LineTail
from riptui.store.trajectory import Trajectory
from riptui.store.worker_registry import Worker, list_workers
from riptui.text.terminal import printable

MIN_READ_BYTES = 2**16  # bytes; most logs have less
MAX_LINE = 10_000  # characters
POLL_SECONDS = 0.25  # between two reads of a log that is followed


def logs(target: str | None, follow: bool, lines: int, runs: Path) -> int:
    log_path = _find_log(runs, target)
    for line in _read_lines(log_path, lines, follow):
        sys.stdout.write(f"{printable(_shorten(line))}\n")
        sys.stdout.flush()
    return 0


def _shorten(line: str) -> str:
    """A line of a log; of one that no program wrote for people, the beginning."""
    if len(line) <= MAX_LINE:
        return line
    return f"{line[:MAX_LINE]} ... and {len(line) - MAX_LINE:,} more characters"


def find_worker(workers: Sequence[Worker], id_prefix: str, runs: Path) -> Worker:
    """The worker whose id is or starts with this. Raises InputError."""
    found = [worker for worker in workers if worker.record.id == id_prefix] or [
        worker for worker in workers if worker.record.id.startswith(id_prefix)
    ]
    if len(found) == 1:
        return found[0]
    problem = "several worker ids start" if found else "no worker id starts"
    choices = [worker.record.id for worker in workers]
    raise InputError(with_choices(f"{problem} with {id_prefix} in {runs}", id_prefix, choices))


def _find_log(runs: Path, target: str | None) -> Path:
    if target is not None and (path := _find_path(runs, target)):
        log = Trajectory.open(path).path / layout.LOG
        if not log.exists():
            raise InputError(f"{target} has no log: it never failed")
        return log
    unlisted = UnlistedFolders()
    found = list_workers(runs, on_error=unlisted)
    workers = [worker for worker in found if not worker.record.command]  # they print to their terminals
    if target is not None:
        return find_worker(workers, target, runs).log
    if not workers and unlisted.count:
        raise InputError(f"no worker of {runs} can be read: see above")
    if not workers:
        raise InputError(f"no worker has run in {runs}; start one with `riptui worker` or `riptui run --detach`")
    return max(workers, key=lambda worker: (worker.alive, worker.record.started)).log


def _find_path(runs: Path, target: str) -> Path | None:
    """What is a path: from here or, as `riptui ls` prints it, from the runs folder. None: it names a worker."""
    path = Path(target)
    if not path.exists() and (runs / path).exists():
        return runs / path
    return path if path.exists() or "/" in target else None


def _read_end(log: Path, size: int, count: int) -> bytes:
    """The last bytes of the first `size` of a log, with at least `count` lines; at most `MAX_READ_BYTES`."""
    length = MIN_READ_BYTES
    while True:
        data = read_range(log, max(0, size - length), min(length, size))
        if data.count(b"\n") > count or length >= min(size, MAX_READ_BYTES):
            return data
        length *= 4


def _read_lines(log: Path, count: int, follow: bool) -> Iterator[str]:
    """The last lines of a log; with `follow` new ones too, without end."""
    size = file_size(log)
    data = _read_end(log, size, count)
    yield from data.decode(errors="replace").splitlines()[-count:] if count else ()
    tail = LineTail(log)
    whole = data[: data.rfind(b"\n") + 1]
    tail.skip_to(size - len(data) + len(whole), whole[whole.rfind(b"\n", 0, -1) + 1 :])
    while follow:
        time.sleep(POLL_SECONDS)
        yield from tail.read_lines().decode(errors="replace").splitlines()
