"""What the keys of the browser do to trajectories, in the whole app; workers are only asked for, never started."""

from asyncio import Event
from importlib import import_module
from pathlib import Path

import pytest
from textual.widgets import Input

from riptui.errors import WorkerError
from riptui.planning.submit import repeat_with_next_seed as with_next_seed
from riptui.store import layout, trash
from riptui.store.claim import claim
from riptui.store.listing import find_trajectories
from riptui.store.lock import LOCK_FILE
from riptui.store.records import Request
from riptui.store.trajectory import Status, Trajectory
from riptui.supervision import client
from riptui.supervision.reordering import shift_in_queue
from riptui.text.units import format_count, format_duration, format_size
from riptui.tui import commands
from riptui.tui.commands import COMMANDS
from riptui.tui.dialogs import ConfirmDialog, TextDialog
from riptui.tui.work_supervisor import WorkSupervisor
from tests.support.app_pilot import open_app
from tests.support.ended_trajectories import computed, failed
from tests.support.trajectories import MakeTrajectory


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The runs folders that a worker was asked for."""
    runs: list[Path] = []
    monkeypatch.setattr(WorkSupervisor, "supervise", lambda self, trajectories: runs.append(self.runs))
    return runs


# ── the queue ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
async def test_p_pauses_what_waits_and_goes_on_with_it(
    make_trajectory: MakeTrajectory, runs: Path, asked: list[Path]
) -> None:
    one = make_trajectory()
    async with open_app(runs) as pilot:
        await pilot.press("p")
        await pilot.wait_for_words("1 trajectory paused")
        assert one.request.state == "pause"
        assert asked == []
        entries = pilot.browser.runs_tree.model.entries
        await pilot.wait_until(lambda: entries[pilot.cursor].status is Status.PAUSED)
        await pilot.press("p")
        await pilot.wait_for_words("1 trajectory queued")
        assert one.request.state == "run"  # type: ignore[comparison-overlap]  # mypy does not see the press
        await pilot.wait_for_command()
        assert asked == [runs]


@pytest.mark.slow
async def test_on_a_group_it_is_about_all_in_it(make_trajectory: MakeTrajectory, runs: Path, asked: list[Path]) -> None:
    them = [make_trajectory(f"a/m64-s{seed}", seed=seed) for seed in range(3)]
    other = make_trajectory("b/m64-s0", seed=9)
    async with open_app(runs, select="a") as pilot:
        await pilot.press("p")
        await pilot.wait_for_words("3 trajectories paused")
    assert [one.request.state for one in them] == ["pause"] * 3
    assert other.request.state == "run"


@pytest.mark.slow
async def test_x_stops_after_a_question(make_trajectory: MakeTrajectory, runs: Path) -> None:
    one = make_trajectory()
    async with open_app(runs) as pilot:
        await pilot.press("x")
        await pilot.wait_for_dialog(ConfirmDialog)
        await pilot.press("n")
        await pilot.wait_for_command()
        assert one.request.state == "run"
        await pilot.press("x")
        await pilot.wait_for_dialog(ConfirmDialog)
        await pilot.press("y")
        await pilot.wait_for_words("1 trajectory stopped")
        assert one.request.state == "stop"  # type: ignore[comparison-overlap]


@pytest.mark.slow
async def test_x_stops_one_whose_process_died_but_not_one_that_was_stopped(
    make_trajectory: MakeTrajectory, runs: Path
) -> None:
    died = make_trajectory()
    (died.path / LOCK_FILE).write_bytes(b'{"pid": 1, "host": "elsewhere", "since": 1.0}')
    async with open_app(runs, confirm=False) as pilot:
        await pilot.press("x")
        await pilot.wait_for_words("1 trajectory stopped")
        assert died.request.state == "stop"
        assert died.read_status() is Status.INTERRUPTED
        await pilot.press("x")
        await pilot.wait_for_words("nothing to stop here")


@pytest.mark.slow
async def test_without_confirm_it_stops_at_once(make_trajectory: MakeTrajectory, runs: Path) -> None:
    one = make_trajectory()
    async with open_app(runs, confirm=False) as pilot:
        await pilot.press("x")
        await pilot.wait_for_words("stopped")
        assert one.request.state == "stop"


@pytest.mark.slow
async def test_r_forgets_the_failure_and_queues(make_trajectory: MakeTrajectory, runs: Path, asked: list[Path]) -> None:
    one = failed(make_trajectory())
    async with open_app(runs) as pilot:
        await pilot.press("R")
        await pilot.wait_for_words("1 trajectory queued again")
        await pilot.wait_for_command()
        assert one.failure is None
        assert one.read_status() is Status.QUEUED
        assert asked == [runs]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "words"),
    [("p", "to pause"), ("x", "to stop"), ("R", "to retry"), ("plus", "nothing queued")],
)
async def test_where_there_is_nothing_to_do_it_says_so(
    make_trajectory: MakeTrajectory, runs: Path, asked: list[Path], key: str, words: str
) -> None:
    computed(make_trajectory(inpainter="noise"))
    async with open_app(runs) as pilot:
        await pilot.press(key)
        await pilot.wait_for_words(words)
        assert asked == []


@pytest.mark.slow
async def test_a_worker_that_does_not_start_is_told(
    make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise WorkerError("the worker did not start: \x1b[31mno disk")

    monkeypatch.setattr(WorkSupervisor, "supervise", refuse)
    failed(make_trajectory())
    async with open_app(runs) as pilot:
        await pilot.press("R")
        said = await pilot.wait_for_toast("did not start")
        assert "\x1b" not in said


@pytest.mark.slow
async def test_plus_and_minus_move_in_the_queue(make_trajectory: MakeTrajectory, runs: Path) -> None:
    for place in range(3):
        one = make_trajectory(f"a/t{place}", seed=place)
        client.set_request(one, Request(queued=1000.0 + place))
    async with open_app(runs, select="a/t2") as pilot:
        await pilot.press("plus")
        await pilot.wait_for_words("2 of 3 in the queue")
        await pilot.press("plus")
        await pilot.wait_for_words("1 of 3 in the queue")
        await pilot.press("minus")
        await pilot.wait_for_command()
    places = {name: Trajectory(runs / "a" / name).request.queued for name in ("t0", "t1", "t2")}
    assert sorted(places, key=lambda name: places[name]) == ["t0", "t2", "t1"]


@pytest.mark.parametrize(
    ("chosen", "places", "order"),
    [
        ("c", -1, "acbde"),
        ("a", -1, "abcde"),
        ("e", 1, "abcde"),
        ("ab", -1, "abcde"),
        ("bd", -1, "badce"),
        ("bc", 1, "adbce"),
        ("ae", 1, "bacde"),
        ("", 1, "abcde"),
    ],
)
def test_the_queue_moves_by_one_place_and_keeps_the_order_of_those_that_move(
    chosen: str, places: int, order: str
) -> None:
    queue = [Trajectory(Path(letter)) for letter in "abcde"]
    meant = [one for one in queue if one.path.name in chosen]
    assert "".join(one.path.name for one in shift_in_queue(queue, meant, places)) == order


@pytest.mark.slow
async def test_a_key_pressed_while_the_one_before_is_at_work_waits_for_its_turn(
    make_trajectory: MakeTrajectory, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in range(4):
        client.set_request(make_trajectory(f"a/t{place}", seed=place), Request(queued=1000.0 + place))
    begun: list[str] = []
    go_on, carry_out = Event(), commands.run_command

    async def wait_first(name: str, context: commands.CommandContext) -> None:
        begun.append(context.cursor_path)
        await go_on.wait()
        await carry_out(name, context)

    monkeypatch.setattr(commands, "run_command", wait_first)
    async with open_app(runs, select="a/t3") as pilot:
        await pilot.press("plus", "plus", "up", "plus")
        await pilot.wait_until(lambda: begun == ["a/t3"], "the first alone")
        go_on.set()
        await pilot.wait_for_command()
        assert begun == ["a/t3", "a/t3", "a/t2"]
    places = {name: Trajectory(runs / "a" / name).request.queued for name in ("t0", "t1", "t2", "t3")}
    assert sorted(places, key=lambda name: places[name]) == ["t0", "t3", "t2", "t1"]


# ── names, trash ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
async def test_f2_gives_another_name_and_the_cursor_follows(make_trajectory: MakeTrajectory, runs: Path) -> None:
    one = make_trajectory("a/m64-s0")
    async with open_app(runs) as pilot:
        await pilot.press("f2")
        dialog = await pilot.wait_for_dialog(TextDialog)
        dialog.query_one(Input).value = "not a name"
        await pilot.press("enter")
        await pilot.wait_until(lambda: "is not a name" in pilot.text_of(".problem"))
        dialog.query_one(Input).value = "first"
        await pilot.press("enter")
        await pilot.wait_until(lambda: pilot.cursor == "a/first")
        assert not one.path.exists()


@pytest.mark.slow
async def test_a_name_that_is_taken_is_told(make_trajectory: MakeTrajectory, runs: Path) -> None:
    make_trajectory("a/m64-s0", seed=0)
    make_trajectory("a/other", seed=1)
    async with open_app(runs, select="a/m64-s0") as pilot:
        await pilot.press("f2")
        (await pilot.wait_for_dialog(TextDialog)).query_one(Input).value = "other"
        await pilot.press("enter")
        await pilot.wait_for_toast("other exists")


@pytest.mark.slow
async def test_delete_moves_to_the_trash_and_u_brings_it_back(make_trajectory: MakeTrajectory, runs: Path) -> None:
    one = make_trajectory("a/m64-s0", seed=0)
    make_trajectory("b/m64-s0", seed=1)
    async with open_app(runs, select="a/m64-s0") as pilot:
        await pilot.press("delete")
        await pilot.wait_for_dialog(ConfirmDialog)
        await pilot.press("y")
        await pilot.wait_for_words("moved to the trash")
        assert not one.path.exists()
        await pilot.wait_until(lambda: "a/m64-s0" not in pilot.browser.runs_tree.model.entries)
        await pilot.press("u")
        await pilot.wait_for_words("1 trajectory restored")
        await pilot.wait_until(lambda: pilot.cursor == "a/m64-s0")
        assert one.spec.seed == 0
        await pilot.press("u")
        await pilot.wait_for_words("the trash is empty")


@pytest.mark.slow
async def test_a_group_goes_and_comes_back_as_one(make_trajectory: MakeTrajectory, runs: Path) -> None:
    for seed in range(3):
        make_trajectory(f"a/m64-s{seed}", seed=seed)
    make_trajectory("b/m64-s0", seed=9)
    async with open_app(runs, select="a", confirm=False) as pilot:
        await pilot.press("delete")
        await pilot.wait_for_words("a (3 trajectories) moved")
        assert not (runs / "a").exists()
        await pilot.wait_until(lambda: len(pilot.browser.runs_tree.model.entries) == 1)
        await pilot.press("u")
        await pilot.wait_for_words("3 trajectories restored")
        await pilot.wait_until(lambda: pilot.cursor == "a", "the group at the cursor")


@pytest.mark.slow
async def test_of_a_group_only_what_the_filter_shows_is_meant(make_trajectory: MakeTrajectory, runs: Path) -> None:
    for mask in (64, 128):
        make_trajectory(f"a/m{mask}-s0", mask=mask)
    async with open_app(runs, select="a") as pilot:
        await pilot.press("slash")
        await pilot.press(*"mask:64")
        await pilot.press("enter")
        assert pilot.cursor == "a"
        await pilot.press("delete")
        await pilot.wait_for_dialog(ConfirmDialog)
        await pilot.press("y")
        await pilot.wait_for_words("a (1 trajectory in the filter) moved")
    assert [one.path.name for one in find_trajectories(runs)] == ["m128-s0"]


@pytest.mark.slow
async def test_erase_asks_with_no_as_its_answer_and_names_how_much(make_trajectory: MakeTrajectory, runs: Path) -> None:
    make_trajectory("a/m64-s0", seed=0)
    make_trajectory("a/m64-s1", seed=1)
    async with open_app(runs, select="a", confirm=False) as pilot:
        await pilot.press("shift+delete")
        dialog = await pilot.wait_for_dialog(ConfirmDialog)
        text = str(dialog.query("Static").first().content)
        assert "2 trajectories" in text
        assert " kB, permanently" in text
        await pilot.press("enter")
        await pilot.wait_for_command()
        assert len(pilot.browser.runs_tree.model.entries) == 2
        await pilot.press("shift+delete")
        await pilot.wait_for_dialog(ConfirmDialog)
        await pilot.press("y")
        await pilot.wait_for_words("deleted")
        assert not (runs / "a").exists()
        assert trash.list_entries(runs) == []


@pytest.mark.slow
async def test_what_is_being_computed_is_neither_renamed_nor_thrown_away(
    make_trajectory: MakeTrajectory, runs: Path
) -> None:
    one = make_trajectory()
    with claim(one):
        async with open_app(runs, confirm=False) as pilot:
            await pilot.press("delete")
            await pilot.wait_for_toast("being computed")
            await pilot.wait_for_command()
            await pilot.press("f2")
            (await pilot.wait_for_dialog(TextDialog)).query_one(Input).value = "other"
            await pilot.press("enter")
            await pilot.wait_for_command()
            assert one.path.is_dir()


@pytest.mark.slow
async def test_the_trash_is_emptied_after_a_question(make_trajectory: MakeTrajectory, runs: Path) -> None:
    thrown = make_trajectory("a/m64-s0", seed=0)
    make_trajectory("b/m64-s0", seed=1)
    trash.move_to_trash(runs, [thrown.path])
    async with open_app(runs) as pilot:
        await pilot.press("ctrl+delete")
        await pilot.wait_for_dialog(ConfirmDialog)
        await pilot.press("y")
        await pilot.wait_for_words("trash emptied")
        assert trash.list_entries(runs) == []


# ── pure parts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_another_seed_is_the_next_that_none_like_it_has(make_trajectory: MakeTrajectory, runs: Path) -> None:
    one = make_trajectory("a/m64-s3", seed=3)
    make_trajectory("a/m64-s4", seed=4)
    make_trajectory("a/m128-s5", seed=5, mask=128)
    made = with_next_seed(runs, one, Request())
    assert made.spec.seed == 5
    assert made.path.parent == one.path.parent
    (runs / "a" / "m64-s4" / layout.SPEC).write_text("damaged")
    assert with_next_seed(runs, one, Request()).spec.seed in (4, 6)


def test_one_that_lies_in_the_runs_folder_itself_gets_its_like_beside_it(
    make_trajectory: MakeTrajectory, runs: Path
) -> None:
    assert with_next_seed(runs, make_trajectory("m64-s0"), Request()).path.parent == runs


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (format_count(1, "trajectory"), "1 trajectory"),
        (format_count(1200, "trajectory"), "1,200 trajectories"),
        (format_count(2, "inpainting"), "2 inpaintings"),
        (format_size(0), "0.0 kB"),
        (format_size(4_100_000), "4.1 MB"),
        (format_size(9_960_000), "10 MB"),
        (format_size(1.25e9), "1.2 GB"),
        (format_duration(0.2), "1 s"),
        (format_duration(90), "2 min"),
        (format_duration(12_000), "3 h 20 min"),
        (format_duration(86_400 * 3), "3 days 0 h"),
    ],
)
def test_numbers_are_told_as_people_tell_them(said: str, text: str) -> None:
    assert said == text


def test_every_command_is_a_function() -> None:
    for name, command in COMMANDS.items():
        assert callable(getattr(import_module(f"riptui.tui.commands.{command.module}"), name))


@pytest.mark.slow
async def test_a_command_that_has_not_ended_is_not_begun_again(make_trajectory: MakeTrajectory, runs: Path) -> None:
    make_trajectory()
    async with open_app(runs) as pilot:
        pilot.browser.action_do("rename")
        pilot.browser.action_do("rename")
        await pilot.wait_for_words("Rename is still at work: press the key again")
        await pilot.wait_for_dialog(TextDialog)
        await pilot.press("escape")
        await pilot.wait_for_command()
        assert pilot.app.screen is pilot.browser
