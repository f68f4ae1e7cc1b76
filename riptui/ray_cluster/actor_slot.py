"""What the driver knows of an actor: its pending call, its assignments, its entry in the registry of workers."""

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from riptui.ray_cluster.backlog import QUARANTINE, Assignment
from riptui.store.worker_record import WorkerStatus
from riptui.store.worker_registry import Registration
from riptui.text.terminal import printable


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

    def write_log(self, text: str) -> None:
        """Add a line to the log of the actor, which may not reach the file itself."""
        if self.registration is not None:
            self.registration.append_to_log(printable(text))

    def __str__(self) -> str:
        return f"actor {self.registration.record.id}" if self.registration else "an actor"
