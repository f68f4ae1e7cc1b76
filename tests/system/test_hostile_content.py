"""Content of a trajectory's folder made to do harm: no text reaches the terminal raw, no wrong frame is given."""

import fcntl
import json
import os
import shutil
import socket
import stat
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from riptui.store import layout
from riptui.store.trajectory import Trajectory
from riptui.worker import loop
from tests.support.command import require_harmless, riptui
from tests.support.exhaustive import some_of
from tests.support.hostile_texts import (
    CLIPBOARD,
    EVERYTHING,
    EVIL,
    ITERATIONS,
    SOME,
    at_home,
    folder,
    half_done,
    nothing_hangs,
    require_all_harmless,
    right_frames,
    short,
)
from tests.support.spoilt_folders import FILES, SPOILT, TEXTS, added, holding

__all__ = ["at_home", "folder", "half_done", "nothing_hangs", "right_frames"]


@pytest.mark.parametrize("name", some_of(SPOILT, *[*SPOILT][::4]))
def test_whatever_a_folder_holds_no_command_is_harmed_and_no_wrong_frame_is_given(
    name: str, folder: Path, right_frames: list[np.ndarray]
) -> None:
    SPOILT[name](folder)
    require_all_harmless(EVERYTHING if name in TEXTS else SOME)
    for file in Path("frames").glob("*"):
        assert (np.asarray(PIL.Image.open(file)) == right_frames[int(file.stem)]).all()
    assert not Path("oops").exists()


@pytest.mark.parametrize("terminal", [False, True], ids=["plain", "rich"])
@pytest.mark.parametrize(
    "name",
    [
        "spec: key",
        "spec: deep",
        "spec: inpainter that nobody has",
        "original: text",
        "request: text",
        "request: metrics",
    ],
)
def test_a_spoilt_trajectory_does_not_keep_its_neighbours_from_their_end(
    name: str, terminal: bool, folder: Path
) -> None:
    for neighbour in ("s", "u"):
        shutil.copytree(folder, folder.parent / neighbour)
    SPOILT[name](folder)
    outcome = riptui("resume", "runs", terminal=terminal)
    assert outcome.code == 1
    assert "g/t" in outcome.err + (outcome.out if terminal else "")
    assert [Trajectory(folder.parent / neighbour).read_status() for neighbour in "su"] == ["done", "done"]
    assert [line.split()[0] for line in riptui("ls", "runs").out.splitlines()][::2] == ["✓", "✓"]


@pytest.mark.parametrize("display", ["plain", "rich", "json"])
def test_a_metric_of_any_name_is_shown_harmless(display: str, folder: Path) -> None:
    assert riptui("resume", "runs").code == 0
    added(layout.METRICS, json.dumps({"k": ITERATIONS, EVIL: 1.0, "[/red]": 2.0}) + "\n")(folder)
    for command in (["resume", "runs"], ["measure", "runs", "--metrics", "entropy"]):
        outcome = riptui(*command, "--display", display, terminal=display == "rich")
        require_harmless(outcome, terminal=display == "rich")
        assert outcome.code == 0


@pytest.mark.parametrize("place", [CLIPBOARD, "\u202e", "[/red]", "a\nb", os.fsdecode(b"\xff")], ids=short)
def test_a_trajectory_in_a_folder_of_any_name_is_shown_harmless(place: str, folder: Path) -> None:
    Path(f"./{place}").mkdir(parents=True)
    inside = f"./{place}/t"
    folder.rename(inside)
    for command in (["measure", "--metrics", "entropy"], ["resume"], ["resume"], ["check"], ["show"], ["ls"]):
        for terminal in (False, True):
            outcome = riptui(*command, inside, terminal=terminal)
            require_harmless(outcome, terminal=terminal)
            assert outcome.code == 0


def test_the_name_of_who_holds_a_lock_is_shown_harmless(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holding(".lock", json.dumps({"pid": 2**62, "host": EVIL, "since": 1e308}))(folder)
    with (folder / ".lock").open() as lock:
        for argv, code in (
            (["ls", "runs"], 0),
            (["show", str(folder)], 0),
            (["measure", "runs", "--metrics", "ssim"], 1),
        ):
            fcntl.flock(lock, fcntl.LOCK_EX)
            for terminal in (False, True):
                outcome = riptui(*argv, terminal=terminal)
                require_harmless(outcome, terminal=terminal)
                assert outcome.code == code
        monkeypatch.setattr(loop.time, "sleep", lambda seconds: fcntl.flock(lock, fcntl.LOCK_UN))
        for display, terminal in (("plain", False), ("rich", True), ("json", False)):
            fcntl.flock(lock, fcntl.LOCK_EX)
            outcome = riptui("resume", "runs", "--display", display, terminal=terminal)
            require_harmless(outcome, terminal=terminal)
            assert outcome.code == 0


def fifo(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # /dev/zero
        path.open("rb").close()
    except PermissionError:
        pytest.skip("no right to make a device")


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(path.parent)
        server.bind(path.name)
        os.chdir(path.parents[3 if path.parent.name == "keyframes" else 2])


@pytest.mark.parametrize(
    ("make", "name"),
    [*product([fifo, Path.mkdir], FILES), *product([device, unix_socket], [layout.SPEC, layout.PATCHES, ".lock"])],
)
def test_what_is_no_file_hangs_no_command(
    name: str, make: Callable[[Path], None], folder: Path, tmp_path: Path
) -> None:
    if (folder / name).is_dir():
        shutil.rmtree(folder / name)
    (folder / name).unlink(missing_ok=True)
    if not (make is Path.mkdir and name == layout.KEYFRAMES):
        make(folder / name)
    os.chdir(tmp_path)
    require_all_harmless()
