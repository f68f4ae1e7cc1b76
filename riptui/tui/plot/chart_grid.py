"""Several charts beside and below each other, one per metric; or one alone."""

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Grid
from textual.widgets import Static

from riptui.tui.plot.chart import Chart
from riptui.tui.plot.legend import LegendEntry
from riptui.tui.plot.palette import rich_series_colours
from riptui.tui.plot.y_axis import YView

MIN_CHART_COLUMNS = 36
MIN_CHART_ROWS = 7
MAX_CHARTS = 6
LEGEND_GAP_COLUMNS = 2


class LegendLines(Static):
    """The legend of several charts, in lines above them; hidden without entries."""

    DEFAULT_CSS = (
        "LegendLines { height: auto; max-height: 4; text-wrap: nowrap; text-overflow: ellipsis; display: none; }"
    )

    def __init__(self) -> None:
        super().__init__()
        self.entries: Sequence[LegendEntry] = ()

    def show_entries(self, entries: Sequence[LegendEntry]) -> None:
        if list(entries) != list(self.entries):
            self.entries = entries
            self.display = bool(entries)
            self._write()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self.entries:  # the theme may have other colours
            self._write()

    def on_resize(self) -> None:
        self._write()

    def _write(self) -> None:
        """Lines break between the entries."""
        colours = rich_series_colours(self.app)
        lines = [Text()]
        for entry in self.entries:
            if lines[-1] and lines[-1].cell_len + LEGEND_GAP_COLUMNS + entry.width > self.size.width > 0:
                lines.append(Text())
            lines[-1].append(" " * LEGEND_GAP_COLUMNS if lines[-1] else "")
            lines[-1].append(entry.shape, Style(color=colours[entry.colour % len(colours)]))
            lines[-1].append(f" {entry.name}")
        text = Text("\n").join(lines)
        if text != self.content:
            self.update(text)


class ChartGrid(Grid):
    """The first chart is always there; others are made when they are needed first."""

    DEFAULT_CSS = "ChartGrid { height: 1fr; grid-gutter: 0 2; overflow: hidden; }"

    def compose(self) -> ComposeResult:
        yield LegendLines()
        yield Chart()

    @property
    def charts(self) -> Sequence[Chart]:
        """The visible ones, the first one first."""
        return [chart for chart in self.query(Chart) if chart.display]

    @property
    def room(self) -> int:
        """How many charts have room, at least one."""
        columns, rows = self.size.width // MIN_CHART_COLUMNS, self.size.height // MIN_CHART_ROWS
        return min(max(1, columns) * max(1, rows), MAX_CHARTS)

    def set_count(self, count: int) -> Sequence[Chart]:
        """Show so many charts; return them."""
        charts = [*self.query(Chart)]
        missing = [Chart() for _ in range(count - len(charts))]
        for chart in missing:
            chart.y_view = YView(log=self.is_log)
        if missing:
            self.mount(*missing)
        charts += missing
        for index, chart in enumerate(charts):
            if chart.display != (index < count):
                chart.display = index < count
        self._arrange_charts(count)
        return charts[:count]

    def share_legend(self) -> None:
        """Show the legend once above the charts, if they all have the same; else each has its own."""
        charts = self.charts
        entries = list(dict.fromkeys(entry for chart in charts for entry in chart.legend_entries))
        is_shared = len(charts) > 1 and len({(entry.shape, entry.colour) for entry in entries}) == len(entries) > 0
        self._legend.show_entries(entries if is_shared else [])
        for chart in charts:
            chart.set_legend(not is_shared)
        self._arrange_charts(len(charts))

    @property
    def _legend(self) -> LegendLines:
        return self.query_one(LegendLines)

    def set_marker(self, x: float | None) -> None:
        for chart in self.charts:
            chart.set_marker(x)

    def set_crosshair(self, x: float | None) -> None:
        for chart in self.charts:
            chart.set_crosshair(x)

    def move_crosshair(self, points: int) -> None:
        """Move the crosshair of the first chart by so many of its points, and the others' with it."""
        self.charts[0].move_crosshair(points)
        self.set_crosshair(self.charts[0].crosshair)

    @property
    def is_log(self) -> bool:
        return self.query(Chart).first().y_view.log

    def on_chart_crosshair_moved(self, message: Chart.CrosshairMoved) -> None:
        message.stop()
        self.set_crosshair(message.x)

    def on_resize(self, event: events.Resize) -> None:
        self._arrange_charts(len(self.charts))

    def _arrange_charts(self, count: int) -> None:
        columns = max(1, min(count, self.size.width // MIN_CHART_COLUMNS))
        columns = -(-count // -(-count // columns))  # as many in each row
        rows = -(-count // columns)
        self.styles.grid_rows = "auto" * self._legend.display + " 1fr" * rows
        if self._legend.display:
            rows += 1
            self._legend.styles.column_span = columns
        if (self.styles.grid_size_columns, self.styles.grid_size_rows) != (columns, rows):
            self.styles.grid_size_columns, self.styles.grid_size_rows = columns, rows
