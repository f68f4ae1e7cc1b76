"""Workers on a real GPU, with tiny random weights: kills, two on one card, what they tell, and which card they take.

`pytest -m gpu tests` runs all that needs a GPU; RIPTUI_TEST_DEVICE=cpu tries there what needs none.
"""

import json
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pictures

from riptui import inpainters
from riptui.inpainters.devices.nvidia_smi import query_gpus
from riptui.inpainters.devices.visible_devices import find_visible
from riptui.store import layout
from riptui.store.trajectory import Status, Trajectory
from riptui.store.worker_record import WorkerOptions, WorkerStatus
from riptui.store.worker_registry import Worker, list_workers, read_worker
from riptui.supervision.client import list_running_workers, start_worker
from tests.support.command import environment, riptui, started, wait_until
from tests.support.real_device import card, checkpoints, device
from tests.support.trajectories import MakeTrajectory, picture

__all__ = ["card", "checkpoints", "device"]

pytestmark = [pytest.mark.gpu, pytest.mark.slow, pytest.mark.filterwarnings("default")]

PATIENCE = 300
"""Seconds. Libraries that are read for the first time, and a driver that starts, take a while."""


@pytest.fixture
def runs(device: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runs folder, whose workers do not outlive the test."""
    for name, value in {"OMP_NUM_THREADS": "1", "RIPTUI_OFFLINE": "1", "RIPTUI_IDLE": "inf"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")  # a worker sets it itself
    folder = tmp_path / "runs"
    yield folder
    for worker in list_workers(folder):
        if worker.alive:
            os.kill(worker.record.pid, signal.SIGKILL)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    Pictures.fromarray(picture()).save(path := tmp_path / "picture.png")
    return path


def tiny_sd2(checkpoints: Mapping[str, Path], steps: int = 2) -> dict[str, Any]:
    """The fields of a spec."""
    own = {"model": str(checkpoints["sd2"]), "revision": None, "steps": steps}
    return {"inpainter": "sd2", "parameters": inpainters.spec_parameters("sd2", own)}


def run_words(runs: Path, checkpoints: Mapping[str, Path], name: str, iterations: int) -> list[str]:
    """The options of `riptui run` for the tiny SD2."""
    amount = str(100 * iterations / 16)
    model = ["-i", "sd2", "--set", f"model={checkpoints['sd2']}", "--revision", "none", "--steps", "2"]
    rip = ["--size", "256", "--mask", "64", "--amount", amount, "--metrics", "psnr"]
    return [*model, *rip, "--runs", str(runs), "--group", "gpu", "--name", name]


def content(trajectory: Trajectory) -> tuple[list[str], bytes]:
    """What was computed, to the byte."""
    rows = trajectory.read_rows()
    return [row.sha256 for row in rows], (trajectory.path / layout.PATCHES).read_bytes()


def live_of(worker: Worker) -> WorkerStatus:
    found = read_worker(worker.folder)
    assert found is not None
    return found.live or WorkerStatus(0.0)


def test_a_killed_worker_leaves_what_a_resumed_run_completes_to_the_same_bytes(
    device: str, runs: Path, source: Path, checkpoints: Mapping[str, Path]
) -> None:
    iterations = 40
    computing = ["--device", device, "--deterministic", "--compile", "off", "--batch", "1"]
    begun = riptui("run", source, *run_words(runs, checkpoints, "killed", iterations), *computing, "--detach")
    assert begun.code == 0, begun.err
    [killed] = map(Trajectory, (runs / "gpu").glob("*/killed"))
    wait_until(lambda: len(killed.read_rows()) >= 2, PATIENCE)
    assert killed.holder is not None
    assert killed.holder.pid != os.getpid()
    os.kill(killed.holder.pid, signal.SIGKILL)
    wait_until(lambda: killed.holder is None)
    assert len(killed.read_rows()) < iterations

    resumed = riptui("resume", killed.path, *computing)
    assert resumed.code == 0, resumed.err
    whole = riptui("run", source, *run_words(runs, checkpoints, "whole", iterations), *computing)
    assert whole.code == 0, whole.err
    uninterrupted = Trajectory(killed.path.with_name("whole"))
    assert [len(each.read_sessions()) for each in (killed, uninterrupted)] == [2, 1]
    assert all(session.device.startswith(f"{device} (") for session in killed.read_sessions())
    assert content(killed) == content(uninterrupted)
    checked = riptui("check", runs)
    assert checked.code == 0, checked.out + checked.err


def test_two_workers_on_one_card_share_the_queue(
    device: str, runs: Path, checkpoints: Mapping[str, Path], make_trajectory: MakeTrajectory
) -> None:
    options = WorkerOptions(device=device, batch=1, compile="off")
    workers = [start_worker(runs, options) for _ in range(2)]
    wait_until(lambda: all(live_of(worker).state == "idle" for worker in workers), PATIENCE)
    fields = {"amount": 50.0, **tiny_sd2(checkpoints)}
    made = [make_trajectory(f"shared/s{seed}", runs=runs, seed=seed, **fields) for seed in range(6)]
    wait_until(lambda: all(each.read_status() == Status.DONE for each in made), PATIENCE)
    assert len(list_running_workers(runs)) == 2
    computed_by = []
    for trajectory in made:
        [session] = trajectory.read_sessions()
        assert [row.k for row in trajectory.read_rows()] == [*range(1, 9)]
        assert session.device.startswith(f"{device} (")
        computed_by.append(session.pid)
    assert {*computed_by} == {worker.record.pid for worker in workers}


def test_a_worker_tells_its_device_and_how_full_and_busy_it_is(
    device: str, runs: Path, checkpoints: Mapping[str, Path], make_trajectory: MakeTrajectory
) -> None:
    worker = start_worker(runs, WorkerOptions(device=device, batch=1, compile="off"))
    trajectory = make_trajectory("long/t", runs=runs, amount=6400.0, **tiny_sd2(checkpoints, steps=50))
    wait_until(lambda: len(trajectory.read_rows()) >= 1, PATIENCE)
    wait_until(lambda: live_of(worker).device.startswith(f"{device} ("))
    if device.startswith("cuda"):
        wait_until(lambda: live_of(worker).load is not None)
        wait_until(lambda: 0 < (live_of(worker).memory_used or 0) < (live_of(worker).memory_total or 0))
        assert 0 <= live_of(worker).load <= 1
    else:
        assert (live_of(worker).memory_total, live_of(worker).load) == (None, None)


def test_the_devices_are_listed_with_their_memory(card: str) -> None:
    listed = riptui("devices", "--json")
    assert listed.code == 0, listed.err
    found = {each["device"]: each for each in json.loads(listed.out)}[card]
    assert found["name"]
    assert 0 <= found["memory_used"] <= found["memory_total"]


@pytest.mark.parametrize("command", ["run", "worker"])
@pytest.mark.parametrize("named_by", ["index", "UUID"])
def test_the_card_that_cuda_visible_devices_names_is_computed_on(
    named_by: str,
    command: str,
    card: str,
    runs: Path,
    source: Path,
    checkpoints: Mapping[str, Path],
    make_trajectory: MakeTrajectory,
) -> None:
    gpu = find_visible(query_gpus()).gpus[0]
    visible = str(gpu.index) if named_by == "index" else gpu.uuid
    surroundings = environment(CUDA_VISIBLE_DEVICES=visible, CUDA_DEVICE_ORDER="PCI_BUS_ID", RIPTUI_IDLE="0")
    words = ["run", str(source), *run_words(runs, checkpoints, "t", 2)]
    if command == "worker":
        make_trajectory("gpu/t", runs=runs, amount=12.5, **tiny_sd2(checkpoints))
        words = ["worker", "--runs", str(runs)]
    with started(*words, "--device", "cuda:0", env=surroundings) as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, out + err
    [trajectory] = (Trajectory(spec.parent) for spec in (runs / "gpu").rglob(layout.SPEC))
    assert trajectory.read_status() == Status.DONE, trajectory.read_log()
    assert trajectory.read_sessions()[-1].device.startswith("cuda:0 (")
