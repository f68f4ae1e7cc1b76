"""The main screen: the tree, the details of its current row, the status lines."""

import time
from collections.abc import Iterable
from functools import partial
from inspect import isawaitable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.signal import Signal
from textual.timer import Timer

from riptui import tui
from riptui.graphics.protocol import Graphics
from riptui.settings import Settings
from riptui.store.trajectory import Status
from riptui.text.terminal import printable
from riptui.tui import bindings, workers
from riptui.tui.command_runner import CommandRunner
from riptui.tui.key_footer import KeyFooter
from riptui.tui.key_queue import OPENS_DIALOG
from riptui.tui.last_place import LastPlace, recall_place, remember_place
from riptui.tui.right_side import RightSide
from riptui.tui.runs import status_line
from riptui.tui.runs.feedback_line import FeedbackLine
from riptui.tui.runs.filter_line import FilterLine
from riptui.tui.runs.head_line import HeadLine
from riptui.tui.runs.known_work import KnownWork
from riptui.tui.runs.scanner import OUTCOMES
from riptui.tui.runs.tree import RunsTree
from riptui.tui.runs.tree_panel import TreePanel
from riptui.tui.runs.watcher import RunsChanged, RunsWatcher, WorkersChanged
from riptui.tui.runs.work_watch import WorkWatch
from riptui.tui.workers.gpu_history import GpuHistory

if TYPE_CHECKING:  # importing NumPy takes 150 ms, after the first paint
    from riptui.tui.details import Details
    from riptui.tui.group.view import GroupView
    from riptui.tui.trajectory.view import TrajectoryView

SETTLE_SECONDS = 0.06  # of rest on a row before it is shown: a held key passes 30 rows per second
FIRST_ROWS_SECONDS = 0.1  # that the first paint waits for what is to be shown
WORK_SECONDS = 1.0  # between two looks at what is known of the work on the shown trajectory
MAX_WAITING_TOLD = 6  # with more trajectories still to come, one that is done is not worth a toast
MAX_UNLISTED_TOLD = 3  # folders that cannot be listed; the others are counted


class Browser(Screen[None]):
    """The main screen, on one runs folder."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings.BROWSER]
    AUTO_FOCUS = "RunsTree"

    def __init__(self, runs: Path, settings: Settings, graphics: Graphics, *, selected_path: str = "") -> None:
        super().__init__()
        self.runs = runs
        self.settings = settings
        self.graphics = graphics
        self.last_workers = WorkersChanged(())
        self.gpu_history = GpuHistory()
        self.disk_signal: Signal[RunsChanged | WorkersChanged] = Signal(self, "disk")  # for a screen on top
        self._watcher = RunsWatcher(runs, self.post_message, settings.hertz, settings.metric)
        self._pending_selection = selected_path
        self._was_asked_for = True  # whether the user asked for the pending selection; else it is the last place
        self.shown_path = ""  # the path below the runs folder whose details are on the screen
        self._had_trajectories = False  # at any time of this session
        self._unlisted: list[str] = []  # why folders are missing from the tree
        self._awaited_path = ""  # the path to select as soon as it is listed
        self.commands = CommandRunner(self)
        self._settle_timer: Timer | None = None
        self._right = RightSide(runs, graphics, id="right")
        in_thread = partial(self.run_worker, thread=True, group="place", exit_on_error=False)
        self._work_watch = WorkWatch(runs, in_thread, self.call_later, self._show_work, self._show_forecast)
        self._seconds_left: float | None = None  # until the whole queue is computed; None: not known

    def compose(self) -> ComposeResult:
        yield HeadLine(self.runs, id="head")
        with Horizontal(id="body"):
            yield TreePanel(id="left")
            yield self._right
        yield FeedbackLine(id="progress")
        yield KeyFooter()

    async def on_mount(self) -> None:
        place = recall_place(self.runs)
        self.query_one(TreePanel).restore(
            place.tree_columns, place.order, place.is_flat, is_hidden=place.is_tree_hidden
        )
        if not self._pending_selection:
            self._pending_selection, self._was_asked_for = place.path, False
        self.set_interval(WORK_SECONDS, self._watch_work)
        self._watcher.start()
        if changes := await self._watcher.read_first(FIRST_ROWS_SECONDS):
            await self._apply_changes(changes)
        self.call_after_refresh(self._watcher.go_on)

    def on_resize(self) -> None:
        self.query_one(TreePanel).fit_screen()

    def remember_place(self) -> None:
        """Keep where one is for the next start."""
        panel, row, model = self.query_one(TreePanel), self.runs_tree.current_row, self.runs_tree.model
        path = row.path if row else self._pending_selection
        place = LastPlace(path, panel.chosen_columns, panel.is_hidden, model.order, model.is_flat)
        remember_place(self.runs, place)

    def on_unmount(self) -> None:
        self._watcher.close()
        self.commands.close()

    @property
    def runs_tree(self) -> RunsTree:
        return self.query_one(RunsTree)

    @property
    def details(self) -> "Details | None":
        """The trajectory or group on the screen; None until they are imported."""
        return self._right.details

    # Changes on disk

    @on(RunsChanged)
    async def _apply_changes(self, message: RunsChanged) -> None:
        tree, scan = self.runs_tree, message.scan
        is_first = not tree.model.entries
        before = tree.model.entries
        ended = [entry for entry in scan.entries if entry.has_ended_since(before.get(entry.path))]
        self._had_trajectories |= bool(before)
        tree.apply(scan)
        if self._pending_selection:
            self._select_initial(all_listed=scan.all_listed or bool(scan.folder_error))
        elif is_first:
            tree.open_first()
        if self._awaited_path and await self.go(self._awaited_path):
            self._awaited_path = ""
        if scan.unlisted is not None:
            self._tell_unlisted(scan.unlisted)
        if scan.folder_error or not tree.model.entries:
            has_vanished = bool(scan.folder_error) and self._had_trajectories
            reason = scan.folder_error or "; ".join(self._unlisted[:1])
            await self._right.show_welcome(reason, has_vanished=has_vanished)
        elif is_first and self.details is None:
            self.call_after_refresh(self._right.import_details, self.settings, self._show_selected)
        elif is_first:
            self._show_selected()
        if self.details is not None:
            touched = [entry.path for entry in scan.entries] + scan.removed + scan.touched
            near = (path for path in touched if path.startswith(self.shown_path))  # without a Path of each
            self.details.disk_changed([self.runs / path for path in near])
            is_group = self.details.current == "group" and tree.model.is_group(self.shown_path)
            if is_group and tree.model.matching_totals(self.shown_path).total() != self.details.group_view.count:
                self._show_selected(at_once=False)
        panel = self.query_one(TreePanel)
        panel.show_columns()
        if tree.model.filter is not None:
            panel.show_counts()
        self._show_head()
        waiting = tree.model.totals[""]
        is_busy = waiting[Status.RUNNING] + waiting[Status.QUEUED] > MAX_WAITING_TOLD
        for entry in ended:
            assert entry.status is not None
            if is_busy and entry.status is Status.DONE:
                continue
            self.app.notify_end(entry.path, OUTCOMES[entry.status])  # type: ignore[attr-defined]
        self.disk_signal.publish(message)

    def _select_initial(self, *, all_listed: bool) -> None:
        """Select the path given at the start, which may be in a later slice of the names."""
        if self.runs_tree.select(self._pending_selection):
            self._pending_selection = ""
        elif all_listed and not self._was_asked_for:
            self._pending_selection = ""
            self.runs_tree.open_first()
        elif all_listed:
            self.notify(f"{self._pending_selection} not found in {self.runs}", severity="warning")
            self._pending_selection = ""

    @on(WorkersChanged)
    def _show_workers(self, message: WorkersChanged) -> None:
        self.last_workers = message
        self.gpu_history.add(message.workers, time.monotonic())
        self.disk_signal.publish(message)
        self._show_head()
        progress = status_line.format_progress(message.workers, self.shown_path, self.size.width)
        self.query_one(FeedbackLine).show_progress(progress)
        for worker in message.died:
            if not self.commands.is_supervising(worker):
                self.notify(f"worker {worker.record.pid} died; see {worker.log}", severity="error", timeout=10)

    @property
    def said(self) -> str:
        """The feedback in the status line; "" if there is none."""
        return self.query_one(FeedbackLine).said

    def say(self, text: str, severity: Literal["information", "warning"] = "information") -> None:
        """Show feedback in the status line for a while."""
        self.query_one(FeedbackLine).say(text, severity)

    def _watch_work(self) -> None:
        """Find out when all is done, and what is known of the work on the trajectory that is shown."""
        entry = self.runs_tree.model.entries.get(self.shown_path)
        if self.details is not None and self.details.current == "trajectory" and entry is not None:
            self._work_watch.show(self.shown_path, entry.status, self.last_workers.workers)
        else:
            self._work_watch.show("", None, self.last_workers.workers)

    def _show_forecast(self, seconds_left: float | None) -> None:
        self._seconds_left = seconds_left
        self._show_head()

    def _show_head(self) -> None:
        head = self.query_one(HeadLine)
        head.show(self.runs_tree.model.totals[""], self.last_workers.workers, self._seconds_left)

    def _show_work(self, path: str, work: KnownWork) -> None:
        if self.details is not None:
            self.details.trajectory_view.show_work(self.runs / path, work)

    # The current row

    @on(RunsTree.Highlighted)
    @on(TreePanel.Filtered)
    def _restart_settle_timer(self) -> None:
        if self._settle_timer is not None:
            self._settle_timer.stop()
        self._settle_timer = self.set_timer(SETTLE_SECONDS, self._show_selected)

    def _show_selected(self, *, at_once: bool = True) -> None:
        """at_once: see `GroupView.show`; False where the disk changed, and not what the user asks for."""
        row = self.runs_tree.current_row
        if row is None or self.details is None:
            return
        self.shown_path = row.path
        self._watcher.show("" if row.is_group else row.path)
        if row.is_group:
            trajectories = [self.runs / path for path in self.runs_tree.model.list_matching(row.path)]
            self.details.show_group(self.runs / row.path, trajectories, at_once=at_once)
        else:
            self.details.show_trajectory(self.runs / row.path)
        if self._right.current == "welcome":
            self.runs_tree.focus()
        self._right.current = "details"

    def _tell_unlisted(self, errors: list[str]) -> None:
        """Say which folders are missing from the tree because they cannot be listed."""
        self._unlisted = errors
        for error in errors[:MAX_UNLISTED_TOLD]:
            self.notify(f"left out: {error}", severity="warning", timeout=10)
        if len(errors) > MAX_UNLISTED_TOLD:
            self.notify(f"left out: {len(errors)} folders that cannot be listed", severity="warning")

    def on_trajectory_view_said(self, message: "TrajectoryView.Said") -> None:
        self.say(message.text)

    def on_group_view_trajectory_chosen(self, message: "GroupView.TrajectoryChosen") -> None:
        self.runs_tree.select(message.path.relative_to(self.runs).as_posix())
        self.runs_tree.focus()

    # Pictures

    def action_large(self) -> None:
        """Show the trajectory's picture large, or the gallery of the group."""
        row = self.runs_tree.current_row
        if row is not None and row.is_group:
            tui.picture_screens.open_gallery(self, row.path)
        elif row is not None:
            tui.picture_screens.open_large(self, row.path)

    def action_compare(self) -> None:
        tui.picture_screens.open_comparison(self)

    def on_group_view_gallery_requested(self) -> None:
        tui.picture_screens.open_gallery(self, self.shown_path)

    @on(RunsTree.TrajectoryOpened)
    def _open_chosen(self, message: RunsTree.TrajectoryOpened) -> None:
        tui.picture_screens.open_large(self, message.path)

    def on_trajectory_view_large_requested(self) -> None:
        self.action_large()

    def action_workers(self) -> None:
        """Show workers and the queue; go to the trajectory that is chosen there."""

        def return_to(path: str | None) -> None:
            if path is not None:
                self.call_later(self.go_when_listed, path)

        self.app.push_screen(workers.workers_screen.WorkersScreen(self), return_to)

    # Commands

    @property
    def chosen_paths(self) -> list[str]:
        """The trajectories that a command is about: those that are marked, else those of the cursor's row."""
        row, tree = self.runs_tree.current_row, self.runs_tree
        if tree.marked:
            return [path for path in tree.marked if tree.model.is_matching(path)]
        return tree.model.list_matching(row.path) if row else []

    def look_again(self, paths: Iterable[str]) -> None:
        """Read these trajectories again in the next scan: something has just been done to them."""
        self._watcher.look_again(paths)

    def action_do(self, name: str) -> None:
        self.commands.start(name)

    async def go_when_listed(self, path: str) -> None:
        """Go to what a command made, as soon as it is listed."""
        self._awaited_path = "" if await self.go(path) else path

    async def go(self, path: str) -> bool:
        """Go to a trajectory or group; a filter that hides it ends. False if it is not listed."""
        model = self.runs_tree.model
        if model.is_flat and model.is_group(path):
            path = model.list_trajectories(path)[0]
        if (path in model.entries or model.is_group(path)) and not model.is_matching(path):
            await self.query_one(TreePanel).close_filter()
        return self.runs_tree.select(path)

    # Frames and tabs

    def action_view(self, method: str, *arguments: int | str) -> None:
        """Call a method of the trajectory view; tabs also exist for groups."""
        if self.details is None:
            return
        if method == "select_tab":
            self.details.select_tab(*map(str, arguments))
        elif self.details.current == "trajectory":
            getattr(self.details.trajectory_view, method)(*arguments)
        elif method == "move":  # a group has no frames: move the crosshair of its chart
            self.details.move_crosshair(*map(int, arguments))

    def action_details(self, method: str, *arguments: int) -> None:
        """Call a method of the details, for a trajectory or a group."""
        if self.details is not None:
            getattr(self.details, method)(*arguments)

    @work(group=OPENS_DIALOG)
    async def action_go_to(self) -> None:
        """Ask where to go, and go there."""
        await tui.go_to_dialog.ask_and_go(self)

    @on(FilterLine.Named)
    def _tell_named(self, message: FilterLine.Named) -> None:
        what = f"@{message.name} is now {message.text}" if message.text else f"@{message.name} is forgotten"
        self.say(printable(message.error or what), "warning" if message.error else "information")

    # Runs

    async def action_panel(self, method: str, *arguments: int) -> None:
        result = getattr(self.query_one(TreePanel), method)(*arguments)
        if isawaitable(result):
            await result

    def action_tree(self, method: str) -> None:
        getattr(self.runs_tree, method)()

    @property
    def has_something_to_take_back(self) -> bool:
        return self._is_beside_tree or self.query_one(TreePanel).has_filter or bool(self.runs_tree.marked)

    @property
    def _is_beside_tree(self) -> bool:
        """Whether keys go to a widget of the right side, such as a group's table."""
        return self.focused is not None and self.focused not in self.query_one(TreePanel).query()

    async def action_back(self) -> None:
        """Return to the tree, or take back one thing: the range that grows, the filter, or all marks."""
        panel, tree = self.query_one(TreePanel), self.runs_tree
        if self._is_beside_tree:
            tree.focus()
        elif tree.is_marking_range:
            tree.cancel_range()
        elif panel.has_filter:
            await panel.close_filter()
        else:
            tree.unmark_all()

    def action_next_running(self) -> None:
        running = self.runs_tree.model.find_by_status(Status.RUNNING)
        if not running:
            self.say("no trajectory is running")
            return
        row = self.runs_tree.current_row
        index = running.index(row.path) if row and row.path in running else -1
        self.runs_tree.select(running[(index + 1) % len(running)])
