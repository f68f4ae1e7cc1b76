"""What `riptui run` prints: JSON, plain lines, bars."""

import os
import re
import termios
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from riptui.cli.run_display import name_paths
from riptui.spec import measured_iterations
from riptui.store.trajectory import Status, Trajectory
from tests.support.command import PATIENCE, RICH, Outcome, environment, riptui, spawned, started
from tests.support.run_command import NAME, QUICK, SMALL, metrics_of, objects, run
from tests.support.trajectories import MakeTrajectory

pytest_plugins = ["tests.support.random_trunks"]

pytestmark = pytest.mark.usefixtures("place")


@pytest.mark.slow
def test_json_has_an_object_a_line_for_all_that_happens_in_order() -> None:
    outcome = run(*SMALL, "--metrics", "psnr", "--measure", "5", "--display", "json")
    events = objects(outcome)
    assert outcome.err == ""
    assert events[0] == {
        "event": "started",
        "trajectory": str(Path.cwd() / "runs" / "cat" / NAME),
        "k": 0,
        "iterations": 16,
        "recovered": [],
    }
    assert events[-1]["event"] == "ended"
    assert (events[-1]["k"], events[-1]["done"]) == (16, True)
    assert [event["k"] for event in events if event["event"] == "iterated"] == list(range(1, 17))
    spec = Trajectory(Path("runs/cat", NAME)).spec
    assert [event["k"] for event in events if event["event"] == "measured"] == measured_iterations(spec, 5)
    order = [(event["k"], event["event"]) for event in events[1:-1]]
    assert order == sorted(order)  # iterated before measured
    assert len({event["trajectory"] for event in events}) == 1


@pytest.mark.slow
def test_json_has_what_is_on_disk() -> None:
    events = objects(run(*SMALL, "--metrics", "psnr,ssim", "--display", "json"))
    trajectory = Trajectory(Path("runs/cat", NAME))
    rows = [event for event in events if event["event"] == "iterated"]
    for event, row in zip(rows, trajectory.read_rows(), strict=True):
        assert (event["k"], tuple(event["box"]), event["inpainted"]) == (row.k, row.box, row.inpainted)
        assert (event["coverage"], event["seconds"]) == (row.coverage, row.seconds)
    assert {
        event["k"]: event["values"] for event in events if event["event"] == "measured"
    } == trajectory.read_metrics()
    assert trajectory.read_metrics()[0]["psnr"] is None  # of equal pictures: infinite, which JSON has not


def test_json_says_what_is_done_already() -> None:
    run(*QUICK)
    [event] = objects(run(*QUICK, "--display", "json"))
    assert event == {"event": "already", "trajectory": str(Path.cwd() / "runs/cat/m128-s0-noise-a50-256px")}


@pytest.mark.slow
def test_none_prints_nothing() -> None:
    assert run(*SMALL, "--metrics", "psnr", "--display", "none") == Outcome(0, "", "")
    assert len(Trajectory(Path("runs/cat", NAME)).read_rows()) == 16


@pytest.mark.slow
@pytest.mark.parametrize("display", ["auto", "plain"])
def test_without_a_terminal_there_are_plain_lines(display: str) -> None:
    outcome = run(*SMALL, "--metrics", "psnr", "--display", display)
    lines = outcome.out.splitlines()
    assert lines[0] == f"cat/{NAME}: starts, 16 iterations"
    assert [line.split()[1:4] for line in lines[1:4]] == [
        ["0/16", "0", "%"],
        ["8/16", "50", "%"],
        ["16/16", "100", "%"],
    ]
    assert lines[1].endswith("psnr ∞")
    assert lines[4].startswith(f"cat/{NAME}: done at 16/16, 16 iterations in ")
    assert lines[5:] == [f"saved in runs/cat/{NAME}"]
    assert "\x1b" not in outcome.out


@pytest.mark.slow
@pytest.mark.parametrize("columns", [80, 40])
@pytest.mark.exhaustive
def test_a_terminal_has_bars_that_leave_a_line_for_each_that_ended(columns: int) -> None:
    text = on_terminal(columns, "run", "cat.png", *SMALL, "--seed", "0-1", "--metrics", "psnr")
    ended = [line.rpartition("\x1b[2K")[2] for line in text.splitlines() if "✓" in line]
    psnr = [metrics_of(f"m64-s{seed}-a100-256px")[16]["psnr"] for seed in (0, 1)]
    assert [RICH.sub("", line) for line in ended] == [
        f"✓ cat/m64-s{seed}-a100-256px  100 %  psnr {value:.2f}" for seed, value in enumerate(psnr)
    ]
    bars = [RICH.sub("", part) for part in re.split(r"\r|\n|\x1b\[2K", text) if "✓" not in part]
    assert any("2 traj" in bar for bar in bars)
    assert all(len(bar) <= columns for bar in bars)


def on_terminal(columns: int, *argv: str) -> str:
    """All that the command sends to a terminal of 24 lines."""
    master, slave = os.openpty()
    termios.tcsetwinsize(slave, (24, columns))
    with started(*argv, stdout=slave, stderr=slave, env=environment(TERM="xterm-256color")) as process:
        os.close(slave)
        sent = b""
        with suppress(OSError):  # Linux's way of saying that nobody writes any more
            while data := os.read(master, 65536):
                sent += data
        os.close(master)
        assert process.wait(PATIENCE) == 0
    return sent.decode()


@pytest.mark.slow
def test_bars_without_a_terminal_leave_only_the_lines() -> None:
    outcome = run(*SMALL, "--metrics", "psnr", "--display", "rich")
    psnr = metrics_of(NAME)[16]["psnr"]
    place = f"saved in runs/cat/{NAME}"
    assert outcome.out.split("\n\n") == [f"✓ cat/{NAME}  100 %  psnr {psnr:.2f}", f"{place}\n"]
    again = run(*SMALL, "--metrics", "psnr", "--display", "rich")
    assert again.out.split("\n\n") == [f"✓ cat/{NAME}  already done  psnr {psnr:.2f}", f"{place}\n"]


@pytest.mark.slow
@pytest.mark.parametrize("display", ["plain", "json", "rich", "none"])
def test_a_failure_ends_with_1_and_the_others_go_on(
    display: str, make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = make_trajectory("a/bad", mask=64), make_trajectory("a/good", mask=64, inpainter="noise")
    monkeypatch.setattr("riptui.inpainters.opencv.cv2.inpaint", lambda *given, **named: 1 / 0)
    outcome = riptui("resume", "runs", "--display", display)
    assert outcome.code == 1
    assert (bad.read_status(), good.read_status()) == (Status.FAILED, Status.DONE)
    text = outcome.out if display in ("json", "rich") else outcome.err
    assert "navier-stokes failed at iteration 1: ZeroDivisionError: division by zero" in text
    assert "Traceback" not in outcome.out + outcome.err
    if display == "json":
        assert Counter(event["event"] for event in objects(outcome))["failed"] == 1
    else:
        assert text.count("ZeroDivisionError") == 1


@pytest.mark.slow
def test_a_failure_is_forgotten_once_it_goes_on(
    make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    trajectory = make_trajectory()
    with monkeypatch.context() as broken:
        broken.setattr("riptui.inpainters.opencv.cv2.inpaint", lambda *given, **named: 1 / 0)
        assert riptui("resume", "runs").code == 1
    assert riptui("resume", "runs").code == 0
    assert trajectory.failure is None
    assert trajectory.read_status() == Status.DONE


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_command_itself_gives_the_exit_codes() -> None:
    given = {"cwd": Path.cwd(), "env": environment()}
    assert spawned("run", "cat.png", *QUICK, **given).code == 0
    refused = spawned("run", "cat.png", *QUICK, "--mask", "100", **given)
    assert refused.code == 2
    refused.require_one_line("mask 100 px")


def test_names_of_paths_tell_them_apart() -> None:
    assert name_paths([Path("runs/cat/m64"), Path("runs/fig7/cat/m64")]) == ["runs/cat/m64", "fig7/cat/m64"]
    assert name_paths([Path("runs/cat/m64"), Path("runs/fig7/dog/m64")]) == ["cat/m64", "dog/m64"]
