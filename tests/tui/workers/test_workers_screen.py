"""The screen of workers: a worker that runs, one of another host, one that gives no sign, one that died; the queue."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
from textual.widgets import Input, Static

from riptui.inpainters.devices.nvidia_smi import MachineGpu
from riptui.store.records import Request
from riptui.store.requests import set_request
from riptui.store.trajectory import Trajectory
from riptui.store.worker_record import SkippedTrajectory, WorkerJob, WorkerOptions, WorkerStatus
from riptui.store.worker_registry import Registration, Worker, register
from riptui.supervision.device_choice import GpuUse
from riptui.tui import bindings, screen_bindings
from riptui.tui.dialogs import ChoiceDialog, ConfirmDialog, TextDialog
from riptui.tui.runs import watcher
from riptui.tui.workers import followed_log, queue_table, worker_commands, workers_screen
from riptui.tui.workers.log_view import LogView
from riptui.tui.workers.queue_table import QueueTable
from riptui.tui.workers.search_line import SearchLine
from riptui.tui.workers.workers_screen import WorkersScreen
from riptui.worker.loop import new_worker_record
from tests.support.app_pilot import AppPilot, open_app
from tests.support.app_runs import queue_trajectory

GIB = 2**30
RUNNING = "fig7/cat/m64-s0"
STATUS = WorkerStatus(
    1.0,
    "working",
    inpainter="sd2",
    jobs=(WorkerJob(RUNNING, 4, 16, 3, 20), WorkerJob("gone", 0, 16)),
    rate=2.0,
    memory_used=18 * GIB,
    memory_total=79 * GIB,
    device="cuda:0 (NVIDIA H100)",
    load=0.71,
    skipped=(SkippedTrajectory("night/m64-s9", "it is read-only"),),
    skipped_count=1,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Five that wait: 0 to 4."""
    for seed in range(5):
        queue_trajectory(tmp_path / "runs", f"night/m64-s{seed}", seed=seed)
    return tmp_path / "runs"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is waited for in the app for seconds."""
    for module, name in (
        (queue_table, "PAUSE_SECONDS"),
        (workers_screen, "CHECK_SECONDS"),
        (followed_log, "READ_SECONDS"),
        (watcher, "WORKERS_POLL_SECONDS"),
    ):
        monkeypatch.setattr(module, name, 0.1)


class Staff:
    """Workers of a runs folder, which this process pretends to be."""

    def __init__(self, runs: Path, stack: ExitStack) -> None:
        self._runs, self._stack = runs, stack

    def add(self, *, host: str = "", status: WorkerStatus = STATUS, log: str = "") -> Registration:
        """One that runs; with a host on another machine."""
        record = new_worker_record(WorkerOptions(device="cuda:0"))
        if host:
            record = msgspec.structs.replace(record, host=host, pid=4711, place="elsewhere", id=f"{host}-4711-1")
        entry = self._stack.enter_context(register(self._runs, record))
        entry.log.write_text(log)
        entry.publish(status)
        return entry

    def add_dead(self) -> None:
        record = msgspec.structs.replace(new_worker_record(WorkerOptions()), pid=99, id="dead-1-1")
        with register(self._runs, record) as one:
            one.publish(STATUS)


@pytest.fixture
def staff(runs: Path) -> Iterator[Staff]:
    with ExitStack() as stack:
        yield Staff(runs, stack)


def screen(pilot: AppPilot) -> WorkersScreen:
    assert isinstance(pilot.app.screen, WorkersScreen)
    return pilot.app.screen


def queue(pilot: AppPilot) -> QueueTable:
    return screen(pilot).query_one(QueueTable)


def order(pilot: AppPilot) -> str:
    """The seeds of what waits, in order."""
    return "".join(key[-1] for key in queue(pilot).keys)


def said(pilot: AppPilot) -> str:
    return str(screen(pilot).query_one("#progress", Static).content)


def log(pilot: AppPilot) -> LogView:
    return screen(pilot).query_one(LogView)


async def enter(pilot: AppPilot, *, waiting: int = 5) -> None:
    """Open the screen, with the focus on the queue."""
    await pilot.press("W")
    await pilot.wait_until(lambda: isinstance(pilot.app.screen, WorkersScreen), "the screen")
    await pilot.wait_until(lambda: len(queue(pilot).rows) == waiting, "the queue")
    queue(pilot).focus()


async def search(pilot: AppPilot, text: str) -> None:
    await pilot.press("slash")
    screen(pilot).query_one(SearchLine).value = text
    await pilot.press("enter")


async def test_all_workers_are_shown_whoever_and_wherever_they_are(runs: Path, staff: Staff) -> None:
    staff.add_dead()
    silent = staff.add(host="gpu8")
    os.utime(silent.path / "live.json", (time.time() - 99, time.time() - 99))
    staff.add(host="gpu7")
    staff.add()
    async with open_app(runs) as pilot:
        await enter(pilot)
        await pilot.wait_until(lambda: len(screen(pilot).described) == 4, "the workers")
        lines = {line.split()[1]: line for line in pilot.screen_text.splitlines()[2:6]}
        assert lines["gpu7"].startswith(" ● gpu7 4711  fig7/cat/m64-s0 4/16 +1, 1 skipped")
        assert "no sign for" in lines["gpu8"]
        assert lines["gpu8"].startswith(" !")
        assert lines["99"].startswith(" ✗ 99         died: see its log")
        assert all(word in lines[str(os.getpid())] for word in ("2.0", "cuda:0", "14 s", "sd2"))
        assert "71 %" in pilot.screen_text
        assert "18/79 GiB" in pilot.screen_text
        await pilot.press("3")
        assert "night/m64-s9: it is read-only" in pilot.screen_text
        assert "step 3/20" in pilot.screen_text


async def test_what_waits_moves_and_every_change_is_undone(runs: Path) -> None:
    async with open_app(runs) as pilot:
        await enter(pilot)
        await pilot.press("j", "j", "plus")
        await pilot.wait_until(lambda: order(pilot) == "02134", "earlier")
        await pilot.wait_until(lambda: "now 2 of 5" in said(pilot), "its place")
        assert queue(pilot).current == "night/m64-s2"  # the cursor went with it
        await pilot.press("J", "minus")
        await pilot.wait_until(lambda: order(pilot) == "01324", "later by two")
        await pilot.press("less_than_sign")
        await pilot.wait_until(lambda: order(pilot) == "20134", "first")
        await pilot.press("greater_than_sign")
        await pilot.wait_until(lambda: order(pilot) == "01342", "last")
        for expected in ("20134", "01324"):
            await pilot.press("u")
            await pilot.wait_until(lambda expected=expected: order(pilot) == expected, "undone")


async def test_each_press_counts_also_where_the_screen_is_late(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app(runs) as pilot:
        await enter(pilot)
        table = queue(pilot)
        table.select("night/m64-s4")
        monkeypatch.setattr(table, "_show_queue", lambda *given: None)  # nothing read arrives any more
        for _ in range(3):
            table.shift_chosen(-1)
            await pilot.wait_until(lambda: not table._jobs.busy, "the change")
        positions = {seed: Trajectory(runs / f"night/m64-s{seed}").request.queued for seed in range(5)}
        assert sorted(positions, key=positions.__getitem__) == [0, 4, 1, 2, 3]


async def test_a_priority_is_asked_for_and_a_removal_is_undone(runs: Path) -> None:
    async with open_app(runs) as pilot:
        await enter(pilot)
        await pilot.press("G", "P")
        dialog = await pilot.wait_for_dialog(TextDialog)
        await pilot.press("backspace", *"5000", "enter")
        assert "from -1000 to 1000" in pilot.screen_text
        dialog.query_one(Input).value = "7"
        await pilot.press("enter")
        await pilot.wait_until(lambda: order(pilot) == "40123", "its priority")
        assert Trajectory(runs / "night/m64-s4").request.priority == 7
        await pilot.press("x")
        await pilot.wait_until(lambda: order(pilot) == "0123", "it out of the queue")
        assert Trajectory(runs / "night/m64-s4").request.state == "stop"
        await pilot.press("u")
        await pilot.wait_until(lambda: order(pilot) == "40123", "it back in its place")
        assert "1 trajectory as before" in said(pilot)


async def test_a_removal_names_the_users_key_that_undoes_it(runs: Path) -> None:
    async with open_app(runs, keys={"workers.undo": "f9"}) as pilot:
        await enter(pilot)
        await pilot.press("x")
        await pilot.wait_until(lambda: "taken out of the queue · f9 undoes" in said(pilot), "the hint")


async def test_marks_and_the_search_choose_several(runs: Path) -> None:
    async with open_app(runs) as pilot:
        await enter(pilot)
        await search(pilot, "s3")
        await pilot.wait_until(lambda: queue(pilot).current == "night/m64-s3", "the match")
        await pilot.press("asterisk")
        assert [*queue(pilot).marked] == ["night/m64-s3"]
        await pilot.press("escape", "G", "m")
        assert "2 marked" in pilot.screen_text
        await pilot.press("less_than_sign")
        await pilot.wait_until(lambda: order(pilot) == "34012", "both before the others")
        await pilot.press("escape")
        assert not queue(pilot).marked
        await pilot.press("asterisk")
        assert len(queue(pilot).marked) == 5
        await pilot.press("asterisk", "escape")
        await pilot.wait_until(lambda: pilot.app.screen is pilot.browser, "the tree")


async def test_what_is_another_users_is_left_alone(runs: Path, staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = staff.add(host="gpu7")
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    async with open_app(runs) as pilot:
        await enter(pilot)
        for key in ("plus", "greater_than_sign", "P", "x"):
            await pilot.press(key)
            await pilot.wait_until(lambda: "queued it, and only" in said(pilot), key)
        await pilot.wait_until(lambda: screen(pilot).described, "the worker")
        screen(pilot).workers_table.focus()
        await pilot.press("x")
        await pilot.wait_until(lambda: "ends it" in said(pilot), "the refusal")
    assert not entry.leave_requested
    assert [Trajectory(runs / f"night/m64-s{seed}").request.queued for seed in range(5)] == [0, 1, 2, 3, 4]


async def test_a_worker_is_shut_down_or_killed_after_a_question(
    runs: Path, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[Worker] = []
    monkeypatch.setattr(worker_commands, "kill_as_asked", killed.append)
    entry = staff.add()
    async with open_app(runs) as pilot:
        await enter(pilot)
        await pilot.wait_until(lambda: screen(pilot).chosen_worker, "the worker")
        screen(pilot).workers_table.focus()
        await pilot.press("x")
        await pilot.wait_for_dialog(ConfirmDialog)
        await pilot.press("n")
        assert not entry.leave_requested
        await pilot.press("X")
        await pilot.wait_for_dialog(ConfirmDialog)
        await pilot.wait_until(lambda: "Kill worker" in pilot.screen_text, "the question")
        assert "is lost" in pilot.screen_text
        await pilot.press("y")
        await pilot.wait_until(lambda: killed and "was killed" in said(pilot), "the kill")
        await pilot.press("x", "y")
        await pilot.wait_until(lambda: entry.leave_requested and "leaves after" in said(pilot), "the request")


@pytest.mark.exhaustive
async def test_one_of_another_host_is_asked_to_leave_but_not_killed(runs: Path, staff: Staff) -> None:
    entry = staff.add(host="gpu7")
    async with open_app(runs) as pilot:
        await enter(pilot)
        await pilot.wait_until(lambda: screen(pilot).chosen_worker, "the worker")
        screen(pilot).workers_table.focus()
        await pilot.press("X")
        await pilot.wait_until(lambda: "runs on another machine" in said(pilot), "why not")
        await pilot.press("x", "y")
        await pilot.wait_until(lambda: entry.leave_requested, "the request")


@pytest.mark.exhaustive
async def test_a_worker_is_started_on_the_device_that_is_chosen(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[WorkerOptions] = []

    def start(folder: Path, options: WorkerOptions) -> Worker:
        started.append(options)
        return Worker(new_worker_record(options), None, True, folder)

    free = GpuUse("cuda:1", MachineGpu(1, "GPU-1", "NVIDIA H100"), "free", "no process uses it")
    monkeypatch.setattr(worker_commands, "start_worker", start)
    monkeypatch.setattr(worker_commands, "read_gpu_uses", lambda folder: [free])
    async with open_app(runs) as pilot:
        await enter(pilot)
        await pilot.press("s")
        await pilot.wait_for_dialog(ChoiceDialog)
        assert "cuda:1: no process uses it" in pilot.screen_text
        await pilot.press("1")
        await pilot.wait_until(lambda: "was started" in said(pilot), "the worker")
    assert [options.device for options in started] == ["cuda:1"]


async def test_a_key_for_the_queue_goes_there(runs: Path) -> None:
    async with open_app(runs) as pilot:
        await enter(pilot)
        screen(pilot).workers_table.focus()
        await pilot.press("m")
        await pilot.wait_until(lambda: pilot.app.focused is queue(pilot), "where the mark is")
        await pilot.press("x")
        await pilot.wait_until(lambda: len(queue(pilot).rows) == 4, "the one that was marked is taken out")


async def test_where_no_worker_runs_the_queue_says_how_to_start_one(runs: Path, staff: Staff) -> None:
    async with open_app(runs) as pilot:
        await enter(pilot)
        await pilot.wait_until(lambda: "5 wait · no worker runs: s starts one" in pilot.screen_text, "how to")
        staff.add()
        await pilot.wait_until(lambda: "no worker runs" not in pilot.screen_text, "that one runs")


async def test_a_log_is_followed_wrapped_and_searched(runs: Path, staff: Staff) -> None:
    lines = [f"line {number}{' is long' * (30 if number == 40 else 0)}" for number in range(200)]
    entry = staff.add(log="\n".join(lines) + "\n")
    async with open_app(runs) as pilot:
        await enter(pilot)
        await pilot.press("2")
        await pilot.wait_until(lambda: "line 199" in pilot.screen_text, "its end")
        with entry.log.open("a") as file:
            file.write("\x1b[31mred and new\n")
        await pilot.wait_until(lambda: "red and new" in pilot.screen_text, "what was added")
        assert "\\x1b[31mred" in pilot.screen_text
        await pilot.press("g")
        assert not log(pilot).is_following
        await pilot.wait_until(lambda: "end follows" in pilot.screen_text, "how to follow it again")
        rows = len(log(pilot)._rows)
        await pilot.press("w")
        assert len(log(pilot)._rows) == 201 < rows
        await search(pilot, "line 4")
        await pilot.wait_until(lambda: log(pilot).current == 4, "the match on the screen")
        await pilot.press("n", "n")
        assert log(pilot).current == 41
        await pilot.press("N")
        assert log(pilot).current == 40
        assert "line 40" in pilot.screen_text
        await pilot.press("G")
        assert log(pilot).is_following
        await search(pilot, "nowhere")
        await pilot.wait_until(lambda: "nothing has 'nowhere'" in said(pilot), "that there is none")


async def test_it_works_with_the_mouse_alone(runs: Path, staff: Staff) -> None:
    staff.add(host="gpu7", log="of gpu7\n")
    staff.add(host="gpu8", log="of gpu8\n")
    async with open_app(runs) as pilot:
        await enter(pilot)
        await pilot.wait_until(lambda: len(screen(pilot).described) == 2, "the workers")
        row = next(y for y, line in enumerate(pilot.screen_text.splitlines()) if "gpu8 4711" in line)
        await pilot.click(offset=(5, row))
        bar = screen(pilot).query_one("#workers-bar").region
        await pilot.click(offset=(bar.x + 9, bar.y))
        await pilot.wait_until(lambda: "of gpu8" in pilot.screen_text, "the log of what was clicked")
        await pilot.click(offset=(bar.x + 2, bar.y))
        body = queue(pilot).region
        await pilot.click(offset=(body.x + 10, body.y + 3))
        assert queue(pilot).current == "night/m64-s2"
        await pilot.click(offset=(body.x + 10, body.y + 3))
        await pilot.wait_until(lambda: pilot.cursor == "night/m64-s2", "the trajectory in the tree")


@pytest.mark.exhaustive
async def test_keys_that_lead_elsewhere(runs: Path, staff: Staff) -> None:
    staff.add()
    queue_trajectory(runs, RUNNING, seed=77)
    async with open_app(runs) as pilot:
        await enter(pilot, waiting=6)
        await pilot.press("f")
        assert not screen(pilot).workers_table.display
        await pilot.press("escape", "o")
        await pilot.wait_until(lambda: pilot.cursor == "night/m64-s0", "what waits")
        await enter(pilot, waiting=6)
        await pilot.wait_until(lambda: screen(pilot).chosen_worker, "the worker")
        screen(pilot).workers_table.focus()
        await pilot.press("o")
        await pilot.wait_until(lambda: pilot.cursor == RUNNING, "what is computed")


@pytest.mark.exhaustive
async def test_a_request_of_somebody_else_is_seen(runs: Path) -> None:
    async with open_app(runs) as pilot:
        await enter(pilot)
        set_request(Trajectory(runs / "night/m64-s1"), Request(state="pause"))
        await pilot.wait_until(lambda: order(pilot) == "0234", "the others")


@pytest.mark.exhaustive
@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_it_is_usable_on_a_small_screen(size: tuple[int, int], runs: Path, staff: Staff) -> None:
    staff.add(host="gpu7")
    async with open_app(runs, size) as pilot:
        await enter(pilot)
        await pilot.wait_until(lambda: screen(pilot).described, "the worker")
        await pilot.wait_until(lambda: "71 %" in pilot.screen_text, "its GPU")
        for words in ("gpu7 4711", "starts", "5 wait", "night/m64-s4", "? Help"):
            assert words in pilot.screen_text


def test_every_key_of_the_screen_is_in_the_help() -> None:
    ids = [str(binding.id) for scope in (screen_bindings.WORKERS, screen_bindings.LOG) for binding in scope]
    assert {id.partition(".")[0] for id in ids} <= bindings.GROUPS.keys()
    assert len(ids) == len(set(ids))


async def test_what_changes_while_a_screen_below_changes_in_a_batch_is_drawn_afterwards(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app(runs) as pilot:
        await enter(pilot)
        await pilot.pause()
        drawn: list[object] = []
        monkeypatch.setattr(pilot.app, "_display", lambda *given: drawn.append(given))
        with pilot.app.batch_update():
            screen(pilot).say("told meanwhile")
            await pilot.pause(0.1)
            assert not drawn
        await pilot.wait_until(lambda: drawn, "it")
