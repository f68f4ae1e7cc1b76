"""The main screen: the tree, what is chosen in it, the status lines. What a key does, the widget it is about does."""

from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import ContentSwitcher, Footer, Input, Static

from riptui.settings import Settings
from riptui.store.trajectory import Status
from riptui.terminal import printable
from riptui.tui import bindings, filters, status
from riptui.tui.compare import CompareScreen
from riptui.tui.graphics.graphics import Graphics
from riptui.tui.group import GroupView
from riptui.tui.outline import ORDERS
from riptui.tui.shelf import Change
from riptui.tui.trajectory import TrajectoryView
from riptui.tui.tree import RunsTree
from riptui.tui.watch import Looked, Watch, WorkersLooked
from riptui.tui.welcome import Welcome

REST = 0.06  # seconds the cursor stays on a row before its pictures are read; a held key passes 30 rows a second
COMPARED = range(2, 7)
ENDS = {Status.DONE: "done", Status.FAILED: "failed"}


class Browser(Screen[None]):
    """Everything in a runs folder."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings.BROWSER,
        Binding("escape", "close_filter", show=False, id="runs.close-filter"),
    ]
    AUTO_FOCUS = "#tree"

    def __init__(self, runs: Path, settings: Settings, graphics: Graphics, *, select: str = "") -> None:
        super().__init__()
        self.runs = runs
        self.settings = settings
        self.graphics = graphics
        self.computing = WorkersLooked(())
        self._watch = Watch(runs, self.post_message, settings.hertz)
        self._select = select
        self._shown = ""
        """The path whose details are on the screen."""
        self._awaited = ""
        """The path that the cursor is to go to once it is there."""
        self._under_way: set[str] = set()
        """Commands that have not ended."""
        self._rest: Timer | None = None

    def compose(self) -> ComposeResult:
        with Horizontal(id="head"):
            yield Static(Text.assemble(("riptui", "bold"), f"  {printable(_short(self.runs))}"), id="title")
            yield Static(id="device")
            yield Static(id="counts")
        with Horizontal(id="body"):
            with Vertical(id="left") as left:
                left.border_title = "Trajectories"
                yield Input(placeholder="mona  mask:128  lpips>0.4", id="filter")
                yield RunsTree(id="tree")
            with ContentSwitcher(id="detail", initial="reading"):
                yield Static("reading …", id="reading")
                yield Welcome(self.runs, id="welcome")
                yield TrajectoryView(
                    self.graphics,
                    runs=self.runs,
                    play_speed=self.settings.play_speed,
                    axis=self.settings.axis,
                    metric=self.settings.metric,
                    id="trajectory",
                )
                yield GroupView(id="group")
        yield Static(id="progress")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one("#filter").display = False
        self.call_after_refresh(self._watch.start)

    def on_unmount(self) -> None:
        self._watch.close()

    @property
    def rows(self) -> RunsTree:
        return self.query_one(RunsTree)

    @property
    def view(self) -> TrajectoryView:
        return self.query_one(TrajectoryView)

    # What comes from the disk

    @on(Looked)
    def _take_over(self, message: Looked) -> None:
        rows, change = self.rows, message.change
        first = not rows.outline.entries
        ended = [entry for entry in change.entries if self._ends(entry.path, entry.status)]
        rows.apply(change)
        if first:
            self._open_first()
        if self._awaited and rows.select(self._awaited):
            self._awaited = ""
        if change.missing or not rows.outline.entries:
            self.query_one(ContentSwitcher).current = "welcome"
            self.query_one(Welcome).tell(change.missing)
        elif self.query_one(ContentSwitcher).current in ("reading", "welcome"):
            self._show_chosen()
        self._refresh_details(change)
        self._update("#counts", status.counts(rows.outline.totals[""]))
        for entry in ended:
            assert entry.status is not None
            self.app.tell_end(entry.path, ENDS[entry.status])  # type: ignore[attr-defined]

    def _ends(self, path: str, now: Status | None) -> bool:
        before = self.rows.outline.entries.get(path)
        return now in ENDS and before is not None and before.status in (Status.RUNNING, Status.QUEUED)

    def _open_first(self) -> None:
        """What to show at the start: what was asked for, else the first group, open."""
        rows = self.rows
        if self._select and not rows.select(self._select):
            self.notify(f"{printable(self._select)} is not in {printable(str(self.runs))}", severity="warning")
        elif not self._select:
            rows.open_first()

    def _refresh_details(self, change: Change) -> None:
        current = self.query_one(ContentSwitcher).current
        touched = [entry.path for entry in change.entries] + change.removed
        if current == "trajectory" and self._shown in touched:
            self.view.disk_changed()
        elif current == "group" and any(path.startswith(f"{self._shown}/") for path in touched):
            self.query_one(GroupView).disk_changed()

    @on(WorkersLooked)
    def _tell_workers(self, message: WorkersLooked) -> None:
        self.computing = message
        self._update("#device", status.device(message.workers))
        self._update("#progress", status.progress(message.workers, self._shown, self.size.width))
        for worker in message.died:
            self.notify(
                f"worker {worker.record.pid} died; its log: {printable(str(worker.log))}", severity="error", timeout=10
            )

    def _update(self, selector: str, text: Text) -> None:
        """Only what differs goes over the wire."""
        widget = self.query_one(selector, Static)
        if widget.content != text:
            widget.update(text)

    # What is chosen

    @on(RunsTree.Highlighted)
    def _wait_for_rest(self) -> None:
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST, self._show_chosen)

    def _show_chosen(self) -> None:
        line = self.rows.current
        switcher = self.query_one(ContentSwitcher)
        if line is None:
            return
        self._shown = line.path
        if line.is_group:
            below = [self.runs / path for path in self.rows.outline.below(line.path)]
            self.query_one(GroupView).show(self.runs / line.path, below)
            switcher.current = "group"
        else:
            self.view.show(self.runs / line.path)
            switcher.current = "trajectory"

    @on(GroupView.Chosen)
    def _go_to(self, message: GroupView.Chosen) -> None:
        self.rows.select(message.path.relative_to(self.runs).as_posix())
        self.rows.focus()

    # Commands

    async def action_do(self, name: str) -> None:
        """One of `commands`, about what is chosen now; one that has not ended is not begun again."""
        if name not in self._under_way:
            self._under_way.add(name)
            self.run_worker(self._carry_out(name), name=name)

    async def _carry_out(self, name: str) -> None:
        from riptui.tui import commands  # they know more than the first screen needs

        line = self.rows.current
        place = line.path if line else ""
        outline = self.rows.outline
        about = commands.Subject(self.app, self.runs, self.settings, self.graphics, outline, place, self._await)
        try:
            await commands.carry_out(name, about)
        finally:
            self._under_way.discard(name)

    def _await(self, path: str) -> None:
        self._awaited = "" if self.rows.select(path) else path

    # Frames and tabs

    def action_frame(self, count: int) -> None:
        self.view.move(count)

    def action_half(self, count: int) -> None:
        self.view.move_measured(count)

    def action_first(self) -> None:
        self.view.first()

    def action_last(self) -> None:
        self.view.last()

    def action_play(self) -> None:
        self.view.play_or_pause()

    def action_slower(self) -> None:
        self.view.slower()

    def action_faster(self) -> None:
        self.view.faster()

    def action_comparison(self) -> None:
        self.view.cycle_comparison()

    def action_axis(self) -> None:
        self.view.toggle_axis()
        self.query_one(GroupView).toggle_axis()

    def action_tab(self, name: str) -> None:
        self.view.select_tab(name)

    # Runs

    def action_filter(self) -> None:
        box = self.query_one("#filter", Input)
        box.display = True
        box.focus()

    def action_close_filter(self) -> None:
        box = self.query_one("#filter", Input)
        box.value = ""
        box.display = False
        self.rows.focus()

    @on(Input.Changed, "#filter")
    def _narrow(self, message: Input.Changed) -> None:
        left = self.query_one("#left")
        try:
            self.rows.outline.filter = filters.parse(message.value)
            left.border_subtitle = ""
        except ValueError as error:
            left.border_subtitle = printable(str(error))
            return
        self.rows.rebuild()

    @on(Input.Submitted, "#filter")
    def _keep_filter(self) -> None:
        self.rows.focus()

    def action_sort(self) -> None:
        outline = self.rows.outline
        outline.set_order(ORDERS[(ORDERS.index(outline.order) + 1) % len(ORDERS)])
        self.query_one("#left").border_subtitle = "" if outline.order == "name" else f"by {outline.order}"
        self.rows.rebuild()

    def action_next_running(self) -> None:
        running = self.rows.outline.with_status(Status.RUNNING)
        if not running:
            self.notify("nothing is being computed")
            return
        here = self.rows.current.path if self.rows.current else ""
        self.rows.select(running[(running.index(here) + 1) % len(running)] if here in running else running[0])

    def action_mark(self) -> None:
        line = self.rows.current
        if line is not None and not line.is_group:
            self.rows.mark(line.path)
            self.rows.action_move(1)

    def action_unmark(self) -> None:
        self.rows.marked.clear()
        self.rows.refresh()

    def action_compare(self) -> None:
        marked = [self.runs / path for path in self.rows.marked]
        if len(marked) not in COMPARED:
            self.notify(f"mark {COMPARED[0]} to {COMPARED[-1]} trajectories with m; {len(marked)} are marked")
            return
        self.app.push_screen(CompareScreen(marked))


def _short(path: Path) -> str:
    """With ~ for the home folder."""
    whole, home = path.absolute(), Path.home()
    return f"~/{whole.relative_to(home)}" if whole.is_relative_to(home) and whole != home else str(whole)
