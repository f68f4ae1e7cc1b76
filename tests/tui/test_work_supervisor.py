"""The app keeps a worker running for what its user queued, and for nothing else."""

import os
import signal
from pathlib import Path

import pytest

from riptui.store.trajectory import Status
from riptui.store.worker_record import WorkerOptions, WorkerRecord
from riptui.store.worker_registry import Worker
from riptui.supervision.client import ensure_worker, list_running_workers, request_state, shut_down
from riptui.supervision.follower import FollowTask
from riptui.tui import work_supervisor
from riptui.tui.work_supervisor import WorkSupervisor
from tests.support.app_pilot import open_app
from tests.support.command import wait_until
from tests.support.trajectories import MakeTrajectory

SLOW = {"seconds": 0.3, "steps": 4}


@pytest.fixture(autouse=True)
def idle_workers_stay(monkeypatch: pytest.MonkeyPatch, runs: Path) -> None:
    monkeypatch.setenv("RIPTUI_IDLE", "inf")


@pytest.mark.slow
async def test_a_worker_that_is_killed_is_replaced_and_the_trajectory_is_finished(
    runs: Path, make_trajectory: MakeTrajectory
) -> None:
    trajectory = make_trajectory(inpainter="slow", parameters=SLOW, mask=128)
    request_state(trajectory, "pause")
    async with open_app(runs, select="picture/m64-s0") as pilot:
        await pilot.press("p")
        await pilot.wait_until(trajectory.read_rows)
        [worker] = list_running_workers(runs)
        os.kill(worker.record.pid, signal.SIGKILL)
        said = await pilot.wait_for_toast(f"worker {worker.record.id} died; another one was started")
        assert str(worker.log) in said
        assert not any("died; see " in message for message in pilot.toasts)
        await pilot.wait_until(lambda: trajectory.read_status() == Status.DONE)
    assert len({session.pid for session in trajectory.read_sessions()}) == 2


@pytest.mark.slow
@pytest.mark.exhaustive
async def test_a_worker_that_the_user_shuts_down_is_not_replaced(runs: Path, make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(inpainter="slow", parameters=SLOW)
    request_state(trajectory, "pause")
    async with open_app(runs, select="picture/m64-s0") as pilot:
        await pilot.press("p")
        await pilot.wait_until(trajectory.read_rows)
        shut_down(list_running_workers(runs)[0])
        await pilot.wait_for_toast("the worker was shut down; 1 trajectory stays queued for the next worker")
    assert not list_running_workers(runs)


@pytest.mark.slow
@pytest.mark.exhaustive
async def test_what_others_queued_starts_no_worker(runs: Path, make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(inpainter="slow", parameters=SLOW)
    worker = ensure_worker(runs)
    wait_until(lambda: trajectory.read_status() == Status.RUNNING)
    async with open_app(runs) as pilot:
        await pilot.wait_until(lambda: pilot.browser.last_workers.workers)
        os.kill(worker.record.pid, signal.SIGKILL)
        await pilot.wait_for_toast("died; see ")
        await pilot.pause(2 * work_supervisor.POLL_SECONDS)
        assert not list_running_workers(runs)


@pytest.mark.parametrize(("on_end", "notices"), [("true", 0), ("", 0), ("no-such-program", 1)])
def test_the_setting_on_end_holds_for_what_the_app_queued_also_when_it_was_quit(
    on_end: str, notices: int, runs: Path, make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks: list[FollowTask] = []
    told: list[str] = []
    monkeypatch.setattr(work_supervisor, "start_follower", tasks.append)
    trajectory = make_trajectory()
    WorkSupervisor(runs, lambda text, **_: told.append(text), on_end).tell_ends([trajectory])
    expected = FollowTask(str(runs), (str(trajectory.path),), workers=(WorkerOptions(),), on_end="true")
    assert tasks == [expected] * (on_end == "true")
    assert len(told) == notices


def test_it_gives_up_with_the_reason_and_tries_again_when_more_is_queued(
    runs: Path, make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started: list[Worker] = []

    def start_doomed(runs: Path, options: WorkerOptions, count: int) -> list[Worker]:
        record = WorkerRecord(id=f"w{len(started)}", pid=1, host="host", started="", version="")
        started.append(Worker(record, None, False, tmp_path / record.id))
        return started[-1:]

    monkeypatch.setattr("riptui.supervision.pool.ensure_workers", start_doomed)
    monkeypatch.setattr(work_supervisor, "POLL_SECONDS", 0.01)
    told: list[tuple[str, str]] = []
    supervisor = WorkSupervisor(runs, lambda text, severity, timeout: told.append((severity, text)))
    for tries in (1, 2):
        supervisor.supervise([make_trajectory()])
        wait_until(lambda: told and not supervisor.is_supervising(started[-1]))
        assert [severity for severity, _ in told] == ["warning", "warning", "error"] * tries
        assert told[-1][1].startswith("gave up: 3 workers in a row ended without starting a trajectory")
        assert len(started) == 3 * tries
