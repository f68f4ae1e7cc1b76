"""`riptui queue` and `--priority`, as their users meet them."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import BashComplete

from riptui.cli import commands
from riptui.store.claim import claim
from riptui.store.records import Request
from riptui.store.requests import set_request
from riptui.store.trajectory import Trajectory
from riptui.store.worker_record import SkippedTrajectory, WorkerJob, WorkerOptions, WorkerPhase, WorkerStatus
from riptui.store.worker_registry import register
from riptui.supervision.client import list_running_workers
from riptui.supervision.queue_listing import QueueReader, list_waiting
from riptui.supervision.reordering import set_priority, shift, take_out, undo_changes
from riptui.worker.loop import new_worker_record
from tests.support.command import riptui
from tests.support.trajectories import MakeTrajectory, advance, set_iteration_seconds


@pytest.fixture(autouse=True)
def three(make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Trajectory]:
    monkeypatch.chdir(runs.parent)
    made = {name: make_trajectory(name, seed=seed) for seed, name in enumerate(("fig7/cat", "fig7/dog", "bird"))}
    for number, trajectory in enumerate(made.values()):
        set_request(trajectory, Request(queued=1000.0 + number))
    return made


def waiting(*arguments: str) -> list[dict[str, Any]]:
    outcome = riptui("queue", *arguments, "--json")
    assert outcome.code == 0
    lines: list[dict[str, Any]] = json.loads(outcome.out)
    return lines


def names(*arguments: str) -> list[str]:
    return [Path(line["path"]).name for line in waiting(*arguments)]


def test_what_waits_is_listed_with_all_that_a_script_needs(three: dict[str, Trajectory]) -> None:
    first, *_ = waiting()
    assert names() == ["cat", "dog", "bird"]
    assert first.items() >= {"position": 1, "priority": 0, "since": 1000.0, "attempts": 0, "reason": None}.items()
    assert first["starts_in"] is None
    with claim(three["fig7/cat"]):
        assert names("ls", "runs") == ["dog", "bird"]


def test_it_is_a_table_for_people_and_says_that_nobody_computes() -> None:
    outcome = riptui("queue")
    assert [line.split()[:2] for line in outcome.out.splitlines()[1:]] == [
        ["1", "runs/fig7/cat"],
        ["2", "runs/fig7/dog"],
        ["3", "runs/bird"],
    ]
    assert "no worker is running" in outcome.err


def test_where_nothing_waits_a_resume_is_proposed_only_of_what_can_be_resumed(three: dict[str, Trajectory]) -> None:
    riptui("pause", "runs")
    told = riptui("queue").err
    assert "nothing is queued in runs; 3 that stopped, were paused or failed: riptui resume runs --detach" in told
    shutil.rmtree("runs/fig7")
    shutil.rmtree("runs/bird")
    assert riptui("queue").err == "nothing is queued in runs\n"


def test_a_folder_in_the_runs_folder_has_the_positions_of_the_whole_queue() -> None:
    assert [line["position"] for line in waiting("runs/bird")] == [3]
    assert "2 more" in riptui("queue", "runs/bird").err


@pytest.mark.slow
def test_trajectories_move_first_last_and_to_a_priority() -> None:
    assert riptui("queue", "move", "runs/bird", "--first").out == "runs/bird: now 1 of 3 in the queue\n"
    assert names() == ["bird", "cat", "dog"]
    riptui("queue", "move", "runs/fig7/dog", "--priority", "2")
    assert names() == ["dog", "bird", "cat"]
    assert "priority" in riptui("queue").out.splitlines()[0]
    assert "2 trajectories: the first is now 2 of 3" in riptui("queue", "move", "runs/fig7", "--last").out
    assert names() == ["bird", "dog", "cat"]


def test_trajectories_move_by_so_many_positions() -> None:
    assert "now 1 of 3" in riptui("queue", "move", "runs/bird", "--earlier", "2").out
    assert names() == ["bird", "cat", "dog"]
    riptui("queue", "move", "runs/bird", "--later", "1")
    assert names() == ["cat", "bird", "dog"]


def test_what_waits_is_taken_out_of_the_queue_and_what_runs_goes_on(three: dict[str, Trajectory]) -> None:
    with claim(three["fig7/cat"]):
        assert "1 trajectory taken out" in riptui("queue", "remove", "runs/fig7").out
    assert [trajectory.request.state for trajectory in three.values()] == ["run", "stop", "run"]
    outcome = riptui("queue", "remove", "runs/fig7/dog", "runs/bird")
    assert (outcome.code, names()) == (1, ["cat"])
    riptui("queue", "remove", "runs/fig7/dog").require_one_line("is not queued")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("runs/bird",), ["--first", "--last", "--priority"]),
        (("runs/bird", "--earlier", "0"), ["0"]),
        (("runs/bird", "--earlier", "1", "--last"), ["one of"]),
        (("runs/bird", "--first", "--last"), ["one of"]),
        (("runs/bird", "--priority", "many"), ["many"]),
        (("runs/bird", "--priority", "5000"), ["1000"]),
        (("runs/nobody", "--first"), ["runs/nobody", "does not exist"]),
        ((), ["PATH"]),
    ],
)
def test_bad_input_to_move_is_one_line(arguments: tuple[str, ...], words: list[str]) -> None:
    outcome = riptui("queue", "move", *arguments)
    assert outcome.code == 2
    outcome.require_one_line(*words)


def test_bad_folders_and_commands_are_one_line() -> None:
    riptui("queue", "nowhere").require_one_line("nowhere", "does not exist")
    riptui("queue", "mov", "runs/bird").require_one_line("Did you mean move")


def test_what_is_not_queued_is_named_and_does_not_keep_the_others(three: dict[str, Trajectory]) -> None:
    riptui("pause", "runs/fig7/dog")
    outcome = riptui("queue", "move", "runs/fig7/dog", "runs/bird", "--first")
    assert outcome.code == 1
    assert outcome.err == "error: runs/fig7/dog is not queued: it is paused\n"
    assert names() == ["bird", "cat"]
    riptui("stop", "runs")
    riptui("queue", "move", "runs/fig7", "--first").require_one_line("nothing is queued in runs/fig7")
    assert "nothing is queued" in riptui("queue").err


def test_why_and_when_are_told(three: dict[str, Trajectory], runs: Path) -> None:
    advance(three["fig7/cat"], 2)
    set_request(three["fig7/cat"], Request(queued=1000.0))
    set_iteration_seconds(three["fig7/cat"], 10.0)
    with register(runs, new_worker_record(WorkerOptions())) as worker:
        worker.publish(WorkerStatus(0.0, "idle", skipped=(SkippedTrajectory("fig7/dog", "it is read-only"),)))
        lines = {line.queued.trajectory.path.name: line for line in list_waiting(runs)}
    assert lines["cat"].starts_in == 0
    assert lines["bird"].starts_in == 140  # the other 14 iterations of the first; the second is skipped
    assert (lines["cat"].takes, lines["bird"].takes) == (140, 160)
    assert (lines["dog"].reason, lines["dog"].starts_in) == ("it is read-only", None)


def test_the_time_of_all_of_it_is_told_by_the_times_or_else_by_the_rate(
    three: dict[str, Trajectory], runs: Path
) -> None:
    reader = QueueReader(runs)
    assert reader.read([]).seconds_left is None
    with register(runs, new_worker_record(WorkerOptions())) as worker:
        worker.publish(WorkerStatus(0.0, "working", rate=2.0, jobs=(WorkerJob("gone", 10, 16),)))
        assert reader.read(list_running_workers(runs)).seconds_left == (6 + 3 * 16) / 2
        advance(three["fig7/cat"], 2)
        set_request(three["fig7/cat"], Request(queued=1000.0))
        set_iteration_seconds(three["fig7/cat"], 10.0)
        again = QueueReader(runs).read(list_running_workers(runs))
    assert again.seconds_left == 6 / 2 + 140 + 160 + 160


def test_the_rate_of_one_inpainter_says_nothing_of_another(
    make_trajectory: MakeTrajectory, three: dict[str, Trajectory], runs: Path
) -> None:
    set_request(make_trajectory("slow", inpainter="slow", parameters={"steps": 20}), Request("stop"))
    with register(runs, new_worker_record(WorkerOptions())) as worker:
        for path, is_known in (("bird", True), ("slow", False)):
            worker.publish(WorkerStatus(0.0, "working", rate=2.0, jobs=(WorkerJob(path, 10, 16),)))
            queue = QueueReader(runs).read(list_running_workers(runs))
            assert (queue.seconds_left is not None, queue.lines[0].takes is not None) == (is_known, is_known)


def test_a_command_serves_the_queue_where_all_that_waits_is_its_own(runs: Path) -> None:
    working: WorkerPhase = "working"
    served: list[tuple[WorkerPhase, int, bool]] = [(working, 3, True), (working, 2, False), ("leaving", 3, False)]
    with register(runs, new_worker_record(WorkerOptions(), command="run")) as worker:
        for state, queued, is_served in served:
            worker.publish(WorkerStatus(0.0, state, rate=2.0, queued=queued))
            queue = QueueReader(runs).read(list_running_workers(runs))
            assert queue.is_served == is_served
            assert (queue.lines[0].starts_in, queue.seconds_left is None) == (0 if is_served else None, not is_served)


def test_what_is_read_again_is_what_changed(three: dict[str, Trajectory], runs: Path) -> None:
    reader = QueueReader(runs)
    assert len(reader.read([]).lines) == 3
    set_priority([reader.read([]).lines[2].queued], 7)
    first = reader.read([]).lines[0]
    assert (first.queued.trajectory.path.name, first.queued.priority) == ("bird", 7)


def test_a_change_is_undone_unless_somebody_changed_it_since(three: dict[str, Trajectory], runs: Path) -> None:
    before = [trajectory.request for trajectory in three.values()]
    waiting = [line.queued for line in list_waiting(runs)]
    changes = shift(waiting, {three["bird"].path}, -2) + set_priority(waiting[:1], 3) + take_out(waiting[1:2])
    assert names() == ["cat", "bird"]
    set_request(three["bird"], Request(queued=5.0))
    assert {trajectory.path.name for trajectory in undo_changes(changes)} == {"cat", "dog"}
    assert [three[name].request for name in ("fig7/cat", "fig7/dog")] == before[:2]
    assert three["bird"].request.queued == 5.0


def test_what_killed_workers_says_that_it_comes_last(three: dict[str, Trajectory]) -> None:
    with claim(three["fig7/cat"]) as claimed:
        claimed.folder.write_atomically("attempts.json", b'{"k": 0, "count": 2}')
    assert names() == ["dog", "bird", "cat"]
    assert "2 workers died" in riptui("queue").out


def test_commands_and_folders_are_completed() -> None:
    shell = BashComplete(commands.riptui, {}, "riptui", "_RIPTUI_COMPLETE")

    def complete(*words: str) -> set[str]:
        return {item.value for item in shell.get_completions(["queue", *words[:-1]], words[-1])}

    assert {"ls", "move", "runs"} <= complete("")
    assert {"--json", "--help"} <= complete("-")
    assert complete("move", "runs/fi") == {"runs/fig7"}
    assert {"--first", "--last", "--priority"} <= complete("move", "runs/fig7", "--")


@pytest.mark.slow
def test_a_run_queues_with_its_priority_and_a_second_run_keeps_it(runs: Path, tmp_path: Path) -> None:
    command = (
        "run",
        "--display",
        "none",
        "riptui-picture.png",
        "-i",
        "telea",
        "--size",
        "256",
        "--mask",
        "16",
        "--amount",
        "1",
    )
    source = next(runs.glob("bird/original.png"))
    (tmp_path / "riptui-picture.png").write_bytes(source.read_bytes())
    assert riptui(*command, "--metrics", "psnr", "--priority", "-3").code == 0
    [made] = runs.glob("riptui-picture/*")
    assert Trajectory(made).request.priority == -3
    assert riptui(*command, "--metrics", "ssim").code == 0
    assert Trajectory(made).request.priority == -3
    assert riptui(*command, "--priority", "9999").code == 2
