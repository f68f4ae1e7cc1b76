"""The cursor over frames, without an app: moving, following, playing by the clock, and the axis."""

from pathlib import Path

import pytest

from riptui.spec import Box
from riptui.store.records import IterationRow
from riptui.tui.trajectory.frame_cursor import FrameCursor
from riptui.tui.trajectory.loader import TrajectorySnapshot
from tests.support.made import made_spec

ITERATIONS = 64  # of 512 px by squares of 128 px; 8 of them are 50 %


class FakeClock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def snapshot(newest: int, *, path: str = "m128", mask: int = 128) -> TrajectorySnapshot:
    spec = made_spec(mask=mask)
    rows = [
        IterationRow(k, Box(0, 0, mask, mask), spec.inpainted(k), k / 2, (0, 0), "0" * 64, 0, 1.0, session=1)
        for k in range(1, newest + 1)
    ]
    return TrajectorySnapshot(Path(path), spec, rows, newest)


def cursor_at(k: int, newest: int = ITERATIONS, *, clock: FakeClock | None = None) -> FrameCursor:
    cursor = FrameCursor(speed=8.0, clock=clock or FakeClock())
    cursor.update(snapshot(newest))
    cursor.go(k)
    return cursor


def test_without_a_trajectory_it_stays_at_frame_0() -> None:
    cursor = FrameCursor()
    cursor.move(1)
    cursor.move_by_half(1)
    cursor.play()
    assert (cursor.k, cursor.newest, cursor.playing, cursor.halves, cursor.marker_x()) == (0, 0, False, [], None)


@pytest.mark.parametrize(("k", "frames", "to"), [(10, 1, 11), (10, -1, 9), (10, -100, 0), (10, 1000, 20)])
def test_it_moves_by_frames_within_those_that_are_saved(k: int, frames: int, to: int) -> None:
    cursor = cursor_at(k, newest=20)
    cursor.move(frames)
    assert cursor.k == to


@pytest.mark.parametrize(
    ("k", "count", "to"), [(9, 1, 16), (16, 1, 20), (20, 1, 20), (9, -1, 8), (8, -1, 0), (0, -1, 0), (1, 2, 16)]
)
def test_it_moves_by_50_percent_to_keyframes_and_the_newest_frame(k: int, count: int, to: int) -> None:
    cursor = cursor_at(k, newest=20)
    cursor.move_by_half(count)
    assert cursor.k == to


def test_the_newest_frame_is_followed_and_another_one_is_kept() -> None:
    cursor = FrameCursor()
    assert cursor.update(snapshot(5))
    assert cursor.following
    assert cursor.update(snapshot(6))
    assert cursor.k == 6
    cursor.move(-1)
    cursor.update(snapshot(9))
    assert (cursor.k, cursor.following) == (5, False)


def test_after_a_cut_it_is_at_the_frame_that_is_left() -> None:
    cursor = cursor_at(30)
    cursor.update(snapshot(10))
    assert cursor.k == 10


def test_another_trajectory_is_shown_at_an_equal_inpainted_percentage() -> None:
    cursor = cursor_at(16)
    cursor.update(snapshot(256, path="m64", mask=64))
    assert cursor.k == 64


def test_an_unchanged_trajectory_needs_no_other_frame() -> None:
    same = snapshot(5)
    cursor = FrameCursor()
    cursor.update(same)
    assert not cursor.update(same)
    assert cursor.update(snapshot(5, path="another"))


def test_playing_skips_frames_when_ticks_are_late_and_stops_at_the_newest() -> None:
    clock = FakeClock()
    cursor = cursor_at(10, newest=20, clock=clock)
    cursor.play()
    clock.now += 0.5
    cursor.tick()
    assert (cursor.k, cursor.playing) == (14, True)
    clock.now += 60
    cursor.tick()
    assert (cursor.k, cursor.playing) == (20, False)
    cursor.go(3)
    cursor.tick()  # a late one
    assert cursor.k == 3


def test_playing_at_the_newest_frame_starts_from_the_original() -> None:
    cursor = cursor_at(ITERATIONS)
    cursor.play()
    assert (cursor.k, cursor.playing) == (0, True)


def test_moving_ends_playing() -> None:
    cursor = cursor_at(10)
    cursor.play()
    cursor.move(1)
    assert (cursor.k, cursor.playing) == (11, False)


def test_the_speed_changes_while_playing_without_a_jump() -> None:
    clock = FakeClock()
    cursor = cursor_at(10, clock=clock)
    cursor.play()
    clock.now += 0.5
    cursor.change_speed(1)
    assert (cursor.k, cursor.speed) == (14, 15.0)
    clock.now += 1.0
    cursor.tick()
    assert cursor.k == 29
    for _ in range(20):
        cursor.change_speed(-1)
    assert (cursor.speed, cursor.tick_seconds) == (0.5, 2.0)


def test_positions_on_the_axis_are_inpainted_percent_or_coverage() -> None:
    cursor = cursor_at(16)
    assert (cursor.marker_x(), cursor.frame_at(50.0), cursor.frame_at(1000.0)) == (100.0, 8, ITERATIONS)
    cursor.toggle_axis()
    assert (cursor.marker_x(), cursor.frame_at(5.0)) == (8.0, 10)
    cursor.go(ITERATIONS)
    assert cursor.marker_x() is None  # at the newest frame there is none
