"""The main screen: the tree, what is chosen in it, the status lines. What a key does, the widget it is about does."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import ContentSwitcher, Input, Static

from riptui.settings import Settings
from riptui.store.trajectory import Status
from riptui.terminal import printable
from riptui.tui import bindings
from riptui.tui.graphics.graphics import Graphics
from riptui.tui.keyline import KeyLine
from riptui.tui.runs import filters, status
from riptui.tui.runs.outline import ORDERS
from riptui.tui.runs.tree import RunsTree
from riptui.tui.runs.watch import Looked, Watch, WorkersLooked
from riptui.tui.welcome import Welcome
from riptui.wording import homely

if TYPE_CHECKING:  # with NumPy: 150 ms that the first paint does not wait for
    from riptui.tui.details import Details
    from riptui.tui.group.view import GroupView

REST = 0.06  # seconds the cursor stays on a row before its pictures are read; a held key passes 30 rows a second
COMPARED = range(2, 7)
ENDS = {Status.DONE: "done", Status.FAILED: "failed"}


@dataclass
class DetailsImported(Message):
    """The right side can be mounted."""

    details: "Details"


class Browser(Screen[None]):
    """Everything in a runs folder."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings.BROWSER]
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
        self.details: Details | None = None
        """None until it is imported."""

    def compose(self) -> ComposeResult:
        with Horizontal(id="head"):
            yield Static(Text.assemble(("riptui", "bold"), f"  {printable(homely(self.runs))}"), id="title")
            yield Static(id="device")
            yield Static(id="counts")
        with Horizontal(id="body"):
            with Vertical(id="left") as left:
                left.border_title = "Trajectories"
                yield RunsTree(id="tree")
            with ContentSwitcher(id="right", initial="reading"):
                yield Static("reading …", id="reading")
        yield Static(id="progress")
        yield KeyLine()

    def on_mount(self) -> None:
        self._watch.start()

    @work(thread=True)
    def _import_details(self) -> None:
        """In a thread, so that keys are heard meanwhile: NumPy and Pillow with it."""
        from riptui.tui.details import Details

        self.post_message(DetailsImported(Details(self.runs, self.settings, self.graphics)))

    @on(DetailsImported)
    async def _mount_details(self, message: DetailsImported) -> None:
        if self.details is not None:  # the folder went away and came back meanwhile
            return
        await self.query_one("#right", ContentSwitcher).add_content(message.details)
        if message.details.children:  # else the app is leaving
            self.details = message.details
            self._show_chosen()

    def on_unmount(self) -> None:
        self._watch.close()

    @property
    def rows(self) -> RunsTree:
        return self.query_one(RunsTree)

    # What comes from the disk

    @on(Looked)
    async def _take_over(self, message: Looked) -> None:
        rows, change = self.rows, message.change
        first = not rows.outline.entries
        ended = [entry for entry in change.entries if self._ends(entry.path, entry.status)]
        rows.apply(change)
        if self._select:
            self._find_selected(listed=change.listed or bool(change.missing))
        elif first:
            rows.open_first()
        if self._awaited and rows.select(self._awaited):
            self._awaited = ""
        if change.missing or not rows.outline.entries:
            await self._welcome(change.missing)
        elif first and self.details is None:
            self.call_after_refresh(self._import_details)
        elif first:
            self._show_chosen()
        if self.details is not None:
            touched = [entry.path for entry in change.entries] + change.removed
            self.details.disk_changed([self.runs / path for path in touched])
            totals = rows.outline.totals.get(self._shown)
            if self.details.current == "group" and totals and totals.count != self.details.group.count:
                self._show_chosen()
        self._update("#counts", status.counts(rows.outline.totals[""]))
        for entry in ended:
            assert entry.status is not None
            self.app.tell_end(entry.path, ENDS[entry.status])  # type: ignore[attr-defined]

    def _ends(self, path: str, now: Status | None) -> bool:
        before = self.rows.outline.entries.get(path)
        return now in ENDS and before is not None and before.status in (Status.RUNNING, Status.QUEUED)

    def _find_selected(self, *, listed: bool) -> None:
        """Go to what was asked for at the start, which may come with a later slice of the names."""
        if self.rows.select(self._select):
            self._select = ""
        elif listed:
            self.notify(
                f"{printable(self._select)} is not in {printable(str(self.runs))}", severity="warning", markup=False
            )
            self._select = ""

    @on(WorkersLooked)
    def _tell_workers(self, message: WorkersLooked) -> None:
        self.computing = message
        self._update("#device", status.device(message.workers))
        self._update("#progress", status.progress(message.workers, self._shown, self.size.width))
        for worker in message.died:
            told = f"worker {worker.record.pid} died; its log: {printable(str(worker.log))}"
            self.notify(told, severity="error", timeout=10, markup=False)

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
        if line is None or self.details is None:
            return
        self._shown = line.path
        if line.is_group:
            below = [self.runs / path for path in self.rows.outline.below(line.path)]
            self.details.show_group(self.runs / line.path, below)
        else:
            self.details.show_trajectory(self.runs / line.path)
        self._right("details")

    async def _welcome(self, missing: str) -> None:
        switcher = self.query_one("#right", ContentSwitcher)
        if not switcher.query(Welcome):
            await switcher.add_content(Welcome(self.runs, id="welcome"))
        switcher.query_one(Welcome).tell(missing)
        if switcher.current != "welcome":
            switcher.current = "welcome"
            switcher.query_one("#demo").focus()

    def _right(self, name: str) -> None:
        switcher = self.query_one("#right", ContentSwitcher)
        if switcher.current == "welcome":
            self.rows.focus()
        switcher.current = name

    def on_group_view_chosen(self, message: "GroupView.Chosen") -> None:
        self.rows.select(message.path.relative_to(self.runs).as_posix())
        self.rows.focus()

    # Commands

    def action_do(self, name: str) -> None:
        """One of `commands`, about what is chosen now; one that has not ended is not begun again."""
        if name not in self._under_way:
            self._under_way.add(name)
            self._carry_out(name)

    @work
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

    def action_view(self, method: str, *arguments: int | str) -> None:
        """A key about the frames or the tabs of the trajectory that is shown."""
        if self.details is None:
            return
        if method == "select_tab":
            self.details.select_tab(*map(str, arguments))
        elif self.details.current == "trajectory":
            getattr(self.details.view, method)(*arguments)

    def action_details(self, method: str) -> None:
        """A key about what is shown, be it a trajectory or a group."""
        if self.details is not None:
            getattr(self.details, method)()

    # Runs

    async def action_filter(self) -> None:
        left = self.query_one("#left")
        if not left.query(Input):
            await left.mount(Input(placeholder="mona  mask:128  lpips>0.4", id="filter", compact=True), before=0)
        left.query_one(Input).focus()

    async def action_close_filter(self) -> None:
        for box in self.query("#left Input"):
            await box.remove()
        self._narrow_to("")
        self.rows.focus()

    @on(Input.Changed, "#filter")
    def _typed(self, message: Input.Changed) -> None:
        self._narrow_to(message.value)

    def _narrow_to(self, text: str) -> None:
        try:
            self.rows.outline.filter = filters.parse(text)
        except ValueError as error:
            self.query_one("#left").border_subtitle = printable(str(error))
            return
        self._tell_order()
        self.rows.rebuild()

    def _tell_order(self) -> None:
        order = self.rows.outline.order
        self.query_one("#left").border_subtitle = "" if order == "name" else f"by {order}"

    @on(Input.Submitted, "#filter")
    def _keep_filter(self) -> None:
        self.rows.focus()

    def action_sort(self) -> None:
        outline = self.rows.outline
        outline.set_order(ORDERS[(ORDERS.index(outline.order) + 1) % len(ORDERS)])
        self._tell_order()
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
        from riptui.tui.group.compare import CompareScreen  # with NumPy

        self.app.push_screen(CompareScreen(marked, self.graphics, metric=self.settings.metric, axis=self.settings.axis))
