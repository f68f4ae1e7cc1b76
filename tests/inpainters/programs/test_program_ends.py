"""Nothing of a program outlives its run, whatever it starts, and whatever happens to the process that started it."""

import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from riptui.arrays import Images
from riptui.errors import InpainterError
from riptui.inpainters import load
from riptui.inpainters.programs import program_guard
from riptui.inpainters.programs.program_files import exchange_folder
from riptui.inpainters.programs.program_guard import MARK, end_marked
from riptui.recursion import ignore_step
from riptui.testing.inpainter_rules import make_images, make_masks
from tests.support.programs import PYTHON, define_program, stand_in

SIZE = 16
DEADLINE_SECONDS = 60.0


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """$TMPDIR, which must have nothing of ours at the end."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def paint(count: int = 1) -> None:
    load("mine")(make_images(count, SIZE), make_masks(count, SIZE), seeds=[*range(count)], on_step=ignore_step)


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.005)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("action", ["daemon", "daemon-fail"])
def test_a_child_in_a_session_of_its_own_is_ended_too(action: str, tmp_path: Path) -> None:
    child = tmp_path / "child"
    define_program(stand_in(action, child))
    if action == "daemon":
        paint()
    else:
        with pytest.raises(InpainterError, match="exited with 1"):
            paint()
    wait_until(lambda: not is_running(int(child.read_text())))


OWNER = """
import subprocess, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from program_guard import MARK, guarded
folder = Path(sys.argv[2])
folder.mkdir()
with guarded(folder):
    child = subprocess.Popen(["sleep", "600"], env={MARK: str(folder)}, start_new_session=True)
    print(child.pid, flush=True)
    time.sleep(600)
"""


def test_a_killed_owner_leaves_neither_program_nor_folder(temporary: Path) -> None:
    argv = [*PYTHON, "-c", OWNER, str(Path(program_guard.__file__).parent), str(temporary / "folder")]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        child = int(owner.stdout.readline())
        assert is_running(child)
        owner.kill()
    wait_until(lambda: not is_running(child))
    wait_until(lambda: list(temporary.iterdir()) == [])


def test_only_what_has_the_mark_is_ended(tmp_path: Path) -> None:
    with (
        subprocess.Popen(["sleep", "600"], env={MARK: f"{tmp_path}/other"}) as other,
        subprocess.Popen(["sleep", "600"], env={MARK: str(tmp_path)}) as marked,
    ):
        end_marked(str(tmp_path))
        assert marked.wait() == -signal.SIGKILL
        assert other.poll() is None
        other.kill()


def test_a_guard_ends_with_its_folder() -> None:
    with exchange_folder() as folder:
        mark = folder.mark
    assert not [path for path in Path("/proc").glob("[0-9]*/cmdline") if _read(path).endswith(f"{mark}\0".encode())]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_where_the_system_reaps_children_it_still_paints(monkeypatch: pytest.MonkeyPatch) -> None:
    define_program(stand_in("copy"))
    previous = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        paint()
    finally:
        signal.signal(signal.SIGCHLD, previous)


@pytest.mark.slow
def test_two_runs_at_once_share_nothing(tmp_path: Path) -> None:
    define_program(stand_in("copy"))
    images = make_images(1, SIZE)
    inpaint, other = load("mine"), load("mine")
    found: list[Images] = []

    def paint_between(step: int, steps: int) -> None:
        if not found:
            found.append(other(images[:, ::-1], make_masks(1, SIZE), seeds=[1], on_step=ignore_step))

    [first] = inpaint(images, make_masks(1, SIZE), seeds=[1], on_step=paint_between)
    assert np.array_equal(first, images[0])
    assert np.array_equal(found[0], images[:, ::-1])
