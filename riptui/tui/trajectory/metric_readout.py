"""The metrics in a line or two: each with its value at frame k and a sparkline of all its values.

Metrics are measured at few frames: a value of an earlier frame than the one shown is dimmed, with its inpainted %.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from riptui.metrics.display import format_value, metric_names, metric_title
from riptui.metrics.values import MetricValues
from riptui.text.terminal import sparkline

NUMBER_COLUMNS, GAP_COLUMNS = 6, 3
WHERE_COLUMNS = 9  # of "at 350 % "
MAX_BARS, MIN_BARS = 16, 5


class MetricReading(NamedTuple):
    """One metric at frame k."""

    name: str
    value: str  # at the last measured frame up to k; empty if there is none
    measured_k: int | None  # that frame
    past: str  # bars up to frame k
    future: str  # bars after frame k


class MetricHistory(NamedTuple):
    """All values of one metric, with a sparkline."""

    name: str
    values: Mapping[int, float | None]  # by iteration, ascending
    bar_frames: Sequence[int]  # the iterations that have a bar
    bars: str

    def reading_at(self, k: int) -> MetricReading:
        frames = list(self.values)
        measured_count = bisect_right(frames, k)
        measured_k = frames[measured_count - 1] if measured_count else None
        value = "" if measured_k is None else format_value(self.values[measured_k])
        passed_bars = bisect_right(self.bar_frames, k)
        return MetricReading(self.name, value, measured_k, self.bars[:passed_bars], self.bars[passed_bars:])


def metric_history(metrics: Mapping[int, MetricValues], name: str, max_bars: int) -> MetricHistory:
    """The values of a metric, with a sparkline of at most `max_bars` from its least to its largest value."""
    values = {k: frame_values[name] for k, frame_values in metrics.items() if name in frame_values}
    frames = list(values)
    bar_frames = (
        [frames[round(index * (len(frames) - 1) / max(1, max_bars - 1))] for index in range(max_bars)]
        if len(frames) > max_bars
        else frames
    )
    heights = [nan if (value := values[k]) is None else value for k in bar_frames]
    finite = [height for height in heights if isfinite(height)]
    bars = sparkline(heights, min(finite, default=0.0), max(finite, default=1.0))
    return MetricHistory(name, values, bar_frames, bars)


class MetricReadout(Static):
    """As many metrics as fit, in columns; a click posts MetricClicked."""

    DEFAULT_CSS = "MetricReadout { width: 1fr; height: 1; pointer: pointer; }"
    ALLOW_SELECT = False

    @dataclass
    class MetricClicked(Message):
        metric: str

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._metrics: Mapping[int, MetricValues] = {}
        self._names: Sequence[str] = ()
        self._k = 0
        self._chosen: Sequence[str] = ()
        self._histories: dict[tuple[str, int], MetricHistory] = {}
        self._drawn: Content | None = None
        self._inpainted: Callable[[int], float] = float

    def show(
        self, metrics: Mapping[int, MetricValues], k: int, chosen: Sequence[str], inpainted: Callable[[int], float]
    ) -> None:
        """Show the values at frame k; the `chosen` metrics are highlighted. `inpainted`: the % at a frame."""
        self._inpainted = inpainted
        if metrics is not self._metrics:
            self._metrics, self._names = metrics, metric_names(metrics)
            self._histories.clear()
        self._k, self._chosen = k, chosen
        self._draw()

    def on_resize(self, _event: events.Resize) -> None:
        self._draw()

    def on_click(self, event: events.Click) -> None:
        event.stop()
        width, columns, _, _ = self._grid_size()
        index = event.y * columns + event.x // max(1, width + GAP_COLUMNS)
        if event.x // (width + GAP_COLUMNS) < columns and index < len(self._names):
            self.post_message(self.MetricClicked(self._names[index]))

    def _grid_size(self) -> tuple[int, int, int, int]:
        """The width of a cell, cells per line, and in each cell columns for the place of the value and for bars."""
        label = max((len(metric_title(name)) for name in self._names), default=0) + NUMBER_COLUMNS + 2
        max_points = max((sum(name in values for values in self._metrics.values()) for name in self._names), default=0)
        bars = min(max_points, MAX_BARS)
        sizes = ((WHERE_COLUMNS, bars), (WHERE_COLUMNS, min(bars, MIN_BARS)), (0, min(bars, MIN_BARS)))
        for where, count in sizes:
            columns = max(1, (self.size.width + GAP_COLUMNS) // (label + where + count + GAP_COLUMNS))
            if columns * self.size.height >= len(self._names):
                break
        return label + where + count, columns, where, count

    def _draw(self) -> None:
        if not self.size.width:
            return
        width, columns, where, bars = self._grid_size()
        shown = self._names[: columns * max(1, self.size.height)]
        readings = [self._history(name, bars).reading_at(self._k) for name in shown]
        content = Content.styled("no metrics yet", "$foreground-muted")
        if readings:
            content = self._build_content(readings, width, columns, where, bars)
        if self._drawn is None or not content.is_same(self._drawn):  # each update is sent to the terminal
            self._drawn = content
            self.update(content, layout=False)

    def _history(self, name: str, bars: int) -> MetricHistory:
        if (name, bars) not in self._histories:
            self._histories[name, bars] = metric_history(self._metrics, name, bars)
        return self._histories[name, bars]

    def _build_content(
        self, readings: Sequence[MetricReading], width: int, columns: int, where: int, bars: int
    ) -> Content:
        label = width - where - bars - NUMBER_COLUMNS - 2
        parts: list[tuple[str, str]] = []
        for index, reading in enumerate(readings):
            if index:
                parts.append(("\n" if index % columns == 0 else " " * GAP_COLUMNS, ""))
            measured_k = self._k if reading.measured_k is None else reading.measured_k
            is_of_frame = measured_k == self._k
            place = "" if is_of_frame else f"at {self._inpainted(measured_k):.0f} %"
            blank = " " * (bars - len(reading.past) - len(reading.future))
            parts += [
                (
                    f"{metric_title(reading.name):<{label}} ",
                    "$foreground" if reading.name in self._chosen else "$foreground-muted",
                ),
                (f"{reading.value:>{NUMBER_COLUMNS}} ", "bold" if is_of_frame else "$foreground-muted"),
                (f"{place:<{where}}" if where else "", "$foreground-muted"),
                (reading.past, "$primary"),
                (reading.future + blank, "$foreground 30%"),
            ]
        return Content.assemble(*parts)
