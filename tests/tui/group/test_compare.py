"""Comparing trajectories: what they differ in, which frames are at equal amounts, and the screen."""

import shutil
from array import array
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.app import App
from textual.pilot import Pilot

from riptui import __file__ as package
from riptui.arrays import Image
from riptui.graphics.capabilities import Terminal
from riptui.graphics.protocol import Graphics
from riptui.spec import Spec
from riptui.store import layout
from riptui.store.trajectory import Status
from riptui.tui.group.compare import CompareScreen
from riptui.tui.group.compare_column import CompareColumn, values_line
from riptui.tui.group.compare_data import (
    choose_to_compare,
    compare_specs,
    describe_shared,
    differences_to_first,
    distinct_names,
    frame_at,
    last_measured,
    read_frame_at,
)
from riptui.tui.group.compare_position import ComparePosition
from riptui.tui.group.group_reader import GroupMember
from riptui.tui.large.large_screen import LargeScreen
from riptui.tui.plot.chart import Chart
from riptui.tui.text_lines import TextLine
from riptui.tui.trajectory.difference import difference
from riptui.tui.trajectory.loader import FrameImage, TrajectoryLoader, TrajectorySnapshot
from tests.support.app_pilot import wait_until
from tests.support.command import riptui
from tests.support.made import made_spec, write
from tests.support.trajectories import picture


def entrant(spec: Spec, newest: int | None = None) -> TrajectorySnapshot:
    return TrajectorySnapshot(Path("x"), spec, (), spec.iterations if newest is None else newest)


# --- pure


def test_only_what_differs_is_told() -> None:
    told, parts = compare_specs([entrant(made_spec(mask=64, seed=3)), entrant(made_spec(mask=128, seed=3))])
    assert (told, parts) == ("mask", [["64 px"], ["128 px"]])


def test_images_inpainters_and_their_parameters_are_told_by_name() -> None:
    specs = [
        made_spec(0, parameters={"radius": 3.0}),
        made_spec(1, parameters={"radius": 5.0}),
        made_spec(1, inpainter="identity", paste=False, parameters={}),
    ]
    told, parts = compare_specs([entrant(spec) for spec in specs])
    assert set(told.split(", ")) == {"paste", "inpainter", "image", "radius"}
    assert [part[-1] for part in parts[:2]] == ["radius 3", "radius 5"]
    assert "no paste" in parts[2]
    assert "identity" in parts[2]


def test_what_is_not_treated_says_what_it_lacks() -> None:
    treated = made_spec(onto="original", anchor=8, match="border", feather=4)
    told, parts = compare_specs([entrant(made_spec()), entrant(treated)])
    assert told == "onto, anchor, match, feather"
    assert parts[0] == ["paste onto frame", "no anchor", "colours not matched", "no feather"]
    assert parts[1] == ["paste onto original", "anchor 8", "match border", "feather 4"]


def test_equal_specs_differ_in_nothing_and_an_unreadable_one_is_left_out() -> None:
    spec = made_spec()
    assert compare_specs([entrant(spec), entrant(spec)]) == ("", [[], []])
    assert compare_specs([entrant(spec), TrajectorySnapshot(Path("gone"), error="gone")]) == ("", [[], []])


def test_what_all_share_is_told_too() -> None:
    specs = [made_spec(mask=64, seed=3), made_spec(mask=128, seed=3), made_spec(1, mask=128, seed=3)]
    name = specs[0].source_name
    assert describe_shared([entrant(spec) for spec in specs[:2]]) == [name, "navier-stokes", "seed 3"]
    assert describe_shared([entrant(spec) for spec in specs[1:]]) == ["navier-stokes", "128 px", "seed 3"]
    assert describe_shared([TrajectorySnapshot(Path("gone"), error="gone")]) == []


def test_a_step_is_a_frame_of_the_smallest_squares_and_ends_at_the_largest_amount() -> None:
    position = ComparePosition()
    position.update([entrant(made_spec(mask=128)), entrant(made_spec(amount=130, mask=64))])
    assert (position.steps, position.last, position.inpainted) == (256, 256, 400)
    position.go(33)
    assert position.inpainted == pytest.approx(100 * 33 / 64)
    position.move_by_half(-1)
    assert position.inpainted == 50
    position.move_by_half(-9)
    assert position.inpainted == 0
    position.move_by_half(2)
    assert position.inpainted == 100
    position.go_to_percent(260)
    assert position.inpainted == pytest.approx(260, abs=1)
    assert position.halves == [32 * n for n in range(9)]


def test_a_position_stays_where_it_is_or_at_the_newest_and_nothing_is_no_error() -> None:
    position = ComparePosition()
    position.update([TrajectorySnapshot(Path("gone"))])
    assert (position.steps, position.inpainted) == (0, 0)
    position.update([entrant(made_spec(mask=64), 64)])
    assert position.inpainted == 100
    position.update([entrant(made_spec(mask=64), 96)])
    assert position.inpainted == 150
    position.go(32)
    position.update([entrant(made_spec(mask=64), 128)])
    assert position.inpainted == 50


def test_it_plays_by_the_clock_to_the_last_step() -> None:
    seconds = [0.0]
    position = ComparePosition(speed=10, clock=lambda: seconds[0])
    position.update([entrant(made_spec(mask=64))])
    position.play()
    assert (position.playing, position.position) == (True, 0)
    seconds[0] = 2.0
    position.tick()
    assert position.position == 20
    position.change_speed(1)
    assert position.speed == 15
    seconds[0] = 100.0
    position.tick()
    assert (position.playing, position.inpainted) == (False, 400)


def test_of_a_group_its_mask_sizes_are_compared_else_its_seeds() -> None:
    def one(path: str, spec: Spec) -> GroupMember:
        return GroupMember(path, Status.DONE, spec, spec.digest, 0, (), (), array("d"))

    by_mask = [one(f"{mask}-{seed}", made_spec(mask=mask, seed=seed)) for mask in (256, 64) for seed in (0, 1)]
    assert [member.path for member in choose_to_compare(by_mask, 6)] == ["64-0", "256-0"]
    seeds = [one(str(seed), made_spec(seed=seed)) for seed in range(9)]
    assert [member.path for member in choose_to_compare(seeds, 6)] == [str(seed) for seed in range(6)]
    pictures = [one(f"p{n}", made_spec(n)) for n in range(3)]
    assert len(choose_to_compare(pictures, 6)) == 3
    assert choose_to_compare([], 6) == []


def test_differences_are_to_the_first_and_only_of_frames_of_its_size() -> None:
    frames = [FrameImage(1, picture(64)), FrameImage(1, 255 - picture(64)), FrameImage(1, picture(128))]
    first, second, third = differences_to_first(frames)
    assert first is frames[0].image
    assert second is not None
    assert second.max() == 252
    assert third is None


@pytest.mark.parametrize(("mask", "k"), [(64, 96), (128, 24), (256, 6)])
def test_frames_at_equal_amounts(mask: Any, k: Any) -> None:
    assert frame_at(made_spec(mask=mask), 150) == k


def test_a_coarse_grid_gives_the_last_frame_that_is_not_beyond() -> None:
    coarse = made_spec(size=384, mask=128)  # 9 squares: 11.1 % each
    assert coarse.inpainted(frame_at(coarse, 50)) <= 50
    assert frame_at(coarse, 100) == 9
    assert frame_at(coarse, 1000) == coarse.iterations


def test_values_are_those_of_the_last_measured_frame() -> None:
    spec = made_spec(mask=128)
    one = TrajectorySnapshot(Path("x"), spec, (), 20, {0: {"ssim": 1.0}, 8: {"ssim": 0.8}, 24: {"ssim": 0.5}})
    assert [last_measured(one, k) for k in (0, 7, 8, 24)] == [0, 0, 8, 8]
    assert values_line(one, 8, "ssim", 40).plain == "SSIM 0.8000"
    assert values_line(one, 7, "ssim", 40).plain == "at 0 %: SSIM 1.0000"


def test_names_are_told_from_the_common_folder_on() -> None:
    assert distinct_names([Path("/r/a/m64"), Path("/r/a/m128")]) == ["m64", "m128"]
    assert distinct_names([Path("/r/a/m64"), Path("/r/b/c/m64")]) == ["a/m64", "b/c/m64"]


def test_what_cannot_be_shown_is_a_note(tmp_path: Path) -> None:
    bare = write(tmp_path / "bare", made_spec(), {})  # without its pictures
    loaders = [TrajectoryLoader(path) for path in (bare, tmp_path / "absent\x1b[31m")]
    found = [loader.read_snapshot() for loader in loaders]
    assert found[0].newest == 64
    assert "absent\\x1b[31m" in found[1].error
    frames = [read_frame_at(*pair, 50) for pair in zip(loaders, found, strict=True)]
    assert all(frame.image is None and frame.note.isprintable() for frame in frames)
    assert all(frame.note for frame in frames)


# --- the screen


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real trajectories of two mask sizes; one with other metrics."""
    folder = tmp_path_factory.mktemp("compare")
    coffee = Path(package).with_name("pictures") / "coffee.jpg"
    for masks, metrics in (("64,128", "ssim,psnr"), ("256", "delta-e")):
        options = ["--mask", masks, "--size", "256", "--metrics", metrics, "--group", "g", "--runs", str(folder)]
        assert riptui("run", coffee, *options, "-i", "noise").code == 0
    return folder


@pytest.fixture
def runs(computed: Path, tmp_path: Path) -> list[Path]:
    shutil.copytree(computed, tmp_path / "runs")
    return sorted(spec.parent for spec in (tmp_path / "runs").rglob(layout.SPEC))


class Comparing(App[None]):
    def __init__(self, paths: list[Path]) -> None:
        super().__init__()
        self.paths = paths

    def on_mount(self) -> None:
        graphics = Graphics(Terminal("halfblock", "a test", truecolor=True))
        self.push_screen(CompareScreen(self.paths, graphics, metric="ssim"))


async def opened(pilot: Pilot[None]) -> CompareScreen:
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen))
    screen = pilot.app.screen
    assert isinstance(screen, CompareScreen)
    await wait_until(pilot, lambda: all(column.picture.image is not None for column in screen.query(CompareColumn)))
    return screen


def shows(column: CompareColumn, image: Image | None) -> bool:
    shown = column.picture.image
    return shown is not None and image is not None and np.array_equal(shown, image)


def told(screen: CompareScreen, selector: str) -> list[str]:
    return [line.text for line in screen.query(selector).results(TextLine)]


@pytest.mark.slow
async def test_frames_values_and_curves_are_shown_at_the_end_at_first(runs: list[Path]) -> None:
    async with Comparing(runs).run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot)
        assert screen.inpainted == 400
        assert "mask" in told(screen, "#compare-about")[0]
        assert any("64 px" in text for text in told(screen, ".differs"))
        assert sum("SSIM" in text for text in told(screen, ".values")) == 2
        assert sum("ΔE" in text for text in told(screen, ".values")) == 1


@pytest.mark.slow
async def test_scrubbing_turns_all_frames_together(runs: list[Path]) -> None:
    async with Comparing(runs).run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot)
        step = 100 / 16  # squares of 64 px of 256
        keys = {"left": 400 - step, "h": 400 - 2 * step, "H": 350, "right": 350 + step, "home": 0, "l": step, "L": 50}
        for key, place in (keys | {"end": 400, "0": 0}).items():
            await pilot.press(key)
            assert screen.inpainted == place
        pictures = [column.picture for column in screen.query(CompareColumn)]
        await wait_until(pilot, lambda: all((one.image == pictures[0].image).all() for one in pictures))  # the original
        assert any("▲" in screen.query_one(Chart).render_line(y).text for y in range(20))


@pytest.mark.slow
async def test_play_difference_blink_and_large(runs: list[Path]) -> None:
    async with Comparing(runs).run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot)
        columns = [*screen.query(CompareColumn)]
        await pilot.press("0", "space")
        await wait_until(pilot, lambda: screen.position.playing and 0 < screen.inpainted < 400)
        await pilot.press("space")
        assert not screen.position.playing
        await pilot.press("end", "d")
        loaders = map(TrajectoryLoader, runs)
        frames = [read_frame_at(loader, loader.read_snapshot(), 400) for loader in loaders]
        assert frames[0].image is not None
        assert frames[1].image is not None
        difference_to_first = difference(frames[1].image, frames[0].image)
        await wait_until(pilot, lambda: shows(columns[1], difference_to_first))
        assert shows(columns[0], frames[0].image)
        await pilot.press("d", "b")
        assert [column.display for column in columns] == [True, False, False]
        await wait_until(pilot, lambda: "m128" in told(screen, ".name")[0], "the second one's name")
        await wait_until(pilot, lambda: shows(columns[0], frames[1].image))
        await pilot.press("b")
        assert all(column.display for column in columns)
        await pilot.press("f")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, LargeScreen))
        assert isinstance(pilot.app.screen, LargeScreen)
        assert pilot.app.screen.path == runs[0]
        await pilot.press("escape")
        await wait_until(pilot, lambda: pilot.app.screen is screen)
        await pilot.click(columns[1].picture, times=2)
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, LargeScreen) and pilot.app.screen.path == runs[1])


@pytest.mark.slow
async def test_as_many_values_are_told_as_a_column_has_room_for_now(runs: list[Path]) -> None:
    async with Comparing(runs[:2]).run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot)
        one_of_two = told(screen, ".values")[0]
        await pilot.resize_terminal(40, 40)
        await wait_until(pilot, lambda: 0 < len(told(screen, ".values")[0]) < len(one_of_two))
        assert all(
            len(text) <= column.size.width
            for text, column in zip(told(screen, ".values"), screen.query(CompareColumn), strict=True)
        )
        await pilot.press("b")
        await wait_until(pilot, lambda: told(screen, ".values")[0] == one_of_two, "room for all while one blinks")
        await pilot.press("b")
        await wait_until(pilot, lambda: len(told(screen, ".values")[0]) < len(one_of_two), "and for fewer after it")


@pytest.mark.slow
async def test_metric_and_axis(runs: list[Path]) -> None:
    async with Comparing(runs).run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot)
        chart = screen.query_one(Chart)
        seen = set()
        for _ in range(3):
            seen.add(chart.render_line(0).text.split()[0])
            await pilot.press("v")
        assert seen == {"SSIM", "PSNR", "ΔE"}
        await pilot.press("a")
        await wait_until(pilot, lambda: any("coverage" in chart.render_line(y).text for y in range(chart.size.height)))


@pytest.mark.slow
async def test_one_deleted_while_shown_leaves_a_note_and_the_others(runs: list[Path]) -> None:
    async with Comparing(runs).run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot)
        columns = list(screen.query(CompareColumn))
        shutil.rmtree(runs[1])
        await wait_until(pilot, lambda: columns[1].picture.image is None)
        assert columns[0].picture.image is not None
        await pilot.press("left", "home", "end", "v", "a")
        assert screen.inpainted == 400


@pytest.mark.slow
async def test_one_that_is_behind_says_how_far_it_is(runs: list[Path]) -> None:
    behind = runs[0] / layout.ROWS
    rows = behind.read_bytes().splitlines(keepends=True)
    behind.write_bytes(b"".join(rows[: len(rows) // 2]))
    async with Comparing(runs).run_test(size=(140, 40)) as pilot:
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen))
        pictures = [column.picture for column in pilot.app.screen.query(CompareColumn)]
        await wait_until(pilot, lambda: pictures[1].image is not None)
        assert pictures[0].image is None
        await pilot.press("H", "H", "H", "H")
        await wait_until(pilot, lambda: pictures[0].image is not None)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(60, 20), (80, 24), (100, 30)])
async def test_six_fit_on_a_small_screen(runs: list[Path], size: Any, tmp_path: Path) -> None:
    copies = [Path(shutil.copytree(path, tmp_path / "again" / path.name)) for path in runs]
    async with Comparing([*runs, *copies]).run_test(size=size) as pilot:
        screen = await opened(pilot)
        assert screen.query_one(Chart).size.height >= 4
        assert all(column.picture.size.height >= 3 for column in screen.query(CompareColumn))


@pytest.mark.slow
async def test_escape_goes_back(runs: list[Path]) -> None:
    async with Comparing(runs).run_test(size=(140, 40)) as pilot:
        await opened(pilot)
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, CompareScreen)
