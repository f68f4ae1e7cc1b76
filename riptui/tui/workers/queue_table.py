"""The queue as a table: read in a thread when something changed, and changed from here."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Literal

from textual.message import Message

from riptui.errors import InputError, RiptuiError
from riptui.filesystem import user_name
from riptui.store.queued import QueuedTrajectory
from riptui.store.worker_registry import Worker
from riptui.supervision.queue_listing import ListedQueue, QueueReader, WaitingTrajectory
from riptui.supervision.reordering import RequestChange, move_to_end, set_priority, shift, take_out, undo_changes
from riptui.text.units import format_count
from riptui.tui.keymap import shown_key
from riptui.tui.latest_jobs import LatestJobs
from riptui.tui.row_table import RowTable
from riptui.tui.workers.queue_rows import build_queue_table, row_key

PAUSE_SECONDS = 3.0  # between two readings, unless the queue was changed here
PAUSE_FACTOR = 20  # the pause, in durations of the last reading
REFRESH_SECONDS = 60.0  # until it is read again though nothing seems to have changed: others may have moved something
MIN_PRIORITY, MAX_PRIORITY = -1000, 1000

QueueChange = Callable[[Sequence[QueuedTrajectory], Sequence[QueuedTrajectory]], list[RequestChange]]
"""Changes the chosen ones among all that wait."""


class QueueTable(RowTable, inherit_bindings=True):
    """Others' trajectories are dimmed and are not changed from here; each change can be taken back."""

    STRETCHED = 1

    class QueueRead(Message):
        """The table shows the queue as it was just read."""

    @dataclass
    class Reported(Message):
        """The result of a key. Not yet safe to print."""

        text: str
        severity: Literal["information", "warning"] = "information"

    def __init__(self, runs: Path, *, id: str) -> None:
        super().__init__(id=id)
        self._runs = Path(os.path.realpath(runs))
        self._reader = QueueReader(self._runs)  # used by the thread only, as are the changes
        self._done: list[list[RequestChange]] = []  # likewise: what was changed from here
        self._newest = ListedQueue()  # likewise: as read last, which the screen may not show yet
        self._jobs = LatestJobs(partial(self.run_worker, thread=True, group="queue"))
        self._workers: tuple[Worker, ...] = ()
        self._is_outdated = True
        self._read_after = 0.0  # time.monotonic()
        self._read_before = 0.0
        self._offset = 0  # positions by which the chosen rows are still to be moved
        self._offset_lock = Lock()
        self._number = 0  # of the next change
        self.queue: ListedQueue | None = None
        """As it was read last; None: not yet."""
        self.marked: dict[str, None] = {}

    # Reading

    def disk_changed(self, workers: Sequence[Worker] | None = None) -> None:
        """Something changed in the runs folder, or these workers now run."""
        if workers is not None:
            before, self._workers = self._workers, tuple(workers)
            self._is_outdated |= list(map(_what_matters, before)) != list(map(_what_matters, workers))
            if {worker.record.id for worker in before} != {worker.record.id for worker in workers}:
                self._read_after = 0.0  # a worker that came or went changes when everything starts
        else:
            self._is_outdated = True

    def read_if_due(self) -> None:
        now = time.monotonic()
        if now >= self._read_after and (self._is_outdated or now >= self._read_before):
            self._read()

    def _read(self) -> None:
        self._is_outdated = False
        self._read_after = time.monotonic() + PAUSE_SECONDS
        self._jobs.submit("read", self._read_in_thread)

    def _read_in_thread(self) -> None:
        started = time.monotonic()
        try:
            queue = self._newest = self._reader.read(self._workers)
        except (RiptuiError, OSError) as error:
            self._report(f"the queue cannot be read: {error}", "warning")
            return
        self.app.call_later(self._show_queue, queue, time.monotonic() - started)

    def _show_queue(self, queue: ListedQueue, seconds: float) -> None:
        if not self.is_mounted:
            return
        now = time.monotonic()
        if self.queue is None:  # the first reading, of all folders, says nothing of the next ones
            seconds = 0.0
        self._read_after = now + max(PAUSE_SECONDS, PAUSE_FACTOR * seconds)
        self._read_before = now + max(REFRESH_SECONDS, 3 * PAUSE_FACTOR * seconds)
        self.queue = queue
        waiting = {row_key(line, self._runs) for line in queue.lines}
        self.marked = {path: None for path in self.marked if path in waiting}
        self.show_rows()
        self.post_message(self.QueueRead())

    def show_rows(self) -> None:
        if self.queue is not None:
            self.show(*build_queue_table(self._lines, self._runs, self.marked))

    @property
    def _lines(self) -> Sequence[WaitingTrajectory]:
        return self.queue.lines if self.queue else ()

    @property
    def chosen(self) -> list[str]:
        """The keys of what is marked, else of the cursor's row."""
        return [*self.marked] or ([self.current] if self.current is not None else [])

    @property
    def reason(self) -> str:
        """Why the cursor's row is not taken, or later; "" if it is."""
        return self._lines[self.cursor].reason if self.cursor < len(self._lines) else ""

    # Marks

    def mark(self) -> None:
        """Mark the cursor's row or not, and go on to the next."""
        if self.current is not None:
            if self.current in self.marked:
                del self.marked[self.current]
            else:
                self.marked[self.current] = None
            self.show_rows()
            self.action_move(1)

    def mark_all(self, pattern: str) -> None:
        """Mark all of one's own whose rows have a text, or take all marks back."""
        if self.marked:
            self.unmark_all()
            return
        own = os.geteuid()
        keys = [row_key(line, self._runs) for line in self._lines if line.queued.owner == own]
        self.marked = {key: None for key in keys if pattern.casefold() in key.casefold()}
        self.show_rows()

    def unmark_all(self) -> None:
        self.marked.clear()
        self.show_rows()

    # Changing

    def shift_chosen(self, offset: int) -> None:
        """Move what is chosen; a held key adds up until the thread comes to it."""
        if not self._can_change():
            return
        with self._offset_lock:
            self._offset += offset

        def change(chosen: Sequence[QueuedTrajectory], waiting: Sequence[QueuedTrajectory]) -> list[RequestChange]:
            with self._offset_lock:
                steps, self._offset = self._offset, 0
            return shift(waiting, {queued.trajectory.path for queued in chosen}, steps) if steps else []

        self._change(self.chosen, change, self._describe_place, "shift")

    def move_chosen(self, end: Literal["first", "last"]) -> None:
        if self._can_change():
            self._change(self.chosen, lambda chosen, waiting: move_to_end(chosen, waiting, end), self._describe_place)

    def prioritise(self, keys: Sequence[str], priority: int) -> None:
        self._change(keys, lambda chosen, waiting: set_priority(chosen, priority), self._describe_place)

    def remove_chosen(self) -> None:
        if self._can_change():
            self._change(self.chosen, lambda chosen, waiting: take_out(chosen), self._describe_removal)

    def require_changeable(self) -> list[QueuedTrajectory]:
        """What is chosen and one's own. Raises InputError if nothing is."""
        if self.queue is None:
            raise InputError("the queue is still being read")
        chosen = set(self.chosen)
        return require_own([line.queued for line in self._lines if row_key(line, self._runs) in chosen])

    def _can_change(self) -> bool:
        try:
            self.require_changeable()
        except InputError as error:
            self.post_message(self.Reported(str(error), "warning"))
            return False
        return True

    def undo(self) -> None:
        """Take the last change back, of what nobody has changed since."""

        def undo() -> None:
            if not self._done:
                self._report("nothing to undo here")
                return
            changes = self._done.pop()
            undone = len(undo_changes(changes))
            others = len(changes) - undone
            kept = f", {others:,} changed by others since" if others else ""
            self._report(f"{format_count(undone, 'trajectory')} as before{kept}")
            self._read_in_thread()

        self._submit(undo)

    def _change(
        self, keys: Sequence[str], change: QueueChange, describe: Callable[[Sequence[str], int], str], kind: str = ""
    ) -> None:
        """kind: of changes of which only the newest waits for the thread; "" for one that waits beside all others."""

        def apply() -> None:
            paths = {self._runs / key for key in keys}
            waiting = [line.queued for line in self._newest.lines]
            try:
                chosen = require_own([queued for queued in waiting if queued.trajectory.path in paths])
                if changes := change(chosen, waiting):
                    self._done.append(changes)
            except (RiptuiError, OSError) as error:
                self._report(str(error), "warning")
                return
            self._read_in_thread()
            self.app.call_later(lambda: self._report(describe(keys, len(chosen))))

        self._submit(apply, kind)

    def _submit(self, job: Callable[[], None], kind: str = "") -> None:
        self._number += 1
        self._jobs.submit(kind or f"change {self._number}", job)

    def _report(self, text: str, severity: Literal["information", "warning"] = "information") -> None:
        """For any thread."""
        self.app.call_later(self.post_message, self.Reported(text, severity))

    def _describe_place(self, keys: Sequence[str], count: int) -> str:
        """Where the first of them is now."""
        chosen = set(keys)
        place = next((number for number, row in enumerate(self.rows, 1) if row.key in chosen), None)
        if place is None:
            return "no longer in the queue"
        first = "now" if len(keys) == 1 else f"{format_count(count, 'trajectory')}, the first now"
        return f"{first} {place:,} of {len(self.rows):,} · {self._undo_hint}"

    def _describe_removal(self, keys: Sequence[str], count: int) -> str:
        return f"{format_count(count, 'trajectory')} taken out of the queue · {self._undo_hint}"

    @property
    def _undo_hint(self) -> str:
        return f"{shown_key(self.app, 'workers.undo')} undoes"


def require_own(chosen: Sequence[QueuedTrajectory]) -> list[QueuedTrajectory]:
    """Those that are this user's. Raises InputError if none is."""
    own = [queued for queued in chosen if queued.owner == os.geteuid()]
    if not chosen:
        raise InputError("it does not wait any more")
    if not own:
        raise InputError(f"{user_name(chosen[0].owner)} queued it, and only {user_name(chosen[0].owner)} changes that")
    return own


def parse_priority(text: str) -> int:
    """A priority as it is typed. Raises InputError."""
    try:
        number = int(text)
    except ValueError:
        number = MAX_PRIORITY + 1
    if not MIN_PRIORITY <= number <= MAX_PRIORITY:
        raise InputError(f"a whole number from {MIN_PRIORITY} to {MAX_PRIORITY}; higher ones are computed first")
    return number


def _what_matters(worker: Worker) -> object:
    """The fields of a worker that affect the order and the times of the queue."""
    live = worker.live
    return worker.record.id, worker.silent > 0, live and (live.state, live.jobs and live.jobs[0].k, live.skipped)
