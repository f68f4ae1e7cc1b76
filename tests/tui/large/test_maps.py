"""The map over the large picture: which there are, what is shown while one is measured, and what it says."""

import threading
from pathlib import Path
from subprocess import Popen
from typing import Any

import numpy as np
import pytest

from riptui.arrays import Image
from riptui.errors import MetricError
from riptui.metrics.availability import Unavailable
from riptui.metrics.pairwise import DistanceMap
from riptui.store.frames import read_frame
from riptui.store.trajectory import Trajectory
from riptui.tui.large import map_process
from riptui.tui.large.frame_views import FrameView, blend_heat
from riptui.tui.large.map_process import MapProcess, explain_no_lpips, list_maps
from riptui.tui.trajectory.colormap import COLOUR_STOPS
from tests.support.app_runs import FIRST, make_runs
from tests.support.trajectories import picture
from tests.tui.large.test_large import KITTY, LargePilot, open_large


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read by all tests, written by none."""
    folder = tmp_path_factory.mktemp("maps") / "runs"
    make_runs(folder)
    return folder


class MadeMaps:
    """Stands for the process: the distance is a half in the left half of the picture; it can be held up, and fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.error = ""
        monkeypatch.setattr(MapProcess, "_ask", lambda _, metric, original, frame: self._answer(metric, frame))
        monkeypatch.setattr(map_process, "explain_unavailable", lambda name: None)

    def _answer(self, metric: str, frame: Image) -> DistanceMap:
        self.asked.append(metric)
        self.go_on.wait(20)
        if self.error:
            raise MetricError(self.error)
        distances = np.zeros(frame.shape[:2], np.float32)
        distances[:, : frame.shape[1] // 2] = 0.5
        return distances


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> MadeMaps:
    return MadeMaps(monkeypatch)


def coloured(runs: Path, k: int, top: float) -> Image:
    frame = read_frame(Trajectory(runs / FIRST), k)
    scale = np.zeros(frame.shape[:2])
    scale[:, : frame.shape[1] // 2] = 0.5 / top
    return blend_heat(frame, scale)


async def show_map(large: LargePilot) -> None:
    await large.pilot.press("m")
    await large.pilot.wait_until(lambda: large.screen.view.map, "a map")
    await large.settle()


@pytest.mark.slow
async def test_the_key_goes_through_the_maps_and_back_to_the_frame(runs: Path, made: MadeMaps) -> None:
    async with open_large(runs) as large:
        await show_map(large)
        assert large.screen.view.map == "lpips-vgg"
        assert large.shows(coloured(runs, 32, 1.0))
        assert "LPIPS vgg map 0 ████████ 1  max .500" in large.line
        await large.press("right_square_bracket")
        assert large.shows(coloured(runs, 32, 0.5))
        assert "0 ████████ 0.5" in large.line
        assert made.asked == ["lpips-vgg"], "what was measured is kept"
        await large.press("m", "m", "m")
        assert large.screen.view.map == "delta-e"
        await large.press("m")
        assert large.screen.view.map == ""
        assert large.shows(read_frame(Trajectory(runs / FIRST), 32))
        await large.press("m", "d")
        assert (large.screen.view.map, large.screen.view.kind) == ("", "difference")


@pytest.mark.slow
async def test_in_little_room_the_line_is_whole(runs: Path, made: MadeMaps) -> None:
    async with open_large(runs, (60, 20)) as large:
        await show_map(large)
        await large.pilot.hover((30, 5))
        await large.pilot.wait_until(lambda: "LPIPS vgg map 0 to 1  here ." in large.line, "the value")
        assert len(large.line) <= 58


@pytest.mark.slow
async def test_the_value_below_the_mouse(runs: Path, made: MadeMaps) -> None:
    async with open_large(runs) as large:
        await show_map(large)
        region = large.picture._picture_region()
        for x, value in ((region.x + 2, ".500"), (region.right - 3, ".000")):
            await large.pilot.hover((x, region.y + 5))
            await large.pilot.wait_until(lambda value=value: f"here {value}" in large.line, value)
        await large.pilot.hover((0, large.picture.region.bottom))
        await large.pilot.wait_until(lambda: "max" in large.line, "the mouse has left")


@pytest.mark.slow
async def test_while_it_is_measured_the_line_says_so_and_frames_go_on(runs: Path, made: MadeMaps) -> None:
    made.go_on.clear()
    async with open_large(runs) as large:
        await large.pilot.press("m")
        await large.pilot.wait_until(lambda: "measuring" in large.line, "it says so")
        assert large.shows(read_frame(Trajectory(runs / FIRST), 32)), "the frame meanwhile"
        await large.pilot.press("left")
        await large.pilot.wait_until(lambda: large.screen.cursor.k == 31, "the frame before")
        made.go_on.set()
        await large.settle()
        assert large.shows(coloured(runs, 31, 1.0))


@pytest.mark.slow
async def test_while_it_plays_each_map_is_waited_for(runs: Path, made: MadeMaps) -> None:
    async with open_large(runs, terminal=KITTY) as large:
        await show_map(large)
        await large.pilot.press("home")
        await large.settle()
        made.go_on.clear()
        await large.pilot.press("space")
        await large.pilot.wait_until(lambda: large.screen.cursor.k > 0 and large.screen.busy, "a map")
        k = large.screen.cursor.k
        await large.pilot.pause(0.3)
        assert large.screen.cursor.k == k
        made.go_on.set()
        await large.pilot.wait_until(lambda: large.screen.cursor.k > k, "the next one")


@pytest.mark.slow
async def test_what_is_in_the_way_is_told_and_the_frame_stays(runs: Path, made: MadeMaps) -> None:
    made.error = "no weights in /nowhere: riptui fetch lpips"
    async with open_large(runs) as large:
        await show_map(large)
        assert "LPIPS vgg map: no weights in /nowhere" in large.line
        assert large.shows(read_frame(Trajectory(runs / FIRST), 32))


@pytest.mark.slow
async def test_without_lpips_the_reason_is_told_once(
    runs: Path, made: MadeMaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        map_process,
        "explain_unavailable",
        lambda name: Unavailable(name, "torch not installed") if "lpips" in name else None,
    )
    async with open_large(runs) as large:
        await show_map(large)
        assert large.screen.view.map == "delta-e"
        assert large.pilot.toasts == ["no map of LPIPS: torch not installed"]
        await large.press("m", "m")
        assert len(large.pilot.toasts) == 1


# --- without the app


def test_measured_metrics_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_process, "explain_unavailable", lambda name: None)
    assert list_maps({}) == ["lpips-vgg", "lpips-alex", "lpips-squeeze", "delta-e"]
    assert list_maps({8: {"lpips-alex@previous": 0.5, "ssim": 1.0}})[0] == "lpips-alex"
    assert explain_no_lpips(["delta-e", "lpips-alex"]) == ""


def test_a_map_has_a_gain_of_its_own() -> None:
    view = FrameView(map="lpips-alex")
    assert (view.amplified(1).map_gain, view.amplified(1).gain) == (2, 4)
    assert view.amplified(-1) == view
    assert view.after(["", "difference"]) == FrameView("difference")


def test_beyond_the_scale_the_colours_end() -> None:
    coloured = blend_heat(np.zeros((1, 2, 3), np.uint8), np.array([[1.0, 7.0]]))
    assert (coloured[0, 0] == coloured[0, 1]).all()
    assert coloured[0, 0, 0] == int(0.6 * COLOUR_STOPS[-1][0])


@pytest.mark.exhaustive
def test_the_process_answers_is_started_again_when_it_dies_and_ends_with_its_owner() -> None:
    original, frame = picture(64), np.ascontiguousarray(picture(64)[::-1])
    maps = MapProcess()
    first = maps.measure("delta-e", original, frame)
    assert first.shape == (64, 64)
    assert first.mean() > 1
    running: Popen[Any] = maps._process  # type: ignore[assignment]
    running.kill()
    with pytest.raises(MetricError, match=r"ended \(signal 9\)"):
        maps.measure("delta-e", frame, original)
    assert maps.measure("delta-e", frame, original).shape == (64, 64)
    with pytest.raises(MetricError, match="unknown metric"):
        maps.measure("lpisp", frame, original)
    maps.close()
    assert maps._process is None
    with pytest.raises(MetricError):
        maps.measure("lpips-alex", frame, original)
