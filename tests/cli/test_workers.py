"""Workers on the command line: run, detach, watch, ask, look."""

import json
import os
import platform
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from riptui.cli import logind, run_display
from riptui.cli.run_display import BarsDisplay, open_display
from riptui.errors import HeldError
from riptui.events import Ended, HeldByOther, Loading, Started, StepDone
from riptui.inpainters.devices import device_names
from riptui.store import layout
from riptui.store.listing import find_trajectories
from riptui.store.trajectory import Status, Trajectory
from riptui.store.worker_record import WorkerOptions, WorkerStatus
from riptui.store.worker_registry import list_workers, register
from riptui.supervision.client import list_running_workers
from riptui.text.units import format_rate
from riptui.worker.loop import new_worker_record
from tests.support.command import Outcome, environment, finished, require_harmless, riptui, spawned, started, wait_until
from tests.support.odd_inpainters import COMMAND
from tests.support.trajectories import MakeTrajectory, advance, picture

pytestmark = pytest.mark.slow


@pytest.fixture
def image(tmp_path: Path) -> Path:
    Image.fromarray(np.asarray(picture())).save(tmp_path / "cat.png")
    return tmp_path / "cat.png"


Run = Callable[..., list[str | Path]]


@pytest.fixture
def run(image: Path, runs: Path) -> Run:
    """The words of a `riptui run` that takes a second or so."""

    def words(*more: str, seconds: float = 0.05) -> list[str | Path]:
        size: list[str | Path] = [
            "--size",
            "256",
            "--mask",
            "64",
            "--amount",
            "100",
            "--metrics",
            "psnr",
            "--runs",
            runs,
        ]
        slow = ["--inpainter", "slow", "--set", f"seconds={seconds}"]
        return ["run", image, *size, *(slow if "--inpainter" not in more else []), *more]

    return words


@pytest.fixture
def stays(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers wait for more."""
    monkeypatch.setenv("RIPTUI_IDLE", "inf")


def statuses(runs: Path) -> list[str]:
    return [trajectory.read_status() for trajectory in find_trajectories(runs)]


# ── run ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.exhaustive
def test_a_model_is_left_to_a_worker_that_is_watched(run: Run, runs: Path) -> None:
    outcome = riptui(*run("--seed", "0-1"))
    require_harmless(outcome)
    assert (outcome.code, outcome.err) == (0, "")
    assert "cat/m64-s0-slow-seconds0.05-a100-256px (1 of 2): starts, 16 iterations" in outcome.out
    assert outcome.out.count(": done at 16/16, 16 iterations in") == 2
    assert "100 %  psnr" in outcome.out
    for trajectory in find_trajectories(runs):
        assert {session.pid for session in trajectory.read_sessions()} != {os.getpid()}
    again = riptui(*run("--seed", "0-1"))
    assert again.out.count("already done") == 2


def test_bars_show_loading_and_steps_of_all_that_is_in_hand(make_trajectory: MakeTrajectory) -> None:
    one, two = make_trajectory("a/one"), make_trajectory("a/two")
    with open_display("rich", [one, two]) as display:
        assert isinstance(display, BarsDisplay)
        display.show(one, Started(0))
        display.show(one, Loading("sd2"))
        assert shown(display) == {"2 trajectories": "", "a/one": "", "loading sd2 ...": ""}
        display.show(one, StepDone(0, 3, 50))
        display.show(two, Started(4))
        display.show(two, StepDone(4, 7, 50))
        assert shown(display) == {"2 trajectories": "", "a/one": "0 %  step 3/50", "a/two": "25 %  step 7/50"}
        display.show(two, Ended(16, True))
        assert shown(display) == {"2 trajectories": "", "a/one": "0 %  step 3/50"}


def test_bars_follow_what_another_process_computes_and_count_it(
    make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_display, "HELD_SECONDS", 0.0)
    own, held = make_trajectory("a/own"), make_trajectory("a/held")
    with open_display("rich", [own, held]) as display:
        assert isinstance(display, BarsDisplay)
        display.show(held, HeldByOther(0, None, HeldError("held")))
        display.show(own, Started(0))
        assert shown(display) == {"2 trajectories": "", "a/held (process ?)": "0 %", "a/own": ""}
        advance(held, 4)
        display.show(own, StepDone(1, 1, 2))
        assert shown(display)["a/held (process ?)"] == "25 %"
        assert display.progress.tasks[0].completed == 5
        advance(held, held.spec.iterations)
        display.show(own, StepDone(1, 2, 2))
        assert shown(display) == {"2 trajectories": "", "a/own": "6 %  step 2/2"}
        display.show(held, Ended(16, True))
        assert display.progress.tasks[0].completed == 17


def test_bars_count_what_others_finished_unseen(make_trajectory: MakeTrajectory) -> None:
    with open_display("rich", [make_trajectory("a/one"), other := make_trajectory("a/other")]) as display:
        assert isinstance(display, BarsDisplay)
        display.show(other, Ended(16, True))
        assert display.progress.tasks[0].completed == 16


def shown(display: BarsDisplay) -> dict[str, str]:
    return {task.description: task.fields["inpainted"] for task in display.progress.tasks}


@pytest.mark.exhaustive
def test_the_watch_in_json_tells_every_iteration_and_steps(run: Run) -> None:
    words = run("--display", "json", "--amount", "50", seconds=0.3)  # workers tell how far they are every 0.2 s
    outcome = riptui(*words)
    events = [json.loads(line) for line in outcome.out.splitlines()]
    assert [event["k"] for event in events if event["event"] == "iterated"] == list(range(1, 9))
    assert {event["steps"] for event in events if event["event"] == "stepped"} == {4}
    assert events[-1]["event"] == "ended"


def test_a_classical_inpainter_is_computed_here(run: Run, runs: Path) -> None:
    assert riptui(*run("--inpainter", "telea")).code == 0
    [trajectory] = find_trajectories(runs)
    assert {session.pid for session in trajectory.read_sessions()} == {os.getpid()}
    assert list_workers(runs) == []


@pytest.mark.exhaustive
def test_a_failure_in_the_worker_is_the_failure_of_the_run(run: Run, runs: Path) -> None:
    outcome = riptui(*run("--inpainter", "broken"))
    assert outcome.code == 1
    assert outcome.err.startswith("error: cat/m64-s0-broken-a100-256px: broken failed at iteration 1")
    assert "it is broken" in outcome.err
    assert statuses(runs) == [Status.FAILED]


@pytest.mark.usefixtures("stays")
@pytest.mark.exhaustive
def test_ctrl_c_of_a_watch_stops_only_its_own(run: Run, runs: Path, make_trajectory: MakeTrajectory) -> None:
    with started(*run(seconds=0.2), command=COMMAND, env=environment(RIPTUI_IDLE="inf")) as process:
        wait_until(lambda: list_running_workers(runs))
        [own] = find_trajectories(runs)
        others = make_trajectory("other/one", inpainter="slow", parameters={"seconds": 0.05, "steps": 2})
        wait_until(lambda: len(own.read_rows()) > 1)
        process.send_signal(signal.SIGINT)
        outcome = finished(process)
    assert outcome.code == 130
    assert "stopped; the computed frames are saved. Resume with: riptui resume" in outcome.err
    assert own.request.state == "stop"
    assert own.read_status() == Status.INTERRUPTED
    assert 1 < len(own.read_rows()) < 16
    wait_until(lambda: others.read_status() == Status.DONE)
    assert len(list_running_workers(runs)) == 1


@pytest.mark.usefixtures("stays")
def test_a_detached_run_returns_at_once_and_its_work_goes_on_without_it(run: Run, runs: Path) -> None:
    outcome = spawned(*run("--detach", seconds=0.25), command=COMMAND, env=environment(RIPTUI_IDLE="inf"))
    assert statuses(runs) != [Status.DONE], "its work takes 4 s from when the model is loaded"
    [worker] = list_running_workers(runs)
    assert outcome.code == 0
    [trajectory] = find_trajectories(runs)
    assert f"1 trajectory queued in {trajectory.path}; worker {worker.record.id} will run it" in outcome.out
    for command in ("ps", "logs -f", "ls", "stop"):
        assert f"riptui {command} " in outcome.out
    assert os.getsid(worker.record.pid) == worker.record.pid
    wait_until(lambda: statuses(runs) == [Status.DONE])
    again = riptui(*run("--detach", seconds=0.25))
    assert "already done" in again.out
    assert "queued" not in again.out


@pytest.mark.exhaustive
def test_detaching_a_classical_inpainter_in_json(run: Run, runs: Path) -> None:
    outcome = riptui(*run("--inpainter", "telea", "--detach", "--display", "json", "--seed", "0-1"))
    told = [json.loads(line) for line in outcome.out.splitlines()]
    assert [one["event"] for one in told] == ["queued", "queued"]
    wait_until(lambda: statuses(runs) == [Status.DONE, Status.DONE])


@pytest.mark.needs("diffusion")
@pytest.mark.parametrize(
    ("device", "words"), [("gpu", "unknown device 'gpu': use cpu, cuda or cuda:N"), ("cuda:99", "no device cuda:99")]
)
def test_a_device_that_cannot_be_there_is_an_error_before_anything_is_made(
    device: str, words: str, run: Run, runs: Path
) -> None:
    outcome = riptui(*run("--device", device))
    assert outcome.code == 2
    outcome.require_one_line(words)
    assert not runs.exists()


@pytest.mark.needs("diffusion")
def test_a_torch_for_cpus_has_no_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_names, "is_cpu_build", lambda version: True)
    with pytest.raises(device_names.InputError, match="the installed torch supports only the CPU"):
        device_names.require_device("cuda")


@pytest.mark.exhaustive
def test_offline_holds_for_the_worker_too(run: Run, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    with started(*run("--offline"), command=COMMAND, env=environment(RIPTUI_IDLE="0", RIPTUI_OFFLINE=None)) as process:
        wait_until(lambda: list_running_workers(runs))
        [worker] = list_running_workers(runs)
        told = Path(f"/proc/{worker.record.pid}/environ").read_bytes().split(b"\0")
        assert worker.record.offline
        assert {b"HF_HUB_OFFLINE=1", b"RIPTUI_OFFLINE=1"} <= set(told)
        assert finished(process).code == 0


# ── resume, pause, stop ──────────────────────────────────────────────────────────────────────────────────────────────


def test_pause_stop_and_resume_say_what_they_did(runs: Path, make_trajectory: MakeTrajectory) -> None:
    done, one, two = make_trajectory("a/done"), make_trajectory("a/one"), make_trajectory("b/two")
    assert riptui("resume", done.path, "--display", "none").code == 0
    assert riptui("pause", runs).out == "2 paused, 1 already done\n"
    assert [one.read_status(), two.read_status()] == [Status.PAUSED, Status.PAUSED]
    assert riptui("stop", one.path, two.path).out == "2 stopped\n"
    assert [one.request.state, two.request.state] == ["stop", "stop"]
    assert riptui("resume", runs / "a", "--runs", runs, "--detach").code == 0
    wait_until(lambda: one.read_status() == Status.DONE)
    assert two.request.state == "stop"


def test_stopping_what_is_computed_says_that_the_iteration_is_finished_first(
    runs: Path, make_trajectory: MakeTrajectory
) -> None:
    trajectory = make_trajectory("a/one", inpainter="slow", parameters={"seconds": 0.5, "steps": 50})
    with started("worker", "--runs", runs, command=COMMAND, env=environment(RIPTUI_IDLE="inf")):
        wait_until(lambda: trajectory.read_status() == Status.RUNNING)
        assert riptui("stop", trajectory.path).out == "1 stopped after the current iteration\n"
        wait_until(lambda: trajectory.read_status() == Status.QUEUED or trajectory.request.state == "stop")
        wait_until(lambda: trajectory.read_status() != Status.RUNNING)


@pytest.mark.parametrize("argv", [("stop",), ("stop", "--worker", "nobody"), ("pause", "/nowhere")])
def test_what_cannot_be_stopped_is_an_error_in_one_line(argv: tuple[str, ...], runs: Path) -> None:
    outcome = riptui(*argv, *(["--runs", str(runs)] if argv[0] == "stop" else []))
    assert outcome.code == 2
    outcome.require_one_line()


@pytest.mark.usefixtures("stays")
def test_workers_are_sent_away_by_name_or_all_of_them(runs: Path, make_trajectory: MakeTrajectory) -> None:
    make_trajectory("a/one", inpainter="slow", parameters={"seconds": 90, "steps": 900})
    assert riptui("resume", runs / "a", "--runs", runs, "--detach").code == 0
    [worker] = list_running_workers(runs)
    wait_until(lambda: (now := list_running_workers(runs)[0].live) and now.state == "working")
    outcome = riptui("stop", "--worker", worker.record.id, "--runs", runs)
    assert outcome.out == f"worker {worker.record.id} exits after the current iteration\n"
    wait_until(lambda: list_running_workers(runs)[0].leaving)
    killed = riptui("stop", "--worker", worker.record.id, "--kill", "--runs", runs)
    assert killed.out == f"worker {worker.record.id} was killed\n"
    wait_until(lambda: not list_running_workers(runs))
    assert not (runs / "a" / "one" / layout.ATTEMPTS).exists()  # it did not kill the worker: its user did
    assert riptui("stop", "--worker", "all", "--runs", runs).out == f"no running workers in {runs}\n"


@pytest.mark.usefixtures("stays")
def test_workers_are_started_in_the_background_also_beside_others(runs: Path) -> None:
    runs.mkdir(exist_ok=True)
    for _ in range(2):
        assert "runs in the background" in riptui("worker", "--detach", "--device", "cpu", "--runs", runs).out
    workers = list_running_workers(runs)
    riptui("stop", "--worker", "all", "--kill", "--runs", runs)
    assert len(workers) == 2


def test_all_are_asked_and_those_that_cannot_be_are_told_in_the_end(runs: Path) -> None:
    with (
        register(runs, msgspec.structs.replace(new_worker_record(WorkerOptions()), id="a-1-1", study="s.toml")),
        register(runs, msgspec.structs.replace(new_worker_record(WorkerOptions()), id="b-1-1", place="elsewhere")) as b,
    ):
        outcome = riptui("stop", "--worker", "all", "--runs", runs)
        assert b.leave_requested
        riptui("stop", "--worker", "b", "--kill", "--runs", runs).require_one_line("b-1-1 cannot be killed from here")
    assert (outcome.code, outcome.out) == (1, "worker b-1-1 exits after the current iteration\n")
    assert outcome.err == "error: worker a-1-1 belongs to a study: riptui study stop s.toml\n"


def test_a_pid_is_shown_with_the_host_that_it_means_something_on(runs: Path) -> None:
    for host, text in (("gpu7", "on gpu7"), (socket.gethostname(), "in another container or machine named ")):
        elsewhere = msgspec.structs.replace(new_worker_record(WorkerOptions()), pid=1, host=host, place="elsewhere")
        with register(runs, elsewhere):
            assert f"pid 1 {text}" in riptui("ps", "--runs", runs).out


# ── ps, logs ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_ps_has_no_speed_of_a_worker_that_is_idle(runs: Path) -> None:
    with register(runs, new_worker_record(WorkerOptions())) as worker:
        worker.publish(WorkerStatus(time.time(), "working", rate=2.5))
        assert format_rate(2.5) in riptui("ps", "--runs", runs).out
        worker.publish(WorkerStatus(time.time(), "idle", rate=2.5))
        assert format_rate(2.5) not in riptui("ps", "--runs", runs).out


def test_ps_says_that_nobody_lives_there(runs: Path) -> None:
    outcome = riptui("ps", "--runs", runs)
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err.count("\n") == 1
    assert riptui("ps", "--runs", runs, "--json").out == "[]\n"


def test_ps_shows_what_a_worker_is_at(runs: Path, make_trajectory: MakeTrajectory) -> None:
    for name in ("one", "two"):
        make_trajectory(f"a/{name}", inpainter="slow", parameters={"seconds": 90, "steps": 900})
    with started("worker", "--runs", runs, "--device", "cpu", "--batch", "1", command=COMMAND) as process:
        wait_until(lambda: "  step " in riptui("ps", "--runs", runs).out)
        outcome = riptui("ps", "--runs", runs)
        require_harmless(outcome)
        first, second = outcome.out.splitlines()
        assert f"working · pid {process.pid} · cpu ({platform.machine()}) · batch 1 · slow · 1 queued" in first
        assert "a/one  0/16  step " in second
        [told] = json.loads(riptui("ps", "--runs", runs, "--json").out)
        assert (told["pid"], told["live"]["jobs"][0]["path"]) == (process.pid, "a/one")


def test_text_in_the_register_is_harmless(runs: Path) -> None:
    nasty = new_worker_record(WorkerOptions(device="\x1b[2J\u202e"))
    with register(runs, nasty):
        outcome = riptui("ps", "--runs", runs)
        require_harmless(outcome)
        assert "\\x1b[2J" in outcome.out


def test_logs_of_a_worker_and_of_a_trajectory(runs: Path, make_trajectory: MakeTrajectory) -> None:
    good = make_trajectory("a/good")
    bad = make_trajectory("a/bad", inpainter="broken", parameters={})
    with started("worker", "--runs", runs, "--idle", "0", command=COMMAND) as process:
        finished(process)
    outcome = riptui("logs", "--runs", runs)
    assert "a/good: done at 16" in outcome.out
    assert "exiting: queue empty" in outcome.out
    assert riptui("logs", "--runs", runs, "-n", "1").out.count("\n") == 1
    assert "ValueError: it is broken" in riptui("logs", bad.path).out
    riptui("logs", good.path).require_one_line("has no log")
    riptui("logs", "nobody", "--runs", runs).require_one_line("no worker id starts with nobody")


def test_a_log_is_followed_until_ctrl_c(runs: Path, make_trajectory: MakeTrajectory) -> None:
    with started("worker", "--runs", runs, "--idle", "inf", command=COMMAND):
        wait_until(lambda: list_running_workers(runs))
        with started("logs", "-f", "--runs", runs) as reader:
            assert reader.stdout is not None
            assert "worker " in reader.stdout.readline()
            make_trajectory("a/late")
            assert "a/late: starts" in reader.stdout.readline()
            reader.send_signal(signal.SIGINT)
            assert finished(reader).code == 130


def test_a_log_with_escapes_is_harmless(tmp_path: Path, make_trajectory: MakeTrajectory) -> None:
    trajectory: Trajectory = make_trajectory()
    (trajectory.path / "log.txt").write_bytes(b"\x1b]0;gotcha\x07 \xff\n")
    outcome: Outcome = riptui("logs", trajectory.path)
    require_harmless(outcome)
    assert "\\x1b]0;gotcha\\x07" in outcome.out


def test_of_a_line_without_end_in_a_log_the_beginning_is_shown(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory()
    (trajectory.path / "log.txt").write_bytes(b"\0" * 2_000_000 + b"\nlast\n")
    first, last = riptui("logs", trajectory.path).out.splitlines()
    assert first.endswith("... and 1,990,000 more characters")
    assert (len(first) < 100_000, last) == (True, "last")


# ── logging out ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kills", "lingers", "advised"), [("yes", "no", True), ("yes", "yes", False), ("no", "no", False), ("", "", False)]
)
def test_lingering_is_advised_where_a_logout_would_end_the_work(
    kills: str, lingers: str, advised: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "loginctl"
    fake.write_text(f"#!/bin/sh\ncase $1 in show-session) echo {kills};; show-user) echo {lingers};; esac\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    monkeypatch.setenv("USER", "ada")
    monkeypatch.setenv("LOGNAME", "ada")
    assert ("loginctl enable-linger ada" in logind.logout_advice()) is advised


def test_without_logind_nothing_is_advised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    assert logind.logout_advice() == ""
