"""Summaries that are kept between lists: as true as the disk, and gone when they cannot be."""

import errno
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import pytest

from riptui.settings import paths
from riptui.store import folder_stamp, layout, summary_cache, summary_file
from riptui.store.annotations import Annotations, change_annotations
from riptui.store.claim import claim
from riptui.store.glance import TrajectoryGlance, glance_at
from riptui.store.listing import TrajectorySummary, find_trajectories, list_in_order, summarize
from riptui.store.lock import LOCK_FILE
from riptui.store.lock_file import BEATING_FILE
from riptui.store.records import Failure, Request
from riptui.store.requests import set_request
from riptui.store.spec_table import with_seed
from riptui.store.summary_cache import OnRead, SummaryCache
from riptui.store.summary_file import SummaryFile
from riptui.store.trajectory import Trajectory
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory

LONG_AGO = 1_700_000_000
NOWHERE = Trajectory("")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Few trajectories are kept too, and what was changed a moment ago."""
    monkeypatch.setattr(summary_cache, "MIN_TRAJECTORIES", 1)
    monkeypatch.setattr(summary_cache, "MAX_OPEN", 1)  # each group is put aside and opened again
    monkeypatch.setattr(folder_stamp, "SETTLED_NS", -(10**18))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def done(make_trajectory: MakeTrajectory) -> Trajectory:
    trajectory = make_trajectory(amount=25.0, metrics=("psnr",))
    list(run_trajectory(trajectory))
    age(trajectory.path)
    return trajectory


def age(folder: Path) -> None:
    """All of it was modified long ago, as far as times that can be set tell."""
    for path in (*folder.iterdir(), folder):
        os.utime(path, (LONG_AGO, LONG_AGO))


def await_tick(folder: Path) -> None:
    """Until a change has another time than the last one: the clock of a file system moves every few milliseconds."""
    clock = folder / ".clock"
    clock.touch()
    before = clock.stat().st_ctime_ns
    while clock.stat().st_ctime_ns == before:
        clock.touch()
    clock.unlink()


def root(trajectory: Trajectory) -> Path:
    return trajectory.path.parent.parent


def listed(trajectory: Trajectory) -> TrajectorySummary:
    """By a new cache, as a command would."""
    await_tick(root(trajectory))
    cache = SummaryCache(root(trajectory))
    _, summary = cache.look(str(trajectory.path))
    cache.save()
    return summary


def same(first: TrajectorySummary, second: TrajectorySummary) -> bool:
    return msgspec.structs.replace(first, trajectory=second.trajectory) == second


def cache_files() -> list[Path]:
    return sorted((paths.cache_folder() / "summaries").glob("*"))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The trajectories that were read."""
    found: list[Path] = []

    def count(trajectory: Trajectory) -> TrajectorySummary:
        found.append(trajectory.path)
        return summarize(trajectory)

    monkeypatch.setattr(summary_cache, "summarize", count)
    return found


def test_what_has_not_changed_is_not_read_again_and_is_the_same(done: Trajectory, reads: list[Path]) -> None:
    change_annotations(done.path, lambda _: Annotations(("good",), "a note"))
    age(done.path)
    first, second = listed(done), listed(done)
    assert reads == [done.path]
    assert same(first, second)
    assert same(second, summarize(done))
    assert second.metrics
    assert second.trajectory.spec is second.spec, "its spec is not read again either"


def fail(trajectory: Trajectory) -> None:
    with claim(trajectory) as claimed:
        claimed.record_failure(Failure("2026-01-01T00:00:00Z", 4, "the paint is dry", ""))


def in_place(name: str, change: Callable[[bytes], bytes]) -> Callable[[Trajectory], None]:
    """What an editor does that does not replace the file."""

    def edit(trajectory: Trajectory) -> None:
        path = trajectory.path / name
        before = path.read_bytes() if path.exists() else b""
        with path.open("r+b" if path.exists() else "wb") as file:
            file.truncate(0)
            file.write(change(before))
        os.utime(trajectory.path, (LONG_AGO, LONG_AGO))  # which such an editor leaves as it is

    return edit


def put_another_in_its_place(trajectory: Trajectory) -> None:
    copy = trajectory.path.with_name("copy")
    shutil.copytree(trajectory.path, copy, copy_function=shutil.copy2)
    (copy / layout.METRICS).unlink()
    shutil.rmtree(trajectory.path)
    copy.rename(trajectory.path)
    os.utime(trajectory.path, (LONG_AGO, LONG_AGO))


def keep_its_times(trajectory: Trajectory) -> None:
    """As some editors and copies do: the same size, and the time of modification put back."""
    path = trajectory.path / layout.METRICS
    before = path.stat()
    data = bytearray(path.read_bytes())
    place = data.index(b'"psnr":') + len(b'"psnr":')
    data[place] = ord("4") if data[place] != ord("4") else ord("5")
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(keep_its_times, id="a value, with its time put back"),
        pytest.param(lambda trajectory: change_annotations(trajectory.path, lambda _: Annotations(("x",))), id="tag"),
        pytest.param(fail, id="failure"),
        pytest.param(lambda trajectory: set_request(trajectory, Request(state="pause")), id="request"),
        pytest.param(in_place(layout.METRICS, lambda data: data[: len(data) // 2]), id="metrics"),
        pytest.param(in_place(layout.METRICS, lambda data: data.replace(b'"psnr":2', b'"psnr":3')), id="a value"),
        pytest.param(in_place(layout.ROWS, lambda data: data[:-20]), id="rows"),
        pytest.param(in_place(layout.PATCHES, lambda data: data[:-20]), id="patches"),
        pytest.param(in_place(layout.SPEC, lambda data: data.replace(b"64", b"32", 1)), id="spec"),
        pytest.param(in_place(layout.SESSIONS, lambda data: data + data.replace(b":1", b":2", 1)), id="sessions"),
        pytest.param(in_place(layout.ANNOTATIONS, lambda _: b'{"tags":["y"]}'), id="annotations"),
        pytest.param(in_place(LOCK_FILE, lambda _: b'{"pid":1,"host":"x","since":1}'), id="a holder that died"),
        pytest.param(put_another_in_its_place, id="another folder"),
        pytest.param(lambda trajectory: shutil.rmtree(trajectory.path), id="removed"),
    ],
)
def test_every_change_on_disk_is_seen(
    change: Callable[[Trajectory], None], done: Trajectory, reads: list[Path]
) -> None:
    listed(done)
    change(done)
    found = listed(done)
    assert same(found, summarize(Trajectory(done.path)))
    assert len(reads) == 2


@pytest.fixture
def queued(make_trajectory: MakeTrajectory) -> Trajectory:
    trajectory = make_trajectory("picture/queued", amount=25.0)
    set_request(trajectory, Request(state="run"))
    return trajectory


@pytest.mark.parametrize(
    ("name", "before", "after", "status"),
    [
        (layout.REQUEST, b'{"state":"run"}', b'{"state":"pause"}', "paused"),
        (layout.REQUEST, b'{"state":"run"}', b'{"state":"stop"}', "interrupted"),
        (layout.FAILED, b'{"when":"2026-01-01","k":0,"error":"","traceback":""}', b"{}", None),
    ],
)
def test_what_decides_the_status_is_seen_when_it_changes_in_place(
    name: str, before: bytes, after: bytes, status: str | None, queued: Trajectory, reads: list[Path]
) -> None:
    (queued.path / name).write_bytes(before)
    assert listed(queued).status == listed(queued).status
    assert len(reads) == 1
    (queued.path / name).write_bytes(after)
    assert listed(queued).status == status
    assert [listed(queued).was_stopped for _ in range(2)] == [b"stop" in after] * 2


def test_a_lock_file_that_beats_again_is_seen(queued: Trajectory) -> None:
    """Its holder was suspended for longer than others wait."""
    (queued.path / BEATING_FILE).write_text("1")
    os.utime(queued.path / BEATING_FILE, (LONG_AGO, LONG_AGO))
    (queued.path / LOCK_FILE).touch()
    assert listed(queued).status == "queued"
    os.utime(queued.path / BEATING_FILE)
    assert listed(queued).status == "running"


@pytest.mark.slow
def test_a_lock_that_names_a_process_is_always_asked(done: Trajectory, queued: Trajectory, reads: list[Path]) -> None:
    """Whether it is held, nothing in the folder tells."""
    for trajectory in (done, queued):
        (trajectory.path / LOCK_FILE).write_text('{"pid":1,"host":"x","since":1}')
        listed(trajectory)
        listed(trajectory)
    assert len(reads) == 4


@pytest.mark.slow
def test_where_other_machines_write_only_what_is_over_is_kept(
    done: Trajectory, queued: Trajectory, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """There the times of a file may be a minute old, but opening it asks the server."""
    monkeypatch.setattr(summary_cache, "is_local", lambda _: False)
    for trajectory in (done, done, queued, queued):
        listed(trajectory)
    assert reads == [done.path, queued.path, queued.path]


@pytest.mark.slow
def test_a_running_trajectory_is_always_read(done: Trajectory, reads: list[Path]) -> None:
    with claim(done):
        assert listed(done).status == "running"
        age(done.path)
        assert listed(done).status == "running"
    assert listed(done).status == "done"
    assert len(reads) == 3


def test_what_changed_a_moment_ago_is_not_kept(
    done: Trajectory, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within the resolution of its time stamp it may change again unseen."""
    monkeypatch.setattr(folder_stamp, "SETTLED_NS", 2 * 10**9)
    listed(done)
    listed(done)
    assert len(reads) == 2
    in_three_seconds = time.time_ns() + 3 * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: in_three_seconds)
    listed(done)
    listed(done)
    assert len(reads) == 3


@pytest.mark.slow
def test_what_cannot_be_read_is_tried_again(done: Trajectory, reads: list[Path]) -> None:
    (done.path / layout.SPEC).write_text("{")
    age(done.path)
    assert listed(done).error
    assert listed(done).error
    assert len(reads) == 2


@pytest.mark.parametrize("content", [b"", b"\xc1", b"\x92\xa1x\x80", b"\x92" + b"\x81" * 100_000])
def test_a_damaged_file_is_an_empty_cache_and_is_replaced(content: bytes, done: Trajectory, reads: list[Path]) -> None:
    listed(done)
    [file] = cache_files()
    whole = file.read_bytes()
    file.write_bytes(content)
    assert same(listed(done), summarize(done))
    assert file.read_bytes() == whole
    assert len(reads) == 2


def test_damage_within_an_entry_is_seen(done: Trajectory, reads: list[Path]) -> None:
    listed(done)
    [file] = cache_files()
    file.write_bytes(file.read_bytes().replace(done.spec.fit.encode(), b"x" * len(done.spec.fit)))
    assert same(listed(done), summarize(done))
    assert len(reads) == 2


def test_another_release_reads_all_again(done: Trajectory, reads: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    listed(done)
    monkeypatch.setattr(summary_file, "RELEASE", "another")
    listed(done)
    assert len(reads) == 2


def test_no_cache_folder_is_no_error(done: Trajectory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert same(listed(done), summarize(done))


def test_a_fifo_in_its_place_delays_nothing(done: Trajectory) -> None:
    listed(done)
    [file] = cache_files()
    file.unlink()
    os.mkfifo(file)
    assert same(listed(done), summarize(done))


def test_removed_trajectories_leave_the_cache(done: Trajectory, make_trajectory: MakeTrajectory) -> None:
    other = make_trajectory("picture/other", seed=1)
    age(other.path)
    cache = SummaryCache(root(done))
    for trajectory in (done, other):
        cache.look(str(trajectory.path))
    cache.save()
    [file] = cache_files()
    both = file.stat().st_size
    listed(done)
    assert file.stat().st_size < both


def test_few_trajectories_leave_no_file(done: Trajectory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary_cache, "MIN_TRAJECTORIES", 2)
    listed(done)
    assert cache_files() == []


# --- the whole list


def walked(runs: Path) -> list[TrajectorySummary]:
    cache = SummaryCache(runs)
    found = [*cache.walk()]
    cache.save()
    return found


def scanned(runs: Path) -> list[TrajectorySummary]:
    return [summarize(trajectory) for trajectory in find_trajectories(runs)]


def facts(summaries: list[TrajectorySummary]) -> list[tuple[str, TrajectorySummary]]:
    """To compare."""
    return [(os.fspath(one.trajectory), msgspec.structs.replace(one, trajectory=NOWHERE)) for one in summaries]


def test_a_list_is_read_once(done: Trajectory, reads: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("m64-s10", "m64-s9", "other/m64-s1"):
        shutil.copytree(done.path, done.path.parent / name)
    runs, lists = root(done), list[str]()

    def list_names(folder: str) -> list[str]:
        lists.append(folder)
        return list_in_order(folder)

    monkeypatch.setattr(summary_cache, "list_in_order", list_names)
    await_tick(runs)
    first = walked(runs)
    read, listed_folders = len(reads), len(lists)
    second = walked(runs)
    assert facts(first) == facts(second) == facts(scanned(runs))
    names = [one.trajectory.path.name for one in second]
    assert names.index("m64-s9") < names.index("m64-s10")
    assert (read, listed_folders) == (4, 3)
    assert (len(reads), len(lists)) == (read, listed_folders)


class Changes:
    """What people and programs do to a runs folder, at random."""

    def __init__(self, runs: Path, model: Path, seed: int) -> None:
        self._runs, self._model, self._random = runs, model, random.Random(seed)

    def any(self) -> None:
        kinds = [
            self.add,
            self.add,
            self.remove,
            self.move,
            self.tag,
            self.spoil,
            self.make_group,
            self.edit,
            self.swap,
        ]
        self._random.choice(kinds)()

    def _any_folder(self) -> Path:
        found = [path.parent for path in self._runs.rglob(layout.SPEC)]
        return self._random.choice(found) if found else self._new_path()

    def _new_path(self) -> Path:
        depth = self._random.randrange(3)
        return self._runs.joinpath(
            *(f"g{self._random.randrange(3)}" for _ in range(depth)), f"t{self._random.randrange(20)}"
        )

    def add(self) -> None:
        path = self._new_path()
        if not path.exists() and not any((parent / layout.SPEC).exists() for parent in path.parents):
            shutil.copytree(self._model, path)

    def remove(self) -> None:
        shutil.rmtree(self._any_folder(), ignore_errors=True)

    def move(self) -> None:
        path, target = self._any_folder(), self._new_path()
        if path.exists() and not target.exists() and target.parent.is_dir():
            path.rename(target)

    def tag(self) -> None:
        path = self._any_folder()
        if path.exists():
            change_annotations(path, lambda _: Annotations((f"t{self._random.randrange(9)}",)))

    def spoil(self) -> None:
        path = self._any_folder() / self._random.choice([layout.ROWS, layout.PATCHES, layout.METRICS])
        if path.exists():
            os.truncate(path, self._random.randrange(path.stat().st_size + 1))

    def make_group(self) -> None:
        """Of a trajectory, with a trajectory in it."""
        path = self._any_folder()
        if path.exists():
            (path / layout.SPEC).unlink()
            shutil.copytree(self._model, path / "inner", dirs_exist_ok=True)

    def edit(self) -> None:
        path = self._any_folder() / layout.SPEC
        if path.exists():
            path.write_bytes(path.read_bytes().replace(b'"seed":0', b'"seed":7'))

    def swap(self) -> None:
        one, other, between = self._any_folder(), self._any_folder(), self._runs / ".between"
        if one.exists() and other.exists() and one != other:
            one.rename(between)
            if other.exists():
                other.rename(one)
                between.rename(other)
            else:
                between.rename(one)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_after_any_changes_the_list_is_what_the_disk_says(seed: int, done: Trajectory, tmp_path: Path) -> None:
    runs = tmp_path / "changing"
    runs.mkdir()
    changes = Changes(runs, done.path, seed)
    for _ in range(40):
        changes.any()
        await_tick(runs)
        expected = scanned(runs)
        assert facts(walked(runs)) == facts(expected)
        assert glances(SummaryCache(runs).glance()) == glances(map(glance_at, expected))


def glances(found: Iterable[TrajectoryGlance]) -> list[tuple[str, TrajectoryGlance]]:
    """To compare: with the specs of their own seeds."""
    return [(one.folder, one._replace(spec=one.spec and with_seed(one.spec, one.seed))) for one in found]


# --- a reading that is broken off


@pytest.fixture
def many(done: Trajectory) -> Path:
    """Six trajectories in three groups."""
    for name in ("a/m1", "a/m2", "b/m1", "b/m2", "c/m2"):
        shutil.copytree(done.path, root(done) / name)
    await_tick(root(done))
    return root(done)


def interrupt_after(count: int) -> OnRead:
    left = iter(range(count - 1))

    def on_read(folder: str, walked_share: Callable[[str], float]) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt

    return on_read


def test_what_was_read_before_an_interruption_is_not_read_again(many: Path, reads: list[Path]) -> None:
    walked(many)
    for path in sorted(many.rglob(layout.METRICS))[1:]:  # all but the first have changed
        path.write_bytes(path.read_bytes() + b"\n")
    await_tick(many)
    del reads[:]
    for _ in range(2):
        cache = SummaryCache(many, on_read=interrupt_after(2))
        with pytest.raises(KeyboardInterrupt):
            list(cache.walk())
        cache.save_part()
    assert facts(walked(many)) == facts(scanned(many))
    assert len(reads) == len(set(reads)) == 5


def test_what_was_read_is_kept_while_the_reading_goes_on(
    many: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that kill -9 costs little."""
    monkeypatch.setattr(summary_cache, "SAVE_SECONDS", 0.0)
    found = SummaryCache(many).walk()
    for _ in range(3):
        next(found)
    assert facts(walked(many)) == facts(scanned(many))
    assert len(reads) == len(set(reads)) == 6


def test_a_reading_tells_how_far_it_is(many: Path) -> None:
    shares: list[float] = []
    list(SummaryCache(many, on_read=lambda folder, walked_share: shares.append(walked_share(folder))).glance())
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] == pytest.approx(0.75), "the last of four groups, which holds one"


def test_a_trajectory_alone_has_no_share(done: Trajectory) -> None:
    shares: list[float] = []
    list(SummaryCache(done.path, on_read=lambda folder, walked_share: shares.append(walked_share(folder))).glance())
    assert shares == [0.0]


# --- the file


def test_damage_of_one_group_costs_that_group(many: Path, reads: list[Path]) -> None:
    walked(many)
    [file] = cache_files()
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 4]))
    del reads[:]
    assert facts(walked(many)) == facts(scanned(many))
    assert 0 < len(reads) < 6
    walked(many)
    assert 0 < len(reads) < 6, "it was mended"


def test_no_byte_of_a_damaged_file_is_believed(done: Trajectory) -> None:
    expected = listed(done)
    [file] = cache_files()
    whole = file.read_bytes()
    for place in range(0, len(whole), 31):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        assert same(SummaryCache(root(done)).look(str(done.path))[1], expected)


def save_for_ever(runs: Path) -> int:
    """In a process of its own; returns its pid."""
    pid = os.fork()
    if pid == 0:
        while True:
            walked(runs)
            for path in runs.rglob(layout.SPEC):
                os.utime(path)
    return pid


@pytest.mark.slow
def test_processes_that_write_at_once_and_are_killed_leave_a_whole_file(done: Trajectory) -> None:
    walked(root(done))
    [file] = cache_files()
    for _ in range(4):
        pids = [save_for_ever(root(done)) for _ in range(2)]
        before = file.stat().st_ino
        while file.stat().st_ino == before:
            pass
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        assert SummaryFile(root(done)).groups, "its checksum is right"
        assert facts(walked(root(done))) == facts(scanned(root(done)))


def test_what_killed_processes_left_is_removed(done: Trajectory) -> None:
    folder = paths.cache_folder() / "summaries"
    folder.mkdir(parents=True)
    left, of_another, recent = folder / ".tmp-x-1-1", folder / "old.msgpack", folder / ".tmp-y-1-1"
    for path in (left, of_another, recent):
        path.touch()
    for path in (left, of_another):
        os.utime(path, (LONG_AGO, LONG_AGO))
    listed(done)
    assert {*cache_files()} - {recent} == {SummaryFile(root(done)).path}
    assert recent.exists(), "it may be one that is being written"


def test_a_full_disk_is_no_error(done: Trajectory, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_to_write(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(summary_file, "write_atomically", fail_to_write)
    assert same(listed(done), summarize(done))
