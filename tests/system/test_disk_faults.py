"""What a disk, missing rights and folders that go away can do to a run."""

import json
import os
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from riptui.store import layout
from riptui.store.trajectory import Trajectory
from tests.support.command import COMMAND, require_harmless, riptui, spawned
from tests.support.fault_runs import (
    FULL,
    ITERATIONS,
    OPTIONS,
    PLACE,
    AtIteration,
    Contents,
    another_user,
    at_home,
    at_iteration,
    computed,
    disk,
    draw,
    ending,
    require_committed,
    require_ending,
    small_disk,
)

__all__ = ["at_home", "at_iteration", "disk", "ending", "small_disk"]


# --- the disk


def fill(disk: Path, spare: int = 0) -> Path:
    """Take all space of a disk but some bytes. Return the file that holds it."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
        file.truncate(max(0, file.tell() - spare))
    return ballast


@pytest.mark.parametrize("spare", [0, 4, 8, 16, 32, 64, 128, 192, 256, 320, 384, 512, 768, 1024])
def test_a_disk_that_fills_up_ends_the_run_and_loses_nothing(spare: int, disk: Path, ending: Contents) -> None:
    ballast = fill(disk, spare * 1024)
    outcome = riptui("run", "p.png", *OPTIONS, "--runs", disk / "runs", "--display", "json")
    assert outcome.code == 1
    failed = [json.loads(line) for line in outcome.out.splitlines() if '"failed"' in line]
    told = outcome.err + "".join(event["error"] for event in failed)
    assert FULL in told
    assert told.count(FULL) == 1
    assert len(outcome.err.splitlines()) + len(failed) == 1
    assert not list(disk.rglob(f"{layout.NEW_PREFIX}*"))
    folders = [path.parent for path in disk.rglob(layout.SPEC)]
    assert len(folders) == 1 or (spare < 256 and not folders)
    for folder in folders:
        require_committed(outcome.out, Trajectory(folder))
        again = riptui("resume", disk / "runs", "--display", "plain")
        assert (again.code, again.err.count(FULL)) == (1, 1)
        require_committed(outcome.out, Trajectory(folder))
        assert riptui("ls", disk / "runs").code == riptui("show", folder).code == 0
    ballast.unlink()
    if folders:
        assert riptui("resume", disk / "runs").code == 0
    else:
        assert riptui("run", "p.png", *OPTIONS, "--runs", disk / "runs").code == 0
    require_ending(ending, disk / "runs")


@pytest.mark.exhaustive
def test_a_full_disk_is_told_in_one_line_by_the_command_itself(disk: Path, ending: Contents) -> None:
    ballast = fill(disk, 512 * 1024)
    outcome = spawned("run", "p.png", *OPTIONS, "--runs", disk / "runs", "--display", "none")
    assert outcome.code == 1
    outcome.require_one_line(PLACE, FULL)
    ballast.unlink()
    assert riptui("resume", disk / "runs").code == 0
    require_ending(ending, disk / "runs")


def test_a_full_disk_does_not_hide_why_the_inpainter_failed(
    disk: Path, ending: Contents, at_iteration: AtIteration
) -> None:
    def fail() -> None:
        fill(disk)
        raise RuntimeError("the model fell over")

    at_iteration(5, fail)
    outcome = riptui("run", "p.png", *OPTIONS, "--runs", disk / "runs", "--display", "none")
    assert outcome.code == 1
    assert "the model fell over" in outcome.err or FULL in outcome.err
    assert len(outcome.err.splitlines()) == 1
    (disk / "ballast").unlink()
    assert riptui("resume", disk / "runs").code == 0
    require_ending(ending, disk / "runs")


@pytest.mark.parametrize("limit", [0, 1, 50, 150, 200, 300])
def test_a_file_size_limit_ends_the_run_and_loses_nothing(limit: int, ending: Contents) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit * 1024, hard))
    try:
        outcome = riptui("run", "p.png", *OPTIONS, "--display", "none")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert outcome.code == 1
    outcome.require_one_line("the file would exceed the file size limit: raise it (ulimit -f)")
    for folder in Path("runs").rglob(layout.SPEC):
        require_committed("", Trajectory(folder.parent))
    assert riptui("run", "p.png", *OPTIONS).code == 0
    require_ending(ending)


@pytest.mark.exhaustive
def test_a_file_size_limit_does_not_kill_the_command(ending: Contents) -> None:
    if not (prlimit := shutil.which("prlimit")):
        pytest.skip("no prlimit")
    command = [prlimit, f"--fsize={200 * 1024}", *COMMAND]
    outcome = spawned("run", "p.png", *OPTIONS, "--display", "none", command=command)
    assert outcome.code == 1
    outcome.require_one_line("ulimit -f")
    assert riptui("resume", "runs").code == 0
    require_ending(ending)


@contextmanager
def few_descriptors(spare: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    taken: list[int] = []
    try:
        while True:
            taken.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        for _ in range(spare):
            os.close(taken.pop())
    try:
        yield
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_too_many_open_files_end_the_run_and_lose_nothing(ending: Contents) -> None:
    codes = []
    for spare in range(12):
        with few_descriptors(spare):
            outcome = riptui("run", "p.png", *OPTIONS, "--display", "none")
        codes.append(outcome.code)
        if outcome.code:
            *before, reason = outcome.err.splitlines()
            assert len(before) <= 1  # that the settings could not be read
            assert "oo many " in reason
        for folder in Path("runs").rglob(layout.SPEC):
            require_committed("", Trajectory(folder.parent))
    assert codes[0] != 0  # not even the settings
    assert 3 < sum(code != 0 for code in codes) < len(codes) - 1
    assert codes[-1] == 0
    require_ending(ending)


def test_listing_with_too_many_open_files_says_so(tmp_path: Path) -> None:
    assert riptui("run", "p.png", *OPTIONS).code == 0
    for argv in (["ls", "runs"], ["check", "runs"], ["show", f"runs/{PLACE}"], ["resume", "runs"]):
        with few_descriptors(0):
            outcome = riptui(*argv)
        assert "too many files are open" in outcome.out + outcome.err
        assert outcome.code == (0 if argv[0] == "ls" and outcome.out else 1)


# --- rights


@pytest.fixture
def half_done(small_disk: Path, disk: Path, at_iteration: AtIteration) -> Path:
    """A runs folder on the small disk with one trajectory that is done and one that is not."""
    runs = disk / "runs"
    assert riptui("run", "p.png", *OPTIONS, "--group", "done", "--runs", runs).code == 0
    at_iteration(12, lambda: os.kill(os.getpid(), signal.SIGINT))
    assert riptui("run", "p.png", *OPTIONS, "--group", "half", "--runs", runs).code == 130
    assert len(Trajectory(runs / "half" / PLACE).read_rows()) == 12
    return runs


@contextmanager
def read_only(runs: Path) -> Iterator[str]:
    subprocess.run(["mount", "-o", "remount,ro", runs.parent], check=True)
    try:
        yield "the file system is read-only"
    finally:
        subprocess.run(["mount", "-o", "remount,rw", runs.parent], check=True)


@pytest.mark.parametrize("barrier", [read_only, another_user])
def test_what_may_only_be_read_can_be_looked_at_and_the_rest_says_why_not(
    barrier: Callable[[Path], Any], half_done: Path, ending: Contents
) -> None:
    done, half = half_done / "done" / PLACE, half_done / "half" / PLACE
    shutil.copy(done / "keyframes" / "8.png", half / "keyframes" / "24.png")  # for --repair to remove
    exported = Path(tempfile.mkdtemp())
    exported.chmod(0o777)
    source = exported / "p.png"
    draw(source)
    with barrier(half_done) as why:
        commands: list[list[str | Path]] = [["ls", half_done], ["check", half_done], ["resume", done]]
        for command in commands:
            outcome = riptui(*command)
            assert outcome.code == (1 if command[0] == "check" else 0)
        others = [line for line in outcome.err.splitlines() if "copies of one trajectory" not in line]
        assert others == []
        for folder in (done, half):
            assert riptui("show", folder).code == riptui("show", folder, "--json").code == 0
            assert riptui("export", folder, "--frames", exported / folder.parts[-3]).code == 0
        again = riptui("run", source, *OPTIONS, "--group", "done", "--runs", half_done)
        assert (again.code, again.err) == (0, "")
        assert "already done" in again.out
        commands = [
            ["resume", half],
            ["run", source, *OPTIONS, "--group", "half", "--runs", half_done],
            ["run", source, *OPTIONS, "--group", "new", "--runs", half_done],
            ["run", source, *OPTIONS, "--runs", half_done / "new"],
            ["measure", half, "--metrics", "ssim"],
            ["export", half, "--csv", half_done / "a.csv"],
            ["export", half, "--frames", half_done / "frames"],
        ]
        for command in commands:
            outcome = riptui(*command)
            assert outcome.code == 1
            outcome.require_one_line(why)
        repaired = riptui("check", half, "--repair")
        assert repaired.code == 1
        assert why in (repaired.out + repaired.err).lower()
    assert len(list((exported / "done").iterdir())) == ITERATIONS + 1
    shutil.rmtree(exported)
    assert riptui("resume", half_done).code == 0
    for group in ("done", "half"):
        require_ending(ending, half_done / group)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make what it may not look into")
def test_a_folder_that_may_not_be_looked_into_is_told_and_its_neighbours_are_listed(half_done: Path) -> None:
    (half_done / "half").chmod(0o700)
    commands = [["ls"], ["check"], ["resume"], ["measure", "--metrics", "ssim"]]
    with another_user(half_done) as why:
        assert "done/p/" in riptui("ls", half_done).out
        assert riptui("resume", half_done).code == 1
        for name, *options in [*commands, ["show"], ["export", "--csv", "a.csv"]]:
            for path in (half_done / "half", half_done / "half" / PLACE):
                outcome = riptui(name, path, *options)
                assert outcome.code == 1
                outcome.require_one_line(why)


# --- folders that go away


@pytest.mark.parametrize("part", ["", "p", PLACE])
def test_a_folder_removed_while_it_is_computed_ends_the_run(
    part: str, at_iteration: AtIteration, ending: Contents
) -> None:
    at_iteration(12, lambda: shutil.rmtree(Path("runs", part)))
    outcome = riptui("run", "p.png", *OPTIONS, "--display", "none")
    assert outcome.code == 1
    outcome.require_one_line("the folder does not exist, or was removed or renamed by someone else")
    assert not Path("runs", part or ".").exists() or not part
    assert not list(Path("runs").rglob("*.json*"))
    assert riptui("run", "p.png", *OPTIONS).code == 0
    require_ending(ending)


@pytest.mark.parametrize(
    "file", [layout.ROWS, layout.PATCHES, layout.METRICS, layout.KEYFRAMES, layout.SPEC, layout.ORIGINAL]
)
def test_a_file_removed_while_it_is_written_is_noticed_or_written_again(
    file: str, at_iteration: AtIteration, ending: Contents
) -> None:
    path = Path("runs", PLACE, file)

    def remove() -> None:
        shutil.move(path, "removed")
        if file != layout.SPEC:
            shutil.rmtree("removed") if Path("removed").is_dir() else Path("removed").unlink()

    at_iteration(12, remove)
    outcome = riptui("run", "p.png", *OPTIONS, "--display", "none")
    if file in (layout.ROWS, layout.PATCHES, layout.METRICS):
        assert outcome.code == 1
        outcome.require_one_line("the folder does not exist, or was removed or renamed by someone else")
    if file == layout.SPEC:
        shutil.move("removed", path)
    again = riptui("run", "p.png", *OPTIONS)
    assert again.code == 0
    require_ending(ending)


@pytest.mark.parametrize("part", ["runs", "runs/p", f"runs/{PLACE}"])
def test_a_folder_renamed_while_it_is_computed_is_computed_to_its_end_where_it_went(
    part: str, at_iteration: AtIteration, ending: Contents
) -> None:
    at_iteration(12, lambda: Path(part).rename("moved"))
    outcome = riptui("run", "p.png", *OPTIONS, "--display", "json")
    assert outcome.code == 0
    assert computed(outcome.out) == list(range(1, ITERATIONS + 1))
    where = Path("moved", *Path("runs", PLACE).parts[len(Path(part).parts) :])
    assert not Path("runs", PLACE).exists()
    require_ending(ending, where, ".")


def test_a_group_renamed_between_its_trajectories_ends_the_run(at_iteration: AtIteration, ending: Contents) -> None:
    at_iteration(12, lambda: Path("runs/p").rename("moved"))
    outcome = riptui("run", "p.png", *OPTIONS, "--seed", "0,1", "--display", "none")
    assert outcome.code == 1
    outcome.require_one_line("m64-s1")
    assert riptui("resume", "moved").code == 0
    require_ending(ending, Path("moved"), Path(PLACE).name)


def test_the_current_folder_removed_while_computing_ends_the_run(tmp_path: Path, at_iteration: AtIteration) -> None:
    (tmp_path / "here").mkdir()
    os.chdir(tmp_path / "here")
    at_iteration(12, lambda: shutil.rmtree(tmp_path / "here"))
    outcome = riptui("run", "../p.png", *OPTIONS, "--display", "none")
    assert outcome.code == 1
    outcome.require_one_line("the folder does not exist, or was removed or renamed by someone else")
    for argv in (["ls"], ["resume", "."], ["run", tmp_path / "p.png", *OPTIONS], ["show", "x"], ["check", "x"]):
        outcome = riptui(*argv)
        require_harmless(outcome)
        assert outcome.code in (1, 2)
        assert len(outcome.err.splitlines()) == 1
    os.chdir(tmp_path)
