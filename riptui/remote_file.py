"""Downloads a file whose hash is known: resumes what was interrupted, and shows nothing that is incomplete or wrong.

For plain files, such as the trunks of LPIPS. Models from the Hugging Face hub come through its own client, which knows
its tokens and redirects (inpainters/models/download.py); `complete_partial` is the part that both share.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from io import FileIO
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from riptui.errors import WeightsError
from riptui.filesystem import free_bytes, open_regular, run_within
from riptui.text.units import format_size

CONNECT_SECONDS = 5.0  # seconds until the first byte, for all addresses of the host together
STALL_SECONDS = 20.0  # seconds without a byte
CHUNK_BYTES = 1 << 20  # bytes

OnDownloadProgress = Callable[[int, int], None]
"""Called as `on_progress(bytes_done, bytes_total)`, first with the bytes of an earlier download. It may raise to stop;
what has been downloaded is kept."""


def is_offline() -> bool:
    """Whether $RIPTUI_OFFLINE or $HF_HUB_OFFLINE forbids downloads."""
    return any(os.getenv(key, "").upper() in {"1", "ON", "YES", "TRUE"} for key in ("RIPTUI_OFFLINE", "HF_HUB_OFFLINE"))


@dataclass(frozen=True)
class RemoteFile:
    """A file on a web server."""

    url: str
    sha256: str
    """Of the content, in hex; the first 8 digits or more, where the source gives no others."""
    size: int
    """Bytes, or a little more: for the free disk space, and for progress if the server does not say."""

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]

    def matches(self, path: Path) -> bool:
        """Whether a file has the right hash. 0.8 s per gigabyte. Raises OSError."""
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest().startswith(self.sha256)

    def download(self, target: Path, on_progress: OnDownloadProgress = lambda done, total: None) -> None:
        """Download to `target`, which appears in one step; if another process is downloading it, wait for that.

        Raises WeightsError, one line: no disk space, no network, a wrong answer, or a wrong hash.
        """
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            complete_partial(
                target.with_name(f"{target.name}.riptui.partial"),
                target,
                lambda file: self._transfer(file, target.parent, on_progress),
                self.matches,
                self.name,
                wait=True,
            )
        except (OSError, HTTPException, ValueError) as error:
            raise WeightsError(_one_line(error)) from error

    def _transfer(self, file: FileIO, folder: Path, on_progress: OnDownloadProgress) -> None:
        done = file.tell()
        free = free_bytes(folder)
        if free < self.size - done:
            raise OSError(f"only {format_size(free)} free in {folder}")
        headers = {"Range": f"bytes={done}-"} if done else {}
        with open_url(Request(self.url, headers=headers)) as response:
            if response.status != 206:  # no range: all of it comes, from the start
                file.truncate(0)
                done = 0
            length = response.headers.get("Content-Length")
            total = done + int(length) if length else self.size
            on_progress(done, total)
            while chunk := response.read(CHUNK_BYTES):
                file.write(chunk)
                done += len(chunk)
                on_progress(done, total)
            if length and done < total:  # http.client does not report it
                raise ValueError(
                    f"the connection was lost after {done:,} of {total:,} bytes; the next try continues there"
                )


def complete_partial(
    partial: Path,
    target: Path,
    transfer: Callable[[FileIO], None],
    matches: Callable[[Path], bool],
    name: str,
    *,
    wait: bool = False,
) -> None:
    """Download the rest of a file, check its hash, and move it to `target`; the unfinished part is kept on failure.

    transfer: appends to the opened part what is missing of the file. matches: whether a file has the right hash.
    name: of the file, for messages. wait: for another process that is downloading it, instead of raising.
    Raises WeightsError for that process or a wrong hash, and whatever `transfer` raises.
    """
    with FileIO(partial, "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WeightsError(f"another process is downloading {name}: wait until it has finished") from None
        if not partial.exists() or not os.path.samestat(os.fstat(file.fileno()), partial.stat()):
            return complete_partial(partial, target, transfer, matches, name, wait=wait)  # it was completed meanwhile
        if wait and target.exists() and matches(target):
            partial.unlink()
            return None
        try:
            transfer(file)
            os.fsync(file.fileno())
        finally:
            if os.fstat(file.fileno()).st_size == 0:
                partial.unlink()
        if not matches(partial):
            size = partial.stat().st_size
            partial.unlink()
            raise WeightsError(f"the {size:,} bytes of {name} have the wrong hash and were deleted: try again")
        partial.replace(target)
    return None


def open_url(request: Request) -> HTTPResponse:
    """The response; TimeoutError after CONNECT_SECONDS.

    In a thread, because urlopen's own timeout starts anew for each of the host's addresses (a content network has a
    dozen) and does not cover the name lookup.
    """
    given_up = threading.Event()

    def connect() -> HTTPResponse:
        try:
            response: HTTPResponse = urlopen(request, timeout=STALL_SECONDS)
        except HTTPError as error:
            error.close()  # it is also the response
            raise
        if given_up.is_set():
            response.close()
        return response

    try:
        return run_within(CONNECT_SECONDS, connect)
    except TimeoutError:
        given_up.set()
        raise TimeoutError(f"no answer within {CONNECT_SECONDS:g} s") from None


def _one_line(error: Exception) -> str:
    cause = getattr(error, "reason", None)  # a URLError wraps an OSError
    return " ".join(str(cause if isinstance(cause, Exception) else error).split())[:200] or type(error).__name__
