"""A worker that is handed its trajectories, and tells turn by turn what became of them. Knows nothing of who leads it.

It computes in a thread; whoever hosts it, on whatever host, calls `turn` again and again.
"""

import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

from riptui.errors import StoreError, WorkerError
from riptui.events import Elsewhere, Ended, Failed
from riptui.store.disk import Folder
from riptui.store.lending import Copy, Parcel
from riptui.store.lock import Lock, probe
from riptui.store.trajectory import Trajectory
from riptui.store.workers import look_at, register, workers_folder
from riptui.turns import News, Order
from riptui.worker.inbox import Inbox
from riptui.worker.service import new_record, serve

TURN = 0.5  # seconds a turn lasts while nothing ends
SCRATCH = "riptui-copies-"
SETTLED = 60.0  # seconds; a younger folder may be one that is not locked yet


class Handed:
    """runs: the leader's runs folder. sign: a folder in it that the leader keeps locked. wish: as of `client.Wish`.

    Where the sign is seen to be locked, trajectories are computed in the runs folder itself; elsewhere, or with
    `copies`, in a folder for copies, and what is committed goes back with the news.
    """

    def __init__(self, runs: Path, sign: Path, wish: Mapping[str, Any], *, copies: bool = False) -> None:
        if wish["offline"]:
            os.environ.update(HF_HUB_OFFLINE="1", RIPTUI_OFFLINE="1")
        self._shares = not copies and probe(sign)[0]
        self._incarnation = secrets.token_hex(8)
        self._record = new_record(**wish)
        self._inbox = Inbox()
        self._complaints: list[str] = []
        self._error: BaseException | None = None
        self._copies: dict[str, Copy] = {}
        self._last: tuple[int, News] | None = None
        self._scratch = Path(os.path.realpath(tempfile.mkdtemp(prefix=SCRATCH)))
        self._runs = runs if self._shares else self._scratch / "runs"
        Thread(target=self._serve, daemon=True, name="bench").start()

    def turn(self, order: Order) -> News:
        """Take in what is given, wait for a while or until something ends, and tell. Raises WorkerError at the end."""
        if self._last is None or self._last[0] != order.number:
            if order.incarnation == self._incarnation:
                for place, parcel in order.given.items():
                    self._inbox.give(self._trajectory(place, parcel))
                for place, request in order.requests.items():
                    if place in self._copies:
                        self._copies[place].ask(request)
                self._inbox.news.wait(TURN)
            self._last = order.number, self._news()
        return self._last[1]

    def end(self) -> None:
        """Throw the copies away; what was not told of is lost. To be called last."""
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _trajectory(self, place: str, parcel: Parcel | None) -> Trajectory:
        if parcel is None:
            return Trajectory(self._runs / place)
        self._copies[place] = Copy(self._runs / place, parcel)
        return self._copies[place].trajectory

    def _news(self) -> News:
        if self._error is not None:
            raise WorkerError(f"{type(self._error).__name__}: {self._error}")
        self._inbox.news.clear()
        ended = {os.path.relpath(one.path, self._runs): final for one, final in self._inbox.ended()}
        grown = {place: growth for place, copy in self._copies.items() if (growth := copy.growth())}
        for place in self._copies.keys() & ended:
            shutil.rmtree(self._copies.pop(place).trajectory.path, ignore_errors=True)
        complaints, self._complaints = self._complaints, []
        worker = look_at(workers_folder(self._scratch) / self._record.id)
        live = worker.live if worker else None
        return News(self._incarnation, self._record, self._shares, live, grown, ended, tuple(complaints))

    def _serve(self) -> None:
        try:
            with _kept(self._scratch), register(self._scratch, self._record) as entry:
                told = serve(entry, self._runs, idle=float("inf"), should_stop=lambda: False, inbox=self._inbox)
                for trajectory, event in told:
                    if isinstance(event, Ended):
                        self._inbox.left(trajectory, final=event.done)
                    elif isinstance(event, Failed):
                        if isinstance(event.error, StoreError):
                            self._complaints.append(str(event.error))
                        self._inbox.left(trajectory, final=True)
                    elif isinstance(event, Elsewhere):
                        self._inbox.left(trajectory, final=False)
        except BaseException as error:
            self._error = error
            self._inbox.news.set()


@contextmanager
def _kept(scratch: Path) -> Iterator[None]:
    """Keep the folder for copies locked, and remove those that workers left here when they were killed."""
    with Folder(scratch) as folder, Lock(folder):
        for other in scratch.parent.glob(f"{SCRATCH}*"):
            with suppress(OSError):
                status = other.lstat()
                is_old = status.st_uid == os.getuid() and time.time() - status.st_mtime > SETTLED
                if is_old and other.is_dir() and not probe(other)[0]:
                    shutil.rmtree(other, ignore_errors=True)
        yield
