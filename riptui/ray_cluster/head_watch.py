"""Whether the head of a Ray cluster answers. Ray waits for it for a minute, and then ends the process at once."""

import socket
import time

ANSWER_SECONDS = 3.0  # seconds that it has to accept a connection
MAX_SILENT_SECONDS = 15.0  # seconds; a head that is started again in place, which some clusters do, takes a few


class HeadWatch:
    """Connects to the head's address, HOST:PORT. For one thread."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._silent_since: float | None = None  # time.monotonic()

    @property
    def silent_seconds(self) -> float:
        """How long it has not answered."""
        return 0.0 if self._silent_since is None else time.monotonic() - self._silent_since

    @property
    def is_lost(self) -> bool:
        return self.silent_seconds > MAX_SILENT_SECONDS

    def answers(self) -> bool:
        """Whether it accepts a connection now: only then may Ray be asked for what it would wait for."""
        host, _, port = self.address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_SECONDS).close()
        except (OSError, ValueError):
            self._silent_since = self._silent_since or time.monotonic()
            return False
        self._silent_since = None
        return True
