"""Several charts beside and below each other, one per metric; or one alone."""

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Grid

from riptui.tui.plot.chart import Chart
from riptui.tui.plot.legend_lines import LegendLines
from riptui.tui.plot.y_axis import YView

MIN_CHART_COLUMNS = 36
MIN_CHART_ROWS = 7
MAX_CHARTS = 6


class ChartGrid(Grid):
    """The first chart is always there; others are made when they are needed first."""

    DEFAULT_CSS = """
    ChartGrid { height: 1fr; grid-gutter: 0 2; overflow: hidden; }
    """

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
