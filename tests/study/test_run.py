"""A study as its user meets it: run, with workers of its own, killed in every way, run again."""

import errno
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from riptui import filesystem
from riptui.store.trajectory import Status
from riptui.supervision.client import list_running_workers
from tests.support import odd_inpainters  # noqa: F401  workers that are started from here know them
from tests.support.command import Outcome, environment, finished, require_harmless, riptui, started, wait_until
from tests.support.odd_inpainters import COMMAND, POISON
from tests.support.study_runs import all_of, require_once, require_whole, rows, save_pictures, undisturbed
from tests.support.trajectories import picture

pytestmark = pytest.mark.slow

SWEEP = """
metrics = ["psnr"]
[sweep]
inpainter = "slow"
seconds = {seconds}
mask = [64, 128]
seed = "0-1"
amount = 100
size = 256
"""

Written = Callable[..., Path]
TRAJECTORIES = 8
ITERATIONS = 2 * 2 * (16 + 4)


@pytest.fixture
def written(tmp_path: Path, runs: Path) -> Written:
    """A study of two pictures, four trajectories each; each iteration takes so many seconds."""

    def write(seconds: float = 0.01, sweep: str = SWEEP) -> Path:
        save_pictures(tmp_path)
        file = tmp_path / "small.toml"
        file.write_text(f'images = ["*.png"]\nruns = "{runs}"\n{sweep.format(seconds=seconds)}')
        return file

    return write


def run(file: Path, *more: str) -> list[str | Path]:
    return ["study", "run", file, "--devices", "cpu", "--workers", "2", *more]


def ran(file: Path, *more: str) -> Outcome:
    with started(*run(file, *more), command=COMMAND, env=environment(RIPTUI_IDLE="0")) as process:
        return finished(process)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a study gives that nobody disturbs, computed in one process."""
    return undisturbed(tmp_path_factory.mktemp("reference"), 0.01)


def test_two_workers_compute_a_study_and_a_second_run_adds_nothing(
    written: Written, runs: Path, reference: Path
) -> None:
    told = ran(written(), "--display", "json")
    require_harmless(told)
    assert (told.code, told.err) == (0, "")
    events = [json.loads(line) for line in told.out.splitlines()]
    assert [event["made"] for event in events if event["event"] == "submitted"] == [4, 4]
    assert (events[-1]["event"], events[-1]["outcome"]) == ("ended", "done")
    assert [event["event"] for event in events].count("ended") == 1
    assert events[-1]["done"] == events[-1]["iterations"] == ITERATIONS
    assert events[-1]["statuses"] == {"done": 8}
    require_whole(runs, reference)
    assert len({session.pid for one in all_of(runs).values() for session in one.read_sessions()}) == 2
    again = ran(written())
    require_harmless(again)
    assert (again.code, again.err) == (0, "")
    assert again.out.splitlines()[-1] == "100 %  8 done"
    assert {len(one.read_sessions()) for one in all_of(runs).values()} == {1}


def test_a_killed_worker_is_replaced_and_nothing_is_computed_twice(
    written: Written, runs: Path, reference: Path
) -> None:
    with started(*run(written()), command=COMMAND, env=environment(RIPTUI_IDLE="0")) as process:
        wait_until(lambda: rows(runs) > 10)
        victim = list_running_workers(runs)[0]
        os.kill(victim.record.pid, signal.SIGKILL)
        outcome = finished(process)
    assert outcome.code == 0
    assert f"worker {victim.record.id} died; another one was started" in outcome.err
    require_whole(runs, reference)
    require_once(runs, deaths=1)


@pytest.mark.exhaustive
def test_two_runs_of_one_file_share_the_work(written: Written, runs: Path, reference: Path) -> None:
    file = written()
    with (
        started(*run(file), command=COMMAND, env=environment(RIPTUI_IDLE="0")) as one,
        started(*run(file), command=COMMAND, env=environment(RIPTUI_IDLE="0")) as other,
    ):
        outcomes = finished(one), finished(other)
    assert [outcome.code for outcome in outcomes] == [0, 0]
    require_whole(runs, reference)
    require_once(runs, deaths=0)


def test_ctrl_c_stops_the_study_and_the_same_command_goes_on(written: Written, runs: Path, reference: Path) -> None:
    file = written()
    with started(*run(file), command=COMMAND, env=environment(RIPTUI_IDLE="0")) as process:
        wait_until(lambda: rows(runs) > 4)
        process.send_signal(signal.SIGINT)
        outcome = finished(process)
    assert outcome.code == 130
    assert "stopped; the computed frames are saved. Continue with: riptui study run" in outcome.err
    assert {one.request.state for one in all_of(runs).values() if one.read_status() != Status.DONE} == {"stop"}
    assert rows(runs) < ITERATIONS
    assert ran(file).code == 0
    require_whole(runs, reference)


@pytest.mark.exhaustive
def test_a_detached_study_goes_on_and_can_be_looked_at_stopped_and_resumed(written: Written, runs: Path) -> None:
    file = written(0.06)
    outcome = ran(file, "--detach")
    assert outcome.code == 0
    assert "8 trajectories queued in" in outcome.out
    assert "for 2 workers" in outcome.out
    wait_until(lambda: rows(runs) > 2)
    status = json.loads(riptui("study", "status", file, "--json").out)
    assert status["expected"] == 8
    assert sum(status["statuses"].values()) == 8
    assert len(status["workers"]) == 2
    assert riptui("study", "pause", file).out.endswith(" paused\n")
    wait_until(lambda: "running" not in statuses(file))
    assert statuses(file).get("paused", 0) > 0
    assert riptui("study", "stop", file).out.endswith(" stopped\n")
    assert statuses(file).keys() <= {"interrupted", "done"}
    assert riptui("study", "resume", file).out.endswith(" queued\n")
    assert ran(file).code == 0
    assert statuses(file) == {"done": 8}


def statuses(file: Path) -> dict[str, int]:
    found: dict[str, int] = json.loads(riptui("study", "status", file, "--json").out)["statuses"]
    return found


@pytest.mark.exhaustive
def test_a_picture_that_kills_its_workers_fails_and_the_others_are_done(
    written: Written, runs: Path, tmp_path: Path
) -> None:
    file = written(sweep='metrics = []\n[sweep]\ninpainter = "touchy"\namount = 50\nmask = 128\nsize = 256')
    poison = picture()
    poison[0, 0] = POISON
    Image.fromarray(poison).save(tmp_path / "poison.png")
    (tmp_path / "half.png").write_bytes((tmp_path / "a.png").read_bytes()[:5000])
    outcome = ran(file)
    assert outcome.code == 1
    assert "left out: " in outcome.err
    assert "half.png" in outcome.err
    assert "poison/m128-s0-touchy-a50-256px: three attempts ended without a new iteration" in outcome.err
    assert statuses(file) == {"done": 2, "failed": 1}
    told = riptui("study", "status", file)
    assert "failed: poison/m128-s0-touchy-a50-256px: three attempts" in told.err
    assert "3 of 4 trajectories are created" in told.err
    assert riptui("study", "retry", file).out == "1 queued again\n"
    assert statuses(file) == {"done": 2, "queued": 1}


@pytest.mark.exhaustive
def test_what_fails_by_itself_is_told_and_stops_nothing(written: Written) -> None:
    outcome = ran(written(sweep='metrics = []\n[sweep]\ninpainter = ["broken", "noise"]\namount = 50\nsize = 256'))
    assert outcome.code == 1
    assert outcome.err.count("it is broken") == 2
    assert "2 failed" in outcome.out
    assert "2 done" in outcome.out


@pytest.mark.exhaustive
def test_workers_that_are_shut_down_end_the_watch(written: Written, runs: Path) -> None:
    file = written(0.3)
    with started(*run(file), command=COMMAND, env=environment(RIPTUI_IDLE="0")) as process:
        wait_until(lambda: len(list_running_workers(runs)) == 2 and rows(runs))
        assert riptui("stop", "--worker", "all", "--runs", runs).code == 0
        outcome = finished(process)
    assert outcome.code == 1
    assert "all workers were shut down" in outcome.err
    assert statuses(file)["queued"] > 0


def test_without_workers_it_is_only_queued(written: Written, runs: Path) -> None:
    outcome = riptui("study", "run", written(), "--workers", "0", "--detach")
    assert outcome.code == 0
    assert "8 trajectories queued in" in outcome.out
    assert not list_running_workers(runs)
    assert statuses(written()) == {"queued": 8}


def test_ctrl_c_without_workers_of_its_own_stops_nothing_and_says_how_to_look_stop_and_return(
    written: Written, runs: Path
) -> None:
    file = written()
    with started("study", "run", file, "--workers", "0", command=COMMAND, env=environment(RIPTUI_IDLE="0")) as process:
        wait_until(lambda: len(all_of(runs)) == TRAJECTORIES)
        process.send_signal(signal.SIGINT)
        outcome = finished(process)
    assert outcome.code == 130
    assert {one.request.state for one in all_of(runs).values()} == {"run"}
    for words in ("nothing was stopped", "riptui study status", "riptui study stop", "--workers 0"):
        assert words in outcome.err


def test_a_disk_that_fills_up_leaves_whole_trajectories_and_the_next_run_makes_the_rest(
    written: Written, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written()
    room = [30]
    write = filesystem.write_at

    def full(fd: int, data: bytes, start: int) -> None:
        room[0] -= 1
        if room[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(fd, data, start)

    with monkeypatch.context() as patched:
        patched.setattr(filesystem, "write_at", full)
        outcome = riptui("study", "run", file, "--workers", "0", "--detach")
    assert outcome.code == 1
    outcome.require_one_line("the disk is full: free some space")
    made = len(all_of(runs))
    assert 0 < made < TRAJECTORIES
    assert riptui("study", "run", file, "--workers", "0", "--detach").code == 0
    assert statuses(file) == {"queued": 8}


@pytest.mark.exhaustive
def test_a_disk_that_is_full_for_a_while_ends_the_run_and_the_next_goes_on(
    written: Written, runs: Path, reference: Path, tmp_path: Path
) -> None:
    file, full = written(), tmp_path / "full"
    with started(*run(file), command=COMMAND, env=environment(RIPTUI_IDLE="0", ODD_FULL=str(full))) as process:
        wait_until(lambda: rows(runs) > 4)
        full.touch()
        outcome = finished(process)
    assert outcome.code == 1
    assert "the disk is full: free some space" in outcome.err
    full.unlink()
    before = rows(runs)
    assert before < ITERATIONS
    assert ran(file).code == 0
    require_whole(runs, reference)


def test_a_worker_that_cannot_start_ends_the_run_with_what_it_said(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("riptui.supervision.client.COMMAND", ("/bin/sh", "-c", "echo no libraries here >&2; exit 3"))
    outcome = riptui(*run(written()), "--display", "none")
    assert outcome.code == 1
    outcome.require_one_line("the worker did not start (exit code 3)", "no libraries here")
