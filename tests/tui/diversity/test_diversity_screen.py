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
from riptui.store.feature_file import save_features
from riptui.store.trajectory import Trajectory
from riptui.tui import screen_bindings
from riptui.tui.diversity.diversity_screen import DiversityScreen
from riptui.tui.diversity.matrix import CELL, DiversityMatrix
from riptui.tui.diversity.set_reader import NO_SETS
from riptui.tui.diversity.similarity_sheet import fit_sheet
from riptui.tui.gallery.gallery_grid import GalleryItem, GridSize
from riptui.tui.large.large_screen import LargeScreen
from tests.support.app_pilot import click_text, wait_until
from tests.support.planted_pictures import Plant, plant, random_picture
from tests.support.running import run_trajectory
from tests.support.set_studies import GivenFeatures
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
        runs = self.made[0].path.parents[1]
        self.push_screen(DiversityScreen([one.path for one in self.made], graphics, runs=runs), self.chosen.append)


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
async def test_the_mouse_chooses_pairs_and_pictures_and_a_double_click_goes_there(plant: Plant) -> None:
    made = plant("owl", [*UNLIKE, UNLIKE[1]])
    app = DiversityApp(made)
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await ready(pilot)
        assert screen.shown
        row, column = next((y, x) for y in range(5) for x in range(5) if x != y and (y, x) != matrix(pilot).cursor)
        await pilot.click(DiversityMatrix, offset=(2 + CELL * column, row))
        await wait_until(pilot, lambda: matrix(pilot).cursor == (row, column), "the pair that was clicked")
        before = text(pilot, "#diversity-pair")
        await pilot.click(DiversityMatrix, offset=(2 + CELL * row, row))  # the diagonal has no pair
        assert matrix(pilot).cursor == (row, column)
        assert text(pilot, "#diversity-pair") == before
        await click_text(pilot, "s Sheet")
        await wait_until(pilot, lambda: sum(item.image is not None for item in screen.query(GalleryItem)) == 5)
        await pilot.click(next(item for item in screen.query(GalleryItem) if item.key))
        await wait_until(pilot, lambda: screen.sheet.place == 0, "the first picture")
        await click_text(pilot, "s Sheet")
        await wait_until(pilot, lambda: not screen.sheet.display, "the matrix")
        row, column = next((y, x) for y in range(5) for x in range(5) if x != y and (y, x) != matrix(pilot).cursor)
        chosen = screen.shown.trajectory(row).path
        await pilot.double_click(DiversityMatrix, offset=(2 + CELL * column, row))
        await wait_until(pilot, lambda: app.chosen == [chosen], "the trajectory of the row")


@pytest.mark.slow
async def test_the_sheet_has_all_pictures_in_the_order_of_the_matrix(plant: Plant) -> None:
    made = plant("owl", [*UNLIKE, UNLIKE[1]])
    app = DiversityApp(made)
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await ready(pilot)
        assert screen.shown
        order = [screen.shown.trajectory(row).path for row in range(5)]
        await press(pilot, "s", lambda: screen.sheet.display)
        await wait_until(pilot, lambda: sum(one.image is not None for one in screen.query(GalleryItem)) == 5)
        items = [item for item in screen.query(GalleryItem) if item.key]
        assert [Path(item.key.path) for item in items if item.key] == order
        await press(pilot, "right", lambda: screen.sheet.place > 0)
        for key in ("left", "left", "left", "left"):
            await pilot.press(key)
        assert screen.sheet.place == 0
        await press(pilot, "n", lambda: "near-duplicates" in text(pilot, "#diversity-pair"))
        assert screen.sheet.cell
        assert screen.sheet.cell.caption in ("1 ≈", "4 ≈")
        larger = screen.sheet.picture_rows
        await press(pilot, "minus", lambda: screen.sheet.picture_rows < larger)
        await press(pilot, "plus", lambda: screen.sheet.picture_rows == larger)
        place = screen.sheet.place
        await press(pilot, "f", lambda: isinstance(app.screen, LargeScreen))
        await press(pilot, "down", lambda: True)
        await press(pilot, "escape", lambda: app.screen is screen)
        await wait_until(pilot, lambda: screen.sheet.place == min(place + 1, 4))
        chosen = order[screen.sheet.place]
        await press(pilot, "s", lambda: not screen.sheet.display)
        assert matrix(pilot).cursor[0] == order.index(chosen)
        await press(pilot, "enter", lambda: app.chosen)
    assert app.chosen == [chosen]


@pytest.mark.slow
async def test_sets_are_compared_by_each_kind_of_features_that_is_stored(plant: Plant) -> None:
    made = plant("owl", UNLIKE)
    app = DiversityApp(made)
    for number, trajectory in enumerate(made):
        vectors = {k: np.array([1, number], np.float32) for k in (0, 1)}
        save_features(trajectory, GivenFeatures(2, name="clip:/a/model"), vectors)
        if number:
            save_features(trajectory, GivenFeatures(2, name="inception"), vectors)
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await ready(pilot)
        assert screen.shown
        assert screen.shown.choices == ["clip:/a/model", "phash"]  # one lacks those by Inception
        assert "4 seeds by clip:…/model (1 of 2)" in text(pilot, "#diversity-about")
        assert "1 - cosine" in text(pilot, "#diversity-pair")
        await press(pilot, "E", lambda: "by phash (2 of 2)" in text(pilot, "#diversity-about"))
        await press(pilot, "E", lambda: "by clip" in text(pilot, "#diversity-about"))


@pytest.mark.parametrize(
    ("count", "room", "expected"),
    [
        (12, (100, 30), GridSize(8, 3, 5)),
        (100, (140, 36), GridSize(5, 5, 11)),  # too small if all were to fit
        (2, (60, 14), GridSize(12, 1, 2)),
        (3, (10, 4), GridSize(2, 1, 2)),
    ],
)
def test_pictures_of_a_sheet_are_as_large_as_all_fit(count: int, room: tuple[int, int], expected: GridSize) -> None:
    assert fit_sheet(count, *room) == expected


@pytest.mark.parametrize("count", [1, 12, 100])
@pytest.mark.parametrize("room", [(140, 36), (60, 14)])
def test_larger_pictures_of_a_sheet_fill_the_room(count: int, room: tuple[int, int]) -> None:
    width, height = room
    for grid in {fit_sheet(count, *room, larger) for larger in range(-50, 51)}:
        size = grid.picture_rows + 1
        assert height // (size + 2) < grid.rows or (width + 2) // (2 * size + 2) < grid.columns


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


@pytest.mark.slow
async def test_without_sets_it_says_what_adds_them(make_trajectory: MakeTrajectory) -> None:
    app = DiversityApp([make_trajectory("g/m64-s0")])
    async with app.run_test(size=(100, 24)) as pilot:
        await wait_until(pilot, lambda: isinstance(app.screen, DiversityScreen))
        await wait_until(pilot, lambda: text(pilot, "#diversity-about") == NO_SETS)
        await pilot.press("down", "n", "enter", "q")
        await wait_until(pilot, lambda: app.chosen)


def test_every_key_of_the_screen_is_pressed_here() -> None:
    source = Path(__file__).read_text()
    for binding in screen_bindings.DIVERSITY:
        assert any(f'"{key}"' in source for key in binding.key.split(",")), binding.id
