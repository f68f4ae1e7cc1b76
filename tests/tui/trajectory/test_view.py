"""The trajectory view in a small app: what each of its methods does, the mouse, growth, damage, and little room."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from textual.geometry import Region

from riptui.arrays import Image
from riptui.region import Region as RepaintedRegion
from riptui.store import layout
from riptui.store.claim import claim
from riptui.store.frames import read_frame
from riptui.store.records import Failure, Request
from riptui.store.requests import set_request
from riptui.store.trajectory import Trajectory
from riptui.tui.plot.chart import Chart
from riptui.tui.tab_bar import TabBar
from riptui.tui.text_lines import TextLines
from riptui.tui.trajectory.difference import ComparisonMode, difference, heat_map, outline_region
from riptui.tui.trajectory.filmstrip import Filmstrip, FilmstripItem
from riptui.tui.trajectory.loader import TrajectoryLoader
from riptui.tui.trajectory.metric_readout import MetricReadout
from riptui.tui.trajectory.picture_row import PictureRow
from riptui.tui.trajectory.responsive import choose_layout
from riptui.tui.trajectory.slider import Slider
from tests.support.app_pilot import wait_until
from tests.support.exhaustive import some_of
from tests.support.trajectories import MakeTrajectory, advance
from tests.support.view_app import rests, same, showing

# --- the frame


@pytest.mark.slow
async def test_a_trajectory_opens_at_its_newest_frame_with_the_original_and_the_difference(done: Trajectory) -> None:
    async with showing(done) as (app, _):
        original, newest = read_frame(done, 0), read_frame(done, 32)
        assert app.view.cursor.k == 32
        assert same(app.picture("original").image, original)
        assert same(app.picture("frame").image, newest)
        assert same(app.picture("compared").image, difference(newest, original))
        assert app.text("#name") == "picture / m64-s0"
        assert app.text("#recipe") == "✓ done · navier-stokes · 64 px · seed 0"
        assert app.text("#place").split() == ["32/32", "200", "%"]


@pytest.mark.slow
async def test_moving_shows_other_frames_says_so_and_stops_at_the_ends(done: Trajectory) -> None:
    async with showing(done) as (app, pilot):
        view = app.view
        ways: list[tuple[Callable[[], None], int]] = [
            (lambda: view.move(-5), 27),
            (lambda: view.move(2), 29),
            (lambda: view.move(100), 32),
            (lambda: view.go(3), 3),
            (lambda: view.move(-100), 0),
            (view.last, 32),
            (view.first, 0),
        ]
        for way, k in ways:
            app.chosen.clear()
            way()
            await rests(pilot)
            assert view.cursor.k == k
            assert [(one.path, one.k, one.iterations) for one in app.chosen] == [(done.path, k, 32)]
            assert same(app.picture("frame").image, read_frame(done, k))


@pytest.mark.slow
async def test_moving_by_points_goes_to_every_50_percent(done: Trajectory) -> None:
    async with showing(done) as (app, _):
        reached = []
        app.view.go(9)
        for points in (1, 1, -1, -1, -1, -1, 1, 3, 1):
            app.view.move_by_half(points)
            reached.append(app.view.cursor.k)
        assert reached == [16, 24, 16, 8, 0, 0, 8, 32, 32]


@pytest.mark.slow
async def test_holding_a_key_down_queues_up_no_frames(done: Trajectory, monkeypatch: pytest.MonkeyPatch) -> None:
    async with showing(done) as (app, pilot):
        began, may_go_on, loaded = threading.Event(), threading.Event(), []
        load_frame = TrajectoryLoader.load_frame

        def slow(loader: TrajectoryLoader, k: int, mode: ComparisonMode) -> object:
            loaded.append(k)
            began.set()
            assert may_go_on.wait(5)
            return load_frame(loader, k, mode)

        monkeypatch.setattr(TrajectoryLoader, "load_frame", slow)
        app.view.move(-1)
        await wait_until(pilot, began.is_set)
        for _ in range(20):
            app.view.move(-1)
        may_go_on.set()
        await rests(pilot)
        assert loaded == [31, 11]
        assert same(app.picture("frame").image, read_frame(done, 11))


@pytest.mark.slow
async def test_the_comparison_goes_round(done: Trajectory) -> None:
    async with showing(done) as (app, pilot):
        app.view.go(20)
        await rests(pilot)
        original, shown, box = read_frame(done, 0), read_frame(done, 20), done.read_rows()[19].box
        expected = [heat_map(shown, original), original, outline_region(shown, RepaintedRegion(box))]
        expected.append(difference(shown, original))
        captions = ["difference  0 ████████ 255", "blink original", "square of iteration 20", "difference ×4"]
        for image, caption in zip(expected, captions, strict=True):
            app.view.cycle_comparison()
            await rests(pilot)
            assert same(app.picture("compared").image, image), caption
            assert app.text("#compared TextLine") == caption


@pytest.mark.slow
async def test_blinking_shows_both_pictures_in_turn_and_comes_to_rest(
    done: Trajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("riptui.tui.trajectory.picture_row.BLINK_SECONDS", 0.01)
    monkeypatch.setattr("riptui.tui.trajectory.picture_row.MAX_BLINKS", 4)
    async with showing(done) as (app, pilot):
        seen: list[str] = []
        real = app.picture("compared").show

        def watched(image: Image | None, *, note: str = "", steady: bool = False) -> None:
            seen.append("frame" if same(image, read_frame(done, 32)) else "original")
            real(image, note=note, steady=steady)

        monkeypatch.setattr(app.picture("compared"), "show", watched)
        app.view.cycle_comparison()
        await rests(pilot)
        seen.clear()
        app.view.cycle_comparison()
        await wait_until(pilot, lambda: len(seen) >= 5 and not app.query_one(PictureRow).blinking)
        assert seen[-5:] == ["original", "frame", "original", "frame", "original"]
        before = len(seen)
        app.query_one(PictureRow)._blinking.blink()  # a tick that comes late
        assert len(seen) == before


# --- playing


@pytest.mark.slow
async def test_playing_goes_to_the_end_and_stops_there(done: Trajectory) -> None:
    async with showing(done) as (app, pilot):
        app.view.play_or_pause()
        assert app.view.cursor.k == 0  # it was at the end, so it begins again
        assert "▶ 60/s" in app.text("#place")
        await wait_until(pilot, lambda: app.chosen[-1].k == 32 and len(app.chosen) > 2, "the end")
        assert "▶" not in app.text("#place")
        ks = [one.k for one in app.chosen]
        assert ks[1:] == sorted(ks[1:])
        app.view.first()
        app.view.cursor.tick()  # one that comes late
        assert app.view.cursor.k == 0


@pytest.mark.slow
async def test_while_playing_pixels_stay_until_the_next_ones_are_there(
    done: Trajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a picture of which much changes between two frames would be half blocks as long as it plays."""
    told: list[tuple[bool, bool]] = []
    async with showing(done) as (app, pilot):
        view, picture = app.view, app.picture("compared")

        def show(*_: object, note: str, steady: bool) -> None:
            told.append((view.cursor.playing, steady))

        monkeypatch.setattr(picture, "show", show)
        view.first()
        await wait_until(pilot, lambda: told[-1:] == [(False, False)])
        view.play_or_pause()
        await wait_until(pilot, lambda: (True, True) in told)
        assert all(playing == steady for playing, steady in told)


@pytest.mark.slow
async def test_playing_pauses_changes_its_speed_and_ends_when_one_moves(done: Trajectory) -> None:
    async with showing(done) as (app, pilot):
        view = app.view
        view.change_speed(-1)
        view.change_speed(-1)
        view.first()
        view.play_or_pause()
        assert "▶ 15/s" in app.text("#place")
        view.change_speed(1)
        assert "▶ 30/s" in app.text("#place")
        await wait_until(pilot, lambda: view.cursor.k > 0)
        view.play_or_pause()
        assert "▶" not in app.text("#place")
        view.play_or_pause()
        view.move(1)
        assert "▶" not in app.text("#place")


# --- the mouse


@pytest.mark.slow
async def test_the_slider_is_clicked_and_dragged(done: Trajectory) -> None:
    async with showing(done) as (app, pilot):
        slider = app.query_one(Slider)
        await pilot.click(Slider, offset=(2 + slider.cell_of(16), 0))
        assert app.view.cursor.k == 16
        await pilot.mouse_down(Slider, offset=(2 + slider.cell_of(16), 0))
        await pilot.hover(Slider, offset=(2 + slider.cell_of(8), 0))
        assert app.view.cursor.k == 8
        await pilot.hover(Slider, offset=(0, 0))
        assert app.view.cursor.k == 0
        await pilot.mouse_up(Slider, offset=(0, 0))
        await pilot.hover(Slider, offset=(2 + slider.cell_of(30), 0))
        assert app.view.cursor.k == 0  # it was let go
        await pilot.click(Slider, offset=(slider.size.width - 1, 0))
        assert app.view.cursor.k == 1
        await pilot.click(Slider, offset=(0, 0))
        assert app.view.cursor.k == 0


@pytest.mark.slow
async def test_the_slider_goes_no_farther_than_what_is_computed(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory()
    newest = advance(trajectory, 5)
    async with showing(trajectory) as (app, pilot):
        slider = app.query_one(Slider)
        await pilot.click(Slider, offset=(2 + slider.track_columns - 1, 0))
        assert app.view.cursor.k == newest < trajectory.spec.iterations
        assert "┄" in slider.render().plain


@pytest.mark.slow
async def test_clicks_choose_tabs_metrics_points_of_the_chart_and_pictures_of_the_strip(done: Trajectory) -> None:
    async with showing(done) as (app, pilot):
        await pilot.click(MetricReadout, offset=(30, 0))
        assert app.query_one(Chart).axis_labels[1] == "PSNR (dB)"
        chart = app.query_one(Chart)
        await pilot.click(Chart, offset=(chart.column_of(100.0), 2))
        assert abs(app.view.cursor.k - 16) <= 1
        await pilot.click(TabBar, offset=(9, 0))
        assert app.query_one(Filmstrip).display
        await rests(pilot)
        await pilot.click(app.query(FilmstripItem)[1])
        assert app.view.cursor.k == 8


# --- room


@pytest.mark.slow
async def test_where_there_is_little_room_pictures_and_panes_take_turns(done: Trajectory) -> None:
    async with showing(done, (60, 20)) as (app, pilot):
        assert app.query_one(TabBar).chosen == "pictures"
        assert app.query_one(PictureRow).display
        assert not app.query_one("#original").display
        app.view.select_tab("chart")
        await pilot.pause()
        assert not app.query_one(PictureRow).display
        assert app.query_one(Chart).size.height >= 10
        app.view.select_tab("pictures")
        await pilot.pause()
        assert app.picture("frame").size.height >= 10
        await pilot.resize_terminal(140, 40)
        assert app.query_one(PictureRow).display
        assert app.query_one(Chart).display


@pytest.mark.slow
async def test_when_pictures_are_switched_off_the_panes_have_their_room(done: Trajectory) -> None:
    async with showing(done) as (app, pilot):
        before = app.query_one(Chart).size.height
        app.graphics.set_protocol("off")
        await pilot.pause()
        assert app.query_one(Chart).size.height > before + 10
        app.graphics.set_protocol("halfblock")
        await pilot.pause()
        assert app.query_one(Chart).size.height == before


@pytest.mark.slow
async def test_a_move_sends_no_line_of_text_that_did_not_change(
    done: Trajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with showing(done) as (app, pilot):
        app.view.select_tab("masks")
        app.view.go(20)
        await rests(pilot)
        lines = app.query_one("#squares", TextLines)
        painted: list[Region] = []
        monkeypatch.setattr(lines, "refresh", lambda *regions, **_: painted.extend(regions))
        app.view.move(1)
        await rests(pilot)
        rows = {done.read_rows()[k - 1].box.y // 64 for k in (20, 21)}
        tall = lines.size.height // 4
        assert {region.y // tall for region in painted} == rows
        assert all(region.height == 1 for region in painted)


@pytest.mark.slow
@pytest.mark.parametrize(
    "size",
    some_of(
        [(140, 40), (104, 34), (80, 24), (78, 20), (60, 20), (60, 40), (200, 50), (20, 5)], (140, 40), (60, 20), (20, 5)
    ),
)
async def test_everything_is_inside_at_any_size(done: Trajectory, size: tuple[int, int]) -> None:
    async with showing(done, size) as (app, pilot):
        room = choose_layout(*size)
        for name in ("spec", "masks", "filmstrip", "chart"):
            app.view.select_tab(name)
            await pilot.pause()
        shown = [app.query_one(f"#{name}") for name in ("original", "frame", "compared")][3 - room.pictures :]
        assert all(app.view.region.contains_region(one.region) for one in shown if app.query_one(PictureRow).display)
        assert all(one.region.height == room.height + 1 for one in shown if app.query_one(PictureRow).display)


@pytest.mark.slow
async def test_the_heading_says_what_state_it_is_in_and_why_it_failed(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory("cat/m64-s0")
    async with showing(trajectory) as (app, pilot):
        assert app.text("#recipe") == "○ queued · navier-stokes · 64 px · seed 0"
        set_request(trajectory, Request("stop"))
        app.view.disk_changed()
        await wait_until(pilot, lambda: app.text("#recipe") == "◼ stopped · navier-stokes · 64 px · seed 0")
        set_request(trajectory, Request())
        an_hour_ago = datetime.now(UTC) - timedelta(hours=1, minutes=40)
        with claim(trajectory) as claimed:
            claimed.record_failure(Failure(an_hour_ago.isoformat(), 3, "out of memory", ""))
        app.view.disk_changed()
        await wait_until(pilot, lambda: "failed" in app.text("#recipe"))
        assert app.text("#recipe") == "✗ failed 1 h 40 min ago (R retry, 6 log) · navier-stokes · 64 px · seed 0"
        assert app.text("#reason") == "out of memory"
        rows = app.query_one("#original").region.y
        with claim(trajectory) as claimed:
            claimed.record_failure(Failure(an_hour_ago.isoformat(), 3, "begin " + "and on " * 90 + "end", ""))
        app.view.disk_changed()
        await wait_until(pilot, lambda: "begin" in app.text("#reason") and app.query_one("#original").region.y > rows)
        first, second = app.text("#reason").split("\n")
        assert first.startswith("begin and on")
        assert "…" in first + second
        assert second.endswith("and on end")


@pytest.mark.slow
async def test_the_heading_says_what_of_it_is_damaged(done: Trajectory) -> None:
    async with showing(done) as (app, pilot):
        assert app.text("#reason") == ""
        (done.path / layout.PATCHES).write_bytes(b"")
        app.view.disk_changed()
        await wait_until(pilot, lambda: "patches.bin ends before the patch of row" in app.text("#reason"))
