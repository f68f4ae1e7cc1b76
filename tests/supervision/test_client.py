"""The client's side: the registry as others leave it, starting workers, and watching them."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import msgspec
import pytest

from riptui.errors import DiskError, WorkerError
from riptui.events import Ended, Event, Failed, Iterated, Measured, Notice, Started, StepDone
from riptui.store import layout
from riptui.store.claim import claim
from riptui.store.creation import create_or_open
from riptui.store.lock import probe_lock
from riptui.store.records import Request
from riptui.store.trajectory import Status, Trajectory
from riptui.store.worker_environment import read_environment
from riptui.store.worker_process import process_place
from riptui.store.worker_record import WorkerJob, WorkerOptions, WorkerRecord, WorkerStatus
from riptui.store.worker_registry import LIVE_FILE, RECORD_FILE, Worker, list_workers, register, workers_folder
from riptui.supervision import client
from riptui.supervision.client import (
    ensure_worker,
    list_running_workers,
    matches,
    request_state,
    retry,
    shut_down,
)
from riptui.supervision.monitor import TrajectoryMonitor
from riptui.supervision.pool import LocalPool
from riptui.supervision.progress import ProgressTracker
from tests.support.command import wait_until
from tests.support.odd_inpainters import POISON
from tests.support.trajectories import MakeTrajectory, make_spec, picture

pytestmark = pytest.mark.slow

LONG = {"seconds": 0.2, "steps": 20}


@pytest.fixture
def stays(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers wait for more."""
    monkeypatch.setenv("RIPTUI_IDLE", "inf")


def record(name: str = "host-1-2", **fields: object) -> WorkerRecord:
    given = {"id": name, "pid": 1, "host": "host", "device": "", "batch": None, "started": "2026", "version": "0"}
    return WorkerRecord(**(given | fields))  # type: ignore[arg-type]


# ── the register ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_worker_is_alive_while_its_lock_is_held_whatever_its_pid(tmp_path: Path) -> None:
    with register(tmp_path, record(pid=2**22)) as entry:
        entry.publish(WorkerStatus(when=1.0, state="idle"))
        [worker] = list_workers(tmp_path)
        assert (worker.alive, worker.record, worker.live) == (True, entry.record, WorkerStatus(1.0, "idle"))
    [worker] = list_workers(tmp_path)
    assert not worker.alive
    assert list_running_workers(tmp_path) == []


@pytest.mark.parametrize("garbage", [b"", b"{", b'{"id": 7}', b"\0" * 100, b'{"when": 1, "sta', b"[" * 5000])
def test_garbage_in_the_register_is_no_worker_and_no_error(garbage: bytes, tmp_path: Path) -> None:
    with register(tmp_path, record("a-1-1")) as entry:
        (entry.path / LIVE_FILE).write_bytes(garbage)
        [worker] = list_workers(tmp_path)
        assert worker.live is None
    with register(tmp_path, record("b-1-1")) as entry:
        (entry.path / RECORD_FILE).write_bytes(garbage)
        assert [one.record.id for one in list_workers(tmp_path)] == ["a-1-1"]


def test_things_that_lie_around_in_the_register_are_no_workers(tmp_path: Path) -> None:
    parent = workers_folder(tmp_path)
    (parent / "empty").mkdir(parents=True)
    (parent / "file").write_text("x")
    (parent / "link").symlink_to(tmp_path)
    (parent / "fifo").mkdir()
    os.mkfifo(parent / "fifo" / RECORD_FILE)
    with register(tmp_path, record("other-1-1")):
        shutil.copytree(parent / "other-1-1", parent / "copy-of-it")
        assert [one.record.id for one in list_workers(tmp_path)] == ["other-1-1"]


def test_the_next_worker_clears_what_old_ones_left(tmp_path: Path) -> None:
    for number in range(30):
        with register(tmp_path, record(f"a-{number}-1")) as entry:
            pass
        days = 8 if number < 5 else 0.01
        then = time.time() - days * 86_400 + number
        os.utime(entry.path, (then, then))
    with register(tmp_path, record("b-1-1")):
        names = {one.record.id for one in list_workers(tmp_path)}
    assert names == {"b-1-1", *(f"a-{number}-1" for number in range(10, 30))}


def test_a_register_that_is_a_link_out_of_the_runs_folder_is_not_written_to(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    runs = tmp_path / "runs"
    runs.mkdir()
    (runs / ".riptui").symlink_to(elsewhere)
    with pytest.raises(DiskError, match="symbolic link"), register(runs, record()):
        pass


@pytest.mark.parametrize(
    ("options", "fits"),
    [
        (WorkerOptions(), True),
        (WorkerOptions(device="cuda"), True),
        (WorkerOptions(device="cuda:1"), False),
        (WorkerOptions(batch=8), True),
        (WorkerOptions(batch=4), False),
        (WorkerOptions(compile="off"), True),
        (WorkerOptions(compile="on"), False),
        (WorkerOptions(deterministic=True), False),
        (WorkerOptions(offload="none"), True),
        (WorkerOptions(offload="model"), False),
        (WorkerOptions(offline=True), False),
    ],
)
def test_a_worker_fits_what_it_was_started_for(options: WorkerOptions, fits: bool, tmp_path: Path) -> None:
    mine = record(
        host=socket.gethostname(), pid=os.getpid(), place=process_place(), device="cuda:0", batch=8, compile="off"
    )
    assert matches(Worker(mine, WorkerStatus(0.0, "idle"), True, tmp_path), options) is fits
    assert not matches(Worker(mine, WorkerStatus(0.0, "leaving"), True, tmp_path), options)
    assert not matches(Worker(mine, None, False, tmp_path), options)
    for own_work in ({"study": "a.toml"}, {"command": "run"}):
        other = msgspec.structs.replace(mine, **own_work)
        assert not matches(Worker(other, None, True, tmp_path), options)
    elsewhere = msgspec.structs.replace(mine, place="another container's")  # of the same host name
    assert not matches(Worker(elsewhere, None, True, tmp_path), options)


def test_a_worker_of_another_environment_does_not_fit_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"host": socket.gethostname(), "place": process_place(), "pid": os.getpid()}
    with register(tmp_path, record("a-1-1", **given, environment=read_environment())) as entry:
        entry.publish(WorkerStatus(0.0, "idle"))
        [worker] = list_workers(tmp_path)
        assert matches(worker, WorkerOptions())
        assert client.explain_other_environments(tmp_path) == []
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
        assert not matches(worker, WorkerOptions())
        [line] = client.explain_other_environments(tmp_path)
        assert "a-1-1 was started with another HF_HUB_CACHE" in line
        assert "riptui stop --worker a-1-1" in line
    assert client.explain_other_environments(tmp_path) == []


def test_only_options_that_differ_from_the_defaults_are_arguments_of_a_worker() -> None:
    assert client.to_arguments(WorkerOptions()) == []
    options = WorkerOptions("cuda:1", batch=8, deterministic=True, offload="model", offline=True)
    assert client.to_arguments(options) == [
        *("--device", "cuda:1", "--batch", "8", "--deterministic", "--offload", "model", "--offline")
    ]


# ── starting and ending ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("stays")
@pytest.mark.parametrize(
    ("device", "total", "shared"),
    [("cuda", 80, True), ("cuda:0", 80, True), ("", 80, True), ("cuda:1", 80, False), ("", None, False)],
)
def test_a_worker_on_the_same_gpu_is_noticed(device: str, total: int | None, shared: bool, tmp_path: Path) -> None:
    with register(tmp_path, record("a-1-1", device=device, place=process_place())) as entry:
        entry.publish(WorkerStatus(when=1.0, memory_total=total))
        beside = client.list_workers_on_gpu(tmp_path, record("b-1-1", device="cuda:0"))
        assert [worker.record.id for worker in beside] == ["a-1-1"] * shared
        assert client.list_workers_on_gpu(tmp_path, entry.record) == []  # itself
    with register(tmp_path, record("a-1-1", device=device, place="another container's")) as entry:
        entry.publish(WorkerStatus(when=1.0, memory_total=total))
        assert client.list_workers_on_gpu(tmp_path, record("b-1-1", device="cuda:0")) == []


def test_two_callers_at_once_start_one_worker(runs: Path, stays: None) -> None:
    found: list[Worker] = []
    threads = [Thread(target=lambda: found.append(ensure_worker(runs))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({worker.record.id for worker in found}) == 1
    assert len(list_workers(runs)) == 1
    assert ensure_worker(runs).record == found[0].record
    shut_down(found[0])
    wait_until(lambda: not list_running_workers(runs))
    shut_down(found[0])  # it has left: nothing to do


def test_a_worker_that_does_not_start_is_an_error_with_its_last_words(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "COMMAND", ("sh", "-c", "echo the driver is gone >&2; exit 7"))
    with pytest.raises(WorkerError, match=r"did not start \(exit code 7\): the driver is gone"):
        ensure_worker(runs)


def test_a_worker_anywhere_is_asked_in_its_folder_and_no_process_is_signalled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On another host, in another container, as process 1: whatever worker.json and the lock say of a process."""
    monkeypatch.setattr(client, "signal_holder", lambda *_: pytest.fail("it signalled a process"))
    with register(tmp_path, record(place="elsewhere", pid=1)) as entry:
        (entry.path / ".lock").write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": 0}))
        assert not entry.leave_requested
        shut_down(list_workers(tmp_path)[0])
        assert entry.leave_requested
    with register(tmp_path, record(place="elsewhere", pid=1)) as again:
        assert not again.leave_requested  # it was an earlier one's


def test_a_worker_of_an_older_release_is_signalled_only_if_it_is_shown_to_hold_its_lock(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as innocent:
        with register(tmp_path, record(host=socket.gethostname(), pid=innocent.pid)) as entry:
            with pytest.raises(WorkerError, match=r"riptui 0 runs on .*: shut it down there"):
                shut_down(list_workers(tmp_path)[0])
            (entry.path / ".lock").write_text(json.dumps({"pid": innocent.pid, "host": "host", "since": 0}))
            assert not list_workers(tmp_path)[0].is_here
        assert innocent.poll() is None
        innocent.kill()
    heard: list[int] = []
    previous = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        with register(tmp_path, record(host=socket.gethostname(), pid=os.getpid())):
            [worker] = list_workers(tmp_path)
            assert worker.is_here
            shut_down(worker)
            wait_until(lambda: heard == [signal.SIGTERM])
    finally:
        signal.signal(signal.SIGTERM, previous)


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_asks_again_keeps_the_place_and_who_comes_back_gets_a_new_one(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory()
    request_state(trajectory, "run", Request(metrics=("psnr",)), queued=5.0)
    request_state(trajectory, "run", Request(metrics=("ssim",)), queued=9.0)
    assert trajectory.request == Request("run", ("psnr", "ssim"), "half", 5.0)
    request_state(trajectory, "pause")
    assert trajectory.read_status() == Status.PAUSED
    request_state(trajectory, "run", queued=9.0)
    assert trajectory.request.queued == 9.0


def test_a_retry_forgets_failure_and_attempts(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory()
    with claim(trajectory) as claimed:
        claimed.folder.write_atomically(layout.FAILED, b'{"when": "", "k": 1, "error": "it broke", "traceback": ""}')
        claimed.folder.write_atomically(layout.ATTEMPTS, b'{"k": 0, "count": 4}')
        retry(trajectory)  # while it is computed there is nothing to forget
        assert trajectory.has_failed
    retry(trajectory)
    assert trajectory.read_status() == Status.QUEUED
    assert not (trajectory.path / layout.ATTEMPTS).exists()


# ── watching ─────────────────────────────────────────────────────────────────────────────────────────────────────────


Look = tuple[list[tuple[Trajectory, Event]], list[str]]


def watch(runs: Path, trajectories: list[Trajectory], options: WorkerOptions = client.ANY_WORKER) -> Iterator[Look]:
    pool = LocalPool(runs, [options])
    pool.start()
    return pool.watch(TrajectoryMonitor(runs, trajectories), poll_seconds=0.25)


def all_events(looks: Iterator[Look]) -> list[tuple[Trajectory, Event]]:
    return [event for events, _ in looks for event in events]


def test_what_a_worker_says_about_its_inpainter_is_told_once(runs: Path, make_trajectory: MakeTrajectory) -> None:
    first, second = (make_trajectory(name, seed=seed) for seed, name in enumerate(("one", "two")))
    monitor = TrajectoryMonitor(runs, [first])
    with register(runs, record()) as entry:
        told = []
        for trajectory in (second, first, first):
            jobs = (WorkerJob(os.path.relpath(trajectory.path, runs), 0, 16),)
            entry.publish(WorkerStatus(1.0, "working", jobs=jobs, notices=("the prompt is cut",)))
            told.append([(one, event) for one, event in monitor.poll() if isinstance(event, Notice)])
        assert told == [[], [(first, Notice("the prompt is cut"))], []]


def test_a_study_and_the_app_are_told_it_too(runs: Path, make_trajectory: MakeTrajectory) -> None:
    first, second = (make_trajectory(f"group/{name}", seed=seed) for seed, name in enumerate(("one", "two")))
    tracker = ProgressTracker(runs / "group", runs, {"one": 16})
    with register(runs, record()) as entry:
        told = []
        for trajectory in (second, first, first):
            jobs = (WorkerJob(os.path.relpath(trajectory.path, runs), 0, 16),)
            entry.publish(WorkerStatus(1.0, "working", jobs=jobs, notices=("the prompt is cut",)))
            told.append(tracker.poll().notices)
    assert told == [(), ("the prompt is cut",), ()]


@pytest.mark.exhaustive
def test_what_is_told_is_what_the_engine_would_tell(runs: Path, make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(metrics=("psnr",), inpainter="slow", parameters=LONG)
    events = [event for _, event in all_events(watch(runs, [trajectory]))]
    kept = [event for event in events if isinstance(event, Started | Iterated | Measured | Ended)]
    assert kept[0] == Started(0)
    assert [event.row for event in kept if isinstance(event, Iterated)] == trajectory.read_rows()
    measured = {event.k: dict(event.values) for event in kept if isinstance(event, Measured)}
    assert measured == trajectory.read_metrics()
    assert kept[-1] == Ended(16, True)
    steps = [event for event in events if isinstance(event, StepDone)]
    assert len(steps) > 3
    assert {event.steps for event in steps} == {20}


@pytest.mark.exhaustive
def test_the_death_of_a_worker_is_noticed_within_two_seconds_and_another_goes_on(
    runs: Path, make_trajectory: MakeTrajectory
) -> None:
    trajectory = make_trajectory(inpainter="slow", parameters={"seconds": 0.1, "steps": 4})
    killed = noticed = 0.0
    for events, notices in watch(runs, [trajectory]):
        for _, event in events:
            if isinstance(event, Iterated) and event.row.k >= 3 and not killed:
                [worker] = list_running_workers(runs)
                os.kill(worker.record.pid, signal.SIGKILL)
                killed = time.monotonic()
        for text in notices:
            noticed = time.monotonic()
            assert "died; another one was started" in text
    # the notice comes with the worker that replaces it, which takes most of this time to start
    assert 0 < noticed - killed < 2
    assert [row.k for row in trajectory.read_rows()] == list(range(1, 17))
    assert len({session.pid for session in trajectory.read_sessions()}) == 2


def poisonous(runs: Path, place: str) -> Trajectory:
    original = picture()
    original[0, 0] = POISON
    return create_or_open(runs, place, make_spec(original, inpainter="touchy", parameters={}), original, Request())


@pytest.mark.parametrize("batch", ["1", "4"])
@pytest.mark.exhaustive
def test_a_poisonous_trajectory_fails_and_the_good_ones_finish(
    batch: str, runs: Path, make_trajectory: MakeTrajectory
) -> None:
    good = [make_trajectory(f"a/t{number}", seed=number, inpainter="touchy", parameters={}) for number in range(3)]
    poison = poisonous(runs, "a/t1-poison")
    ends = dict(all_events(watch(runs, [*good, poison], WorkerOptions(batch=int(batch)))))
    assert all(ends[trajectory] == Ended(16, True) for trajectory in good)
    assert isinstance(ends[poison], Failed)
    assert "attempts ended without a new iteration" in str(ends[poison].error)
    assert poison.read_status() == Status.FAILED
    retry(poison)
    assert poison.read_status() == Status.QUEUED


@pytest.mark.exhaustive
def test_workers_that_die_before_they_try_anything_are_given_up(
    runs: Path, make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    trajectory = make_trajectory()
    request_state(trajectory, "pause")
    monkeypatch.setenv("RIPTUI_IDLE", "inf")
    started: list[Worker] = []

    def start_doomed(runs: Path, options: WorkerOptions, count: int) -> list[Worker]:
        request_state(trajectory, "pause")  # it has nothing to start before it is killed
        worker = ensure_worker(runs, options)
        os.kill(worker.record.pid, signal.SIGKILL)
        wait_until(lambda: not probe_lock(worker.folder)[0])
        request_state(trajectory, "run")
        started.append(worker)
        return [worker]

    monkeypatch.setattr("riptui.supervision.pool.ensure_workers", start_doomed)
    looks = watch(runs, [trajectory])
    request_state(trajectory, "run")
    with pytest.raises(WorkerError, match=r"gave up: 3 workers in a row ended without starting.*; see .*log\.txt"):
        all_events(looks)
    assert len(started) == 3


@pytest.mark.usefixtures("stays")
def test_a_worker_that_is_shut_down_is_not_replaced(runs: Path, make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(inpainter="slow", parameters=LONG)
    looks = watch(runs, [trajectory])
    wait_until(lambda: any(isinstance(event, Iterated) for _, event in next(looks)[0]))
    shut_down(list_running_workers(runs)[0])
    with pytest.raises(WorkerError, match="the worker was shut down; 1 trajectory stays queued"):
        all_events(looks)
    assert trajectory.read_status() == Status.QUEUED


def test_a_trajectory_that_somebody_stops_has_ended(runs: Path, make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(inpainter="slow", parameters=LONG)
    ends = []
    for events, _ in watch(runs, [trajectory]):
        for _, event in events:
            if isinstance(event, Iterated):
                request_state(trajectory, "stop")
            if isinstance(event, Ended):
                ends.append(event)
    assert [event.done for event in ends] == [False]


def test_a_folder_that_is_removed_has_failed(runs: Path, make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(inpainter="slow", parameters=LONG)
    ends = []
    for events, _ in watch(runs, [trajectory]):
        for _, event in events:
            if isinstance(event, Iterated):
                shutil.rmtree(trajectory.path, ignore_errors=True)
            if isinstance(event, Failed):
                ends.append(event)
    assert len(ends) == 1


@pytest.mark.usefixtures("stays")
def test_a_trajectory_that_no_worker_can_use_has_failed_for_who_watches(
    runs: Path, make_trajectory: MakeTrajectory
) -> None:
    trajectory = make_trajectory()
    (trajectory.path / layout.ORIGINAL).unlink()
    events = [event for _, event in all_events(watch(runs, [trajectory]))]
    [failed] = [event for event in events if isinstance(event, Failed)]  # its worker may be seen to load before
    assert layout.ORIGINAL in str(failed.error)


@pytest.mark.usefixtures("stays")
def test_a_trajectory_that_an_idle_worker_does_not_take_is_given_up(
    runs: Path, make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("riptui.supervision.restart_policy.STALLED_SECONDS", 0.5)
    monkeypatch.setattr("riptui.supervision.monitor.find_skipped", lambda workers, earlier: {})
    trajectory = make_trajectory()
    (trajectory.path / layout.ORIGINAL).unlink()
    with pytest.raises(WorkerError, match=r"the workers are idle, but 1 trajectory is still queued; see .*log\.txt"):
        all_events(watch(runs, [trajectory]))
