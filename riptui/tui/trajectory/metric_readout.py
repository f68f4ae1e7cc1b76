"""The metrics in a line or two: each with its value at frame k and a sparkline of all its values."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
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

NUMBER_COLUMNS, GAP_COLUMNS = 6, 3  # columns
MAX_BARS, MIN_BARS = 16, 5


class MetricReading(NamedTuple):
    """One metric at frame k."""

    name: str
    value: str  # at the last measured frame up to k; empty if there is none
    past: str  # bars up to frame k
    future: str  # bars after frame k


class MetricHistory(NamedTuple):
    """All values of one metric, with a sparkline."""

    name: str
    values: Mapping[int, float | None]  # by iteration, ascending
    bar_frames: Sequence[int]  # the iterations that have a bar
    bars: str

    def reading_at(self, k: int) -> MetricReading:
        measured_count = bisect_right(list(self.values), k)
        value = format_value(list(self.values.values())[measured_count - 1]) if measured_count else ""
        passed_bars = bisect_right(self.bar_frames, k)
        return MetricReading(self.name, value, self.bars[:passed_bars], self.bars[passed_bars:])


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
        self._drawn: object = None

    def show(self, metrics: Mapping[int, MetricValues], k: int, chosen: Sequence[str]) -> None:
        """Show the values at frame k; the `chosen` metrics are highlighted."""
        if metrics is not self._metrics:
            self._metrics, self._names = metrics, metric_names(metrics)
            self._histories.clear()
        self._k, self._chosen = k, chosen
        self._draw()

    def on_resize(self, _event: events.Resize) -> None:
        self._draw()

    def on_click(self, event: events.Click) -> None:
        event.stop()
        width, columns, _ = self._grid_size()
        index = event.y * columns + event.x // max(1, width + GAP_COLUMNS)
        if event.x // (width + GAP_COLUMNS) < columns and index < len(self._names):
            self.post_message(self.MetricClicked(self._names[index]))

    def _grid_size(self) -> tuple[int, int, int]:
        """The width of a cell, cells per line, and bars per cell."""
        label = max((len(metric_title(name)) for name in self._names), default=0)
        max_points = max((sum(name in values for values in self._metrics.values()) for name in self._names), default=0)
        bars = min(max_points, MAX_BARS)
        columns = self._columns_that_fit(label + NUMBER_COLUMNS + 2 + bars)
        if columns * self.size.height < len(self._names):
            bars = min(max_points, MIN_BARS)
            columns = self._columns_that_fit(label + NUMBER_COLUMNS + 2 + bars)
        return label + NUMBER_COLUMNS + 2 + bars, columns, bars

    def _columns_that_fit(self, width: int) -> int:
        return max(1, (self.size.width + GAP_COLUMNS) // (width + GAP_COLUMNS))

    def _draw(self) -> None:
        width, columns, bars = self._grid_size()
        shown = self._names[: columns * max(1, self.size.height)]
        readings = tuple(self._history(name, bars).reading_at(self._k) for name in shown)
        drawn = (readings, width, columns, tuple(self._chosen))
        if drawn == self._drawn or not self.size.width:
            return
        self._drawn = drawn
        if not readings:
            self.update(Content.styled("no metrics yet", "$foreground-muted"), layout=False)
            return
        self.update(self._build_content(readings, width, columns, bars), layout=False)

    def _history(self, name: str, bars: int) -> MetricHistory:
        if (name, bars) not in self._histories:
            self._histories[name, bars] = metric_history(self._metrics, name, bars)
        return self._histories[name, bars]

    def _build_content(self, readings: Sequence[MetricReading], width: int, columns: int, bars: int) -> Content:
        label = width - bars - NUMBER_COLUMNS - 2
        parts: list[tuple[str, str]] = []
        for index, reading in enumerate(readings):
            if index:
                parts.append(("\n" if index % columns == 0 else " " * GAP_COLUMNS, ""))
            style = "$foreground" if reading.name in self._chosen else "$foreground-muted"
            blank = " " * (bars - len(reading.past) - len(reading.future))
            parts += [
                (f"{metric_title(reading.name):<{label}} ", style),
                (f"{reading.value:>{NUMBER_COLUMNS}} ", "bold"),
                (reading.past, "$primary"),
                (reading.future + blank, "$foreground 30%"),
            ]
        return Content.assemble(*parts)
