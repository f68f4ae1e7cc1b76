"""The trajectory view when its trajectory changes, grows or is damaged."""

import threading

import pytest

from riptui.arrays import Image
from riptui.store.frames import read_frame
from riptui.store.trajectory import Trajectory
from riptui.tui.tab_bar import TabBar
from riptui.tui.trajectory.filmstrip import FilmstripItem
from riptui.tui.trajectory.metric_readout import MetricReadout
from riptui.tui.trajectory.slider import Slider
from riptui.tui.trajectory.tabs import TAB_NAMES, TabPanes
from tests.support.app_pilot import wait_until
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory
from tests.support.view_app import rests, same, showing


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
