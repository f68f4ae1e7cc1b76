"""The keys, and the slider, that move through frames and play them, on each screen that has some."""

from collections.abc import Callable
from functools import partial

from textual.timer import Timer
from textual.widget import Widget

from riptui.tui.playback import Playback
from riptui.tui.trajectory.slider import Slider


class Player(Widget):
    """Changes the position of its playback by keys, and by the clock while it plays."""

    playback: Playback
    _play_timer: Timer | None = None

    def show_position(self, *, moved: bool) -> None:
        """Called after a change of the position (`moved`), or only of whether it plays and how fast."""
        raise NotImplementedError

    def settle(self) -> None:
        """Called when playing has ended."""
        raise NotImplementedError

    def change(self, change_playback: Callable[[], None]) -> None:
        """Change the playback, and show what is different."""
        playback = self.playback
        position, pace = playback.position, (playback.playing, playback.speed)
        change_playback()
        has_new_pace = pace != (playback.playing, playback.speed)
        if has_new_pace:
            self._restart_timer()
        if has_new_pace or position != playback.position:
            self.show_position(moved=position != playback.position)

    def _restart_timer(self) -> None:
        if self._play_timer is not None:
            self._play_timer.stop()
        self._play_timer = None
        if self.playback.playing:
            self._play_timer = self.set_interval(self.playback.tick_seconds, self.tick)
        else:
            self.settle()

    def tick(self) -> None:
        self.change(self.playback.tick)

    def on_slider_seek_requested(self, message: Slider.SeekRequested) -> None:
        message.stop()
        self.go(message.k)

    def go(self, position: int) -> None:
        """Show a position, or the nearest reached one; ends playing."""
        self.change(partial(self.playback.go, position))

    def move(self, count: int) -> None:
        self.change(partial(self.playback.move, count))

    def move_by_half(self, count: int) -> None:
        self.change(partial(self.playback.move_by_half, count))

    def play_or_pause(self) -> None:
        self.change(self.playback.play_or_pause)

    def change_speed(self, direction: int) -> None:
        self.change(partial(self.playback.change_speed, direction))

    action_go, action_move, action_move_by_half = go, move, move_by_half
    action_play, action_change_speed = play_or_pause, change_speed
