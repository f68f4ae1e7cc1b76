"""A worker whose iteration takes too long is ended."""

import signal
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from riptui.store.worker_record import WorkerJob, WorkerOptions, WorkerStatus
from riptui.store.worker_registry import list_workers, register
from riptui.supervision import client
from riptui.supervision.hang_watch import HangWatch
from riptui.supervision.monitor import TrajectoryMonitor
from riptui.supervision.pool import LocalPool
from riptui.worker.loop import new_worker_record
from tests.support.trajectories import MakeTrajectory

WORKING = WorkerStatus(when=1.0, state="working", jobs=(WorkerJob("a/one", 3, 16),))


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The signals that would have been sent."""
    sent: list[Any] = []
    monkeypatch.setattr(client, "signal_holder", lambda *given, **more: sent.append((*given, more)) or True)
    return sent


def test_only_an_iteration_that_takes_too_long_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: list[Any]
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    watch = HangWatch(60.0)
    with register(tmp_path, new_worker_record(WorkerOptions())) as entry:

        def check(seconds: float, live: WorkerStatus) -> str:
            clock[0] += seconds
            entry.publish(live)
            return watch.check(list_workers(tmp_path)[0])

        loading = msgspec.structs.replace(WORKING, state="loading", jobs=())
        assert check(0, loading) == check(500, loading) == ""
        later = msgspec.structs.replace(WORKING, jobs=(WorkerJob("a/one", 4, 16),))
        assert check(1, WORKING) == check(59, WORKING) == check(1, later) == check(59, later) == ""
        assert check(2, later).endswith("finished no iteration in 60 s: it was killed")
        assert check(59, later) == ""
        record = entry.record
        assert killed == [(entry.path, record.pid, signal.SIGKILL, {"started": record.start_ticks})]


@pytest.mark.usefixtures("killed")
def test_a_worker_of_another_host_is_not_signalled(tmp_path: Path, killed: list[Any]) -> None:
    elsewhere = msgspec.structs.replace(new_worker_record(WorkerOptions()), host="gpu7", pid=7, place="elsewhere")
    watch = HangWatch(1e-9)
    with register(tmp_path, elsewhere) as entry:
        entry.publish(WORKING)
        watch.check(list_workers(tmp_path)[0])
        assert watch.check(list_workers(tmp_path)[0]).endswith("end process 7 on gpu7 yourself")
    assert killed == []


def test_an_actor_is_ended_by_whoever_can(tmp_path: Path) -> None:
    ended: list[str] = []
    watch = HangWatch(1e-9, lambda worker: ended.append(worker.record.id) or "it is started again")
    with register(tmp_path, new_worker_record(WorkerOptions())) as entry:
        entry.publish(WORKING)
        watch.check(list_workers(tmp_path)[0])
        assert watch.check(list_workers(tmp_path)[0]).endswith("finished no iteration in 1 s: it is started again")
        assert ended == [entry.record.id]


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_worker_that_hangs_is_replaced_and_its_trajectory_fails_after_three(
    runs: Path, make_trajectory: MakeTrajectory
) -> None:
    trajectory = make_trajectory("a/one", inpainter="slow", parameters={"seconds": 100, "steps": 1})
    pool = LocalPool(runs, [WorkerOptions(device="cpu")], timeout=0.5)
    pool.start()
    notices: list[str] = []
    started = time.monotonic()
    for _, new in pool.watch(TrajectoryMonitor(runs, [trajectory]), poll_seconds=0.1):
        notices += new
        assert time.monotonic() - started < 120
    assert trajectory.failure is not None
    assert "three attempts ended without a new iteration" in trajectory.failure.error
    assert sum("it was killed" in notice for notice in notices) == 3
    assert len(pool.take_deaths()) == 3
