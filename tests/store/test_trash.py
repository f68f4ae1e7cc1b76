"""The trash, and other names: where a folder goes, what it never goes over, and what a crash leaves."""

import os
from pathlib import Path

import msgspec
import pytest

from riptui.errors import DiskError, HeldError, NameRefusedError, NotATrajectoryError
from riptui.store import move, trash
from riptui.store.claim import claim
from riptui.store.disk import make_folders
from riptui.store.listing import find_trajectories
from riptui.store.lock import LOCK_FILE as LOCK
from riptui.store.trajectory import Status, Trajectory
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory


def there(runs: Path) -> list[str]:
    return [one.path.relative_to(runs).as_posix() for one in find_trajectories(runs)]


def content(path: Path) -> dict[str, bytes]:
    files = (file for file in path.rglob("*") if file.is_file())
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in files}


# ── to the trash and back ────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_thrown_away_comes_back_as_it_was(make_trajectory: MakeTrajectory, runs: Path) -> None:
    one = make_trajectory("fig7/cat/m64-s0", inpainter="noise")
    list(run_trajectory(one))
    before = content(one.path)
    [entry] = trash.move_to_trash(runs, [one.path])
    assert there(runs) == []
    assert entry.record.place == "fig7/cat/m64-s0"
    assert trash.restore(runs, entry) == one.path
    assert content(one.path) == before
    assert trash.list_entries(runs) == []


def test_groups_that_hold_nothing_any_more_go_and_come_back(make_trajectory: MakeTrajectory, runs: Path) -> None:
    one, other = make_trajectory("fig7/cat/m64-s0"), make_trajectory("fig7/dog/m64-s0")
    [entry] = trash.move_to_trash(runs, [one.path])
    assert not one.path.parent.exists()
    assert other.path.exists()
    trash.restore(runs, entry)
    assert there(runs) == ["fig7/cat/m64-s0", "fig7/dog/m64-s0"]


def test_a_group_with_a_file_of_the_users_stays(make_trajectory: MakeTrajectory, runs: Path) -> None:
    one = make_trajectory("fig7/m64-s0")
    note = one.path.parent / "notes.txt"
    note.write_text("mine")
    trash.move_to_trash(runs, [one.path])
    assert note.read_text() == "mine"


def test_the_last_are_those_that_went_together(make_trajectory: MakeTrajectory, runs: Path) -> None:
    first = make_trajectory("a/m64-s0")
    pair = [make_trajectory("b/m64-s0", seed=1).path, make_trajectory("b/m64-s1", seed=2).path]
    trash.move_to_trash(runs, [first.path])
    trash.move_to_trash(runs, pair)
    assert [entry.record.place for entry in trash.list_last_batch(runs)] == ["b/m64-s0", "b/m64-s1"]
    for entry in trash.list_last_batch(runs):
        trash.restore(runs, entry)
    assert [entry.record.place for entry in trash.list_last_batch(runs)] == ["a/m64-s0"]


def test_two_of_one_place_can_be_in_the_trash(make_trajectory: MakeTrajectory, runs: Path) -> None:
    for seed in (1, 2):
        trash.move_to_trash(runs, [make_trajectory("a/same", seed=seed).path])
    assert [Trajectory(entry.path).spec.seed for entry in trash.list_entries(runs)] == [2, 1]


def test_nothing_comes_back_over_what_has_its_name_now(make_trajectory: MakeTrajectory, runs: Path) -> None:
    [entry] = trash.move_to_trash(runs, [make_trajectory("a/m64-s0", seed=1).path])
    newer = make_trajectory("a/m64-s0", seed=2)
    with pytest.raises(NameRefusedError, match="exists"):
        trash.restore(runs, entry)
    assert newer.spec.seed == 2
    assert trash.list_entries(runs) == [entry]


@pytest.mark.parametrize("kind", ["file", "empty folder", "link"])
def test_nor_over_a_file_an_empty_folder_or_a_link(make_trajectory: MakeTrajectory, runs: Path, kind: str) -> None:
    one = make_trajectory("a/m64-s0")
    [entry] = trash.move_to_trash(runs, [one.path])
    one.path.parent.mkdir()
    match kind:
        case "file":
            one.path.write_text("mine")
        case "empty folder":
            one.path.mkdir()
        case "link":
            one.path.symlink_to("nowhere")
    with pytest.raises(NameRefusedError, match="exists"):
        trash.restore(runs, entry)
    assert os.path.lexists(one.path)
    assert entry.path.is_dir()


def test_what_is_deleted_is_gone(make_trajectory: MakeTrajectory, runs: Path) -> None:
    [entry] = trash.move_to_trash(runs, [make_trajectory().path])
    trash.delete(entry)
    assert trash.list_entries(runs) == []
    assert not entry.folder.exists()


def test_disk_use_is_the_sum_of_the_files(make_trajectory: MakeTrajectory) -> None:
    one = make_trajectory()
    assert trash.disk_usage(one.path) == sum(map(len, content(one.path).values())) > 10_000


def test_an_interrupted_one_is_still_interrupted_afterwards(make_trajectory: MakeTrajectory, runs: Path) -> None:
    one = make_trajectory(inpainter="noise")
    (one.path / LOCK).write_bytes(b'{"pid": 1, "host": "elsewhere", "since": 1.0}')
    assert one.read_status() is Status.INTERRUPTED
    [entry] = trash.move_to_trash(runs, [one.path])
    assert Trajectory(trash.restore(runs, entry)).read_status() is Status.INTERRUPTED


# ── held ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_computed_is_not_thrown_away_nor_what_was_to_go_with_it(
    make_trajectory: MakeTrajectory, runs: Path
) -> None:
    one, held = make_trajectory("a/m64-s0", seed=0), make_trajectory("a/m64-s1", seed=1)
    with claim(held), pytest.raises(HeldError, match="being computed"):
        trash.move_to_trash(runs, [one.path, held.path])
    assert there(runs) == ["a/m64-s0", "a/m64-s1"]
    assert trash.list_entries(runs) == []


def test_one_that_is_taken_at_the_last_moment_stays_too(
    make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = make_trajectory()
    monkeypatch.setattr(trash, "require_unlocked", lambda paths: None)
    with claim(one), pytest.raises(HeldError):
        trash.move_to_trash(runs, [one.path])
    assert one.path.is_dir()
    assert list((runs / ".riptui" / "trash").iterdir()) == []


def test_what_is_computed_keeps_its_name_and_so_does_its_group(make_trajectory: MakeTrajectory, runs: Path) -> None:
    one = make_trajectory("a/m64-s0")
    with claim(one):
        for path in (one.path, one.path.parent):
            with pytest.raises(HeldError):
                move.rename(runs, path, "other")
    assert there(runs) == ["a/m64-s0"]


# ── crashes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class CrashError(BaseException):
    """The process ends here: what cleans up after an error does not run."""


def crash(*_: object, **__: object) -> None:
    raise CrashError


@pytest.mark.parametrize("call", ["riptui.store.trash.move", "os.rename", "os.fsync"])
def test_a_crash_before_the_move_leaves_the_trajectory_and_no_entry(
    call: str, make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while the record is written."""
    one, other = make_trajectory("a/m64-s0", seed=0), make_trajectory("a/m64-s1", seed=1)
    with monkeypatch.context() as patched:
        make_folders(runs / ".riptui" / "trash")
        patched.setattr(trash, "make_folders", lambda path: (path.mkdir(), patched.setattr(call, crash)))
        patched.setattr(trash.shutil, "rmtree", lambda *_, **__: None)
        patched.setattr("os.unlink", lambda *_, **__: None)
        with pytest.raises(CrashError):
            trash.move_to_trash(runs, [one.path])
    assert there(runs) == ["a/m64-s0", "a/m64-s1"]
    assert trash.list_entries(runs) == []
    [left] = (runs / ".riptui" / "trash").iterdir()
    os.utime(left, (0, 0))
    trash.move_to_trash(runs, [other.path])
    assert not left.exists()


def test_a_crash_after_the_move_leaves_an_entry_that_comes_back(
    make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = make_trajectory("a/m64-s0")
    with monkeypatch.context() as patched:
        patched.setattr(trash, "remove_empty_folders", crash)
        with pytest.raises(CrashError):
            trash.move_to_trash(runs, [one.path])
    assert there(runs) == []
    [entry] = trash.list_entries(runs)
    assert trash.restore(runs, entry) == one.path


def test_a_crash_after_it_came_back_leaves_no_entry(
    make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = make_trajectory("a/m64-s0")
    [entry] = trash.move_to_trash(runs, [one.path])
    with monkeypatch.context() as patched:
        patched.setattr(trash, "delete_folder", crash)
        with pytest.raises(CrashError):
            trash.restore(runs, entry)
    assert there(runs) == ["a/m64-s0"]
    assert trash.list_entries(runs) == []


def test_a_crash_between_the_name_and_the_move_can_be_done_again_elsewhere(
    make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = make_trajectory("a/m64-s0")
    with monkeypatch.context() as patched:
        patched.setattr(move.os, "rename", crash)
        patched.setattr(move.os, "rmdir", lambda _: None)
        with pytest.raises(CrashError):
            move.rename(runs, one.path, "other")
    assert there(runs) == ["a/m64-s0"]
    with pytest.raises(NameRefusedError):
        move.rename(runs, one.path, "other")
    assert move.rename(runs, one.path, "third").name == "third"


# ── hostile ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("place", ["../out", "/etc/x", "a/../../out", "", ".riptui/x", "a//b", "a\x1b[2J/b"])
def test_a_record_that_leads_elsewhere_is_no_entry(make_trajectory: MakeTrajectory, runs: Path, place: str) -> None:
    [entry] = trash.move_to_trash(runs, [make_trajectory().path])
    (entry.folder / trash.RECORD_FILE).write_bytes(msgspec.json.encode({"place": place, "when": 1.0}))
    assert trash.list_entries(runs) == []


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff", b"[" * 10_000, b'{"place": 3, "when": 1}', b'{"place": "a/b", "when": 1e300}', b"x" * 2**17],
)
def test_nor_is_a_record_that_cannot_be_read(make_trajectory: MakeTrajectory, runs: Path, data: bytes) -> None:
    [entry] = trash.move_to_trash(runs, [make_trajectory().path])
    (entry.folder / trash.RECORD_FILE).write_bytes(data)
    assert trash.list_entries(runs) == []


def test_a_trash_that_is_a_link_takes_nothing(make_trajectory: MakeTrajectory, runs: Path, tmp_path: Path) -> None:
    one = make_trajectory()
    (tmp_path / "elsewhere").mkdir()
    (runs / ".riptui").mkdir()
    (runs / ".riptui" / "trash").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DiskError, match="symbolic link"):
        trash.move_to_trash(runs, [one.path])
    assert one.path.is_dir()


def test_nothing_comes_back_through_a_link(make_trajectory: MakeTrajectory, runs: Path, tmp_path: Path) -> None:
    [entry] = trash.move_to_trash(runs, [make_trajectory("a/m64-s0").path])
    (tmp_path / "elsewhere").mkdir()
    (runs / "a").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NameRefusedError, match="symbolic link"):
        trash.restore(runs, entry)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_is_outside_the_runs_folder_is_refused(
    make_trajectory: MakeTrajectory, runs: Path, tmp_path: Path
) -> None:
    other = make_trajectory(runs=tmp_path / "other")
    make_trajectory()
    with pytest.raises(NameRefusedError, match="outside"):
        trash.move_to_trash(runs, [other.path])
    assert other.path.is_dir()


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_trajectory_gets_another_name(make_trajectory: MakeTrajectory, runs: Path) -> None:
    one = make_trajectory("a/m64-s0")
    before = content(one.path)
    to = move.rename(runs, one.path, "first")
    assert content(to) == before
    assert there(runs) == ["a/first"]


def test_so_does_a_group_with_all_that_is_in_it(make_trajectory: MakeTrajectory, runs: Path) -> None:
    make_trajectory("a/cat/m64-s0", seed=0)
    make_trajectory("a/dog/m64-s0", seed=1)
    move.rename(runs, runs / "a", "fig7")
    assert there(runs) == ["fig7/cat/m64-s0", "fig7/dog/m64-s0"]


def test_the_same_name_changes_nothing(make_trajectory: MakeTrajectory, runs: Path) -> None:
    one = make_trajectory("a/m64-s0")
    assert move.rename(runs, one.path, "m64-s0") == one.path


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", ".hidden", "a b", "x" * 101, "ü b", "a\x1b", "-rf", "a\n"])
def test_a_name_that_is_none_is_refused(make_trajectory: MakeTrajectory, runs: Path, name: str) -> None:
    one = make_trajectory("a/m64-s0")
    with pytest.raises(NameRefusedError):
        move.rename(runs, one.path, name)
    assert there(runs) == ["a/m64-s0"]


def test_a_name_that_is_taken_is_refused(make_trajectory: MakeTrajectory, runs: Path) -> None:
    one, other = make_trajectory("a/one", seed=0), make_trajectory("a/other", seed=1)
    with pytest.raises(NameRefusedError, match="exists"):
        move.rename(runs, one.path, "other")
    assert other.spec.seed == 1


def test_what_is_gone_and_what_is_a_link_are_refused(make_trajectory: MakeTrajectory, runs: Path) -> None:
    one = make_trajectory("a/one")
    (runs / "a" / "link").symlink_to(one.path)
    with pytest.raises(NotATrajectoryError):
        move.rename(runs, runs / "a" / "gone", "x")
    with pytest.raises(NameRefusedError, match="link"):
        move.rename(runs, runs / "a" / "link", "x")


def test_the_runs_folder_itself_is_refused(make_trajectory: MakeTrajectory, runs: Path) -> None:
    make_trajectory()
    with pytest.raises(NameRefusedError, match="runs folder"):
        move.rename(runs, runs, "x")
