"""The screen of blind ratings, by its keys: nothing tells which is which, and each answer is on the disk at once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Static

from riptui.errors import HeldError, InputError
from riptui.graphics.capabilities import Terminal
from riptui.graphics.protocol import Graphics
from riptui.store import layout
from riptui.store.listing import find_trajectories, summarize
from riptui.store.ratings import Rating, RatingMode, read_ratings
from riptui.tui import screen_bindings
from riptui.tui.key_footer import KeyFooter
from riptui.tui.rating.rating_screen import RatingScreen
from riptui.tui.rating.rating_session import RatingPlan, RatingSession, guess_rater
from riptui.tui.titled_picture import TitledPicture
from tests.support.app_pilot import toasts, wait_until
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory


@pytest.fixture
def group(make_trajectory: MakeTrajectory, tmp_path: Path) -> Path:
    """Two conditions and two seeds: two pairs."""
    for mask in (128, 256):
        for seed in (0, 1):
            list(run_trajectory(make_trajectory(f"g/m{mask}-s{seed}", mask=mask, seed=seed, inpainter="noise")))
    return tmp_path / "runs" / "g"


class RatingApp(App[None]):
    def __init__(self, folder: Path, mode: RatingMode = "ab", rater: str = "ann") -> None:
        super().__init__()
        plan = RatingPlan(folder, rater, mode)
        self.session = RatingSession(plan, [summarize(trajectory) for trajectory in find_trajectories(folder)])
        self.saved: list[int | None] = []

    def on_mount(self) -> None:
        graphics = Graphics(Terminal("halfblock", "a test", truecolor=True))
        self.push_screen(RatingScreen(self.session, graphics), self.saved.append)


def shown(pilot: Pilot[None]) -> list[TitledPicture]:
    return [column for column in pilot.app.screen.query(TitledPicture) if column.display]


def text(pilot: Pilot[None], selector: str) -> str:
    return str(pilot.app.screen.query_one(selector, Static).content)


async def ready(pilot: Pilot[None], count: int = 2) -> RatingScreen:
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, RatingScreen))
    screen = pilot.app.screen
    assert isinstance(screen, RatingScreen)
    await wait_until(
        pilot, lambda: len(shown(pilot)) == count and all(column.picture.image is not None for column in shown(pilot))
    )
    return screen


def said(group: Path, rater: str = "ann") -> list[Rating]:
    return read_ratings(group / f"ratings.{rater}.jsonl")


async def press(pilot: Pilot[None], key: str, done: Callable[[], object]) -> None:
    await pilot.press(key)
    await wait_until(pilot, done)


@pytest.mark.slow
async def test_a_rating_from_the_first_key_to_the_last(group: Path) -> None:
    app = RatingApp(group)
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot)
        assert text(pilot, "#rating-question") == "Which picture is better?  1 of 2"
        assert "1-2 Choose" in str(app.screen.query_one(KeyFooter).content)
        assert not any(name in str(app.screen.render()) for name in ("128", "256", "noise"))
        await press(pilot, "2", lambda: len(said(group)) == 1)
        await ready(pilot)
        assert text(pilot, "#rating-question").endswith("2 of 2")
        await press(pilot, "left", lambda: len(said(group)) == 2)
        await wait_until(pilot, lambda: app.screen.query_one("#rating-done").display)
        await pilot.press("1")  # nothing is asked any more
        assert [rating.choice for rating in said(group)] == [1, 0]
        await press(pilot, "u", lambda: len(said(group)) == 1)
        await ready(pilot)
        await press(pilot, "0", lambda: len(said(group)) == 2)
        assert [rating.choice for rating in said(group)] == [1, None]
        await press(pilot, "escape", lambda: app.saved == [2])
    for rating in said(group):
        assert rating.mode == "ab"
        assert len({frame.digest for frame in rating.frames}) == 2
        assert rating.seconds > 0


@pytest.mark.slow
async def test_a_click_chooses_a_picture_and_a_double_click_not_the_next_one_too(group: Path) -> None:
    async with RatingApp(group).run_test(size=(140, 40)) as pilot:
        await ready(pilot)
        await pilot.click(shown(pilot)[1].picture, times=2)
        await wait_until(pilot, lambda: text(pilot, "#rating-question").endswith("2 of 2"))
        await ready(pilot)
        assert [rating.choice for rating in said(group)] == [1]


@pytest.mark.slow
async def test_a_number_in_the_last_line_can_be_clicked(group: Path) -> None:
    async with RatingApp(group).run_test(size=(140, 40)) as pilot:
        await ready(pilot)
        footer = pilot.app.screen.query_one(KeyFooter)
        column = str(footer.content).index("1-2 Choose") + footer.content_region.x - footer.region.x
        for other in (len("1"), len("1-2 C")):
            await pilot.click(footer, offset=(column + other, 0))
        await pilot.click(footer, offset=(column + len("1-"), 0))
        await wait_until(pilot, lambda: [rating.choice for rating in said(group)] == [1])


@pytest.mark.slow
async def test_it_goes_on_where_it_ended_and_takes_back_what_was_said_before(group: Path) -> None:
    first = RatingApp(group)
    async with first.run_test() as pilot:
        await ready(pilot)
        await press(pilot, "right", lambda: len(said(group)) == 1)
    again = RatingApp(group)
    async with again.run_test() as pilot:
        await ready(pilot)
        assert text(pilot, "#rating-question").endswith("2 of 2")
        await press(pilot, "backspace", lambda: said(group) == [])
        await ready(pilot)
        await pilot.press("u")
        await wait_until(pilot, lambda: "no answer to take back" in str(toasts(again)))
        assert again.session.saved == -1


@pytest.mark.slow
async def test_tags_of_single_frames(group: Path) -> None:
    app = RatingApp(group, "tags")
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot, 1)
        await pilot.press("1", "3", "6", "3", "t", "left")  # the last two have no meaning here
        await press(pilot, "enter", lambda: len(said(group)) == 1)
        await ready(pilot, 1)
        await press(pilot, "enter", lambda: len(said(group)) == 2)
    assert [rating.tags for rating in said(group)] == [("hallucinated object", "other"), ()]
    assert {len(rating.frames) for rating in said(group)} == {1}


@pytest.mark.slow
async def test_best_skip_and_the_original(group: Path) -> None:
    app = RatingApp(group, "best")
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot)
        question = app.session.current
        frame = shown(pilot)[0].picture.image
        await pilot.press("o")
        assert shown(pilot)[0].picture.image is not frame
        await pilot.press("space", "s")
        await wait_until(pilot, lambda: app.session.current is not question)
        await ready(pilot)
        await pilot.press("5", "h")  # there are two, and these are not sides
        await press(pilot, "1", lambda: len(said(group)) == 1)
    assert said(group)[0].mode == "best"


@pytest.mark.slow
async def test_a_frame_that_cannot_be_read_is_not_rated(group: Path) -> None:
    (group / "m256-s0" / layout.PATCHES).write_bytes(b"")
    (group / "m256-s0" / layout.KEYFRAMES).rename(group / "away")
    app = RatingApp(group)
    async with app.run_test() as pilot:
        await wait_until(pilot, lambda: isinstance(app.screen, RatingScreen) and len(shown(pilot)) == 2)
        while all(column.picture.image is not None for column in shown(pilot)):
            current = app.session.current
            await pilot.press("s")
            await wait_until(pilot, lambda: app.session.current is not current)  # noqa: B023
            await wait_until(pilot, lambda: getattr(app.screen, "_pictures", None) is not None)
        await pilot.press("1")
        await wait_until(pilot, lambda: "skip the question with s" in str(toasts(app)))
    assert said(group) == []


def test_every_key_of_ratings_is_pressed_here() -> None:
    source = Path(__file__).read_text()
    for binding in screen_bindings.RATING:
        keys = binding.key.split(",")
        assert any(f'"{key}"' in source for key in keys) or binding.action.startswith("pick("), binding.id


@pytest.mark.slow
def test_nothing_to_rate_and_a_second_process_are_refused_before_the_screen(group: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no trajectory here"):
        RatingSession(RatingPlan(tmp_path, "ann"), [])
    app = RatingApp(group)
    with pytest.raises(HeldError, match="ann is rating in another process"):
        RatingApp(group)
    RatingApp(group, rater="bob").session.close()
    app.session.close()


def test_a_rater_has_a_name_without_asking() -> None:
    assert guess_rater()
