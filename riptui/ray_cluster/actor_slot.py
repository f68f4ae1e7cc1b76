"""What the driver knows of an actor: its pending call, its assignments, its entry in the registry of workers."""

import socket
import time
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from riptui.ray_cluster.actor_output import read_from
from riptui.ray_cluster.backlog import QUARANTINE, Assignment
from riptui.ray_cluster.messages import ActorReply
from riptui.store.disk import file_size
from riptui.store.worker_record import WorkerStatus
from riptui.store.worker_registry import Registration, Worker
from riptui.supervision.client import LOG_TAIL_LINES
from riptui.supervision.hang_watch import HangWatch
from riptui.text.terminal import printable

MAX_LOG_BYTES = 2**23  # bytes; what an actor prints beyond that is not kept


@dataclass(eq=False)
class ActorSlot:
    """One actor slot and its current actor."""

    actor: Any
    pending_call: Any = None  # the call without a reply so far
    command_number: int = 0
    incarnation: str = ""  # the actor's; "" before its first reply, and after its end
    node: str = ""
    last_reply_at: float = field(default_factory=time.monotonic)
    shares_disk: bool = True
    live: WorkerStatus | None = None
    model_key: bytes = QUARANTINE  # the model of the last trajectory assigned to it
    assignments: dict[str, Assignment] = field(default_factory=dict)  # by path relative to the runs folder
    registration: Registration | None = None
    stack: ExitStack = field(default_factory=ExitStack)  # holds the registration
    hang_watch: HangWatch | None = None
    output_file: Path | None = None  # on the actor's host
    output_end: int = 0  # in that file, of what was received
    _last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=LOG_TAIL_LINES))

    def write_log(self, text: str) -> None:
        """Add a line to the log of the actor, which may not reach the file itself."""
        if self.registration is not None:
            self.registration.append_to_log(printable(text))

    def write_output(self, reply: ActorReply) -> None:
        """Add what the actor printed to its log."""
        self.output_file = Path(reply.output_file) if reply.output_file else None
        self.output_end = reply.output_end
        self._write_output(reply.output)

    def describe_end(self) -> str:
        """What the actor printed last, and where its log is, for the notice of its death; "" if it printed nothing."""
        if self.registration is None:
            return ""
        if self.output_file is not None and self.registration.record.host == socket.gethostname():
            self._write_output(read_from(self.output_file, self.output_end))  # of its last half second
        lines = " / ".join(self._last_lines)
        return f": {lines} (full log: {self.registration.log})" if lines else ""

    def as_worker(self) -> Worker | None:
        """The actor as readers of the registry see it; None: it has not replied yet."""
        if self.registration is None:
            return None
        return Worker(self.registration.record, self.live, True, self.registration.path)

    def forget(self) -> None:
        """The actor's process is gone."""
        self.stack.close()
        self.incarnation, self.registration, self.live, self.output_file = "", None, None, None
        self.output_end = 0
        self._last_lines.clear()

    def _write_output(self, output: bytes) -> None:
        lines = [printable(line.strip()) for line in output.decode(errors="replace").splitlines() if line.strip()]
        self._last_lines.extend(lines)
        if lines and self.registration is not None and file_size(self.registration.log) < MAX_LOG_BYTES:
            self.registration.append_to_log("\n  ".join(lines))

    def __str__(self) -> str:
        return f"actor {self.registration.record.id}" if self.registration else "an actor"
