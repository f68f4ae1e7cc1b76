"""Turns at a server that must paint one picture at a time, among all riptui processes of a user on this machine."""

import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from riptui.errors import InpainterError
from riptui.filesystem import try_lock

POLL_SECONDS = 0.05


@asynccontextmanager
async def take_turn(url: str) -> AsyncIterator[None]:
    """Wait for a turn, and keep it to the end. Raises InpainterError if the file that turns are taken by is refused."""
    name = f"riptui-turn-{os.geteuid()}-{hashlib.sha256(url.encode()).hexdigest()[:16]}"
    path = Path(tempfile.gettempdir(), name)
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise InpainterError(f"the file {path}, by which turns are taken, cannot be made: {error.strerror}") from error
    try:
        while try_lock(fd) is False:
            await anyio.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(fd)
