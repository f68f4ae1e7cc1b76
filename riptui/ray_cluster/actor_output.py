"""What an actor's process prints: kept in a file on its node, of which each reply has what was added."""

import os
import sys
from pathlib import Path

MAX_REPLY_BYTES = 2**16  # bytes of output in a reply; the rest follows in the next ones
MAX_FILE_BYTES = 2**23  # bytes; a longer file is emptied once all of it was sent


class ActorOutput:
    """Sends all output of this process, also that of libraries and of a crash, to a new file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.end = 0  # of what was sent, in the file
        sys.stdout.flush()
        sys.stderr.flush()
        fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        os.dup2(fd, 1)
        os.dup2(fd, 2)
        os.close(fd)

    def take_new(self) -> bytes:
        """What was printed since the last call."""
        if self.end > MAX_FILE_BYTES and self.end == self.file.stat().st_size:
            os.truncate(self.file, 0)  # it is only appended to, so that the next line is its first one
            self.end = 0
        output = read_from(self.file, self.end)
        self.end += len(output)
        return output


def read_from(file: Path, start: int) -> bytes:
    """Output from a position on, as much as a reply has; nothing if the file cannot be read."""
    try:
        with file.open("rb") as opened:
            opened.seek(start)
            return opened.read(MAX_REPLY_BYTES)
    except OSError:
        return b""
