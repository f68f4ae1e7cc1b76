"""What a disk, a terminal, a user, a kernel and somebody else's code can do to a run.

Each time: a clear line, the right exit code, everything that was committed is still there, and once the cause is gone
the trajectory comes to its end with the same bytes as one that nothing ever happened to.
"""

import io
import itertools
import json
import os
import pty
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import PIL.Image
import pytest
from command import COMMAND, PATIENCE, environment, finished, require_harmless, riptui, spawned, started
from conftest import picture
from faulty_disk import contents

from riptui import inpainters, plan
from riptui.cli import doctor, main
from riptui.inpainters import references
from riptui.metrics import meter
from riptui.store import creation, layout
from riptui.store.trajectory import Trajectory

OPTIONS = ["--size", "256", "--mask", "64", "--amount", "200", "-i", "noise", "--metrics", "psnr,psnr@previous"]
"""32 iterations of 12 kB; keyframes and measurements at 8, 16, 24 and 32."""
PLACE = "p/m64-s0-noise-a200-256px"
ITERATIONS = 32

EVERY = [*OPTIONS, "--measure", "every"]
LONGER = [*OPTIONS[:2], "--mask", "32", "--amount", "300", *OPTIONS[6:], "--display", "json"]
"""192 iterations, each told in 150 bytes: more than fits in a pipe that nobody reads."""
LONGER_PLACE = "p/m32-s0-noise-a300-256px"

FULL = "the disk is full: free some space"
NOBODY = 65534


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda fd: None)  # for the runs in this process: nothing here loses power
    monkeypatch.setenv("RIPTUI_OFFLINE", "1")
    monkeypatch.delenv("RIPTUI_RUNS", raising=False)
    draw(tmp_path / "p.png")


def draw(path: Path) -> Path:
    PIL.Image.fromarray(picture()).save(path)
    return path


Contents = dict[str, object]


@pytest.fixture(scope="session")
def ending(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    """What the folder of a run holds that nothing happened to."""
    return undisturbed(tmp_path_factory.mktemp("undisturbed"), OPTIONS, PLACE)


@pytest.fixture(scope="session")
def longer_ending(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    return undisturbed(tmp_path_factory.mktemp("longer"), LONGER, LONGER_PLACE)


@pytest.fixture(scope="session")
def every_ending(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    return undisturbed(tmp_path_factory.mktemp("every"), EVERY, PLACE)


def undisturbed(folder: Path, options: list[str], place: str) -> Contents:
    os.environ["RIPTUI_OFFLINE"] = "1"
    assert riptui("run", draw(folder / "p.png"), *options, "--runs", folder / "runs").code == 0
    return contents(Trajectory(folder / "runs" / place))


def require_ending(ending: Contents, runs: Path = Path("runs"), place: str = PLACE) -> None:
    """The trajectory is done and as it should be, but for a log of what happened; and nothing is left beside it."""
    trajectory = Trajectory(runs / place)
    assert trajectory.status() == "done"
    held = contents(trajectory)
    held.pop(layout.LOG, None)
    assert held == ending
    assert not list(runs.rglob(f"{layout.NEW}*"))
    assert not list(runs.rglob(".tmp-*"))


def computed(out: str) -> list[int]:
    """The iterations that a run has told as committed."""
    events = [json.loads(line) for line in out.splitlines()]
    return [event["k"] for event in events if event["event"] == "iterated"]


def require_committed(out: str, trajectory: Trajectory) -> int:
    """All that was told is there; return how many iterations that are."""
    told, there = computed(out), len(trajectory.rows())
    assert told == list(range(1, len(told) + 1))
    assert there >= len(told)
    assert riptui("check", trajectory.path).code == 0
    return there


Act = Callable[[], object]
AtIteration = Callable[..., None]


@pytest.fixture
def at_iteration(monkeypatch: pytest.MonkeyPatch) -> AtIteration:
    """`at_iteration(k, act)`: while the inpainter noise works on iteration k, `act` is called, once.

    With `returns` that is what the inpainter returns then.
    """

    def install(k: int, act: Act = lambda: None, **instead: Any) -> None:
        calls, real = itertools.count(1), references.noise

        def noise() -> inpainters.Inpainter:
            inpaint = real()

            def acting(*given: Any, **named: Any) -> Any:
                due = next(calls) == k
                if due:
                    act()
                return instead["returns"] if due and instead else inpaint(*given, **named)

            return acting

        monkeypatch.setattr(references, "noise", noise)

    return install


# --- the disk


@pytest.fixture(scope="module")
def small_disk() -> Iterator[Path]:
    """A file system of 4 MB, in memory."""
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=755", "tmpfs", folder]
        if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
            pytest.skip("no right to mount a tmpfs")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def disk(small_disk: Path) -> Iterator[Path]:
    yield small_disk
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    for path in small_disk.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


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
    assert not list(disk.rglob(f"{layout.NEW}*"))
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
    outcome.require_one_line("the file would pass the file size limit: raise it (ulimit -f)")
    for folder in Path("runs").rglob(layout.SPEC):
        require_committed("", Trajectory(folder.parent))
    assert riptui("run", "p.png", *OPTIONS).code == 0
    require_ending(ending)


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
    assert len(Trajectory(runs / "half" / PLACE).rows()) == 12
    return runs


@contextmanager
def read_only(runs: Path) -> Iterator[str]:
    subprocess.run(["mount", "-o", "remount,ro", runs.parent], check=True)
    try:
        yield "the file system is read-only"
    finally:
        subprocess.run(["mount", "-o", "remount,rw", runs.parent], check=True)


@contextmanager
def another_user(runs: Path) -> Iterator[str]:
    """Root may do anything, so it is nobody in particular for a while."""
    os.seteuid(NOBODY)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_CONFIG_HOME", "/nonexistent")  # not root's, which nobody else may read
            yield "permission denied"
    finally:
        os.seteuid(0)


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
        for command in (["ls", half_done], ["check", half_done], ["resume", done]):
            outcome = riptui(*command)
            assert outcome.code == (1 if command[0] == "check" else 0)
            assert outcome.err == ""
        for folder in (done, half):
            assert riptui("show", folder).code == riptui("show", folder, "--json").code == 0
            assert riptui("export", folder, "--frames", exported / folder.parts[-3]).code == 0
        again = riptui("run", source, *OPTIONS, "--group", "done", "--runs", half_done)
        assert (again.code, again.err) == (0, "")
        assert "done already" in again.out
        for command in (
            ["resume", half],
            ["run", source, *OPTIONS, "--group", "half", "--runs", half_done],
            ["run", source, *OPTIONS, "--group", "new", "--runs", half_done],
            ["run", source, *OPTIONS, "--runs", half_done / "new"],
            ["measure", half, "--metrics", "ssim"],
            ["check", half, "--repair"],
            ["export", half, "--csv", half_done / "a.csv"],
            ["export", half, "--frames", half_done / "frames"],
        ):
            outcome = riptui(*command)
            assert outcome.code == 1
            outcome.require_one_line(why)
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
        assert riptui("resume", half_done).code == 0
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
    outcome.require_one_line("the folder was removed or renamed by someone else")
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
        outcome.require_one_line("the folder was removed or renamed by someone else")
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
    outcome.require_one_line("m64-s1", "was removed or renamed")
    assert riptui("resume", "moved").code == 0
    require_ending(ending, Path("moved"), Path(PLACE).name)


def test_the_current_folder_removed_while_computing_ends_the_run(tmp_path: Path, at_iteration: AtIteration) -> None:
    (tmp_path / "here").mkdir()
    os.chdir(tmp_path / "here")
    at_iteration(12, lambda: shutil.rmtree(tmp_path / "here"))
    outcome = riptui("run", "../p.png", *OPTIONS, "--display", "none")
    assert outcome.code == 1
    outcome.require_one_line("the folder was removed or renamed by someone else")
    for argv in (["ls"], ["resume", "."], ["run", tmp_path / "p.png", *OPTIONS], ["show", "x"], ["check", "x"]):
        outcome = riptui(*argv)
        require_harmless(outcome)
        assert outcome.code in (1, 2)
        assert len(outcome.err.splitlines()) == 1
    os.chdir(tmp_path)


# --- source images


def cut_png(path: Path) -> None:
    draw(path)
    os.truncate(path, path.stat().st_size // 2)


BAD_SOURCES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "cannot be read"),
    "a folder": (Path.mkdir, "this is a folder"),
    "a pipe": (os.mkfifo, "this is a pipe"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "a device"),
    "a broken link": (lambda path: path.symlink_to("nowhere"), "cannot be read"),
    "a link to itself": (lambda path: path.symlink_to(path), "cannot be read"),
    "empty": (Path.touch, "empty"),
    "text": (lambda path: path.write_text("not a picture\n" * 100), "no picture"),
    "cut short": (cut_png, "cut short"),
}


@pytest.mark.parametrize("kind", BAD_SOURCES)
def test_a_source_that_is_no_picture_is_refused_in_one_line_and_nothing_is_made(kind: str) -> None:
    make, words = BAD_SOURCES[kind]
    make(Path("bad.png"))
    outcome = riptui("run", "bad.png", *OPTIONS)
    assert outcome.code == 2
    outcome.require_one_line("bad.png", words)
    assert not Path("runs").exists()


def test_all_bad_sources_are_named_a_line_each_and_nothing_is_made() -> None:
    for number, (make, _) in enumerate(BAD_SOURCES.values()):
        make(Path(f"bad{number}.png"))
    bad = [f"bad{number}.png" for number in range(len(BAD_SOURCES))]
    outcome = riptui("run", "p.png", *bad, *OPTIONS)
    assert outcome.code == 2
    assert outcome.out == ""
    assert [line.split(":")[1].strip() for line in outcome.err.splitlines()] == bad
    assert not Path("runs").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_a_source_that_may_not_be_read_is_refused(disk: Path) -> None:
    draw(disk / "p.png").chmod(0o600)
    with another_user(disk):
        outcome = riptui("run", disk / "p.png", *OPTIONS, "--runs", disk / "runs")
    assert outcome.code == 2
    outcome.require_one_line("Permission denied", "check the path and its permissions")


# --- inpainters and metrics that fail

ERRORS = [
    RuntimeError("two\nlines \x1b[2J"),
    MemoryError(),
    ZeroDivisionError("division by zero"),
    OSError(28, "ENOSPC"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_inpainter_that_raises_fails_its_trajectory_and_no_other(
    error: Exception, at_iteration: AtIteration, ending: Contents
) -> None:
    def fail() -> None:
        raise error

    at_iteration(12, fail)
    outcome = riptui("run", "p.png", *OPTIONS, "--seed", "0,1", "--display", "none")
    assert outcome.code == 1
    outcome.require_one_line("noise failed at iteration 12", type(error).__name__)
    require_harmless(outcome)
    require_failed(PLACE, k=12)
    assert Trajectory(Path("runs", PLACE.replace("s0", "s1"))).status() == "done"
    assert riptui("run", "p.png", *OPTIONS, "--seed", "0,1", "--runs", "runs").code == 0
    require_ending(ending)


def require_failed(place: str, *, k: int) -> None:
    """It is recorded and shown."""
    folder = Path("runs", place)
    trajectory = Trajectory(folder)
    assert trajectory.status() == "failed"
    assert trajectory.failure is not None
    assert trajectory.failure.k == k
    assert "Traceback" in trajectory.failure.traceback
    assert "Traceback" in (folder / layout.LOG).read_text()
    assert len(trajectory.rows()) == k - 1
    assert f"✗ {place}" in riptui("ls", "runs").out
    shown = riptui("show", folder)
    assert f"failed at iteration {k}" in shown.out
    assert "log.txt" in shown.out
    require_harmless(shown)
    assert json.loads(riptui("show", folder, "--json").out)["failure"]["k"] == k


RETURNED = {
    "nothing": [],
    "a number": 1,
    "too few rows": np.zeros((1, 255, 256, 3), np.uint8),
    "no batch": np.zeros((256, 256, 3), np.uint8),
    "grey": np.zeros((1, 256, 256), np.uint8),
    "fractions": np.zeros((1, 256, 256, 3), np.float32),
    "too many": np.zeros((2, 256, 256, 3), np.uint8),
}


@pytest.mark.parametrize("returned", RETURNED.values(), ids=RETURNED)
def test_an_inpainter_that_returns_no_picture_fails_its_trajectory(
    returned: Any, at_iteration: AtIteration, ending: Contents
) -> None:
    at_iteration(12, returns=returned)
    outcome = riptui("run", "p.png", *OPTIONS, "--display", "none")
    assert outcome.code == 1
    outcome.require_one_line("the inpainter returned", "it must return uint8 (1, 256, 256, 3)")
    require_failed(PLACE, k=12)
    assert riptui("resume", "runs").code == 0
    assert not Path("runs", PLACE, layout.FAILED).exists()
    require_ending(ending)


class Failing:
    """Metrics that fail, all together, at one call."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
        self._calls, self._at, self._real = itertools.count(1), at, meter.load
        monkeypatch.setattr(meter, "load", self.load)

    def load(self, name: str, device: str) -> Any:
        real = self._real(name, device)

        def measure(prepared: Any, frames: Any) -> Any:
            if next(self._calls) == self._at:
                raise RuntimeError("CUDA error:\nout of memory")
            return real.measure(prepared, frames)

        return SimpleNamespace(prepare=real.prepare, measure=measure)


@pytest.mark.parametrize("at", [1, 2, 3, 12, 21])
def test_a_metric_that_raises_fails_its_trajectory_and_leaves_no_wrong_value(
    at: int, every_ending: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    Failing(monkeypatch, at)
    outcome = riptui("run", "p.png", *EVERY, "--seed", "0,1", "--display", "none")
    assert outcome.code == 1
    outcome.require_one_line(PLACE, "failed: RuntimeError: CUDA error:\\nout of memory")
    assert Trajectory(Path("runs", PLACE)).status() == "failed"
    assert "Traceback" in Path("runs", PLACE, layout.LOG).read_text()
    assert riptui("check", "runs").code == 0
    assert Trajectory(Path("runs", PLACE.replace("s0", "s1"))).status() == "done"
    assert riptui("run", "p.png", *EVERY).code == 0
    require_ending(every_ending)


def test_a_metric_that_raises_ends_riptui_measure_with_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert riptui("run", "p.png", *OPTIONS, "--seed", "0,1").code == 0
    Failing(monkeypatch, 3)
    outcome = riptui("measure", "runs", "--metrics", "entropy", "--display", "none")
    assert outcome.code == 1
    outcome.require_one_line("entropy failed: RuntimeError")
    measured = [Trajectory(path.parent).metrics() for path in sorted(Path("runs").rglob(layout.SPEC))]
    assert [sum("entropy" in values for values in metrics.values()) for metrics in measured] == [2, 5]
    assert riptui("measure", "runs", "--metrics", "entropy").code == 0
    for path in Path("runs").rglob(layout.SPEC):
        assert all("entropy" in values for values in Trajectory(path.parent).metrics().values())


# --- signals


@contextmanager
def under_way(*options: str, **given: Any) -> Iterator[subprocess.Popen[str]]:
    """The longer run in a process of its own, at its third iteration or later and unable to end: its pipe is full."""
    with started("run", "p.png", *LONGER, *options, pipesize=4096, **given) as process:
        told: list[str] = []
        while len(told) < 8:
            told.append(process.stdout.readline())
            assert told[-1], process.communicate()
        yield process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_ends_the_run_after_the_iteration_in_hand(number: signal.Signals, longer_ending: Contents) -> None:
    with under_way() as process:
        process.send_signal(number)
        outcome = finished(process)
    assert outcome.code == 128 + number
    *_, last = map(json.loads, outcome.out.splitlines())
    trajectory = Trajectory(Path("runs", LONGER_PLACE))
    assert (last["event"], last["done"], last["k"]) == ("ended", False, len(trajectory.rows()))
    assert 3 <= last["k"] < 150
    assert ("stopping after this iteration" in outcome.err) == (number != signal.SIGHUP)
    assert outcome.err.endswith(
        "stopped; what was computed is saved. Go on with: riptui resume " + f"runs/{LONGER_PLACE}\n"
    )
    assert trajectory.status() == "interrupted"
    assert riptui("resume", "runs").code == 0
    require_ending(longer_ending, place=LONGER_PLACE)


def test_a_second_ctrl_c_ends_the_run_at_once(longer_ending: Contents) -> None:
    with under_way() as process:
        process.send_signal(signal.SIGINT)
        assert process.stderr.readline() == "\n"
        assert process.stderr.readline() == "stopping after this iteration (again: at once)\n"
        process.send_signal(signal.SIGINT)
        outcome = finished(process)
    assert outcome.code == 130
    require_harmless(outcome)
    trajectory = Trajectory(Path("runs", LONGER_PLACE))
    assert 3 <= len(trajectory.rows()) < 150
    assert trajectory.status() != "running"
    assert riptui("check", "runs").code == 0
    assert riptui("resume", "runs").code == 0
    require_ending(longer_ending, place=LONGER_PLACE)


def test_nohup_is_respected(longer_ending: Contents) -> None:
    with under_way(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as process:
        process.send_signal(signal.SIGHUP)
        outcome = finished(process)
    assert (outcome.code, outcome.err) == (0, "")
    require_ending(longer_ending, place=LONGER_PLACE)


def test_a_kill_leaves_an_interrupted_trajectory_that_is_completed_by_the_same_command(longer_ending: Contents) -> None:
    with under_way() as process:
        process.kill()
        finished(process)
    trajectory = Trajectory(Path("runs", LONGER_PLACE))
    assert 3 <= len(trajectory.rows()) < 150
    assert trajectory.status() == "interrupted"
    assert "◼" in riptui("ls", "runs").out
    assert riptui("check", "runs").code == 0
    assert riptui("run", "p.png", *LONGER).code == 0
    require_ending(longer_ending, place=LONGER_PLACE)


AS_A_SESSION = """
import fcntl, sys, termios
from riptui.cli import main
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.exit(main())
"""


def test_a_terminal_that_goes_away_ends_the_run(longer_ending: Contents) -> None:
    master, side = pty.openpty()
    command = [sys.executable, "-c", AS_A_SESSION]
    options = [*LONGER[:-1], "rich"]
    with started(
        "run", "p.png", *options, command=command, stdin=side, stdout=side, stderr=side, start_new_session=True
    ) as process:
        os.close(side)
        shown = b""
        while b"it/s" not in shown:
            shown += os.read(master, 1000)
        os.close(master)
        assert process.wait(PATIENCE) in (1, 128 + signal.SIGHUP)
    trajectory = Trajectory(Path("runs", LONGER_PLACE))
    assert trajectory.status() in ("interrupted", "queued")
    assert riptui("resume", "runs").code == 0
    require_ending(longer_ending, place=LONGER_PLACE)


def interrupting(real: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, with Ctrl-C at its end."""

    def interrupted(*given: Any, **named: Any) -> Any:
        result = real(*given, **named)
        os.kill(os.getpid(), signal.SIGINT)
        return result

    return interrupted


@pytest.mark.parametrize(
    ("module", "name"),
    [(plan, "submit"), (plan, "create"), (creation, "_fill"), (creation, "make_folders"), (creation, "original_png")],
)
def test_ctrl_c_before_the_first_iteration_leaves_nothing_half_made(
    module: Any, name: str, monkeypatch: pytest.MonkeyPatch, ending: Contents
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(module, name, interrupting(getattr(module, name)))
        outcome = riptui("run", "p.png", *OPTIONS)
    assert outcome.code == 130
    require_harmless(outcome)
    assert not list(Path("runs").rglob(f"{layout.NEW}*"))
    assert len(list(Path("runs").rglob(layout.SPEC))) == (module is plan)
    assert riptui("run", "p.png", *OPTIONS).code == 0
    require_ending(ending)


AT_AN_IMPORT = """
import os, signal, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "PIL":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
"""


def test_ctrl_c_while_packages_are_imported_is_no_traceback() -> None:
    Path("hooks").mkdir()
    Path("hooks/sitecustomize.py").write_text(AT_AN_IMPORT)
    outcome = spawned("run", "p.png", *OPTIONS, env=environment(PYTHONPATH="hooks"))
    assert outcome.code == 130
    require_harmless(outcome)
    assert outcome.out == outcome.err.strip() == ""
    assert not Path("runs").exists()


def test_ctrl_c_stops_all_trajectories_of_the_command(at_iteration: AtIteration) -> None:
    at_iteration(12, lambda: os.kill(os.getpid(), signal.SIGINT))
    outcome = riptui("run", "p.png", *OPTIONS, "--seed", "0-2", "--display", "none")
    assert outcome.code == 130
    assert "Go on with: riptui resume runs/p\n" in outcome.err
    rows = [len(Trajectory(path.parent).rows()) for path in sorted(Path("runs").rglob(layout.SPEC))]
    assert rows == [12, 0, 0]
    assert sorted(line[0] for line in riptui("ls", "runs").out.splitlines()[:-1]) == ["◼", "◼", "◼"]
    assert riptui("resume", "runs").code == 0
    assert {line[0] for line in riptui("ls", "runs").out.splitlines()[:-1]} == {"✓"}


# --- streams and environment


@pytest.fixture(scope="session")
def finished_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    undisturbed(folder, OPTIONS, PLACE)
    return folder / "runs"


def commands_on(runs: Path, target: Path) -> list[list[str]]:
    folder = str(runs / PLACE)
    return [
        ["ls", str(runs)],
        ["ls", str(runs), "--json"],
        ["show", folder],
        ["show", folder, "--picture"],
        ["show", folder, "--json"],
        ["check", str(runs)],
        ["resume", str(runs), "--display", "plain"],
        ["resume", str(runs), "--display", "json"],
        ["resume", str(runs), "--display", "rich"],
        ["export", folder, "--csv", str(target / "a.csv"), "--overwrite"],
        ["completion", "bash"],
        ["--help"],
        ["run", "--help"],
        ["--version"],
    ]


@contextmanager
def full() -> Iterator[io.TextIOWrapper]:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with Path("/dev/full").open("w", encoding="utf-8") as stream:
        yield stream


@contextmanager
def left_by_its_reader() -> Iterator[io.TextIOWrapper]:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w", encoding="utf-8") as stream:
        yield stream


@pytest.mark.parametrize(
    ("made", "code", "told"), [(full, 1, f"error: the output: {FULL}\n"), (left_by_its_reader, 141, "")]
)
def test_an_output_that_takes_nothing_ends_every_command_without_a_traceback(
    made: Callable[[], Any], code: int, told: str, finished_runs: Path, tmp_path: Path
) -> None:
    for argv in commands_on(finished_runs, tmp_path):
        with made() as stream, redirect_stdout(stream), redirect_stderr(io.StringIO()) as err:
            assert (main(argv), err.getvalue()) == (code, told), argv


def test_a_run_whose_reader_leaves_ends_and_can_be_resumed(longer_ending: Contents) -> None:
    with under_way() as process:
        process.stdout.close()
        assert process.wait(PATIENCE) == 128 + signal.SIGPIPE
        assert process.stderr.read() == ""
    assert riptui("resume", "runs").code == 0
    require_ending(longer_ending, place=LONGER_PLACE)


def test_a_run_into_a_full_file_says_so_and_can_be_resumed(ending: Contents) -> None:
    with Path("/dev/full").open("w") as stream:
        outcome = spawned("run", "p.png", *OPTIONS, stdout=stream)
    assert (outcome.code, outcome.err) == (1, f"error: the output: {FULL}\n")
    assert riptui("resume", "runs").code == 0
    require_ending(ending)


@pytest.mark.parametrize("closed", [[1], [0, 1, 2]], ids=str)
def test_closed_streams_are_no_reason_to_fail_nor_to_write_into_a_trajectory(
    closed: list[int], ending: Contents
) -> None:
    def close() -> None:
        for number in closed:
            os.close(number)

    outcome = spawned("run", "p.png", *OPTIONS, preexec_fn=close)
    assert outcome.code == 0
    assert outcome.err == ""
    assert ("done at 32" in outcome.out) == (1 not in closed)
    require_ending(ending)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "shift-jis"])
def test_an_encoding_without_our_signs_gets_question_marks(encoding: str, finished_runs: Path, tmp_path: Path) -> None:
    for argv in commands_on(finished_runs, tmp_path):
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True) for _ in range(2))
        with redirect_stdout(out), redirect_stderr(err):
            assert main(argv) == 0
        assert len(out.buffer.getvalue().decode(encoding)) > 10
        assert err.buffer.getvalue() == b""


ENVIRONMENTS: dict[str, dict[str, str | None]] = {
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii:strict"},
    "bare": {"HOME": None, "TERM": None, "LANG": None, "PATH": "", "USER": None, "LOGNAME": None},
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_environment_of_any_kind_will_do(name: str, ending: Contents) -> None:
    outcome = spawned("run", "p.png", *OPTIONS, env=environment(**ENVIRONMENTS[name]))
    assert (outcome.code, outcome.err) == (0, "")
    assert "done at 32" in outcome.out
    require_ending(ending)


@pytest.mark.parametrize(
    "changes",
    [
        {"TERM": "dumb"},
        {"TERM": ""},
        {"COLUMNS": "40"},
        {"COLUMNS": "1"},
        {"COLUMNS": "0"},
        {"LINES": "1"},
        {"NO_COLOR": "1"},
    ],
    ids=str,
)
def test_a_terminal_of_any_kind_will_do(
    changes: dict[str, str], finished_runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in changes.items():
        monkeypatch.setenv(variable, value)
    for argv in commands_on(finished_runs, tmp_path):
        outcome = riptui(*argv, terminal=True)
        assert (outcome.code, outcome.err) == (0, "")
        require_harmless(outcome, terminal=True)


def test_nobody_at_home_will_do(monkeypatch: pytest.MonkeyPatch, ending: Contents) -> None:
    def nobody(number: int) -> None:
        raise KeyError(number)

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert riptui("run", "p.png", *OPTIONS).code == 0
    monkeypatch.setattr(doctor, "gpu", lambda: iter(()))
    assert riptui("doctor").code in (0, 1)
    require_ending(ending)


# --- each other


def test_the_same_command_twice_at_once_shares_the_work(longer_ending: Contents) -> None:
    command = ["run", "p.png", *LONGER, "--seed", "0-2"]
    with ThreadPoolExecutor(2) as both:
        outcomes = list(both.map(lambda _: spawned(*command), range(2)))
    assert [(outcome.code, outcome.err) for outcome in outcomes] == [(0, ""), (0, "")]
    events = [json.loads(line) for outcome in outcomes for line in outcome.out.splitlines()]
    for seed in range(3):
        folder = Path("runs", LONGER_PLACE.replace("s0", f"s{seed}"))
        ks = [
            event["k"] for event in events if event["event"] == "iterated" and event["trajectory"].endswith(folder.name)
        ]
        assert ks == list(range(1, 193))
        assert len(Trajectory(folder).sessions()) == 1
        assert Trajectory(folder).status() == "done"
    assert any(event["event"] == "elsewhere" for event in events)
    require_ending(longer_ending, place=LONGER_PLACE)
