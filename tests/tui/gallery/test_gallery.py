"""The gallery of a group: what is in its cells, and the screen."""

from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import isnan
from pathlib import Path
from typing import Any

import pytest

from riptui.graphics.capabilities import Terminal
from riptui.spec import Spec
from riptui.store.trajectory import Status
from riptui.tui.gallery.gallery_grid import GalleryGrid, GalleryItem, fit_grid
from riptui.tui.gallery.gallery_screen import GalleryScreen
from riptui.tui.gallery.gallery_table import (
    PERCENT,
    GalleryAxes,
    GalleryTable,
    build_gallery,
    metric_of,
    percent_points,
    reached_point,
)
from riptui.tui.gallery.thumbnails import ThumbnailKey, ThumbnailReader
from riptui.tui.group.compare_data import frame_at
from riptui.tui.group.group_reader import GroupMember
from riptui.tui.large.large_screen import LargeScreen
from riptui.tui.text_lines import TextLine
from tests.support.app_pilot import AppPilot, open_app
from tests.support.app_runs import FIRST, make_runs
from tests.support.made import made_spec

HALF_BLOCKS = Terminal("halfblock", "a test", (9, 18))


def member(path: str, spec: Spec, k: int | None = None) -> GroupMember:
    """Measured at 0, half of its frames and all of them."""
    newest = spec.iterations if k is None else k
    frames = tuple(frame for frame in (0, spec.iterations // 2, spec.iterations) if frame <= newest)
    return GroupMember(path, Status.DONE, spec, spec.digest, newest, frames, ("ssim",), array("d", [0.5] * len(frames)))


def a_study() -> list[GroupMember]:
    """Two pictures, two mask sizes, two seeds."""
    return [
        member(f"g/{picture}-{mask}-{seed}", made_spec(picture, mask=mask, seed=seed, source_name=f"p{picture}.png"))
        for picture in (0, 1)
        for mask in (64, 256)
        for seed in (0, 1)
    ]


def paths(table: GalleryTable) -> list[list[str]]:
    return [[cell.member.path if cell else "" for cell in row.cells] for row in table.rows]


# --- pure


def test_a_row_is_a_picture_and_a_column_a_mask_size_at_first() -> None:
    table = build_gallery(a_study(), GalleryAxes(), 400)
    assert (table.columns, table.column_kinds) == (("64 px", "256 px"), ("mask", PERCENT))
    assert [row.label for row in table.rows] == ["p0", "p1"]
    assert paths(table) == [["g/0-64-0", "g/0-256-0"], ["g/1-64-0", "g/1-256-0"]]
    first = table.rows[0].cells[0]
    assert first is not None
    assert (first.k, first.seeds, first.value("ssim")) == (256, 2, 0.5)


def test_each_seed_can_have_a_row() -> None:
    table = build_gallery(a_study(), GalleryAxes(by_seed=True), 400)
    assert [row.label for row in table.rows] == ["p0 · seed 0", "p0 · seed 1", "p1 · seed 0", "p1 · seed 1"]
    assert all(cell is not None and cell.seeds == 1 for row in table.rows for cell in row.cells)


def test_every_50_per_cent_is_a_column_and_a_mask_size_a_row_as_in_figures_10_to_12() -> None:
    table = build_gallery(a_study(), GalleryAxes(PERCENT), 400)
    assert table.columns == tuple(f"{50 * n} %" for n in range(9))
    assert [row.label for row in table.rows] == ["p0 · 64 px", "p0 · 256 px", "p1 · 64 px", "p1 · 256 px"]
    assert [cell.k for cell in table.rows[1].cells if cell] == [0, 2, 4, 6, 8, 10, 12, 14, 16]
    second = table.rows[1].cells[1]
    assert second is not None
    assert isnan(second.value("ssim")), "not measured there"


def test_inpainters_and_their_settings_are_columns_too_and_gaps_stay_free() -> None:
    members = [
        member("a", made_spec(inpainter="telea", parameters={"radius": 3.0})),
        member("b", made_spec(inpainter="noise", parameters={})),
        member("c", made_spec(inpainter="telea", parameters={"radius": 5.0})),
    ]
    table = build_gallery(members, GalleryAxes(), 400)
    assert table.column_kinds == ("inpainter", "radius", PERCENT)
    assert sorted(map(tuple, paths(table))) == [("", "a"), ("", "c"), ("b", "")]
    by_radius = build_gallery(members, GalleryAxes("radius"), 400)
    assert by_radius.column_kind == "radius"
    assert len(by_radius.columns) == 3


def test_equal_names_of_other_pictures_are_told_apart_and_nothing_is_no_error() -> None:
    members = [member(str(n), made_spec(n, source_name="cat.png")) for n in (0, 1)]
    labels = [row.label for row in build_gallery(members, GalleryAxes(), 400).rows]
    assert len(set(labels)) == 2
    assert all(label.startswith("cat ") for label in labels)
    assert build_gallery([], GalleryAxes(), 400) == GalleryTable()
    assert (percent_points([]), reached_point([]), metric_of([], "ssim")) == ([0.0], 0.0, "")


def test_what_is_not_computed_yet_says_so() -> None:
    young = member("young", made_spec(mask=64), 70)
    assert reached_point([young]) == 100
    cell = build_gallery([young], GalleryAxes(PERCENT), 100).rows[0].cells[-1]
    assert cell is not None
    assert not cell.is_computed
    assert frame_at(young.spec, 150) == 96


@pytest.mark.parametrize("size", [(138, 36), (78, 20), (58, 16), (10, 3)])
@pytest.mark.parametrize(("columns", "rows"), [(3, 3), (9, 1), (2, 300), (1, 1)])
def test_a_grid_fits_its_room(size: tuple[int, int], columns: int, rows: int) -> None:
    for larger in (-50, -1, 0, 1, 50):
        grid = fit_grid(columns, rows, *size, larger)
        assert grid.columns * (grid.picture_columns + 2) - 2 <= size[0]
        assert grid.rows * (grid.picture_rows + 2) <= size[1]
        assert 1 <= grid.columns <= columns
        assert 1 <= grid.rows <= rows


@pytest.mark.parametrize("size", [(138, 36), (78, 20), (58, 16), (10, 3)])
@pytest.mark.parametrize(("columns", "rows"), [(3, 3), (9, 6), (9, 1), (2, 300), (1, 1)])
def test_no_picture_could_be_larger_with_as_many_visible(size: tuple[int, int], columns: int, rows: int) -> None:
    grids = list(dict.fromkeys(fit_grid(columns, rows, *size, larger) for larger in range(-50, 51)))
    for grid in grids:
        next_rows = size[1] // (grid.picture_rows + 1 + 2)
        next_columns = (size[0] + 2) // (2 * (grid.picture_rows + 1) + 2)
        assert next_rows < grid.rows or next_columns < grid.columns
    assert [*sorted(grids)] == grids, "each step shows larger pictures"
    assert (grids[-1].rows, grids[-1].picture_rows) == (1, min(size[1] - 2, size[0] // 2))


# --- reading


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read by all tests, written by none."""
    folder = tmp_path_factory.mktemp("gallery") / "runs"
    make_runs(folder)
    return folder


@pytest.mark.slow
def test_a_thumbnail_is_large_enough_and_a_frame_that_is_missing_a_note(runs: Path) -> None:
    reader = ThumbnailReader()
    for k, pixels in ((0, 100), (8, 100), (5, 256), (32, 20)):
        image = reader.read(ThumbnailKey(str(runs / FIRST), "", k), pixels).image
        assert image is not None
        assert pixels <= image.shape[0] <= max(pixels + 30, 256)
    beyond = reader.read(ThumbnailKey(str(runs / FIRST), "", 99), 100)
    assert beyond.image is None
    assert beyond.note
    assert reader.read(ThumbnailKey(str(runs / "gone"), "", 0), 10).note


# --- the screen


class GalleryPilot:
    def __init__(self, pilot: AppPilot) -> None:
        self.pilot = pilot

    @property
    def screen(self) -> GalleryScreen:
        assert isinstance(self.pilot.app.screen, GalleryScreen)
        return self.pilot.app.screen

    @property
    def grid(self) -> GalleryGrid:
        return self.screen.query_one(GalleryGrid)

    @property
    def items(self) -> list[GalleryItem]:
        return [*self.grid.query(GalleryItem)]

    @property
    def title(self) -> str:
        return self.screen.query_one("#gallery-title", TextLine).text

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def settle(self) -> None:
        """Wait until every visible cell is there, and shows its picture if that is computed."""
        await self.pilot.wait_until(
            lambda: (
                not self.screen.busy
                and self.items
                and (size := self.grid._grid)
                and len(self.items) == size.rows * size.columns
                and all(item.image is not None or item.note for item in self.items if item.key)
            ),
            "the pictures",
        )


@asynccontextmanager
async def open_gallery(runs: Path, size: tuple[int, int] = (140, 40), **settings: Any) -> AsyncIterator[GalleryPilot]:
    async with open_app(runs, size, select="fig7/cat", terminal=HALF_BLOCKS, **settings) as pilot:
        await pilot.wait_until(lambda: pilot.browser.shown_path == "fig7/cat", "the group")
        await pilot.press("f")
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, GalleryScreen), "the gallery")
        gallery = GalleryPilot(pilot)
        await gallery.settle()
        yield gallery


@pytest.mark.slow
async def test_it_shows_the_groups_pictures_with_their_values(runs: Path) -> None:
    async with open_gallery(runs, metric="ssim") as gallery:
        assert gallery.screen.table.columns == ("64 px", "128 px")
        assert [item.key.k for item in gallery.items if item.key] == [32, 8]
        assert all(item.image is not None for item in gallery.items)
        assert "a row a picture · columns by mask · at 200 % · SSIM · 3 trajectories" in gallery.title
        assert "▸ ." in gallery.pilot.screen_text
        assert "frame 32/32  200 %  seed 0 (1 of 2 seeds: i)  row 1 of 1" in gallery.pilot.screen_text
        await gallery.press("H")
        assert [item.key.k for item in gallery.items if item.key] == [24, 6]
        assert "at 150 %" in gallery.title
        await gallery.press("i")
        assert [row.label for row in gallery.screen.table.rows] == ["picture · seed 0", "picture · seed 1"]
        await gallery.press("a")
        assert gallery.screen.table.column_kind == PERCENT
        assert [item.key.k for item in gallery.items if item.key][:5] == [0, 8, 16, 24, 32]


@pytest.mark.slow
async def test_the_cursor_opens_a_picture_large_and_comes_back_to_where_that_was_left(runs: Path) -> None:
    async with open_gallery(runs) as gallery:
        await gallery.press("right")
        assert gallery.grid.cursor == (0, 1)
        await gallery.pilot.press("enter")
        await gallery.pilot.wait_until(lambda: isinstance(gallery.pilot.app.screen, LargeScreen), "it")
        large = gallery.pilot.app.screen
        assert isinstance(large, LargeScreen)
        assert large.path == runs / "fig7/cat/m128-s0"
        await gallery.pilot.wait_until(lambda: large.loaded, "its frame")
        assert large.cursor.k == 8
        await gallery.pilot.press("up", "escape")
        await gallery.pilot.wait_until(lambda: isinstance(gallery.pilot.app.screen, GalleryScreen), "back")
        await gallery.pilot.wait_until(lambda: gallery.grid.cursor == (0, 0), "the cursor")
        await gallery.pilot.press("escape")
        await gallery.pilot.wait_until(lambda: gallery.pilot.app.screen is gallery.pilot.browser, "the tree")


@pytest.mark.slow
async def test_only_visible_cells_exist_and_it_scrolls_with_the_cursor(runs: Path) -> None:
    async with open_gallery(runs, (60, 20)) as gallery:
        await gallery.press("i", "plus", "plus", "plus", "plus")
        await gallery.pilot.wait_until(lambda: len(gallery.items) == 2, "one row of two")
        before = [item.key for item in gallery.items]
        await gallery.press("down")
        assert [item.key for item in gallery.items] != before
        await gallery.press("right")
        assert gallery.grid.cell is None, "there is no trajectory of 128 px with seed 1"
        await gallery.press("enter")
        assert isinstance(gallery.pilot.app.screen, GalleryScreen)
        await gallery.press("minus", "minus", "minus", "minus")
        await gallery.pilot.wait_until(lambda: len(gallery.items) == 4, "two rows of two")


@pytest.mark.slow
async def test_how_many_columns_are_hidden_is_told_however_little_room_is_left(runs: Path) -> None:
    async with open_gallery(runs, (60, 20)) as gallery:
        await gallery.press("i", "a")
        assert gallery.screen.table.column_kind == PERCENT
        hidden: set[int] = set()
        for width in range(40, 60, 3):
            await gallery.pilot._pilot.resize_terminal(width, 20)
            await gallery.pilot.wait_until(lambda width=width: gallery.screen.size.width == width)
            await gallery.settle()
            header = gallery.grid.query_one("#gallery-columns", TextLine)
            count = len(gallery.screen.table.columns) - len({item.place[1] for item in gallery.items})
            shown = header.render_line(0).text.rstrip()
            assert shown.endswith(f"+{count} ▸") if count else "▸" not in shown, shown
            hidden.add(count)
            await gallery.press("plus")
        assert len(hidden) > 1


@pytest.mark.slow
async def test_a_click_moves_the_cursor_a_double_click_opens_the_wheel_scrolls(runs: Path) -> None:
    async with open_gallery(runs) as gallery:
        second = gallery.items[1].region
        await gallery.pilot._pilot.click(offset=(second.x + 2, second.y + 2))
        assert gallery.grid.cursor == (0, 1)
        await gallery.pilot._pilot.double_click(offset=(second.x + 2, second.y + 2))
        await gallery.pilot.wait_until(lambda: isinstance(gallery.pilot.app.screen, LargeScreen), "the large picture")


@pytest.mark.slow
async def test_the_tab_of_a_group_and_its_key_open_it(runs: Path) -> None:
    async with open_app(runs, select="fig7", terminal=HALF_BLOCKS) as pilot:
        await pilot.wait_until(lambda: pilot.browser.shown_path == "fig7", "the group")
        await pilot.press("6")
        await pilot.wait_until(lambda: isinstance(pilot.app.screen, GalleryScreen), "the gallery")


@pytest.mark.slow
async def test_what_changes_in_the_tree_below_does_not_repaint_it(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_gallery(runs) as gallery:
        painted: list[object] = []
        for item in gallery.items:
            monkeypatch.setattr(item, "render_lines", painted.append)
        gallery.pilot.tree.refresh()
        await gallery.pilot.pause(0.1)
        assert not painted
