"""A disk that can crash or fail at any call, and one trajectory to try it on, for the tests of the store.

`Disk` replaces `os` (and `fcntl`) in the modules that change the disk. It counts their calls, and can crash before,
halfway through or after any of them, or let one fail. It makes all calls but fsync, since nothing here loses power.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, Self

import msgspec
import numpy as np
import pytest

from riptui import filesystem
from riptui.arrays import Image
from riptui.engine import saver
from riptui.events import Ended, Iterated, Measured
from riptui.spec import Spec
from riptui.store import creation, disk, layout, lock
from riptui.store.frames import read_frames
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory
from riptui.store.verify import Inspection, inspect_folder
from tests.support.running import run_trajectory
from tests.support.trajectories import make_spec, picture

When = Literal["before", "half", "after"]
PLACE = "group/name"


class Crash(BaseException):
    """The process dies here: nothing that it would do afterwards reaches the disk."""


class Point(NamedTuple):
    """Where to crash: at which call, numbered from 0."""

    number: int
    when: When


class Watcher(Protocol):
    """An observer of every change. A file's change is (offset, bytes), or the length that it is cut to."""

    def opened(self, fd: int, path: str | Path, flags: int, dir_fd: int | None) -> None: ...
    def changed(self, fd: int, change: tuple[int, bytes] | int) -> None: ...
    def synced(self, fd: int, *, failed: bool) -> None: ...
    def named(self, call: str, path: str | Path, dir_fd: int | None) -> None: ...
    def renamed(self, old: str, new: str, dir_fd: int) -> None: ...
    def done(self, call: str) -> None: ...


class Disk:
    """`with Disk(...) as disk:` counts the store's calls and makes the chosen one crash or fail."""

    def __init__(
        self,
        *,
        crash: Point | None = None,
        failure: Callable[[int], OSError | None] = lambda number: None,
        watcher: Watcher | None = None,
        longest_write: int = 2**30,
    ) -> None:
        self.calls: list[str] = []
        """The calls so far: "pwrite patches.bin" ..."""
        self._crash, self._failure, self._watcher, self._longest_write = crash, failure, watcher, longest_write
        self._names: dict[int, str] = {}
        self._dead = False
        self._patches = pytest.MonkeyPatch()
        self.rmdir = self.rmdir  # the same object each time, for shutil compares functions from Python 3.13 on

    def __enter__(self) -> Self:
        for module in (disk, filesystem, lock, shutil):
            self._patches.setattr(module, "os", self)
        self._patches.setattr(lock, "fcntl", self)
        self._patches.setattr(saver, "MAX_PENDING", 0)  # each event comes before the next iteration is saved
        return self

    def __exit__(self, *_: object) -> None:
        self._patches.undo()

    def __getattr__(self, name: str) -> Any:
        """Calls that change nothing are the real ones. After a crash only `close` works, as the kernel closes files."""
        found = getattr(os if hasattr(os, name) else fcntl, name)
        if callable(found) and name != "close":
            self._require_life()
        return found

    def open(self, path: str | Path, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        def really() -> int:
            fd = os.open(path, flags, mode, dir_fd=dir_fd)
            self._names[fd] = Path(path).name
            if self._watcher:
                self._watcher.opened(fd, path, flags, dir_fd)
            return fd

        if flags & (os.O_CREAT | os.O_TRUNC):
            return self._call(f"open {Path(path).name}", really)
        self._require_life()
        return really()

    def pwrite(self, fd: int, data: bytes | memoryview, offset: int) -> int:
        data = bytes(data[: self._longest_write])

        def really(part: bytes = data) -> int:
            if self._watcher:
                self._watcher.changed(fd, (offset, part))
            return os.pwrite(fd, part, offset)

        return self._call(f"pwrite {self._names[fd]}", really, half=lambda: really(data[: len(data) // 2]))

    def ftruncate(self, fd: int, length: int) -> None:
        def really() -> None:
            os.ftruncate(fd, length)
            if self._watcher:
                self._watcher.changed(fd, length)

        self._call(f"ftruncate {self._names[fd]}", really)

    def fsync(self, fd: int) -> None:
        def told(*, failed: bool) -> None:
            if self._watcher:
                self._watcher.synced(fd, failed=failed)

        self._call(f"fsync {self._names[fd]}", lambda: told(failed=False), failed=lambda: told(failed=True))

    def mkdir(self, path: str | Path, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        self._name("mkdir", path, dir_fd, lambda: os.mkdir(path, mode, dir_fd=dir_fd))

    def unlink(self, path: str | Path, *, dir_fd: int | None = None) -> None:
        self._name("unlink", path, dir_fd, lambda: os.unlink(path, dir_fd=dir_fd))

    def rmdir(self, path: str | Path, *, dir_fd: int | None = None) -> None:
        self._name("rmdir", path, dir_fd, lambda: os.rmdir(path, dir_fd=dir_fd))

    def rename(self, old: str, new: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        def really() -> None:
            os.rename(old, new, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
            if self._watcher:
                self._watcher.renamed(old, new, src_dir_fd)

        self._call(f"rename {new}", really)

    def flock(self, fd: int, operation: int) -> None:
        self._require_life()
        if operation & fcntl.LOCK_EX:
            self._call("flock", lambda: fcntl.flock(fd, operation))
        else:
            fcntl.flock(fd, operation)

    def _name(self, call: str, path: str | Path, dir_fd: int | None, do: Callable[[], None]) -> None:
        def really() -> None:
            do()
            if self._watcher:
                self._watcher.named(call, path, dir_fd)

        self._call(f"{call} {Path(path).name}", really)

    def _call(
        self, call: str, do: Callable[[], Any], *, half: Callable[[], Any] = int, failed: Callable[[], Any] = int
    ) -> Any:
        self._require_life()
        number = len(self.calls)
        self.calls.append(call)
        if self._crash == (number, "before"):
            self._die()
        if self._crash == (number, "half"):
            half()
            self._die()
        if error := self._failure(number):
            failed()
            raise error
        try:
            result = do()
        finally:
            if self._crash == (number, "after"):
                self._die()
        if self._watcher:
            self._watcher.done(call)
        return result

    def _die(self) -> None:
        self._dead = True
        raise Crash

    def _require_life(self) -> None:
        if self._dead:
            raise Crash


@dataclass
class Told:
    """What the process that computes a trajectory has reported."""

    created: bool = False
    k: int = 0
    measured: int = 0
    done: bool = False

    def joined(self, later: "Told") -> "Told":
        return Told(
            self.created or later.created,
            max(self.k, later.k),
            max(self.measured, later.measured),
            self.done or later.done,
        )


class Story:
    """A trajectory of 256 px, the work of `riptui run` on it, and its only right result."""

    def __init__(self, *, metrics: tuple[str, ...] = ("psnr",), **fields: Any) -> None:
        self.original: Image = picture()
        self.spec: Spec = make_spec(self.original, **{"mask": 128, "inpainter": "noise", "amount": 150.0, **fields})
        self.request = Request(metrics=metrics)

    def create(self, runs: Path, place: str = PLACE) -> Trajectory:
        return creation.create_or_open(runs, place, self.spec, self.original, self.request)

    def run(self, runs: Path, told: Told | None = None) -> Trajectory:
        """Create or open the trajectory and complete it, as `riptui run` does."""
        told = told if told is not None else Told()
        trajectory = self.create(runs)
        told.created = True
        return self.compute(trajectory, told)

    def compute(self, trajectory: Trajectory, told: Told) -> Trajectory:
        """Complete a trajectory, as `riptui resume` does."""
        for event in run_trajectory(trajectory, extra=self.request):
            told.created = True
            told.k = max(told.k, event.k if not isinstance(event, Iterated) else event.row.k)
            told.measured = max(told.measured, event.k) if isinstance(event, Measured) else told.measured
            told.done |= isinstance(event, Ended) and event.done
        return trajectory

    def crash(self, runs: Path, point: Point) -> tuple[Told, str]:
        """Run until the crash; return the report before it and the call, or "" if no call crashed."""
        told = Told()
        with Disk(crash=point) as faulty:
            try:
                self.run(runs, told)
            except Crash:
                return told, f"{point.when} call {point.number}, {faulty.calls[-1]}"
        return told, ""

    @cached_property
    def ending(self) -> dict[str, object]:
        """The contents of an uninterrupted run's folder."""
        with tempfile.TemporaryDirectory() as folder, Disk():
            return contents(self.run(Path(folder, "runs")))

    @cached_property
    def calls(self) -> list[str]:
        """The calls of an uninterrupted run."""
        with tempfile.TemporaryDirectory() as folder, Disk() as counting:
            self.run(Path(folder, "runs"))
        return counting.calls

    @cached_property
    def frames(self) -> list[Image]:
        """All frames, 0 to n."""
        with tempfile.TemporaryDirectory() as folder, Disk():
            trajectory = self.run(Path(folder, "runs"))
            return [frame for _, frame in read_frames(trajectory, range(self.spec.iterations + 1))]

    def require_promises(self, runs: Path, told: Told) -> Inspection | None:
        """Fail unless everything reported is on disk, everything on disk is right, and nothing looks damaged."""
        trajectory = Trajectory(runs / PLACE)
        if not trajectory.path.exists():
            assert not told.created
            return None
        rows = trajectory.read_rows()
        assert len(rows) >= told.k
        for k, frame in read_frames(trajectory, range(len(rows) + 1)):
            np.testing.assert_array_equal(frame, self.frames[k])
        assert told.measured in {0, *trajectory.read_metrics()}
        found = inspect_folder(trajectory)
        assert found.damage == []
        assert len(found.rows) == len(rows)
        return found


def contents(trajectory: Trajectory, *, sessions_whole: bool = True) -> dict[str, object]:
    """Everything that must be equal however often the work was interrupted: no process, time or duration."""
    held = {str(p.relative_to(trajectory.path)): p.read_bytes() for p in trajectory.path.rglob("*") if p.is_file()}
    rows = [msgspec.json.decode(line) for line in held.pop(layout.ROWS).splitlines()]
    lines = held.pop(layout.SESSIONS).count(b"\n")
    if sessions_whole:
        assert [session.session for session in trajectory.read_sessions()] == list(range(1, lines + 1))
        assert {row["session"] for row in rows} <= set(range(1, lines + 1))
    for row in rows:
        del row["seconds"], row["session"]
    request = msgspec.json.decode(held.pop(layout.REQUEST))
    del request["queued"]
    del held[layout.METRICS]
    return {**held, layout.REQUEST: request, layout.ROWS: rows, layout.METRICS: trajectory.read_metrics()}


@contextmanager
def about(what: str) -> Iterator[None]:
    """Add the point to the message of a failed assertion."""
    try:
        yield
    except Exception as error:
        error.add_note(what)
        raise
