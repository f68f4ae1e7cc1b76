"""The screen of workers: who computes what on which device, the queue, and the log of the chosen worker.

Nothing is polled for it but the log that is shown: the app's watcher says what changed.
"""

import socket
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import ContentSwitcher, Input, Static

from riptui.errors import InputError
from riptui.text.terminal import printable
from riptui.text.units import format_count
from riptui.tui import screen_bindings
from riptui.tui.dialogs import TextDialog
from riptui.tui.key_footer import KeyFooter
from riptui.tui.latest_jobs import LatestJobs
from riptui.tui.row_table import RowTable, TableColumn, TableRow
from riptui.tui.runs.feedback_line import FeedbackLine
from riptui.tui.runs.head_line import HeadLine
from riptui.tui.runs.watcher import RunsChanged, WorkersChanged
from riptui.tui.tab_bar import TabBar
from riptui.tui.text_lines import TextLines
from riptui.tui.trajectory.text_tabs import TextPane
from riptui.tui.workers.followed_log import FollowedLog
from riptui.tui.workers.log_view import LogView
from riptui.tui.workers.queue_rows import summarise_queue
from riptui.tui.workers.queue_table import QueueTable, parse_priority
from riptui.tui.workers.search_line import SearchLine
from riptui.tui.workers.worker_commands import WorkerCommands
from riptui.tui.workers.worker_rows import DescribedWorker, build_worker_table, describe_worker, describe_workers

if TYPE_CHECKING:
    from riptui.tui.browser import Browser

TABS = ("queue", "log", "worker")
CHECK_SECONDS = 1.0  # between two looks whether the queue is to be read


class WorkersTable(RowTable, inherit_bindings=True):
    """A row for each worker; the lower part of the screen is about the one under the cursor."""

    STRETCHED = 1
    HAS_PATHS = False


class WorkersScreen(WorkerCommands):
    """Returns the trajectory to go to, by its path below the runs folder, if one was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings.WORKERS]
    AUTO_FOCUS = "WorkersTable"
    DEFAULT_CSS = """
    WorkersScreen {
        & WorkersTable { height: auto; max-height: 35%; padding: 0 1; }
        & #gpus { width: 1fr; height: auto; max-height: 8; padding: 0 1; margin-top: 1; }
        & #workers-bar { height: 1; padding: 0 1; background: $panel; margin-top: 1; }
        & #workers-summary { width: auto; color: $text-muted; }
        & #workers-body { height: 1fr; padding: 0 1; }
        & SearchLine { margin: 0 1; }
        & #gpus.-empty, &.-full WorkersTable, &.-full #gpus { display: none; }
        &.-full #workers-bar { margin-top: 0; }
    }
    """

    def __init__(self, browser: "Browser") -> None:
        super().__init__(browser.runs)
        self._browser = browser
        self._jobs = LatestJobs(partial(self.run_worker, thread=True, group="workers"))
        self.described: dict[str, DescribedWorker] = {}  # by id, as in the table
        self._message = browser.last_workers
        self._awaited_worker = ""  # the id to put the cursor on as soon as it is listed

    def compose(self) -> ComposeResult:
        yield HeadLine(self._runs, id="head")
        yield WorkersTable(id="workers-table")
        yield TextLines(id="gpus")
        with Horizontal(id="workers-bar"):
            yield TabBar(TABS, TABS[0])
            yield Static(id="workers-summary", markup=False)
        with ContentSwitcher(id="workers-body", initial="queue"):
            yield QueueTable(self._runs, id="queue")
            yield FollowedLog(id="log")
            yield TextPane(id="worker")
        yield SearchLine(id="workers-search")
        yield FeedbackLine(id="progress")
        yield KeyFooter()

    def on_mount(self) -> None:
        self._browser.disk_signal.subscribe(self, self._disk_changed)
        self._disk_changed(self._message)
        self.set_interval(CHECK_SECONDS, self.queue_table.read_if_due)
        self.queue_table.read_if_due()

    @property
    def queue_table(self) -> QueueTable:
        return self.query_one(QueueTable)

    @property
    def workers_table(self) -> WorkersTable:
        return self.query_one(WorkersTable)

    @property
    def log_view(self) -> FollowedLog:
        return self.query_one(FollowedLog)

    @property
    def tab(self) -> str:
        return str(self.query_one("#workers-body", ContentSwitcher).current)

    @property
    def chosen_worker(self) -> DescribedWorker | None:
        return self.described.get(self.workers_table.current or "")

    def expect_worker(self, id: str) -> None:
        self._awaited_worker = id

    # What the watcher and the threads say

    def _disk_changed(self, message: RunsChanged | WorkersChanged) -> None:
        if isinstance(message, RunsChanged):
            self.queue_table.disk_changed()
        else:
            self._message = message
            self.queue_table.disk_changed(message.workers)
            self._jobs.submit("describe", partial(self._describe, message))
            self._show_gpus()
        totals = self._browser.runs_tree.model.totals[""]
        self.query_one(HeadLine).show(totals, self._message.workers)

    def _describe(self, message: WorkersChanged) -> None:
        """In the thread."""
        described = describe_workers([*message.workers, *message.ended])
        columns, rows = build_worker_table(described)
        self.app.call_later(self._show_workers, described, columns, rows)

    def _show_workers(
        self, described: list[DescribedWorker], columns: tuple[TableColumn, ...], rows: tuple[TableRow, ...]
    ) -> None:
        if self.is_mounted:
            self.described = {row.id: row for row in described}
            self.workers_table.show(columns, rows)
            if self._awaited_worker and self.workers_table.select(self._awaited_worker):
                self._awaited_worker = ""
            self._show_worker()

    @on(RowTable.RowReached, "#workers-table")
    def _show_worker(self) -> None:
        """Show what the lower part says of the chosen worker."""
        chosen = self.chosen_worker
        if chosen is not None:
            self.log_view.follow(None if chosen.worker.record.command else chosen.worker.log)
            self.query_one(TextPane).show(describe_worker(chosen))
        else:
            self.query_one(TextPane).show(Content(f"no worker runs; {self.key_of('workers.start')} starts one"))
        self._show_summary()

    def _show_gpus(self) -> None:
        panel = self.query_one("#gpus", TextLines)
        width = max(20, self.size.width - 2)
        lines = self._browser.gpu_history.to_lines(width, time.monotonic(), socket.gethostname())
        panel.set_class(not lines, "-empty")
        panel.show(lines or [Content("")])

    def on_resize(self) -> None:
        self._show_gpus()
        self._show_summary()

    @on(QueueTable.QueueRead)
    @on(LogView.FollowingChanged)
    @on(RowTable.RowReached, "#queue")
    def _show_summary(self) -> None:
        """What the lower part shows, in the line above it, and why the cursor's row waits, in the last."""
        queue, chosen = self.queue_table.queue, self.chosen_worker
        if self.tab == "queue":
            marked = f"{len(self.queue_table.marked):,} marked · " if self.queue_table.marked else ""
            text = marked + (summarise_queue(queue, self.key_of("workers.start")) if queue else "reading …")
        else:
            text = f"worker {chosen.title}" if chosen else ""
            text += (
                "" if self.tab == "worker" or self.log_view.is_following else f" · {self.key_of('log.last')} follows"
            )
        summary = self.query_one("#workers-summary", Static)
        if str(summary.content) != text:
            summary.update(text)
        reason = self.queue_table.reason if self.tab == "queue" else ""
        self.query_one(FeedbackLine).show_progress(Text(printable(reason), "yellow"))

    @on(QueueTable.Reported)
    def _say(self, message: QueueTable.Reported) -> None:
        self.say(message.text, message.severity)
        self._show_summary()

    # The lower part

    @on(TabBar.TabClicked)
    def _choose_tab(self, message: TabBar.TabClicked) -> None:
        self.action_show_tab(message.name)

    def action_show_tab(self, name: str) -> None:
        had_focus = self.focused is not self.workers_table
        self.query_one("#workers-body", ContentSwitcher).current = name
        self.query_one(TabBar).chosen = name
        if had_focus and name != "worker":
            self.query_one(f"#{name}").focus()
        self.log_view.read_if_shown()
        self._show_summary()

    def action_full(self) -> None:
        self.toggle_class("-full")
        if self.has_class("-full") and self.tab != "worker":
            self.query_one(f"#{self.tab}").focus()

    def action_wrap(self) -> None:
        self.log_view.toggle_wrap()
        sides = " ".join(map(self.key_of, ("log.left", "log.right")))
        self.say("lines are wrapped" if self.log_view.is_wrapped else f"lines are cut off: {sides} show the rest")

    @on(RowTable.RowChosen)
    def _choose(self, message: RowTable.RowChosen) -> None:
        """Enter or a second click: the log of a worker; the trajectory that waits."""
        if message.table is self.queue_table:
            self.dismiss(message.key)
        else:
            self.action_show_tab("log")
            self.log_view.focus()

    def action_go(self) -> None:
        chosen = self.chosen_worker
        if self.focused is self.queue_table:
            path = self.queue_table.current
        else:
            path = chosen.worker.jobs[0].path if chosen and chosen.worker.jobs else None
        if path is None:
            self.say("no trajectory here", "warning")
        else:
            self.dismiss(path)

    # The queue

    def action_shift(self, offset: int) -> None:
        self._in_queue(partial(self.queue_table.shift_chosen, offset))

    def action_move_to_end(self, end: Literal["first", "last"]) -> None:
        self._in_queue(partial(self.queue_table.move_chosen, end))

    def action_undo(self) -> None:
        self.queue_table.undo()

    def action_mark(self) -> None:
        self._in_queue(self.queue_table.mark)

    def action_mark_all(self) -> None:
        self._in_queue(partial(self.queue_table.mark_all, self.pattern))

    def _in_queue(self, action: Callable[[], object]) -> None:
        """Do something in the queue, and go there: the arrows and x are about what was marked or moved."""
        if self.tab != "queue":
            self.action_show_tab("queue")
        self.queue_table.focus()
        action()
        self._show_summary()

    def action_set_priority(self) -> None:
        self._in_queue(self._ask_priority)

    def _ask_priority(self) -> None:
        table = self.queue_table
        try:
            chosen = table.require_changeable()
        except InputError as error:
            self.say(str(error), "warning")
            return
        keys = table.chosen  # the cursor's row may be taken while one types

        def set_it(answer: str | None) -> None:
            if answer is not None:
                table.prioritise(keys, parse_priority(answer))

        title = f"Priority of {format_count(len(chosen), 'trajectory')}"
        hint = "higher ones first, among your own; 0 is the usual one"
        self.app.push_screen(TextDialog(title, str(chosen[0].priority), parse_priority, hint=hint), set_it)

    def action_stop(self) -> None:
        """In the queue: take out of it. Else shut the worker down."""
        if self.focused is self.queue_table:
            self.queue_table.remove_chosen()
        else:
            self.end_worker()

    # Searching

    @property
    def pattern(self) -> str:
        """What is searched for; "" for nothing."""
        return self.query_one(SearchLine).value

    def action_search(self) -> None:
        """Open the line to type in; it searches the log, if that is shown, else the queue."""
        if self.tab == "worker":
            self.action_show_tab("queue")
        self.log_view.begin_search()
        line = self.query_one(SearchLine)
        line.add_class("-open")
        line.focus()

    @on(Input.Changed, "#workers-search")
    def _search(self) -> None:
        self.log_view.search(self.pattern if self.tab == "log" else "")
        if self.pattern:
            self.action_find(0)

    @on(Input.Submitted, "#workers-search")
    def _keep_search(self) -> None:
        if not self.pattern:
            self.action_end_search()
        self.query_one(f"#{self.tab}").focus()

    def action_end_search(self) -> None:
        line = self.query_one(SearchLine)
        line.value = ""
        line.remove_class("-open")
        self.log_view.search("")
        self.query_one(f"#{self.tab}").focus()

    def action_find(self, step: int) -> None:
        """Go to the next match (1), the one before (-1), or the first from here (0)."""
        if not self.pattern:
            self.say("nothing is searched for: / begins", "warning")
            return
        if self.tab == "log":
            self.log_view.search(self.pattern)
            place, count = self.log_view.find(step)
        else:
            place, count = self.queue_table.find(self.pattern, step)
        if count:
            self.say(f"{place:,} of {count:,}")
        else:
            self.say(f"nothing has {self.pattern!r}", "warning")

    def action_close(self) -> None:
        """Take back one thing: the search, the marks, the lower part alone; else go back."""
        if self.query_one(SearchLine).has_class("-open"):
            self.action_end_search()
        elif self.queue_table.marked:
            self.queue_table.unmark_all()
            self._show_summary()
        elif self.has_class("-full"):
            self.action_full()
        else:
            self.dismiss(None)
