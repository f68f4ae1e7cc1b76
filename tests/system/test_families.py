"""Each family of diffusion models through the command: killed in the middle, resumed, and equal bit for bit.

One worker serves one family after another, and the next one after a kill is forked with the libraries imported.
"""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import numpy as np
from PIL import Image as Pictures

from riptui import inpainters
from riptui.store.creation import create_or_open
from riptui.store.frames import read_frames
from riptui.store.records import Request
from riptui.store.trajectory import Status, Trajectory
from riptui.supervision.client import list_running_workers, shut_down
from tests.inpainters.test_diffusion import STEPS, told
from tests.support.command import riptui, wait_until
from tests.support.exhaustive import some_of
from tests.support.fork_server import forked_workers
from tests.support.running import run_trajectory
from tests.support.tiny_checkpoints import FAMILIES, Checkpoints, checkpoints
from tests.support.trajectories import picture

__all__ = ["checkpoints"]

ITERATIONS = 12
GIVEN = ["--size", "256", "--mask", "128", "--amount", str(100 * ITERATIONS // 4), "--steps", "2", "--metrics", "psnr"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A runs folder, whose workers do not outlive the tests."""
    folder = tmp_path_factory.mktemp("families") / "runs"
    threads = {"OMP_NUM_THREADS": "1", "RIPTUI_OFFLINE": "1"}
    with pytest.MonkeyPatch.context() as patched:
        for name, value in threads.items():
            patched.setenv(name, value)
        with forked_workers("tests.support.tiny_checkpoints", "riptui.inpainters.diffusion", "riptui.worker.loop"):
            yield folder
            for worker in list_running_workers(folder):
                shut_down(worker)
            wait_until(lambda: not list_running_workers(folder))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "picture.png"
    Pictures.fromarray(picture()).save(path)
    return path


def kill_its_holder(trajectory: Trajectory) -> None:
    holder = trajectory.holder
    assert holder is not None
    assert holder.pid != os.getpid()
    os.kill(holder.pid, signal.SIGKILL)
    wait_until(lambda: trajectory.holder is None)


@pytest.mark.parametrize("family", some_of(FAMILIES, "sd2"))
def test_a_run_killed_in_the_middle_and_resumed_has_the_frames_of_one_that_was_not(
    family: str, checkpoints: Checkpoints, runs: Path, source: Path
) -> None:
    place = ["--runs", str(runs), "--group", family, "--name", "killed"]
    model = ["--inpainter", family, "--set", f"model={checkpoints[family]}", "--revision", "none", "--device", "cpu"]
    begun = riptui("run", source, *place, *model, *GIVEN, "--detach")
    assert begun.code == 0, begun.err
    killed = Trajectory(runs / family / source.stem / "killed")
    wait_until(lambda: len(killed.read_rows()) >= 2)
    kill_its_holder(killed)
    left = len(killed.read_rows())
    assert 2 <= left < ITERATIONS
    assert killed.read_status() in (Status.QUEUED, Status.INTERRUPTED)

    resumed = riptui("resume", killed.path, "--device", "cpu")
    assert resumed.code == 0, resumed.err
    assert killed.read_status() == Status.DONE
    assert len(killed.read_sessions()) == 2

    whole = create_or_open(runs, f"{family}/whole", killed.spec, picture(), Request())
    list(run_trajectory(whole))
    assert [row.sha256 for row in killed.read_rows()] == [row.sha256 for row in whole.read_rows()]
    assert (killed.path / "patches.bin").read_bytes() == (whole.path / "patches.bin").read_bytes()
    at = range(ITERATIONS + 1)
    for (_, one), (_, other) in zip(read_frames(killed, at), read_frames(whole, at), strict=True):
        assert np.array_equal(one, other)


def test_the_command_line_takes_a_folder(checkpoints: Checkpoints, runs: Path, source: Path) -> None:
    words = ["-i", str(checkpoints["sd2"]), "--steps", str(STEPS), "--size", "256", "--mask", "128", "--amount", "50"]
    outcome = riptui(
        "run", source, *words, "--runs", runs, "--group", "folder", "--metrics", "psnr", "--display", "none"
    )
    assert (outcome.code, outcome.out) == (0, "")
    (spec,) = (runs / "folder").glob("*/*/spec.json")
    written = json.loads(spec.read_bytes())
    assert written["inpainter"] == "diffusion"
    assert written["parameters"] == inpainters.spec_parameters("diffusion", told(checkpoints["sd2"], "diffusion"))
    assert len(Trajectory(spec.parent).read_rows()) == 2


@pytest.mark.exhaustive
def test_the_removed_original_is_said_to_be_its_mirror(runs: Path, source: Path) -> None:
    words = ["-i", "stabilityai/stable-diffusion-2-inpainting", "--metrics", "psnr"]
    outcome = riptui("run", source, *words, "--runs", runs, "--group", "original")
    assert outcome.code == 1
    said = " ".join(outcome.err.split())
    assert "was removed from the hub; its mirror sd2-community/" in said
    assert "riptui fetch sd2" in said
