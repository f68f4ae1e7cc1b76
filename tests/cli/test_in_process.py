"""A run in the command's own process is a worker of the runs folder that takes nothing else."""

import json
import signal
from pathlib import Path

import PIL.Image
import pytest

from riptui.cli import run_trajectories
from riptui.cli.run_display import DisplayEvent, JsonDisplay
from riptui.cli.worker_options import ExecutionOptions
from riptui.store import trust
from riptui.store.listing import find_trajectories
from riptui.store.trajectory import Status, Trajectory
from riptui.store.trust import Trust
from riptui.store.worker_record import WorkerOptions
from riptui.store.worker_registry import list_workers
from riptui.supervision.client import list_running_workers, matches, request_state
from tests.support.command import finished, riptui, started, wait_until
from tests.support.trajectories import MakeTrajectory, picture

OPTIONS = ["--size", "256", "--mask", "16", "--amount", "400", "-i", "noise", "--metrics", ""]
"""1024 iterations."""


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    PIL.Image.fromarray(picture()).save("p.png")


def statuses() -> list[str]:
    return sorted(trajectory.read_status() for trajectory in find_trajectories(Path("runs")))


@pytest.mark.slow
@pytest.mark.exhaustive
def test_ps_shows_it_and_it_is_shut_down_as_by_ctrl_c(runs: Path) -> None:
    with started("run", "p.png", *OPTIONS, "--seed", "0-2", "--display", "none") as process:
        wait_until(lambda: "it/s" in riptui("ps", "--runs", runs).out)
        [worker] = list_running_workers(runs)
        assert (worker.record.pid, worker.record.command) == (process.pid, "run")
        assert not matches(worker, WorkerOptions())
        outcome = riptui("ps", "--runs", runs)
        assert f"working · riptui run · pid {process.pid}" in outcome.out
        assert "p/m16-s0-noise-256px  " in outcome.out
        [shown] = json.loads(riptui("ps", "--runs", runs, "--json").out)
        assert shown["live"]["queued"] == 2
        assert riptui("logs", worker.record.id, "--runs", runs).code == 2
        assert riptui("stop", "--worker", worker.record.id, "--runs", runs).code == 0
        assert finished(process).code == 128 + signal.SIGTERM
    assert statuses() == [Status.INTERRUPTED] * 3
    assert list_workers(runs) == []


@pytest.mark.slow
@pytest.mark.exhaustive
def test_one_that_is_killed_is_no_longer_listed(runs: Path) -> None:
    with started("run", "p.png", *OPTIONS, "--display", "none") as process:
        wait_until(lambda: list_running_workers(runs))
        process.kill()
        process.wait()
    assert list_running_workers(runs) == []
    assert riptui("resume", "runs").code == 0
    assert statuses() == [Status.DONE]


def test_where_it_cannot_register_it_runs_all_the_same_and_says_so(runs: Path) -> None:
    runs.mkdir()
    (runs / ".riptui").touch()
    outcome = riptui("run", "p.png", *OPTIONS[:4], "--amount", "10", *OPTIONS[6:], "--display", "none")
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (0, "", 1)
    assert "`riptui ps` does not list this run" in outcome.err
    assert statuses() == [Status.DONE]


@pytest.mark.slow
def test_what_is_paused_before_its_turn_is_left_out_and_the_rest_runs(
    make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, second, third = (make_trajectory(f"a/{name}", inpainter="noise") for name in "123")
    request_state(third, "pause")
    show = JsonDisplay.show

    def pausing(display: JsonDisplay, trajectory: Trajectory, event: DisplayEvent) -> None:
        show(display, trajectory, event)
        if trajectory.path.name == "1":
            request_state(second, "pause")

    monkeypatch.setattr(JsonDisplay, "show", pausing)
    outcome = riptui("resume", "runs", "--display", "json")
    assert outcome.code == 0
    ends = [event for event in map(json.loads, outcome.out.splitlines()) if event["event"] == "ended"]
    assert [(Path(event["trajectory"]).name, event["k"], event["done"]) for event in ends] == [
        ("1", 16, True),
        ("2", 0, False),
        ("3", 16, True),
    ]
    assert second.read_status() == Status.PAUSED


@pytest.mark.parametrize(("words", "code"), [([], 1), (["--trust"], 0)])
def test_files_of_another_user_s_spec_are_loaded_only_with_trust(
    words: list[str], code: int, make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Trust, "_owns", lambda self, trajectory: False)
    monkeypatch.setattr(trust, "list_loaded_files", lambda spec: ["palette"])
    trajectory = make_trajectory(inpainter="identity", mask=128)
    outcome = riptui("resume", trajectory.path, *words)
    assert outcome.code == code, outcome
    assert (trajectory.read_status() is Status.DONE) == (code == 0)
    assert ("its spec is another user's and loads palette" in outcome.err) == (code == 1)


def test_with_a_time_limit_a_worker_computes(make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[ExecutionOptions] = []
    monkeypatch.setattr(run_trajectories, "run_in_worker", lambda *given: asked.append(given[2]) or 0)
    assert riptui("resume", make_trajectory(inpainter="identity").path, "--timeout", "9").code == 0
    assert [execution.care.timeout for execution in asked] == [9]
