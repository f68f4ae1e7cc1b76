"""A power cut at any moment: of what was not synced, anything may be lost, and anything may be there.

`Shadow` follows a disk's calls and knows what is durable: a file's bytes by its fsync, a name (made, renamed, removed)
by the fsync of its folder. Between two of those POSIX promises nothing: not the order, not a write in one piece.
"""

import errno
import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

import pytest

from riptui import engine
from riptui.errors import DiskError
from riptui.store import layout
from riptui.store.claim import claim
from riptui.store.trajectory import Trajectory
from tests.support.exhaustive import some_of
from tests.support.faulty_disk import PLACE, Crash, Disk, Point, Story, Told, When, about, contents

pytestmark = pytest.mark.slow

STORY = Story()
"""Six iterations of noise at mask 128, measured at 0, 50, 100 and 150 %."""
SHORTER = Story(amount=100.0)
SHORTEST = Story(amount=75.0)
"""Three iterations, the last of them measured for being the last. For what is tried at each of hundreds of calls."""

Change = tuple[int, bytes] | int
Tree = dict[str, bytes | None]
"""Path to a file's bytes, or to None for a folder; parents come first."""


@dataclass
class File:
    durable: bytes = b""
    pending: list[Change] = field(default_factory=list)
    """What changed since the last fsync."""


@dataclass
class Folder:
    durable: dict[str, "File | Folder"] = field(default_factory=dict)
    pending: list[tuple[str, str, "File | Folder | None"]] = field(default_factory=list)
    """Since the last fsync: the name that went, the name that came, and what it names."""

    @property
    def current(self) -> dict[str, "File | Folder"]:
        return renamed(self.durable, self.pending)


def changed(content: bytes, change: Change) -> bytes:
    if isinstance(change, int):
        return content[:change].ljust(change, b"\0")
    offset, data = change
    return content[:offset].ljust(offset, b"\0") + data + content[offset + len(data) :]


def renamed(
    entries: Mapping[str, File | Folder], renamings: list[tuple[str, str, File | Folder | None]]
) -> dict[str, File | Folder]:
    left = dict(entries)
    for old, new, node in renamings:
        left.pop(old, None)
        if node is not None:
            left[new] = node
    return left


class Nothing:
    """Nothing survives but what was synced."""

    def content(self, file: File) -> bytes:
        return file.durable

    def entries(self, folder: Folder) -> dict[str, File | Folder]:
        return folder.durable


class Everything:
    def content(self, file: File) -> bytes:
        content = file.durable
        for change in file.pending:
            content = changed(content, change)
        return content

    def entries(self, folder: Folder) -> dict[str, File | Folder]:
        return folder.current


class Gamble:
    """Each change survives or not, a write perhaps in part."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def content(self, file: File) -> bytes:
        content = file.durable
        for change in file.pending:
            match self._rng.randrange(3):
                case 0:
                    content = changed(content, change)
                case 1 if not isinstance(change, int):
                    content = self._torn(content, *change)
        return content

    def entries(self, folder: Folder) -> dict[str, File | Folder]:
        return renamed(folder.durable, [one for one in folder.pending if self._rng.random() < 0.5])

    def _torn(self, content: bytes, offset: int, data: bytes) -> bytes:
        """One part of a write without the other: there are the old bytes, or NULs where the file has grown already."""
        cut = self._rng.randint(0, len(data))
        before = content[offset : offset + len(data)].ljust(len(data), b"\0")
        return changed(
            content, (offset, self._rng.choice([data[:cut], data[:cut] + before[cut:], before[:cut] + data[cut:]]))
        )


Fate = Nothing | Everything | Gamble


class Shadow:
    """What is durable below a folder. All that is there at first is."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._top = _load(self._root)
        self._open: dict[int, File | Folder] = {}
        self._after: Callable[[], None] = lambda: None

    def watch(self, after: Callable[[], None]) -> None:
        """Call it after each change."""
        self._after = after

    def survivors(self, fate: Fate) -> Tree:
        """What is left after a power cut now."""
        return dict(_walk(self._top, fate, ""))

    def opened(self, fd: int, path: str | Path, flags: int, dir_fd: int | None) -> None:
        self._open.pop(fd, None)
        if dir_fd is None and not Path(path).is_relative_to(self._root):
            return
        folder, name = self._locate(path, dir_fd)
        if flags & os.O_CREAT and name not in folder.current:
            folder.pending.append(("", name, File()))
        self._open[fd] = folder.current[name] if name else folder
        if flags & os.O_TRUNC:
            self.changed(fd, 0)

    def changed(self, fd: int, change: Change) -> None:
        file = self._open[fd]
        assert isinstance(file, File)
        file.pending.append(change)

    def synced(self, fd: int, *, failed: bool) -> None:
        """After a failed fsync the kernel shows a file's pages still, takes them for written, and never writes them.

        Names that cannot be written stop the whole file system, so that they are no case of their own.
        """
        match self._open.get(fd):  # None: it lies above the root
            case File() as file:
                file.durable = file.durable if failed else Everything().content(file)
                file.pending.clear()
            case Folder() as folder if not failed:
                folder.durable = folder.current
                folder.pending.clear()

    def named(self, call: str, path: str | Path, dir_fd: int | None) -> None:
        folder, name = self._locate(path, dir_fd)
        folder.pending.append((name, name, Folder() if call == "mkdir" else None))

    def renamed(self, old: str, new: str, dir_fd: int) -> None:
        folder, _ = self._locate(old, dir_fd)
        folder.pending.append((old, new, folder.current[old]))

    def done(self, call: str) -> None:
        self._after()

    def _locate(self, path: str | Path, dir_fd: int | None) -> tuple[Folder, str]:
        """The folder that holds a path, and its name there; no name for the root."""
        folder = self._top if dir_fd is None else self._open[dir_fd]
        *above, name = (Path(path).relative_to(self._root) if dir_fd is None else Path(path)).parts or ("",)
        for part in above:
            assert isinstance(folder, Folder)
            folder = folder.current[part]
        assert isinstance(folder, Folder)
        return folder, name


def _load(path: Path) -> Folder:
    return Folder({p.name: _load(p) if p.is_dir() else File(p.read_bytes()) for p in path.iterdir()})


def _walk(folder: Folder, fate: Fate, above: str) -> Iterator[tuple[str, bytes | None]]:
    for name, node in fate.entries(folder).items():
        if isinstance(node, Folder):
            yield above + name, None
            yield from _walk(node, fate, f"{above}{name}/")
        else:
            yield above + name, fate.content(node)


def write_tree(root: Path, tree: Tree) -> Path:
    root.mkdir()
    for name, data in tree.items():
        if data is None:
            (root / name).mkdir()
        else:
            (root / name).write_bytes(data)
    return root


def require_survival(story: Story, root: Path, told: Told) -> None:
    """What was reported is there; run again, the trajectory ends as if the power had never failed."""
    story.require_promises(root / "runs", told)
    if told.done:
        assert contents(Trajectory(root / "runs" / PLACE)) | {".lock": b""} == story.ending
    with Disk():
        assert contents(story.run(root / "runs")) == story.ending


def test_a_power_cut_after_any_call_loses_nothing_reported_and_changes_no_byte(tmp_path: Path) -> None:
    rng = random.Random(0)
    told = Told()
    cuts: list[tuple[Told, Tree]] = []
    disk = tmp_path / "disk"
    disk.mkdir()

    def cut() -> None:
        for fate in (Nothing(), Everything(), Gamble(rng), Gamble(rng)):
            state = replace(told), shadow.survivors(fate)
            if state not in cuts[-6:]:
                cuts.append(state)

    shadow = Shadow(disk)
    shadow.watch(cut)
    with Disk(watcher=shadow):
        SHORTER.run(disk / "runs", told)
    cut()
    assert len(cuts) > 1.4 * len(SHORTER.calls)
    assert cuts[-1][0] == Told(created=True, k=4, measured=4, done=True)
    for number, (reported, tree) in enumerate(cuts):
        with about(f"cut {number}, {reported}"):
            require_survival(SHORTER, write_tree(tmp_path / str(number), tree), reported)


@pytest.mark.parametrize("end", some_of(["kill -9", "failed fsync"], "failed fsync"))
def test_what_one_process_left_unsynced_is_durable_before_the_next_one_reports_it(end: str, tmp_path: Path) -> None:
    story = SHORTEST
    for number, call in enumerate(story.calls):
        if end == "failed fsync" and not call.startswith("fsync"):
            continue
        disk = tmp_path / f"disk-{number}"
        disk.mkdir()
        shadow = Shadow(disk)
        with Disk(**ends(end, number), watcher=shadow), pytest.raises((Crash, DiskError)):
            story.run(disk / "runs")
        for reported, tree in cuts_of_a_run(story, shadow, disk):
            with about(f"{end} at call {number}, {call}; then {reported}"):
                root = write_tree(tmp_path / f"{number}-{reported.k}-{reported.measured}-{reported.done}", tree)
                story.require_promises(root / "runs", reported)


def ends(how: str, number: int) -> dict[str, Any]:
    if how == "kill -9":
        return {"crash": Point(number, "after")}
    broken = OSError(errno.EIO, os.strerror(errno.EIO))
    return {"failure": lambda at: broken if at == number else None}


def cuts_of_a_run(story: Story, shadow: Shadow, disk: Path, *, resume: bool = False) -> list[tuple[Told, Tree]]:
    """What was reported and what survives, at the first call after each report, if nothing unsynced does."""
    told = Told()
    cuts: list[tuple[Told, Tree]] = []

    def cut() -> None:
        if told.created and (not cuts or cuts[-1][0] != told):
            cuts.append((replace(told), shadow.survivors(Nothing())))

    shadow.watch(cut)
    with Disk(watcher=shadow):
        if resume:
            story.compute(Trajectory(disk / "runs" / PLACE), told)
        else:
            story.run(disk / "runs", told)
    cut()
    return cuts


def test_a_name_that_its_maker_did_not_sync_is_durable_before_a_resume_reports_anything(tmp_path: Path) -> None:
    (disk := tmp_path / "disk").mkdir()
    shadow = Shadow(disk)
    with Disk(crash=Point(STORY.calls.index("rename name"), "after"), watcher=shadow), pytest.raises(Crash):
        STORY.run(disk / "runs")
    reported, tree = cuts_of_a_run(STORY, shadow, disk, resume=True)[0]
    assert reported.created
    STORY.require_promises(write_tree(tmp_path / "after", tree) / "runs", reported)


@pytest.mark.parametrize("name", [layout.ROWS, layout.PATCHES, layout.METRICS, layout.SESSIONS])
def test_a_file_that_was_removed_by_hand_is_durable_again_before_its_first_line(name: str, tmp_path: Path) -> None:
    (disk := tmp_path / "disk").mkdir()
    with Disk():
        (STORY.create(disk / "runs").path / name).unlink()
    for number, (reported, tree) in enumerate(cuts_of_a_run(STORY, Shadow(disk), disk)):
        root = write_tree(tmp_path / str(number), tree)
        STORY.require_promises(root / "runs", reported)
        if reported.k:
            assert tree[f"runs/{PLACE}/{layout.SESSIONS}"]


@pytest.mark.exhaustive
def test_measurements_of_frames_that_were_cut_do_not_come_back(tmp_path: Path) -> None:
    disk, shadow = killed_while_forgetting(tmp_path)
    reported, tree = cuts_of_a_run(STORY, shadow, disk)[-1]
    assert reported.done
    after = Trajectory(write_tree(tmp_path / "after", tree) / "runs" / PLACE)
    assert contents(after)[layout.METRICS] == STORY.ending[layout.METRICS]


@pytest.mark.exhaustive
def test_measurements_made_after_a_killed_recovery_are_durable(tmp_path: Path) -> None:
    disk, shadow = killed_while_forgetting(tmp_path)
    trajectory = Trajectory(disk / "runs" / PLACE)
    with Disk(watcher=shadow), claim(trajectory) as claimed:
        measured = {one.k: one.values for one in engine.measure_saved_frames(claimed, ["entropy"], [0, 2, 4])}
    assert len(measured) == 3
    kept = Trajectory(write_tree(tmp_path / "after", shadow.survivors(Nothing())) / "runs" / PLACE).read_metrics()
    for k, values in measured.items():
        assert values.items() <= kept[k].items()


def killed_while_forgetting(tmp_path: Path) -> tuple[Path, Shadow]:
    """Row 6 is lost, and a recovery has just replaced the file with its measurements."""
    (disk := tmp_path / "disk").mkdir()
    with Disk():
        folder = STORY.run(disk / "runs").path
    for name, instead in ((layout.ROWS, b""), (layout.METRICS, b'{"k":6,"psnr":-1.0}\n')):
        lines = (folder / name).read_bytes().splitlines(keepends=True)
        (folder / name).write_bytes(b"".join(lines[:-1]) + instead)
    for number in range(len(STORY.calls)):
        shadow = Shadow(disk)
        with Disk(crash=Point(number, "after"), watcher=shadow) as faulty, suppress(Crash):
            STORY.run(disk / "runs")
        if faulty.calls[-1] == f"rename {layout.METRICS}":
            return disk, shadow
    raise AssertionError("no recovery replaced the measurements")


@pytest.mark.parametrize("walks", some_of([8, 100], 8))
def test_kills_and_power_cuts_in_any_order_lose_nothing_reported(walks: int, tmp_path: Path) -> None:
    rng = random.Random(1)
    for walk in range(walks):
        disk = tmp_path / f"{walk}-0"
        disk.mkdir()
        shadow, told, points = Shadow(disk), Told(), []
        for turn in range(1, 5):
            point = Point(rng.randrange(len(STORY.calls)), rng.choice(get_args(When)))
            with Disk(crash=point, watcher=shadow), suppress(Crash):
                STORY.run(disk / "runs", told)
            points.append(str(point))
            if rng.random() < 0.7:
                points.append("power cut")
                disk = write_tree(tmp_path / f"{walk}-{turn}", shadow.survivors(Gamble(rng)))
                shadow = Shadow(disk)
            with about("; ".join(points)):
                STORY.require_promises(disk / "runs", told)
        with about("; ".join(points)):
            require_survival(STORY, disk, told)
