"""One picture large: zoom, pan, views, blinking, other frames and trajectories, and the way back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from riptui.arrays import Image
from riptui.graphics.capabilities import Terminal
from riptui.metrics.display import metric_title
from riptui.region import Region
from riptui.spec import Box
from riptui.store.frames import read_frame
from riptui.store.trajectory import Trajectory
from riptui.tui.browser import Browser
from riptui.tui.large.frame_views import FrameView, colour_squares, draw_outline, view_kinds
from riptui.tui.large.large_picture import LargePicture
from riptui.tui.large.large_screen import LargeScreen
from riptui.tui.text_lines import TextLine
from riptui.tui.trajectory.difference import signed_difference
from riptui.tui.trajectory.loader import NO_SNAPSHOT, TrajectorySnapshot
from riptui.tui.trajectory.square_distances import SquareDistances
from tests.support.app_pilot import AppPilot, open_app
from tests.support.app_runs import FIRST, make_runs
from tests.support.made import made_spec
from tests.support.trajectories import picture

HALF_BLOCKS = Terminal("halfblock", "a test", (9, 18))
KITTY = Terminal("kitty", "a test", (9, 18), offered=("kitty", "halfblock"))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read by all tests, written by none."""
    folder = tmp_path_factory.mktemp("large") / "runs"
    make_runs(folder)
    return folder


class LargePilot:
    """The large picture of the first trajectory in the app."""

    def __init__(self, pilot: AppPilot) -> None:
        self.pilot = pilot

    @property
    def screen(self) -> LargeScreen:
        assert isinstance(self.pilot.app.screen, LargeScreen)
        return self.pilot.app.screen

    @property
    def picture(self) -> LargePicture:
        return self.screen.query_one(LargePicture)

    @property
    def line(self) -> str:
        return self.screen.query_one(TextLine).text

    def shows(self, image: Image) -> bool:
        return self.picture.image is not None and np.array_equal(self.picture.image, image)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def settle(self) -> None:
        await self.pilot.wait_until(lambda: self.screen.loaded is not None and not self.screen.busy, "the frame")
        await self.pilot.pause()


@asynccontextmanager
async def open_large(
    runs: Path, size: tuple[int, int] = (140, 40), terminal: Terminal = HALF_BLOCKS
) -> AsyncIterator[LargePilot]:
    async with open_app(runs, size, select=FIRST, terminal=terminal) as pilot:
        await pilot.wait_for_frame(32)
        await pilot.press("f")
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, LargeScreen), "the large picture")
        large = LargePilot(pilot)
        await large.settle()
        yield large


@pytest.mark.exhaustive
async def test_it_shows_the_frame_to_the_edges_and_returns_to_where_one_was(runs: Path) -> None:
    async with open_large(runs) as large:
        assert large.picture.part is not None
        assert large.picture.part.box.rows == large.picture.size.height == 38
        frame = read_frame(Trajectory(runs / FIRST), 32)
        assert large.shows(frame)
        assert FIRST in large.line
        assert "frame 32/32  200 %  zoom fit" in large.line
        assert "SSIM" in large.line
        await large.press("left", "left")
        assert "frame 30/32  188 %" in large.line
        assert "at 150 %: SSIM" in large.line, "values of an earlier frame say so"
        await large.pilot.press("escape")
        await large.pilot.wait_until(lambda: isinstance(large.pilot.app.screen, Browser), "the tree")
        await large.pilot.wait_for_frame(30)
        assert large.pilot.cursor == FIRST


@pytest.mark.exhaustive
async def test_it_zooms_and_pans_and_steps_where_nothing_is_cut_off(runs: Path) -> None:
    async with open_large(runs) as large:
        await large.press("plus", "plus")
        part = large.picture.part
        assert part is not None
        assert (large.picture.zoom_label, part.width, part.height) == ("1:1", 140, 76)
        await large.press("h", "k")
        moved = large.picture.part
        assert moved is not None
        assert (moved.left, moved.top) == (part.left - 35, part.top - 19)
        await large.press("k", "k", "k", "k", "k")
        assert large.picture.part.top == 0
        assert large.screen.cursor.k == 32, "panning does not step"
        await large.press("plus")
        assert (large.picture.zoom_label, large.picture.part.width) == ("2:1", 70)
        await large.press("minus", "minus", "minus", "minus")
        assert large.picture.fits
        await large.press("h")
        assert large.screen.cursor.k == 31
        await large.press("j")
        assert large.screen.path != runs / FIRST
        await large.press("k")
        assert large.screen.path == runs / FIRST


@pytest.mark.slow
async def test_in_pixels_the_zooms_are_about_true_size(runs: Path) -> None:
    async with open_large(runs, terminal=KITTY) as large:  # 1,260 x 684 px for 256 x 256
        assert large.picture.zoom_label == "fit 267 %"
        await large.press("minus")
        assert (large.picture.zoom_label, large.picture.fits) == ("1:1", True)
        assert large.picture.part is not None
        assert (large.picture.part.box.width, large.picture.part.box.columns) == (256, 29)
        await large.press("z", "plus")
        assert (large.picture.zoom_label, large.picture.part.width, large.picture.part.height) == ("4:1", 256, 171)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_in_little_room_the_picture_and_its_line_are_whole(runs: Path, size: tuple[int, int]) -> None:
    async with open_large(runs, size) as large:
        assert large.picture.part is not None
        assert large.picture.part.box.rows == size[1] - 2
        assert "frame 32/32  200 %" in large.line
        assert len(large.line) <= size[0] - 2


@pytest.mark.slow
async def test_views_gain_and_outline(runs: Path) -> None:
    async with open_large(runs) as large:
        await large.press("d")
        assert "difference ×4" in large.line
        await large.press("right_square_bracket", "right_square_bracket")
        assert "difference ×8" in large.line
        await large.press("d")
        assert "signed difference ×8" in large.line
        await large.press("d", "d")
        assert large.screen.view.kind == ""
        await large.press("o")
        snapshot, loaded = large.screen.cursor.snapshot, large.screen.loaded
        assert loaded is not None
        assert loaded.frame.image is not None
        frame, square, dot = loaded.frame.image, Region(snapshot.rows[31].box), large.picture.dot_pixels
        assert dot > 1, "a half block is some pixels"
        assert large.shows(draw_outline(frame, square, dot))
        large.picture.change_zoom(10)
        await large.settle()
        await large.pilot.wait_until(lambda: large.picture.part is not None and large.picture.part.zoom == 4)
        part, thin = large.picture.part, draw_outline(frame, square)
        await large.pilot.wait_until(lambda: large.shows(thin[part.window]), "a line as thin as the screen shows it")


@pytest.mark.exhaustive
async def test_it_blinks_with_the_original_until_it_is_told_to_stop(runs: Path) -> None:
    async with open_large(runs) as large:
        original, frame = (read_frame(Trajectory(runs / FIRST), k) for k in (0, 32))
        await large.press("b")
        assert large.shows(original)
        await large.pilot.wait_until(lambda: large.shows(frame), "the frame")
        assert "frame 32" in large.line
        await large.pilot.wait_until(lambda: large.shows(original), "the original")
        await large.press("b")
        assert not large.screen.blinking
        assert large.shows(frame)


@pytest.mark.slow
async def test_the_wheel_zooms_at_the_pointer_and_dragging_pans(runs: Path) -> None:
    async with open_large(runs) as large:
        region = large.picture.region
        large.picture.change_zoom(1, (0.0, 0.0))
        large.picture.change_zoom(1, (0.0, 0.0))
        assert (large.picture.part.left, large.picture.part.top) == (0, 0), "what is below the pointer stays there"
        await large.pilot._pilot.mouse_down(LargePicture, offset=(50, 20))
        await large.pilot._pilot.hover(LargePicture, offset=(40, 15))
        await large.pilot._pilot.mouse_up(LargePicture, offset=(40, 15))
        assert (large.picture.part.left, large.picture.part.top) == (10, 10), region


@pytest.mark.slow
async def test_enter_and_a_double_click_open_it_too(runs: Path) -> None:
    async with open_app(runs, select=FIRST, terminal=HALF_BLOCKS) as pilot:
        await pilot.wait_for_frame(32)
        await pilot.press("enter")
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, LargeScreen), "enter")
        await pilot.press("q")
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, Browser), "back")
        await pilot._pilot.double_click("#frame PictureWidget", offset=(5, 5))
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, LargeScreen), "a double click")


@pytest.mark.slow
async def test_a_group_that_is_closed_right_after_enter_does_not_matter(runs: Path) -> None:
    async with open_app(runs, select=FIRST, terminal=HALF_BLOCKS) as pilot:
        await pilot.wait_for_frame(32)
        pilot.tree.action_open()
        pilot.tree.action_collapse_all()
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, LargeScreen), "the large picture")
        await LargePilot(pilot).settle()
        await pilot.press("q")
        await pilot.wait_until(lambda: pilot.tree.current_row and pilot.tree.current_row.path == FIRST, "the tree")


@pytest.mark.slow
async def test_before_the_trajectory_was_read_it_opens_at_the_newest_frame(runs: Path) -> None:
    async with open_app(runs, select=FIRST, terminal=HALF_BLOCKS) as pilot:
        await pilot.wait_for_frame(32)
        pilot.view.cursor.snapshot = NO_SNAPSHOT
        pilot.view.cursor.k = 0
        await pilot.press("f")
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, LargeScreen), "the large picture")
        large = LargePilot(pilot)
        await large.settle()
        assert large.screen.cursor.k == 32


@pytest.mark.slow
async def test_a_trajectory_that_cannot_be_read_says_why(runs: Path, tmp_path: Path) -> None:
    (tmp_path / "runs" / "gone").mkdir(parents=True)
    async with open_large(runs) as large:
        large.screen._trajectories = [runs / FIRST, tmp_path / "runs" / "gone"]
        large.screen._index = 0
        await large.pilot.press("down")
        await large.pilot.wait_until(lambda: large.picture.note, "the reason")
        assert large.picture.image is None


# --- pure


def test_a_signed_difference_is_grey_where_nothing_changed() -> None:
    original = picture(64)
    brighter = np.minimum(original, 200) + np.uint8(10)
    signed = signed_difference(brighter, np.minimum(original, 200), 4)
    assert (signed == 148).all()
    assert (signed_difference(original, original, 8) == 128).all()


def test_stored_squares_are_views_and_colour_the_frame() -> None:
    values = [[0.0, 0.2], [0.1, 0.4]]
    squares = {16: {"lpips-alex": values}}
    snapshot = TrajectorySnapshot(Path("x"), made_spec(mask=256), squares=squares)
    assert view_kinds(snapshot)[-1] == "lpips-alex"
    assert FrameView("lpips-alex").label == f"{metric_title('lpips-alex')} of squares"
    coloured = colour_squares(np.zeros((64, 64, 3), np.uint8), SquareDistances("lpips-alex", 16, values, 0.4))
    assert coloured[60, 60].sum() > coloured[3, 60].sum() > coloured[3, 3].sum()


def test_an_outline_leaves_the_square_as_it_is() -> None:
    image = picture(256)
    square = Box(64, 128, 64, 64)
    outlined, window = draw_outline(image, Region(square)), square.window
    assert np.array_equal(outlined[window], image[window])
    assert (outlined[127, 64:128] == 255).all()
    assert (outlined[126, 64:128] == 0).all()
