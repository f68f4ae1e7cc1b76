"""The queue of a runs folder: what is taken, in which order, and what a scan costs."""

import errno
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from riptui.events import Failed
from riptui.store.claim import claim
from riptui.store.disk_queue import DiskQueue
from riptui.store.trust import Trust
from riptui.store.worker_record import WorkerOptions
from riptui.store.worker_registry import list_workers, register
from riptui.supervision.client import request_state
from riptui.supervision.reordering import reorder
from riptui.worker.loop import new_worker_record, serve
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory


def test_the_lowest_in_the_queue_comes_first(make_trajectory: MakeTrajectory, tmp_path: Path) -> None:
    made = [make_trajectory(f"a/t{number}", seed=number) for number in (10, 9, 2)]
    for trajectory, queued in zip(made, (5.0, 5.0, 7.0), strict=True):
        request_state(trajectory, "stop")
        request_state(trajectory, "run", queued=queued)
    assert taken(tmp_path / "runs") == ["t9", "t10", "t2"]  # of one time: in natural order
    reorder([made[2], made[1], made[0]])
    assert taken(tmp_path / "runs") == ["t2", "t9", "t10"]
    reorder([made[0], made[2], made[1]])
    assert taken(tmp_path / "runs") == ["t10", "t2", "t9"]


def taken(runs: Path) -> list[str]:
    queue = DiskQueue(runs)
    names = []
    while trajectory := queue.take_next(None):
        names.append(trajectory.path.name)
    return names


def test_a_batch_takes_only_its_own_kind_and_no_later_than_another_that_waited_for_longer(
    make_trajectory: MakeTrajectory, tmp_path: Path
) -> None:
    early = make_trajectory("a/early", inpainter="telea", parameters={"radius": 3})
    for trajectory, queued in ((make_trajectory("a/first"), 100.0), (early, 200.0), (make_trajectory("a/late"), 300.0)):
        request_state(trajectory, "stop")
        request_state(trajectory, "run", queued=queued)
    queue = DiskQueue(tmp_path / "runs")
    first = queue.take_next(None)
    assert first is not None
    assert first.path.name == "first"
    assert queue.take_next(first.spec) is None
    other = queue.take_next(None)
    assert other is not None
    assert other.path.name == "early"
    late = queue.take_next(first.spec)
    assert late is not None
    assert late.path.name == "late"


def test_what_changed_since_the_last_look_is_seen_when_it_is_taken(
    make_trajectory: MakeTrajectory, tmp_path: Path
) -> None:
    trajectory = make_trajectory("a/one")
    queue = DiskQueue(tmp_path / "runs")
    queue.scan()
    assert len(queue) == 1
    request_state(trajectory, "pause")
    assert queue.take_next(None) is None
    request_state(trajectory, "run")
    queue.scan(now=True)
    with claim(trajectory):
        assert queue.take_next(None) is None


@pytest.mark.slow
def test_a_second_look_at_thousands_that_are_done_is_cheap(
    make_trajectory: MakeTrajectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trajectory = make_trajectory("a/done", mask=256)
    list(run_trajectory(trajectory))
    for number in range(2, 300):
        subprocess.run(["cp", "-r", trajectory.path, trajectory.path.with_name(f"t{number}")], check=True)
    old = time.time() - 60
    for folder in trajectory.path.parent.iterdir():
        os.utime(folder, (old, old))
    queue = DiskQueue(tmp_path / "runs")
    queue.scan()
    opened: list[object] = []
    monkeypatch.setattr("riptui.store.disk_queue.read_queued", lambda path, **_: opened.append(path))
    queue.scan(now=True)
    assert opened == []
    os.utime(trajectory.path)
    queue.scan(now=True)
    assert len(opened) == 1


def test_one_that_could_not_be_read_once_is_not_forgotten(
    make_trajectory: MakeTrajectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trajectory = make_trajectory()
    os.utime(trajectory.path, (0, 0))  # what was read of a folder that has not changed for long is kept
    queue = DiskQueue(tmp_path / "runs", Trust(trajectory.path.stat().st_uid).accepts)
    stat, opened = os.stat, os.open

    def fail(path: Any, *given: Any, **named: Any) -> Any:
        if str(path).endswith("request.json"):
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return (opened if given else stat)(path, *given, **named)

    for name in ("stat", "open"):
        with monkeypatch.context() as patched:
            patched.setattr(os, name, fail)
            for told in (1, 0):  # once
                queue.scan(now=True)
                assert len(queue) == 0
                assert len(queue.take_unreadable()) == told
        queue.scan(now=True)
        assert [queued.trajectory.path for queued in queue.waiting] == [trajectory.path]
        assert queue.take_unreadable() == []
        os.utime(trajectory.path, (1, 1))


def test_a_worker_tells_what_it_cannot_read(
    make_trajectory: MakeTrajectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_trajectory(inpainter="identity")
    opened = os.open

    def fail(path: Any, *given: Any, **named: Any) -> int:
        if str(path).endswith("request.json"):
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return opened(path, *given, **named)

    with register(tmp_path / "runs", new_worker_record(WorkerOptions())) as entry:
        with monkeypatch.context() as patched:
            patched.setattr(os, "open", fail)
            [(_, event)] = serve(entry, tmp_path / "runs", idle_seconds=0, should_stop=lambda: False)
        [worker] = list_workers(tmp_path / "runs")
    assert isinstance(event, Failed)
    assert "the file server no longer knows" in str(event.error)
    assert worker.live is not None
    assert "the file server no longer knows" in worker.live.skipped[0].reason
