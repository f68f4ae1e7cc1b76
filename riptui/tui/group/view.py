"""A group of trajectories: its curves, as in the paper's figures 7, 8 and 13, and a table of its trajectories.

A thread reads the disk in slices and computes; the screen shows what it hands over. NumPy comes with the first group.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from riptui.terminal import printable
from riptui.tui.group.choice import VIEWS, Choice
from riptui.tui.group.gathering import Gathering
from riptui.tui.group.table import Table
from riptui.tui.latest import Latest
from riptui.tui.plot.chart import Chart
from riptui.tui.tabline import TabLine
from riptui.tui.trajectory import course
from riptui.tui.trajectory.readings import title

if TYPE_CHECKING:  # NumPy
    from riptui.tui.group.curves import Digest

TABLE = "table"
ROOMY = 20  # rows; with fewer, chart and table take turns
EVERY = 0.5  # seconds at least between two looks at the disk
SHARE = 10  # and so many times what the last one took


class GroupView(Widget):
    """Shows one group at a time."""

    DEFAULT_CSS = """
    GroupView {
        layout: vertical;
        & #heading, & #choices { height: 1; }
        & #group-name { width: 1fr; text-style: bold; text-wrap: nowrap; text-overflow: ellipsis; }
        & #group-about { width: auto; color: $text-muted; }
        & TabLine { width: 1fr; }
        & #group-metric { width: auto; color: $text-muted; pointer: pointer; }
        & Chart { height: 3fr; }
        & Table { height: 2fr; }
    }
    """

    class Chosen(Message):
        """A trajectory was chosen in the table."""

        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    class Progressed(Message):
        """So many of a group's trajectories are read."""

        def __init__(self, group: Path, read: int, total: int) -> None:
            super().__init__()
            self.group, self.read, self.total = group, read, total

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, GroupView.Progressed)

    class Digested(Message):
        """A group was read, and what is to be shown of it is here."""

        def __init__(self, group: Path, digest: "Digest", unreadable: int, seconds: float) -> None:
            super().__init__()
            self.group, self.digest, self.unreadable, self.seconds = group, digest, unreadable, seconds

    def __init__(self, *, choice: Choice | None = None, id: str | None = None) -> None:
        super().__init__(id=id)
        self._choice = choice or Choice()
        self._group: Path | None = None
        self._paths: tuple[str, ...] = ()
        self._digest: Digest | None = None
        self._gathering = Gathering()  # the thread's own
        self._shown: tuple[Path, Choice] | None = None  # the thread's own: what it handed over last
        self._latest = Latest(partial(self.run_worker, thread=True, group="gathering"))
        self._waiting: Timer | None = None
        self._pause = EVERY
        self._tab: str = VIEWS[0]

    def compose(self) -> ComposeResult:
        with Horizontal(id="heading"):
            yield Static(id="group-name", markup=False)
            yield Static(id="group-about", markup=False)
        with Horizontal(id="choices"):
            yield TabLine(VIEWS, VIEWS[0], id="group-tabs")
            yield Static(id="group-metric", markup=False)
        yield Chart(id="group-chart")
        yield Table(id="group-rows")

    @property
    def count(self) -> int:
        """How many trajectories it was given."""
        return len(self._paths)

    def show(self, group: Path, trajectories: Sequence[Path]) -> None:
        """Show a group of these trajectories. Called again for the same group, it shows what is new."""
        self._paths = tuple(map(str, trajectories))
        if group == self._group:
            self.disk_changed()
            return
        self._group, self._digest = group, None
        self._choice = replace(self._choice, image=0)
        self._pause = EVERY
        self._tell("#group-name", printable(group.name))
        self._tell("#group-about", "")
        self.query_one(Chart).draw((), x_label="", y_label="")
        self.query_one(Table).show((), ())
        self._read()

    def disk_changed(self) -> None:
        """Something in the group grew or changed: read it again soon."""
        if self._waiting is None:
            self._waiting = self.set_timer(self._pause, self._read)

    def select_view(self, view: str) -> None:
        """mean, points or runs; table where there is little room."""
        self._tab = view
        if view != TABLE:
            self._choose(view=view)
            return
        self._arrange()
        self.query_one(Table).focus()

    def select_tab(self, place: int) -> None:
        """By number, from 0, of those that there are with little room."""
        tabs = (*VIEWS, TABLE)
        if place < len(tabs):
            self.select_view(tabs[place])

    def cycle_metric(self) -> None:
        """Draw the next metric."""
        if self._digest and self._digest.metrics:
            names = self._digest.metrics
            self._choose(metric=names[(names.index(self._digest.choice.metric) + 1) % len(names)])

    def cycle_image(self) -> None:
        """The runs of the group's next image."""
        if self._digest and len(self._digest.images) > 1:
            self._choose(view="runs", image=(self._digest.choice.image + 1) % len(self._digest.images))

    def toggle_axis(self) -> None:
        """Draw over inpainted % or over coverage."""
        self._choose(axis="coverage" if self._choice.axis == "inpainted" else "inpainted")

    # --- in the thread

    def _gather(self, group: Path, paths: Sequence[str], choice: Choice) -> None:
        """Read what is new, and compute what is to be shown."""
        from riptui.tui.group.curves import digest  # NumPy: after the first paint, and not on the screen's thread

        if group != self._group:
            return
        since = time.monotonic()
        slices = [self._gathering.read(paths)]
        if choice.axis == "coverage":
            slices.append(self._gathering.cover())
        for slice_ in slices:
            for count in slice_:
                if group != self._group:
                    return
                self.post_message(self.Progressed(group, count, len(paths)))
        asked = group, choice
        if asked == self._shown and not self._gathering.changed and self._digest is not None:
            return
        self._shown = asked
        shown = digest(self._gathering.members, choice, self._gathering.coverage, str(group))
        self.post_message(self.Digested(group, shown, self._gathering.unreadable, time.monotonic() - since))

    # --- what arrives from there

    @on(Progressed)
    def _tell_progress(self, message: Progressed) -> None:
        message.stop()
        if message.group == self._group and self._digest is None:
            self._tell("#group-about", f"reading {message.read:,} of {message.total:,}")

    @on(Digested)
    def _take_over(self, message: Digested) -> None:
        message.stop()
        if message.group != self._group:
            return
        self._digest = message.digest
        self._pause = max(EVERY, SHARE * message.seconds)
        self._tell_about(message.digest, message.unreadable)
        self._draw(message.digest)
        self.query_one(Table).show(message.digest.columns, message.digest.rows)

    @on(Table.Chosen)
    def _go_to(self, message: Table.Chosen) -> None:
        message.stop()
        self.post_message(self.Chosen(Path(message.key)))

    # --- lines, room and the mouse

    def _read(self) -> None:
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None
        if self._group is not None:
            self._latest.ask("gather", partial(self._gather, self._group, self._paths, self._choice))

    def _choose(self, **what: object) -> None:
        self._choice = replace(self._choice, **what)  # type: ignore[arg-type]  # the fields' own types
        self._arrange()
        self._read()

    def _draw(self, digest: "Digest") -> None:
        self.query_one(Chart).draw(
            digest.series,
            x_label=course.X_LABELS[digest.choice.axis],
            y_label=_y_label(digest.choice.metric) if digest.metrics else "nothing measured yet",
            x_end=digest.x_end,
        )

    def _tell_about(self, digest: "Digest", unreadable: int) -> None:
        count, images = len(digest.rows), len(digest.images)
        parts = [f"{count:,} trajector{'y' if count == 1 else 'ies'}"]
        parts += [f"{images:,} images"] if images > 1 else []
        if digest.choice.view == "runs" and images:
            parts.append(f"runs of {digest.images[digest.choice.image]}")
        parts += [digest.note] if digest.note else []
        parts += [f"{unreadable:,} unreadable"] if unreadable else []
        self._tell("#group-about", " · ".join(parts))
        self._tell("#group-metric", f"{title(digest.choice.metric)} ▸" if len(digest.metrics) > 1 else "")

    def _tell(self, selector: str, text: str) -> None:
        """Only what differs goes over the wire."""
        line = self.query_one(selector, Static)
        if line.content != text:
            line.update(text)

    @property
    def _roomy(self) -> bool:
        return self.size.height >= ROOMY

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()

    def _arrange(self) -> None:
        """Chart and table below each other, or one of them."""
        tabs = self.query_one(TabLine)
        tabs.names = VIEWS if self._roomy else (*VIEWS, TABLE)
        tabled = not self._roomy and self._tab == TABLE
        tabs.chosen = TABLE if tabled else self._choice.view
        for widget, seen in ((self.query_one(Chart), not tabled), (self.query_one(Table), self._roomy or tabled)):
            if widget.display != seen:  # setting it lays the screen out anew, also if it is the same
                widget.display = seen

    @on(TabLine.Clicked)
    def _tab_clicked(self, message: TabLine.Clicked) -> None:
        message.stop()
        self.select_view(message.name)

    @on(events.Click, "#group-metric")
    def _metric_clicked(self) -> None:
        self.cycle_metric()


def _y_label(metric: str) -> str:
    """Of one metric, so with the net of its LPIPS."""
    return title(metric) if metric.startswith("lpips-") else course.y_label([metric])
