"""Two to six trajectories side by side at equal inpainted %, and their curves in one chart. Escape closes it."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from riptui.store.records import Values
from riptui.tui import bindings
from riptui.tui.graphics.graphics import Graphics
from riptui.tui.graphics.picture import Picture
from riptui.tui.group.lineup import Entrant, Frame, Lineup, differences, names, places
from riptui.tui.keyline import KeyLine
from riptui.tui.latest import Latest
from riptui.tui.plot.chart import Chart, series_colors
from riptui.tui.plot.series import SHAPES, Series
from riptui.tui.trajectory import course
from riptui.tui.trajectory.readings import names_in, number, title
from riptui.tui.trajectory.slider import Slider

LOOK = 1.0  # seconds between two looks at the disk
GAP = 1  # columns between two trajectories
AROUND = 16  # rows of all that is not a picture, with a chart of eight


class Column(Vertical):
    """One trajectory: its name, what it differs in, its frame, its values."""

    DEFAULT_CSS = f"""
    Column {{
        height: auto;
        margin-right: {GAP};
        & Static {{ height: 1; text-wrap: nowrap; text-overflow: ellipsis; }}
        & .differs {{ color: $text-muted; }}
        &:last-of-type {{ margin-right: 0; }}
    }}
    """

    def __init__(self, graphics: Graphics, place: int, name: str) -> None:
        super().__init__()
        self._place = place
        self._title = name
        self._head = Static(markup=False)
        self._differs = Static(markup=False, classes="differs")
        self._values = Static(markup=False, classes="values")
        self.picture = Picture(graphics)

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._differs
        yield self.picture
        yield self._values

    def name_it(self, differs: Sequence[str]) -> None:
        color = series_colors(self.app)[self._place]
        _tell(self._head, Content.assemble((SHAPES[self._place], color), (f" {self._title}", "bold")))
        _tell(self._differs, Content(" · ".join(differs)))

    def show(self, frame: Frame, values: Values, metric: str) -> None:
        """Put a frame in place, and as many values as fit, that of the metric first."""
        self.picture.show(frame.image, note=frame.note)
        shown = [metric, *(name for name in names_in({0: values}) if name != metric)]
        line, room = Content(""), self.size.width
        for text in [f"{title(name)} {number(values[name])}" for name in shown if name in values]:
            if line and line.cell_length + len(text) + 2 > room:
                break
            line += Content.styled(f"  {text}", "$foreground-muted") if line else Content.styled(text, "bold")
        _tell(self._values, line)


class CompareScreen(Screen[None]):
    """Compares the trajectories in the order given."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings.COMPARE]
    DEFAULT_CSS = """
    CompareScreen {
        layout: vertical;
        overflow: hidden;
        & #compare-about { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & #columns { height: auto; padding: 0 1; }
        & #seek { height: 1; padding: 0 1; }
        & #place { width: auto; margin-left: 2; text-style: bold; }
        & Chart { height: 1fr; padding: 0 1; }
    }
    """

    class Looked(Message):
        """The disk was read."""

        def __init__(self, entrants: tuple[Entrant, ...]) -> None:
            super().__init__()
            self.entrants = entrants

    class FramesReady(Message):
        """The frames at an inpainted % are there."""

        def __init__(self, inpainted: float, frames: tuple[Frame, ...]) -> None:
            super().__init__()
            self.inpainted, self.frames = inpainted, frames

    def __init__(
        self,
        trajectories: Sequence[Path],
        graphics: Graphics,
        *,
        metric: str = "lpips-vgg",
        axis: course.Axis = "inpainted",
    ) -> None:
        super().__init__()
        self._columns = [Column(graphics, place, name) for place, name in enumerate(names(trajectories))]
        self._names = names(trajectories)
        self._metric = metric
        self._axis: course.Axis = axis
        self._entrants: tuple[Entrant, ...] = ()
        self._frames: tuple[Frame, ...] = ()
        self._places: list[float] = [0.0]
        self._place: int | None = None
        """Which of them is shown; None: the last that there is, also while that grows."""
        self._lineup = Lineup(trajectories)  # the thread's own
        self._latest = Latest(partial(self.run_worker, thread=True, group="lineup"))

    def compose(self) -> ComposeResult:
        yield Static(id="compare-about", markup=False)
        with Horizontal(id="columns"):
            yield from self._columns
        with Horizontal(id="seek"):
            yield Slider(id="compare-slider")
            yield Static(id="place", markup=False)
        yield Chart(id="compare-chart")
        yield KeyLine()

    def on_mount(self) -> None:
        self._ask_disk()
        self.set_interval(LOOK, self._ask_disk)

    # --- in the thread

    def _ask_disk(self) -> None:
        self._latest.ask("look", self._look)

    def _look(self) -> None:
        found = self._lineup.look()
        if found != self._entrants:
            self.post_message(self.Looked(found))

    def _develop(self, entrants: tuple[Entrant, ...], inpainted: float) -> None:
        self.post_message(self.FramesReady(inpainted, self._lineup.frames(entrants, inpainted)))

    # --- what arrives from there

    @on(Looked)
    def _take_over(self, message: Looked) -> None:
        message.stop()
        self._entrants = message.entrants
        self._places = places(self._entrants)
        differing, parts = differences(self._entrants)
        about = f"differing in {differing}" if differing else "of one recipe"
        _tell(
            self.query_one("#compare-about", Static),
            Content.assemble((f"{len(parts)} trajectories", "bold"), (f"  {about}", "$foreground-muted")),
        )
        for column, differs in zip(self._columns, parts, strict=True):
            column.name_it(differs)
        self._turn()

    @on(FramesReady)
    def _show_frames(self, message: FramesReady) -> None:
        message.stop()
        if message.inpainted != self.inpainted:
            return
        metric = self._drawn_metric
        for column, frame, entrant in zip(self._columns, message.frames, self._entrants, strict=True):
            column.show(frame, entrant.values_at(frame.k) if frame.k <= entrant.newest else {}, metric)

    # --- where it is

    @property
    def inpainted(self) -> float:
        """% at which the frames are shown."""
        return self._places[self._here]

    @property
    def _reached(self) -> int:
        """The last place to which any of them has come."""
        far = max((one.spec.inpainted(one.newest) for one in self._entrants if one.spec), default=0.0)
        return max(0, sum(place <= far for place in self._places) - 1)

    @property
    def _here(self) -> int:
        return self._reached if self._place is None else min(self._place, self._reached)

    @property
    def _drawn_metric(self) -> str:
        found = self._metrics()
        return self._metric if self._metric in found or not found else found[0]

    def _metrics(self) -> list[str]:
        """All that any of them was measured with."""
        return names_in(dict(enumerate(values for one in self._entrants for values in one.metrics.values())))

    def action_go(self, steps: int) -> None:
        """So many places on or back."""
        self._go(self._here + steps)

    def _go(self, place: int) -> None:
        place = min(max(0, place), self._reached)
        self._place = None if place == self._reached else place
        self._turn()

    def _turn(self) -> None:
        """Show the present place."""
        slider = self.query_one(Slider)
        slider.iterations, slider.newest, slider.k = len(self._places) - 1, self._reached, self._here
        _tell(self.query_one("#place", Static), Content(f"{self.inpainted:4.0f} %"))
        self._draw()
        self._latest.ask("frames", partial(self._develop, self._entrants, self.inpainted))

    def _draw(self) -> None:
        metric = self._drawn_metric
        lines = [
            self._series(color, name, one)
            for color, (name, one) in enumerate(zip(self._names, self._entrants, strict=True))
        ]
        end = max((one.spec.amount for one in self._entrants if one.spec), default=0.0)
        self.query_one(Chart).draw(
            lines,
            x_label=course.X_LABELS[self._axis],
            y_label=title(metric) if self._metrics() else "nothing measured yet",
            marker=self.inpainted if self._axis == "inpainted" else None,
            x_end=end if self._axis == "inpainted" else 100.0,
        )

    def _series(self, color: int, name: str, one: Entrant) -> Series:
        if one.spec is not None:
            for line in course.series(one.spec, one.rows, one.newest, one.metrics, [self._drawn_metric], self._axis):
                return replace(line, name=name, color=color)
        return Series(name, (), (), color=color)

    def action_metric(self) -> None:
        """Draw the next metric."""
        if found := self._metrics():
            self._metric = found[(found.index(self._drawn_metric) + 1) % len(found)]
            self._turn()

    def action_axis(self) -> None:
        """Draw over inpainted % or over coverage, where the trajectories no longer share a place."""
        self._axis = "coverage" if self._axis == "inpainted" else "inpainted"
        self._draw()

    def action_close(self) -> None:
        self.dismiss()

    # --- room and the mouse

    def on_resize(self, event: events.Resize) -> None:
        count = len(self._columns)
        width = (event.size.width - 2 - GAP * (count - 1)) // count
        height = max(3, min(width // 2, event.size.height - AROUND))
        for column in self._columns:
            column.styles.width = width
            column.picture.styles.height = height

    def on_slider_sought(self, message: Slider.Sought) -> None:
        message.stop()
        self._go(message.k)

    def on_chart_point_chosen(self, message: Chart.PointChosen) -> None:
        message.stop()
        if self._axis == "inpainted":
            self._go(min(range(len(self._places)), key=lambda place: abs(self._places[place] - message.x)))


def _tell(line: Static, text: Content) -> None:
    """Only what differs goes over the wire."""
    if not isinstance(line.content, Content) or not text.is_same(line.content):
        line.update(text)
