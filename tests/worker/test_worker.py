"""The worker as a process: what it takes, how it waits and leaves, and what it survives."""

import getpass
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from riptui.images import pixels_sha256
from riptui.spec import Spec
from riptui.store.claim import claim
from riptui.store.creation import create_or_open
from riptui.store.records import Request
from riptui.store.trajectory import Status, Trajectory
from riptui.store.worker_record import WorkerStatus
from riptui.store.worker_registry import LOG_FILE, list_workers, new_log_path
from riptui.supervision.client import list_running_workers, request_state, shut_down
from riptui.worker import heartbeat
from tests.support.command import PATIENCE, environment, finished, spawned, started, wait_until
from tests.support.odd_inpainters import COMMAND, POISON
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, make_spec, picture

pytestmark = pytest.mark.slow


def work(runs: Path, *options: str) -> None:
    """A worker, until nothing is left."""
    outcome = spawned("worker", "--runs", runs, "--idle", "0", *options, command=COMMAND)
    assert (outcome.code, outcome.err) == (0, "")


def live(runs: Path) -> WorkerStatus | None:
    workers = list_running_workers(runs)
    return workers[0].live if workers else None


# ── what it takes ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_computes_what_is_asked_for_and_nothing_else(runs: Path, make_trajectory: MakeTrajectory) -> None:
    asked = make_trajectory("a/asked", metrics=("psnr",))
    paused, stopped, failed = make_trajectory("a/paused"), make_trajectory("a/stopped"), make_trajectory("b/failed")
    request_state(paused, "pause")
    request_state(stopped, "stop")
    with claim(failed) as claimed:
        claimed.folder.write_atomically("failed.json", b'{"when": "", "k": 1, "error": "it broke", "traceback": ""}')
    work(runs)
    assert asked.read_status() == Status.DONE
    assert len(asked.read_metrics()) == 3
    assert [one.read_rows() for one in (paused, stopped, failed)] == [[], [], []]
    assert [one.read_status() for one in (paused, failed)] == [Status.PAUSED, Status.FAILED]


def test_its_trajectory_is_the_one_that_a_foreground_run_gives(runs: Path, make_trajectory: MakeTrajectory) -> None:
    here, there = make_trajectory("a/here"), make_trajectory("a/there")
    list(run_trajectory(here))
    work(runs)
    assert [row.sha256 for row in there.read_rows()] == [row.sha256 for row in here.read_rows()]


def test_two_workers_compute_every_iteration_once(runs: Path, make_trajectory: MakeTrajectory) -> None:
    made = [make_trajectory(f"a/t{number}", seed=number, inpainter="slow", parameters=QUICK) for number in range(6)]
    with started("worker", "--runs", runs, "--idle", "0", command=COMMAND) as one:
        work(runs)
        assert finished(one).code == 0
    workers = set()
    for trajectory in made:
        assert [row.k for row in trajectory.read_rows()] == list(range(1, 17))
        assert len(trajectory.read_sessions()) == 1
        workers.add(trajectory.read_sessions()[0].pid)
    assert len(workers) == 2


QUICK = {"seconds": 0.01, "steps": 2}
LONG = {"seconds": 0.4, "steps": 40}


# ── what it tells ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_tells_what_it_is_at(runs: Path, make_trajectory: MakeTrajectory) -> None:
    make_trajectory("a/one", inpainter="slow", parameters=LONG)
    make_trajectory("a/two", inpainter="slow", parameters=LONG)
    with started("worker", "--runs", runs, "--idle", "inf", "--batch", "1", command=COMMAND) as process:
        wait_until(lambda: (now := live(runs)) and now.jobs and now.jobs[0].step)
        now = live(runs)
        assert now is not None
        assert (now.state, now.inpainter, now.queued, now.memory_total) == ("working", "slow", 1, None)
        assert (now.jobs[0].path, now.jobs[0].iterations, now.jobs[0].steps) == ("a/one", 16, 40)
        [worker] = list_running_workers(runs)
        assert (worker.record.pid, worker.record.batch) == (process.pid, 1)


@pytest.mark.exhaustive
def test_an_idle_worker_writes_seldom(runs: Path, make_trajectory: MakeTrajectory) -> None:
    make_trajectory("a/one")
    with started("worker", "--runs", runs, "--idle", "inf", command=COMMAND):
        wait_until(lambda: (now := live(runs)) and now.state == "idle")
        times = set()
        deadline = time.monotonic() + 1.5
        while time.monotonic() < deadline:
            times.add(now.when if (now := live(runs)) else 0.0)
            time.sleep(0.02)
    assert len(times) <= 3  # the iterations of the last minute leave it too


def test_what_libraries_print_lands_in_the_log_and_not_on_the_terminal(
    runs: Path, make_trajectory: MakeTrajectory
) -> None:
    make_trajectory("a/one", inpainter="noisy", parameters={})
    outcome = spawned("worker", "--runs", runs, "--idle", "0", command=COMMAND)
    assert (outcome.code, outcome.err) == (0, "")
    assert "a/one: starts, 16 iterations" in outcome.out
    assert "a/one: done at 16" in outcome.out
    assert "library" not in outcome.out
    log = list_workers(runs)[0].log.read_text()
    assert log.count("a library's print") == log.count("a native complaint") == 16
    assert "a/one: done at 16" in log


def test_a_log_that_grew_too_long_keeps_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "MAX_LOG_BYTES", 1000)
    monkeypatch.setattr(heartbeat, "KEPT_LOG_BYTES", 100)
    log = tmp_path / LOG_FILE
    log.write_text("".join(f"line {number}\n" for number in range(200)))
    with log.open("a") as writer:
        heartbeat.truncate_log(log)
        writer.write("and on it goes\n")
    lines = log.read_text().splitlines()
    assert lines[0] == "... earlier lines were dropped"
    assert lines[-2:] == ["line 199", "and on it goes"]
    assert log.stat().st_size < 200


@pytest.mark.parametrize("link", [Path.symlink_to, Path.hardlink_to])
def test_a_file_that_somebody_planted_as_a_log_is_not_cut(
    link: Callable[[Path, Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "MAX_LOG_BYTES", 1000)
    victim, log = tmp_path / "thesis", tmp_path / LOG_FILE
    victim.write_bytes(b"x" * 5000)
    link(log, victim)
    heartbeat.truncate_log(log)
    assert victim.stat().st_size == 5000


# ── how it leaves ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.exhaustive
def test_it_waits_for_more_and_leaves_when_it_has_waited_for_long_enough(
    runs: Path, make_trajectory: MakeTrajectory
) -> None:
    with started("worker", "--runs", runs, "--idle", "0.03", command=COMMAND) as process:
        wait_until(lambda: (now := live(runs)) and now.state == "idle")
        trajectory = make_trajectory("a/late")
        wait_until(lambda: trajectory.read_status() == Status.DONE)
        assert process.poll() is None
        begun = time.monotonic()
        outcome = finished(process)
    assert outcome.code == 0
    assert "exiting: queue empty" in outcome.out
    assert 1.0 < time.monotonic() - begun < PATIENCE
    assert list_running_workers(runs) == []


def test_it_leaves_when_its_runs_folder_is_removed(runs: Path) -> None:
    with started("worker", "--runs", runs, "--idle", "inf", command=COMMAND) as process:
        wait_until(lambda: (now := live(runs)) and now.state == "idle")
        shutil.rmtree(runs)
        assert finished(process).code == 0
    assert not runs.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_after_the_iteration_and_leaves_the_rest_queued(
    number: signal.Signals, runs: Path, make_trajectory: MakeTrajectory
) -> None:
    one, two = (make_trajectory(f"a/{name}", inpainter="slow", parameters=QUICK) for name in ("one", "two"))
    with started("worker", "--runs", runs, "--batch", "1", command=COMMAND) as process:
        wait_until(lambda: len(one.read_rows()) > 2)
        process.send_signal(number)
        outcome = finished(process)
    assert outcome.code == 0
    assert "exiting: stop requested" in outcome.out
    assert 2 < len(one.read_rows()) < 16
    assert [trajectory.read_status() for trajectory in (one, two)] == [Status.QUEUED, Status.QUEUED]
    assert not (one.path / "attempts.json").exists()
    [worker] = list_workers(runs)
    assert worker.live is not None
    assert worker.live.dismissed


def test_a_request_in_its_folder_ends_it_like_a_signal_and_the_log_says_whose(
    runs: Path, make_trajectory: MakeTrajectory
) -> None:
    make_trajectory("a/one", inpainter="slow", parameters=LONG)
    with started("worker", "--runs", runs, "--idle", "inf", command=COMMAND) as process:
        wait_until(lambda: (now := live(runs)) and now.jobs and now.jobs[0].k)
        [worker] = list_running_workers(runs)
        shut_down(worker)
        outcome = finished(process)
    assert outcome.code == 0
    assert f"exiting: stop requested by {getpass.getuser()}@{socket.gethostname()}" in outcome.out
    [ended] = list_workers(runs)
    assert (ended.alive, ended.live and ended.live.dismissed) == (False, True)


def test_a_second_signal_ends_it_at_once(runs: Path, make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory("a/one", inpainter="slow", parameters={"seconds": 90, "steps": 900})
    with started("worker", "--runs", runs, command=COMMAND) as process:
        wait_until(lambda: (now := live(runs)) and now.jobs and now.jobs[0].step)
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: (now := live(runs)) and now.state == "leaving")
        process.send_signal(signal.SIGTERM)
        assert finished(process).code == 130
    assert trajectory.request.state == "run"


def test_a_trajectory_that_is_paused_leaves_between_two_steps(runs: Path, make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory("a/one", inpainter="slow", parameters={"seconds": 90, "steps": 900})
    with started("worker", "--runs", runs, command=COMMAND):
        wait_until(lambda: (now := live(runs)) and now.jobs and now.jobs[0].step)
        request_state(trajectory, "pause")
        wait_until(lambda: trajectory.read_status() == Status.PAUSED, patience=5)


# ── what goes wrong ──────────────────────────────────────────────────────────────────────────────────────────────────


def poisonous(runs: Path, place: str) -> Trajectory:
    original = picture()
    original[0, 0] = POISON
    spec: Spec = make_spec(original, inpainter="touchy", parameters={}, order="raster", paste=True)
    assert spec.original_sha256 == pixels_sha256(original)
    return create_or_open(runs, place, spec, original, Request())


def test_a_folder_that_is_removed_while_it_is_computed_ends_only_itself(
    runs: Path, make_trajectory: MakeTrajectory
) -> None:
    gone, stays = (make_trajectory(f"a/{name}", inpainter="slow", parameters=QUICK) for name in ("gone", "stays"))
    with started("worker", "--runs", runs, "--idle", "0", "--batch", "1", command=COMMAND) as process:
        wait_until(lambda: len(gone.read_rows()) > 2)
        subprocess.run(["rm", "-rf", gone.path], check=True)
        outcome = finished(process)
    assert outcome.code == 0
    assert "a/gone: " in outcome.out
    assert stays.read_status() == Status.DONE


def test_unreadable_folders_are_left_alone(runs: Path, make_trajectory: MakeTrajectory) -> None:
    good, bad, worse = make_trajectory("a/good"), make_trajectory("a/bad"), make_trajectory("a/worse")
    (bad.path / "request.json").write_text("{")
    (worse.path / "spec.json").write_text("{}")
    work(runs)
    assert good.read_status() == Status.DONE


def test_a_hangup_does_not_end_a_detached_worker(runs: Path, make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory("a/one", inpainter="slow", parameters=QUICK)
    log = new_log_path(runs)
    with log.open("ab") as said:
        given = {"stdout": said, "stderr": said, "env": environment()}
        options = ("--runs", runs, "--idle", "0", "--log", log)
        with started("worker", *options, command=COMMAND, start_new_session=True, **given) as process:
            wait_until(lambda: len(trajectory.read_rows()) > 2)
            process.send_signal(signal.SIGHUP)
            assert process.wait(PATIENCE) == 0
    assert trajectory.read_status() == Status.DONE
    assert not log.exists()
    assert "a/one: done at 16" in list_workers(runs)[0].log.read_text()
