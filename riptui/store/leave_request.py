"""The request that a worker leaves: request.json beside its worker.json. It reaches a worker in any place: another
host, another container, or process 1 of its own.
"""

import getpass
import os
import pwd
import socket
from pathlib import Path

import msgspec

from riptui.errors import DiskError, RiptuiError
from riptui.store.claim import encode_record, timestamp
from riptui.store.disk import Folder, read_file
from riptui.store.records import UNREADABLE

LEAVE_FILE = "request.json"
MAX_REQUEST_BYTES = 2**16


class LeaveRequest(msgspec.Struct, frozen=True):
    """request.json of a worker: it is to finish its current iteration and exit."""

    state: str = "leave"
    by: str = ""
    """USER@HOST; for the worker's log."""
    when: str = ""
    """ISO 8601, UTC."""


def request_leave(folder: Path) -> None:
    """Ask the worker of a folder to leave. Raises DiskError, which names the owner if it is another user's."""
    request = LeaveRequest(by=f"{_user_name()}@{socket.gethostname()}", when=timestamp())
    try:
        with Folder(folder) as opened:
            opened.write_atomically(LEAVE_FILE, encode_record(request), shared=True)
    except DiskError as error:
        if owner := _other_owner(folder):
            raise DiskError(f"it belongs to {owner}, who has to shut it down ({error})") from error
        raise


def read_leave_request(folder: Path) -> LeaveRequest:
    """The request of a folder that has one; an empty one if it cannot be read. By whom is not yet safe to print."""
    try:
        return msgspec.json.decode(read_file(folder / LEAVE_FILE, MAX_REQUEST_BYTES) or b"", type=LeaveRequest)
    except (*UNREADABLE, RiptuiError):
        return LeaveRequest()


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an id without a name, as in many containers
        return str(os.getuid())


def _other_owner(folder: Path) -> str:
    """The user whose folder it is; "" if it is this process's own, or not known."""
    try:
        owner = folder.stat().st_uid
    except OSError:
        return ""
    if owner == os.geteuid():
        return ""
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return f"user {owner}"
