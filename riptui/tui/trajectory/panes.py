"""The panes below a trajectory's pictures. Only the one that is seen is kept up to date: the others cost nothing."""

from textual.app import ComposeResult
from textual.widgets import ContentSwitcher

from riptui.spec import Spec
from riptui.store.records import Values
from riptui.tui.graphics.graphics import Graphics
from riptui.tui.plot.chart import Chart
from riptui.tui.trajectory import course
from riptui.tui.trajectory.coverage import CoverageMap
from riptui.tui.trajectory.filmstrip import Filmstrip, Point
from riptui.tui.trajectory.projector import Snapshot
from riptui.tui.trajectory.readings import names_in, number
from riptui.tui.trajectory.texts import TextPane, log_text, spec_text

PANES = ("chart", "filmstrip", "masks", "spec", "log")


class Panes(ContentSwitcher):
    """One of PANES at a time. `axis` and `metric` are what the chart begins with."""

    def __init__(self, graphics: Graphics, *, axis: course.Axis, metric: str, id: str | None = None) -> None:
        super().__init__(id=id, initial=PANES[0])
        self.axis: course.Axis = axis
        self.metric = metric
        """The one chosen; where a trajectory lacks it, another is drawn."""
        self._graphics = graphics

    def compose(self) -> ComposeResult:
        yield Chart(id="chart")
        yield Filmstrip(self._graphics, id="filmstrip")
        yield CoverageMap(id="masks")
        yield TextPane(id="spec")
        yield TextPane(id="log")

    def drawn(self, now: Snapshot) -> list[str]:
        """The metrics in the chart."""
        return course.family(now.metrics, self.metric)

    def choose_next_metric(self, now: Snapshot) -> None:
        """The next metric, or family of metrics."""
        names = names_in(now.metrics)
        drawn = self.drawn(now)
        others = [name for name in names if name not in drawn]
        after = [name for name in others if names.index(name) > names.index(drawn[-1])]
        self.metric = next(iter(after + others), self.metric)

    def toggle_axis(self) -> None:
        """Inpainted % or coverage."""
        self.axis = "coverage" if self.axis == "inpainted" else "inpainted"

    def frame_at(self, now: Snapshot, spec: Spec, x: float) -> int:
        """The frame at a place on the chart's x axis."""
        return course.frame_at(spec, now.rows, now.newest, x, self.axis)

    def fill(self, now: Snapshot, spec: Spec, k: int) -> None:
        """Show what was read of a trajectory, at frame k."""
        match self.current:
            case "chart":
                names = self.drawn(now)
                self.query_one(Chart).draw(
                    course.series(spec, now.rows, now.newest, now.metrics, names, self.axis),
                    x_label=course.X_LABELS[self.axis],
                    y_label=course.y_label(names),
                    marker=self._marker(now, spec, k),
                    x_end=spec.amount if self.axis == "inpainted" else 100.0,
                )
            case "spec":
                self.query_one("#spec", TextPane).show(spec_text(spec, now.sessions))
            case "log":
                self.query_one("#log", TextPane).show(log_text(now.log, now.failure))
            case _:
                self.mark(now, spec, k)

    def mark(self, now: Snapshot, spec: Spec, k: int) -> None:
        """Show where frame k is in what is shown already."""
        match self.current:
            case "chart":
                self.query_one(Chart).mark(self._marker(now, spec, k))
            case "filmstrip":
                self.query_one(Filmstrip).show(self._points(now, spec), k, now.newest, of=now.rows)
            case "masks":
                self.query_one(CoverageMap).show(spec, now.rows, k, now.newest)

    def _marker(self, now: Snapshot, spec: Spec, k: int) -> float | None:
        """Where frame k is on the x axis. Not for the newest: it moves all the time, and each move is 7 kB."""
        return course.place(spec, now.rows, k, self.axis) if k < now.newest else None

    def _points(self, now: Snapshot, spec: Spec) -> list[Point]:
        first = next(iter(self.drawn(now)), "")

        def value(values: Values) -> str:
            return number(values[first]) if first in values else ""

        return [Point(k, f"{spec.inpainted(k):.0f} %", value(now.metrics.get(k, {}))) for k in spec.halves()]
