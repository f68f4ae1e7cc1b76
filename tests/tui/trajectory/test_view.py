"""The trajectory view in a small app: what each of its methods does, the mouse, growth, damage, and little room."""

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from textual.app import App, ComposeResult
from textual.content import Content
from textual.geometry import Region
from textual.pilot import Pilot

from riptui.arrays import Image
from riptui.graphics.capabilities import Terminal
from riptui.graphics.picture import PictureWidget
from riptui.graphics.protocol import Graphics
from riptui.results.exposure import LUMA
from riptui.results.patch_errors import read_square_errors
from riptui.results.recursion_effect import compute_effect
from riptui.store.claim import claim
from riptui.store.frames import read_frame
from riptui.store.records import Failure
from riptui.store.trajectory import Trajectory
from riptui.tui.plot.chart import Chart
from riptui.tui.tab_bar import TabBar
from riptui.tui.text_lines import TextLines
from riptui.tui.trajectory.difference import ComparisonMode, difference, heat_map, outline_square
from riptui.tui.trajectory.filmstrip import Filmstrip, FilmstripItem
from riptui.tui.trajectory.loader import TrajectoryLoader
from riptui.tui.trajectory.metric_readout import MetricReadout
from riptui.tui.trajectory.picture_row import PictureRow
from riptui.tui.trajectory.responsive import choose_layout
from riptui.tui.trajectory.slider import Slider
from riptui.tui.trajectory.tabs import TAB_NAMES, TabPanes
from riptui.tui.trajectory.view import TrajectoryView
from tests.support.app_pilot import wait_until
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory, advance

SIZE = (140, 40)


class ChosenFrame(NamedTuple):
    path: Path
    k: int
    iterations: int


class WatchedView(TrajectoryView):
    """Tells the app of every frame that is shown."""

    def show_frame(self) -> None:
        super().show_frame()
        snapshot = self.cursor.snapshot
        if snapshot and snapshot.spec:
            self.app.chosen.append(ChosenFrame(snapshot.path, self.cursor.k, snapshot.spec.iterations))


class OneView(App[None]):
    """The view alone."""

    def __init__(self, runs: Path) -> None:
        super().__init__()
        self.runs = runs
        self.graphics = Graphics(Terminal("halfblock", "a test"))
        self.chosen: list[ChosenFrame] = []

    def compose(self) -> ComposeResult:
        yield WatchedView(self.graphics, runs=self.runs, play_speed=60.0)

    @property
    def view(self) -> TrajectoryView:
        return self.query_one(TrajectoryView)

    def picture(self, name: str) -> PictureWidget:
        return self.query_one(f"#{name} PictureWidget", PictureWidget)

    def text(self, selector: str) -> str:
        """What a widget of text shows."""
        widget = self.query_one(selector)
        content = widget.text if isinstance(widget, TextLines) else widget.render()
        return content.plain if isinstance(content, Content) else str(content)


async def rests(pilot: Pilot[None]) -> None:
    """Until no job of the view waits or runs, and its messages are handled."""
    view = pilot.app.query_one(TrajectoryView)
    await wait_until(pilot, lambda: not view.busy, "the thread at rest")
    await pilot.pause()


@asynccontextmanager
async def showing(trajectory: Trajectory, size: tuple[int, int] = SIZE) -> AsyncIterator[tuple[OneView, Pilot[None]]]:
    app = OneView(trajectory.path.parents[1])
    async with app.run_test(size=size) as pilot:
        app.view.show(trajectory.path)
        await wait_until(pilot, lambda: app.chosen or "spec" in app.text("#name"), "the first frame")
        await rests(pilot)
        yield app, pilot


@pytest.fixture
def done(make_trajectory: MakeTrajectory) -> Trajectory:
    """32 iterations of 256 px, mask 64, measured every 50 % (8 iterations)."""
    made = make_trajectory("picture/m64-s0", amount=200.0, metrics=("ssim", "psnr"))
    list(run_trajectory(made))
    return made


def same(image: Image | None, other: Image) -> bool:
    return image is not None and np.array_equal(image, other)


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
        expected = [heat_map(shown, original), original, outline_square(shown, box), difference(shown, original)]
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

        def watched(image: Image | None, *, note: str = "") -> None:
            seen.append("frame" if same(image, read_frame(done, 32)) else "original")
            real(image, note=note)

        monkeypatch.setattr(app.picture("compared"), "show", watched)
        app.view.cycle_comparison()
        await rests(pilot)
        seen.clear()
        app.view.cycle_comparison()
        await wait_until(pilot, lambda: len(seen) >= 5 and not app.query_one(PictureRow).blinking)
        assert seen[-5:] == ["original", "frame", "original", "frame", "original"]
        before = len(seen)
        app.query_one(PictureRow).blink()  # a tick that comes late
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


# --- the panes


@pytest.mark.slow
async def test_every_tab_shows_its_pane(done: Trajectory) -> None:
    (done.path / "log.txt").write_text("2026  recovered: \x1b[31mall [/red] of it\n")
    async with showing(done) as (app, pilot):
        for name in ("filmstrip", "masks", "recursion", "spec", "log", "chart"):
            app.view.select_tab(name)
            await rests(pilot)
            assert [pane.id for pane in app.query("TabPanes > *") if pane.display] == [name]
            assert app.query_one(TabBar).chosen == name
        assert done.spec.digest in app.text("#spec Static")
        assert app.text("#log Static") == "2026  recovered: \\x1b[31mall [/red] of it"


@pytest.mark.slow
async def test_the_strip_has_a_picture_every_50_percent(done: Trajectory) -> None:
    async with showing(done) as (app, pilot):
        app.view.select_tab("filmstrip")
        await wait_until(pilot, lambda: len(app.query(FilmstripItem)) == 5, "the stills")
        await rests(pilot)
        for still, k in zip(app.query(FilmstripItem), (0, 8, 16, 24, 32), strict=True):
            assert same(still.picture.image, read_frame(done, k))
        captions = [still.caption.text.split()[0] for still in app.query(FilmstripItem)]
        assert captions == ["0", "50", "100", "150", "200"]


@pytest.mark.slow
async def test_the_map_counts_how_often_each_square_was_repainted(done: Trajectory) -> None:
    async with showing(done) as (app, pilot):
        app.view.go(12)
        app.view.select_tab("masks")
        await rests(pilot)
        counts = sorted(int(word) for word in app.text("#squares").split())
        boxes = [row.box for row in done.read_rows()[:12]]
        assert counts == sorted(boxes.count(box) for box in set(boxes))
        assert f"{done.read_rows()[11].coverage:.1f} %" in app.text("#summary")


@pytest.mark.slow
async def test_the_recursion_pane_has_the_errors_of_the_squares(done: Trajectory) -> None:
    effect = compute_effect([read_square_errors(done, [LUMA])], LUMA)
    async with showing(done) as (app, pilot):
        app.view.go(16)
        app.view.select_tab("recursion")
        await wait_until(pilot, lambda: "explains" in app.text("#recursion-numbers"), "the numbers")
        assert f"{effect.explained.value:.1f} %" in app.text("#recursion-numbers")
        assert f"{effect.slope.value:+.2f}" in app.text("#recursion-numbers")
        chart = app.query_one("#against-null", Chart)
        assert chart.marker == 100.0
        app.view.toggle_axis()
        assert chart.axis_labels[0] == "coverage %"
        app.view.go(8)
        assert chart.marker == done.read_rows()[7].coverage
        await pilot.click(app.query_one("#by-exposure", Chart), offset=(20, 3))
        assert app.view.cursor.k == 8, "repaints are no frames"


@pytest.mark.slow
async def test_the_recursion_pane_draws_each_error_that_is_known_of_the_squares(
    make_trajectory: MakeTrajectory,
) -> None:
    trajectory = make_trajectory(amount=100.0, metrics=("psnr", "delta-e@repaints"))
    list(run_trajectory(trajectory))
    async with showing(trajectory) as (app, pilot):
        app.view.select_tab("recursion")
        await wait_until(pilot, lambda: "by luma" in app.text("#recursion-numbers"), "the numbers")
        chart = app.query_one("#against-null", Chart)
        assert chart.axis_labels[1] == "luma error"
        app.view.cycle_metric()
        assert chart.axis_labels[1] == "ΔE error"
        assert "by ΔE" in app.text("#recursion-numbers")
        app.view.cycle_metric()
        assert chart.axis_labels[1] == "luma error"


@pytest.mark.slow
async def test_the_recursion_pane_says_why_it_has_nothing(make_trajectory: MakeTrajectory) -> None:
    empty = make_trajectory()
    whole = make_trajectory("picture/whole", paste=False)
    advance(whole, 1)
    async with showing(empty) as (app, pilot):
        app.view.select_tab("recursion")
        await wait_until(pilot, lambda: "no square was repainted yet" in app.text("#recursion-numbers"))
        app.view.show(whole.path)
        await wait_until(pilot, lambda: "made without paste" in app.text("#recursion-numbers"))


@pytest.mark.slow
async def test_the_chart_goes_over_coverage_too_and_marks_the_frame(done: Trajectory) -> None:
    async with showing(done) as (app, _):
        app.view.go(16)
        chart = app.query_one(Chart)
        assert chart.marker == 100.0
        assert chart.axis_labels[0] == "inpainted %"
        app.view.toggle_axis()
        assert chart.axis_labels[0] == "coverage %"
        assert chart.marker == done.read_rows()[15].coverage
        app.view.cycle_metric()
        assert chart.axis_labels[1] == "PSNR (dB)"


async def test_the_masks_are_coloured_by_the_distances_that_are_stored(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(metrics=("psnr", "delta-e@squares"))
    list(run_trajectory(trajectory))
    async with showing(trajectory) as (app, pilot):
        app.view.go(12)
        app.view.select_tab("masks")
        await rests(pilot)
        assert "colour" not in app.text("#summary")
        charted = app.view.metric
        app.view.cycle_metric()
        assert "colour     ΔE" in app.text("#summary")
        assert "at       50 %" in app.text("#summary")
        app.view.cycle_metric()
        assert "colour" not in app.text("#summary")
        assert app.view.metric == charted, "the chart's metric is left alone"


# --- other trajectories, growth and damage


@pytest.mark.slow
async def test_another_trajectory_is_shown_as_far_along(done: Trajectory, make_trajectory: MakeTrajectory) -> None:
    coarse = make_trajectory("picture/m128-s0", mask=128, amount=200.0)
    list(run_trajectory(coarse))
    async with showing(done) as (app, pilot):
        app.view.go(16)
        app.view.cycle_comparison()
        app.view.select_tab("masks")
        app.view.show(coarse.path)
        await wait_until(pilot, lambda: app.chosen[-1].path == coarse.path)
        await rests(pilot)
        assert app.view.cursor.k == 4  # 100 %, too
        assert same(app.picture("frame").image, read_frame(coarse, 4))
        assert app.query_one(TabBar).chosen == "masks"
        app.view.last()
        app.view.show(done.path)
        await wait_until(pilot, lambda: app.chosen[-1].path == done.path)
        assert app.view.cursor.k == 32


@pytest.mark.slow
async def test_a_trajectory_that_is_computed_meanwhile_is_followed_at_its_end(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(amount=400.0, metrics=("ssim",))
    writer = threading.Thread(target=lambda: list(run_trajectory(trajectory)))
    async with showing(trajectory) as (app, pilot):
        assert app.view.cursor.k == 0
        writer.start()
        while writer.is_alive():
            app.view.disk_changed()
            await rests(pilot)
        writer.join()
        app.view.disk_changed()
        await wait_until(pilot, lambda: app.view.cursor.k == 64, "the last frame")
        await rests(pilot)
        assert same(app.picture("frame").image, read_frame(trajectory, 64))
        app.view.go(30)
        app.view.disk_changed()
        await rests(pilot)
        assert app.view.cursor.k == 30  # who looks at another frame stays there


@pytest.mark.slow
async def test_the_strip_fills_up_as_the_trajectory_grows_and_is_another_for_another_one(
    done: Trajectory, make_trajectory: MakeTrajectory
) -> None:
    path = done.path / "iterations.jsonl"
    rows = path.read_bytes()
    path.write_bytes(b"".join(rows.splitlines(keepends=True)[:12]))
    other = make_trajectory("picture/noise", amount=200.0, inpainter="noise")
    list(run_trajectory(other))
    async with showing(done) as (app, pilot):
        app.view.select_tab("filmstrip")

        def pictures() -> list[Image | None]:
            return [still.picture.image for still in app.query(FilmstripItem)]

        await wait_until(
            pilot, lambda: [image is not None for image in pictures()] == [True, True, False, False, False]
        )
        assert app.query(FilmstripItem)[2].picture.note == "not yet"
        path.write_bytes(rows)
        app.view.disk_changed()
        await wait_until(pilot, lambda: all(image is not None for image in pictures()) and len(pictures()) == 5)
        assert same(pictures()[3], read_frame(done, 24))
        app.view.show(other.path)
        await wait_until(pilot, lambda: same(pictures()[3], read_frame(other, 24)), "the other's pictures")


@pytest.mark.slow
async def test_looking_again_at_what_has_not_changed_paints_nothing(
    done: Trajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with showing(done) as (app, pilot):
        for tab in TAB_NAMES:
            app.view.select_tab(tab)
            await rests(pilot)
            await pilot.pause(0.05)
            painted: list[object] = []
            with monkeypatch.context() as patched:
                patched.setattr(app, "_display", lambda *what, painted=painted: painted.append(what))
                app.view.disk_changed()
                await rests(pilot)
                await pilot.pause(0.05)
            assert painted == [], tab


@pytest.mark.slow
async def test_records_that_cannot_be_read_are_told_in_the_log_and_hide_nothing(done: Trajectory) -> None:
    (done.path / "failed.json").write_bytes(b"{")
    async with showing(done) as (app, pilot):
        assert same(app.picture("frame").image, read_frame(done, 32))
        app.view.select_tab("log")
        await rests(pilot)
        assert "failed.json is not readable" in app.text("#log Static")


@pytest.mark.slow
async def test_a_trajectory_that_was_cut_is_shown_as_far_as_it_goes(done: Trajectory) -> None:
    async with showing(done) as (app, pilot):
        path = done.path / "iterations.jsonl"
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:10]))
        app.view.disk_changed()
        await wait_until(pilot, lambda: app.view.cursor.k == 10, "the cut")
        await rests(pilot)
        assert same(app.picture("frame").image, read_frame(done, 10))


@pytest.mark.slow
async def test_a_frame_that_is_damaged_is_a_message_and_the_others_are_shown(done: Trajectory) -> None:
    rows = done.read_rows()
    for path in (done.path / "keyframes").iterdir():
        path.unlink()
    data = bytearray((done.path / "patches.bin").read_bytes())
    offset, length = rows[11].patch
    data[offset : offset + length] = bytes(length)
    (done.path / "patches.bin").write_bytes(data)
    async with showing(done) as (app, pilot):
        app.view.go(12)
        await rests(pilot)
        assert app.picture("frame").image is None
        assert "frame 12 is damaged" in app.picture("frame").note
        app.view.go(11)
        await rests(pilot)
        assert app.picture("frame").image is not None


@pytest.mark.slow
async def test_a_lost_original_leaves_the_frames(done: Trajectory) -> None:
    newest = read_frame(done, 32)
    (done.path / "original.png").unlink()
    async with showing(done) as (app, _):
        assert app.picture("original").image is None
        assert app.picture("compared").image is None
        assert same(app.picture("frame").image, newest)


@pytest.mark.slow
@pytest.mark.parametrize("content", [None, b"{", b'{"format": 99}'])
async def test_a_folder_that_is_no_trajectory_is_a_message(done: Trajectory, content: bytes | None) -> None:
    async with showing(done) as (app, pilot):
        spec = done.path.parent / "bad" / "spec.json"
        spec.parent.mkdir()
        if content is not None:
            spec.write_bytes(content)
        app.view.show(spec.parent)
        await wait_until(pilot, lambda: "spec" in app.picture("frame").note, "the message")
        for way in (app.view.last, app.view.play_or_pause, app.view.cycle_comparison, app.view.toggle_axis):
            way()
        app.view.move_by_half(1)
        app.view.select_tab("masks")
        await rests(pilot)
        assert app.picture("frame").image is None
        assert not app.query_one(TabPanes).display
        assert not any(app.query_one(part).visible for part in (Slider, MetricReadout, TabBar))
        app.view.show(done.path)
        await wait_until(pilot, lambda: app.picture("frame").image is not None, "the good one again")
        assert all(app.query_one(part).visible for part in (Slider, MetricReadout, TabBar))


@pytest.mark.slow
async def test_a_folder_that_goes_away_while_it_is_shown_is_a_message(done: Trajectory) -> None:
    async with showing(done) as (app, pilot):
        done.path.rename(done.path.parent / "elsewhere")
        app.view.disk_changed()
        await wait_until(pilot, lambda: "not a trajectory" in app.picture("frame").note, "the message")


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
@pytest.mark.parametrize("size", [(140, 40), (104, 34), (80, 24), (78, 20), (60, 20), (60, 40), (200, 50), (20, 5)])
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
        an_hour_ago = datetime.now(UTC) - timedelta(hours=1, minutes=40)
        with claim(trajectory) as claimed:
            claimed.record_failure(Failure(an_hour_ago.isoformat(), 3, "out of memory", ""))
        app.view.disk_changed()
        await wait_until(pilot, lambda: "failed" in app.text("#recipe"))
        assert app.text("#recipe") == "✗ failed 1 h 40 min ago (R retry, 6 log): out of memory"
