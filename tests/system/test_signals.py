"""What a user and a kernel can do to a run by signals, and one run to another."""

import json
import os
import pty
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from riptui.cli import run
from riptui.planning import submit
from riptui.store import creation, layout
from riptui.store.trajectory import Trajectory
from tests.support.command import PATIENCE, environment, finished, require_harmless, riptui, spawned, started
from tests.support.fault_runs import (
    LONGER,
    LONGER_PLACE,
    OPTIONS,
    AtIteration,
    Contents,
    at_home,
    at_iteration,
    ending,
    longer_ending,
    require_ending,
    under_way,
)

__all__ = ["at_home", "at_iteration", "ending", "longer_ending"]


# --- signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.exhaustive
def test_a_signal_ends_the_run_after_the_iteration_in_hand(number: signal.Signals, longer_ending: Contents) -> None:
    with under_way() as process:
        process.send_signal(number)
        outcome = finished(process)
    assert outcome.code == 128 + number
    *_, last = map(json.loads, outcome.out.splitlines())
    trajectory = Trajectory(Path("runs", LONGER_PLACE))
    assert (last["event"], last["done"], last["k"]) == ("ended", False, len(trajectory.read_rows()))
    assert 3 <= last["k"] < 150
    assert ("finishing this iteration" in outcome.err) == (number != signal.SIGHUP)
    assert outcome.err.endswith(
        "stopped; the computed frames are saved. Resume with: riptui resume " + f"runs/{LONGER_PLACE}\n"
    )
    assert trajectory.read_status() == "interrupted"
    assert riptui("resume", "runs").code == 0
    require_ending(longer_ending, place=LONGER_PLACE)


def test_a_second_ctrl_c_ends_the_run_at_once(longer_ending: Contents) -> None:
    with under_way() as process:
        process.send_signal(signal.SIGINT)
        assert process.stderr.readline() == "\n"
        assert process.stderr.readline() == "finishing this iteration, then stopping (press again to stop now)\n"
        process.send_signal(signal.SIGINT)
        outcome = finished(process)
    assert outcome.code == 130
    require_harmless(outcome)
    trajectory = Trajectory(Path("runs", LONGER_PLACE))
    assert 3 <= len(trajectory.read_rows()) < 150
    assert trajectory.read_status() != "running"
    assert riptui("check", "runs").code == 0
    assert riptui("resume", "runs").code == 0
    require_ending(longer_ending, place=LONGER_PLACE)


@pytest.mark.exhaustive
def test_nohup_is_respected(longer_ending: Contents) -> None:
    with under_way(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as process:
        process.send_signal(signal.SIGHUP)
        outcome = finished(process)
    assert (outcome.code, outcome.err) == (0, "")
    require_ending(longer_ending, place=LONGER_PLACE)


@pytest.mark.exhaustive
def test_a_kill_leaves_an_interrupted_trajectory_that_is_completed_by_the_same_command(longer_ending: Contents) -> None:
    with under_way() as process:
        process.kill()
        finished(process)
    trajectory = Trajectory(Path("runs", LONGER_PLACE))
    assert 3 <= len(trajectory.read_rows()) < 150
    assert trajectory.read_status() == "interrupted"
    assert "◼" in riptui("ls", "runs").out
    assert riptui("check", "runs").code == 0
    assert riptui("run", "p.png", *LONGER).code == 0
    require_ending(longer_ending, place=LONGER_PLACE)


AS_A_SESSION = """
import fcntl, sys, termios
from riptui.cli import main
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.exit(main())
"""


@pytest.mark.exhaustive
def test_a_terminal_that_goes_away_ends_the_run(longer_ending: Contents) -> None:
    master, side = pty.openpty()
    command = [sys.executable, "-c", AS_A_SESSION]
    options = [*LONGER[:-1], "rich"]
    with started(
        "run", "p.png", *options, command=command, stdin=side, stdout=side, stderr=side, start_new_session=True
    ) as process:
        os.close(side)
        shown = b""
        while b"it/s" not in shown:
            shown += os.read(master, 1000)
        os.close(master)
        assert process.wait(PATIENCE) in (1, 128 + signal.SIGHUP)
    trajectory = Trajectory(Path("runs", LONGER_PLACE))
    assert trajectory.read_status() in ("interrupted", "queued")
    assert riptui("resume", "runs").code == 0
    require_ending(longer_ending, place=LONGER_PLACE)


def interrupting(real: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, with Ctrl-C at its end."""

    def interrupted(*given: Any, **named: Any) -> Any:
        result = real(*given, **named)
        os.kill(os.getpid(), signal.SIGINT)
        return result

    return interrupted


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (run, "submit"),
        (submit, "create_or_open"),
        (creation, "_write_files"),
        (creation, "make_folders"),
        (creation, "encode_original_png"),
    ],
)
def test_ctrl_c_before_the_first_iteration_leaves_nothing_half_made(
    module: Any, name: str, monkeypatch: pytest.MonkeyPatch, ending: Contents
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(module, name, interrupting(getattr(module, name)))
        outcome = riptui("run", "p.png", *OPTIONS)
    assert outcome.code == 130
    require_harmless(outcome)
    assert not list(Path("runs").rglob(f"{layout.NEW_PREFIX}*"))
    assert len(list(Path("runs").rglob(layout.SPEC))) == (name in ("submit", "create_or_open"))
    assert riptui("run", "p.png", *OPTIONS).code == 0
    require_ending(ending)


AT_AN_IMPORT = """
import os, signal, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "PIL":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
"""


def test_ctrl_c_while_packages_are_imported_is_no_traceback() -> None:
    Path("hooks").mkdir()
    Path("hooks/sitecustomize.py").write_text(AT_AN_IMPORT)
    outcome = spawned("run", "p.png", *OPTIONS, env=environment(PYTHONPATH="hooks"))
    assert outcome.code == 130
    require_harmless(outcome)
    assert outcome.out == outcome.err.strip() == ""
    assert not Path("runs").exists()


def test_ctrl_c_stops_all_trajectories_of_the_command(at_iteration: AtIteration) -> None:
    at_iteration(12, lambda: os.kill(os.getpid(), signal.SIGINT))
    outcome = riptui("run", "p.png", *OPTIONS, "--seed", "0-2", "--display", "none")
    assert outcome.code == 130
    assert "Resume with: riptui resume runs/p\n" in outcome.err
    rows = [len(Trajectory(path.parent).read_rows()) for path in sorted(Path("runs").rglob(layout.SPEC))]
    assert rows == [12, 0, 0]
    assert sorted(line[0] for line in riptui("ls", "runs").out.splitlines()[:-1]) == ["◼", "◼", "◼"]
    assert riptui("resume", "runs").code == 0
    assert {line[0] for line in riptui("ls", "runs").out.splitlines()[:-1]} == {"✓"}


# --- each other


@pytest.mark.exhaustive
def test_the_same_command_twice_at_once_shares_the_work(longer_ending: Contents) -> None:
    command = ["run", "p.png", *LONGER, "--seed", "0-2"]
    with ThreadPoolExecutor(2) as both:
        outcomes = list(both.map(lambda _: spawned(*command), range(2)))
    assert [(outcome.code, outcome.err) for outcome in outcomes] == [(0, ""), (0, "")]
    events = [json.loads(line) for outcome in outcomes for line in outcome.out.splitlines()]
    for seed in range(3):
        folder = Path("runs", LONGER_PLACE.replace("s0", f"s{seed}"))
        ks = [
            event["k"] for event in events if event["event"] == "iterated" and event["trajectory"].endswith(folder.name)
        ]
        assert ks == list(range(1, 193))
        assert len(Trajectory(folder).read_sessions()) == 1
        assert Trajectory(folder).read_status() == "done"
    assert all(outcome.out for outcome in outcomes), "each reports how its trajectories ended, whoever computed them"
    require_ending(longer_ending, place=LONGER_PLACE)
