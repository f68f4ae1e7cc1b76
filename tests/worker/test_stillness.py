"""A worker whose device hangs still has a heartbeat: it says itself that no step comes."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from riptui.store.worker_record import WorkerOptions
from riptui.store.worker_registry import register
from riptui.worker.heartbeat import Heartbeat
from riptui.worker.loop import new_worker_record
from riptui.worker.memory_queue import MemoryQueue
from tests.support.trajectories import MakeTrajectory


def test_it_says_so_only_when_a_step_takes_unusually_long(
    make_trajectory: MakeTrajectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr("riptui.worker.heartbeat.time.monotonic", lambda: clock[0])
    trajectory = make_trajectory()
    runner: Any = SimpleNamespace(in_progress=(), loaded_spec=None, device="cpu", notices=())
    runs = tmp_path / "runs"
    with register(runs, new_worker_record(WorkerOptions())) as entry:
        beat = Heartbeat(entry, runs, runner, MemoryQueue(), lambda: False)
        beat.phase = "working"

        def still_after(seconds: float) -> int:
            clock[0] += seconds
            return beat.build_status().still

        assert [still_after(0), still_after(900)] == [0, 0]  # it loads a model
        runner.in_progress = ((trajectory, 0, 16),)
        assert [still_after(0), still_after(900)] == [0, 0]  # for this one
        status = beat.build_status()
        assert (status.state, [job.iterations for job in status.jobs]) == ("loading", [16])
        runner.loaded_spec, runner.in_progress = trajectory.spec, ((trajectory, 0, 16),)
        assert [still_after(1), still_after(119), still_after(2)] == [0, 0, 121]  # the first step may compile
        for step in range(1, 4):
            beat.record_step(step, 50)
            still_after(0)
            assert still_after(10 if step < 3 else 0) == 0
        assert [still_after(49), still_after(2), still_after(9)] == [0, 51, 60]  # the longest since took 10 s
