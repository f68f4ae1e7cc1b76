"""The screen of diversity, by its keys: sets, pairs, near-duplicates, and what is chosen."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Static

from riptui.graphics.capabilities import Terminal
from riptui.graphics.picture import PictureWidget
from riptui.graphics.protocol import Graphics
from riptui.store.trajectory import Trajectory
from riptui.tui import bindings
from riptui.tui.diversity.diversity_screen import DiversityScreen
from riptui.tui.diversity.matrix import DiversityMatrix
from riptui.tui.diversity.set_reader import NO_SETS
from tests.support.app_pilot import wait_until
from tests.support.planted_pictures import Plant, plant, random_picture
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory

__all__ = ["plant"]

UNLIKE = [random_picture(seed) for seed in range(4)]


class DiversityApp(App[None]):
    def __init__(self, made: list[Trajectory]) -> None:
        super().__init__()
        self.made = made
        self.chosen: list[Path | None] = []

    def on_mount(self) -> None:
        graphics = Graphics(Terminal("halfblock", "a test", truecolor=True))
        self.push_screen(DiversityScreen([one.path for one in self.made], graphics), self.chosen.append)


def text(pilot: Pilot[None], selector: str) -> str:
    return str(pilot.app.screen.query_one(selector, Static).content)


def matrix(pilot: Pilot[None]) -> DiversityMatrix:
    return pilot.app.screen.query_one(DiversityMatrix)


async def ready(pilot: Pilot[None]) -> DiversityScreen:
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, DiversityScreen))
    screen = pilot.app.screen
    assert isinstance(screen, DiversityScreen)
    await wait_until(pilot, lambda: all(picture.image is not None for picture in screen.query(PictureWidget)))
    return screen


async def press(pilot: Pilot[None], key: str, done: Callable[[], object]) -> None:
    await pilot.press(key)
    await wait_until(pilot, done)


def seeds_at(screen: DiversityScreen) -> list[int]:
    assert screen.shown
    return [screen.shown.seeds[place] for place in screen.query_one(DiversityMatrix).cursor]


@pytest.mark.slow
async def test_a_set_is_shown_with_its_nearest_pair_and_each_key_does_its_part(plant: Plant) -> None:
    made = plant("owl", [*UNLIKE, UNLIKE[1], UNLIKE[3]])
    app = DiversityApp(made)
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await ready(pilot)
        about = text(pilot, "#diversity-about")
        for part in ("owl.png, whole image, planted", "6 seeds by phash", "2 of 15 pairs near"):
            assert part in about
        assert sorted(seeds_at(screen)) in ([1, 4], [3, 5])
        first, second = screen.query(PictureWidget)
        assert first.image is not None
        assert second.image is not None
        assert np.array_equal(first.image, second.image)
        assert "near-duplicates" in text(pilot, "#diversity-pair")
        before = sorted(seeds_at(screen))
        await press(pilot, "n", lambda: sorted(seeds_at(screen)) != before)
        assert sorted(seeds_at(screen)) in ([1, 4], [3, 5])
        for key, back in (("left", "right"), ("up", "down"), ("h", "l"), ("k", "j")):
            here = matrix(pilot).cursor
            await pilot.press(key)
            row, column = matrix(pilot).cursor
            assert row != column
            await pilot.press(back, *[back] * (matrix(pilot).cursor == here))
        await press(pilot, "n", lambda: "near-duplicates" in text(pilot, "#diversity-pair"))
        row = seeds_at(screen)[0]
        await press(pilot, "enter", lambda: app.chosen)
    assert app.chosen == [made[row].path]


@pytest.mark.slow
async def test_other_sets_are_a_key_away(make_trajectory: MakeTrajectory) -> None:
    made = [
        make_trajectory(f"g/m{mask}-s{seed}", mask=mask, seed=seed, inpainter="noise")
        for mask in (128, 256)
        for seed in (0, 1)
    ]
    for trajectory in made:
        list(run_trajectory(trajectory))
    app = DiversityApp(made)
    async with app.run_test(size=(100, 24)) as pilot:
        await ready(pilot)
        assert "128 px" in text(pilot, "#diversity-about")
        await press(pilot, "i", lambda: "set 2 of 2" in text(pilot, "#diversity-about"))
        await press(pilot, "I", lambda: "set 1 of 2" in text(pilot, "#diversity-about"))
        await press(pilot, "escape", lambda: app.chosen)
    assert app.chosen == [None]


async def test_without_sets_it_says_what_adds_them(make_trajectory: MakeTrajectory) -> None:
    app = DiversityApp([make_trajectory("g/m64-s0")])
    async with app.run_test(size=(100, 24)) as pilot:
        await wait_until(pilot, lambda: isinstance(app.screen, DiversityScreen))
        await wait_until(pilot, lambda: text(pilot, "#diversity-about") == NO_SETS)
        await pilot.press("down", "n", "enter", "q")
        await wait_until(pilot, lambda: app.chosen)


def test_every_key_of_the_screen_is_pressed_here() -> None:
    source = Path(__file__).read_text()
    for binding in bindings.DIVERSITY:
        assert any(f'"{key}"' in source for key in binding.key.split(",")), binding.id
