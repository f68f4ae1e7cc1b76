"""Downloads checkpoints from the Hugging Face hub into its cache. Knows no diffusers, prints nothing.

The hub's client would do it, but keeps nothing of a file that it was interrupted in (2.x), and shows a file that it has
not compared with its hash. Here a file is an unfinished one until it is whole and right, and none of a revision's files
can be seen in the cache before all of them are there.
"""

from __future__ import annotations

import errno
import fcntl
import io
import logging
import os
import queue
import re
import shutil
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from huggingface_hub import HfApi, constants, hf_hub_url
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers, disable_progress_bars  # type: ignore[attr-defined]

from riptui.errors import DiskError, InputError, RiptuiError, WeightsError
from riptui.inpainters import cache, hub, selection
from riptui.inpainters.cache import File
from riptui.inpainters.checkpoint import inspect, read_json, require_component
from riptui.wording import sized

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

FIRST_ANSWER = 10.0  # seconds until the hub must have answered; the client's own limit counts for each address anew
ONE_COMPONENT = "config.json"
"""What a repository has in its root that is a single component, a decoder for example, and no pipeline."""

BROKEN = "the connection to the hub broke off; what has come of {model} is kept: the same command goes on from there"
DISK = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.EFBIG}

Result = TypeVar("Result")

OnProgress = Callable[[str, int, int], None]
"""Called as `on_progress(path, bytes_done, bytes_total)`, of the file in hand and of all missing files. It may raise
to stop; what has come so far is kept."""


@dataclass(frozen=True)
class Plan:
    """What a checkpoint consists of, and what of it is still to come."""

    model: str
    revision: str
    commit: str
    files: tuple[File, ...]
    missing: tuple[File, ...]
    """Those whose blobs are not here, each blob once."""
    kept: int
    """Bytes of the missing files that an earlier fetch has left."""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def needed(self) -> int:
        """Bytes that the disk must have free for the rest."""
        return sum(file.size for file in self.missing) - self.kept


def plan(model: str, revision: str, *, variant: selection.Variant = "full", allow_pickle: bool = False) -> Plan:
    """Ask the hub what there is, and look what of it is here and undamaged.

    Fetches no more than the model_index.json. Raises WeightsError or InputError, one line, within `FIRST_ANSWER` if the
    hub does not answer.
    """
    with _explained(model, revision), _quiet():
        commit, listed = _within(FIRST_ANSWER, lambda: _listing(model, revision))
        if hub.INDEX in listed:
            index = listed[hub.INDEX]
            if not cache.right(cache.blob(model, index), index):
                _fetch_file(model, commit, index, lambda done: None)
            folders = selection.components(read_json(cache.blob(model, index), model))
            chosen = (hub.INDEX, *selection.choose(listed, folders, model, variant=variant, allow_pickle=allow_pickle))
        elif ONE_COMPONENT in listed:
            chosen = selection.choose(listed, ("",), model, variant=variant, allow_pickle=allow_pickle)
        else:
            raise InputError(f"{model} is no checkpoint in diffusers' layout: it holds no {hub.INDEX}")
        files = tuple(listed[path] for path in chosen)
        lacking = {file.digest: file for file in files if not cache.right(cache.blob(model, file), file)}
        missing = tuple(lacking.values())  # two vocabularies may be one blob
        return Plan(model, revision, commit, files, missing, sum(cache.kept(model, file) for file in missing))


def require_space(plans: Iterable[Plan]) -> None:
    """Raise DiskError unless the cache's disk has room for everything that is still to come."""
    needed = sum(plan.needed for plan in plans)
    folder = Path(constants.HF_HUB_CACHE).absolute()
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if needed > free:
        raise DiskError(
            f"not enough space: {sized(needed)} are needed in {folder} and {sized(free)} are free; "
            "make room, or set HF_HOME to a folder on a larger disk"
        )


def fetch(plan: Plan, on_progress: OnProgress = lambda path, done, total: None) -> Path:
    """Download what is missing, compare it with its hashes, and make the revision visible. Returns its folder.

    Raises WeightsError, InputError, DiskError, one line each. Whatever stops it, what has come is gone on from.
    """
    total, done = sum(file.size for file in plan.missing), plan.kept
    with _explained(plan.model, plan.revision, broken=BROKEN), _quiet():
        for file in plan.missing:
            others = done - cache.kept(plan.model, file)
            show = partial(_show, on_progress, file.path, others, total)
            _fetch_file(plan.model, plan.commit, file, show)
            done = others + file.size
        return cache.publish(plan.model, plan.revision, plan.commit, plan.files)


def here(model: str, revision: str | None, *, allow_pickle: bool = False) -> Path:
    """The folder of a model that is on this machine, and whole. Asks nobody.

    Raises WeightsError with what is missing and the command that fetches it.
    """
    repair = hub.repair(model, revision)
    try:
        folder = hub.locate(model, revision)
    except WeightsError:
        with suppress(WeightsError):
            folder = hub.locate(model, revision, file=ONE_COMPONENT)
            require_component(folder, model, repair, allow_pickle)
            return folder
        raise
    inspect(folder, model, repair=repair, allow_pickle=allow_pickle)
    return folder


def _listing(model: str, revision: str) -> tuple[str, dict[str, File]]:
    """The commit of a revision, and its files by path. What could not be a path or a hash is left out."""
    found = HfApi().model_info(model, revision=revision, timeout=FIRST_ANSWER, files_metadata=True)
    if not re.fullmatch("[0-9a-f]{40}", commit := found.sha or ""):
        raise WeightsError(f"{model}: the hub names no commit for {revision}; is HF_ENDPOINT a hub?")
    files = {}
    for one in found.siblings or ():
        digest = one.lfs.sha256 if one.lfs else one.blob_id
        size = one.lfs.size if one.lfs else one.size
        parts = one.rfilename.split("/")
        named = re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", digest or "")
        if size is not None and named and all(re.fullmatch(r"[\w-][\w. +-]*", part, re.ASCII) for part in parts):
            files[one.rfilename] = File(one.rfilename, size, str(digest))
    return commit, files


def _fetch_file(model: str, commit: str, file: File, on_bytes: Callable[[int], None]) -> None:
    """Download one file, from where an earlier fetch stopped, to its place among the blobs."""
    blob, unfinished = cache.blob(model, file), cache.unfinished(model, file)
    blob.parent.mkdir(parents=True, exist_ok=True)
    with Counted(io.FileIO(unfinished, "ab")) as arriving:
        arriving.on_bytes = on_bytes
        try:
            fcntl.flock(arriving, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WeightsError(f"another process fetches {model} now: wait for it to end") from None
        if arriving.tell() > file.size:
            arriving.seek(0)
            arriving.truncate()
        on_bytes(arriving.tell())
        url = hf_hub_url(model, file.path, revision=commit)
        headers = build_hf_headers() | {"Accept-Encoding": "identity"}  # a range of a compressed answer is no use
        http_get(url, arriving, resume_size=arriving.tell(), headers=headers, expected_size=file.size)
        arriving.flush()
        os.fsync(arriving.fileno())
        if not cache.right(unfinished, file):
            unfinished.unlink()
            raise WeightsError(
                f"what came of {model}/{file.path} is not what the hub lists (its hash differs from "
                f"{file.digest[:12]}...): it was deleted; try again"
            )
        unfinished.replace(blob)


class Counted(io.BufferedWriter):
    """A file that says how long it is after each write."""

    on_bytes: Callable[[int], None]

    def write(self, data: ReadableBuffer, /) -> int:
        written = super().write(data)
        self.on_bytes(self.tell())
        return written


def _show(on_progress: OnProgress, path: str, others: int, total: int, got: int) -> None:
    on_progress(path, others + got, total)


def _within(seconds: float, ask: Callable[[], Result]) -> Result:
    """What `ask` returns or raises; TimeoutError after that time, which no library's own limit promises."""
    outcome: queue.SimpleQueue[tuple[Result | None, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            outcome.put((ask(), None))
        except Exception as error:
            outcome.put((None, error))

    threading.Thread(target=run, name="ask the hub", daemon=True).start()
    try:
        result, error = outcome.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"no answer within {seconds:g} s") from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]


@contextmanager
def _explained(model: str, revision: str, broken: str = "") -> Iterator[None]:
    """Turn whatever a download can fail with into one line. `broken`: what to say of a lost connection instead."""
    try:
        yield
    except RiptuiError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in DISK:
            where = error.filename or constants.HF_HUB_CACHE
            raise DiskError(f"{where} cannot be written: {error.strerror}; what has come is kept") from error
        lost = _is_of_the_network(error)
        if lost and broken:
            raise WeightsError(broken.format(model=model)) from error
        cause = ConnectionError(str(error)) if lost else error
        raise hub.explained(cause, model, revision) from error


def _is_of_the_network(error: Exception) -> bool:
    """The client speaks HTTP by requests, httpx or httpx2, depending on its version; they share the names only."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"TransportError", "ConnectionError", "TimeoutError", "Timeout"})


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the client's bars, log lines and warnings off the terminal."""
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            disable_progress_bars()
            yield
    finally:
        logger.setLevel(level)
