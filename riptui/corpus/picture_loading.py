"""Decodes the pictures of a corpus, in several processes: Pillow's settings belong to a process, not to a thread."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, suppress
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from riptui.arrays import Image
from riptui.errors import SourceError
from riptui.images import pixels_sha256, prepare_original
from riptui.spec import Fit

AHEAD = 4  # pictures per process that are decoded before they are asked for: of 512 px 0.8 MB each
IN_PROCESS = 64  # so many pictures are decoded here, before processes would have started


class PreparedAs(NamedTuple):
    """How pictures are made comparable with frames."""

    size: int
    fit: Fit


class LoadedPicture(NamedTuple):
    """A picture of a corpus, or why it cannot be read."""

    path: Path
    size: int
    """Bytes of the file."""
    changed: int
    """Its modification time in ns since 1970."""
    image: Image | None
    sha256: str = ""
    """Of the file's bytes."""
    pixels_sha256: str = ""
    error: str = ""


def load_pictures(paths: Iterable[Path], prepared: PreparedAs, jobs: int) -> Iterator[LoadedPicture]:
    """Decode pictures, in their order, with `jobs` processes. Never raises for one of them."""
    waiting = iter(paths)
    for path in islice(waiting, IN_PROCESS if jobs > 1 else None):
        yield load_picture(path, prepared)
    remaining = deque(waiting)
    while remaining:  # again after a decoder took its process with it
        with closing(_load_in_pool(remaining, prepared, jobs)) as loaded:
            yield from loaded


def load_picture(path: Path, prepared: PreparedAs) -> LoadedPicture:
    """Decode one picture here. Never raises SourceError: that is in `error`."""
    size = changed = 0
    with suppress(OSError, ValueError):  # before it is read: who changes it meanwhile has it indexed again
        status = path.stat()
        size, changed = status.st_size, status.st_mtime_ns
    try:
        found = prepare_original(path, size=prepared.size, fit=prepared.fit)
    except SourceError as error:
        return LoadedPicture(path, size, changed, None, error=str(error))
    return LoadedPicture(path, size, changed, found.image, found.source_sha256, pixels_sha256(found.image))


def _load_in_pool(remaining: deque[Path], prepared: PreparedAs, jobs: int) -> Generator[LoadedPicture, None, None]:
    """Take pictures from the left as they are loaded. Ends early if a process died, after telling of which picture."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        running: deque[Future[LoadedPicture]] = deque()
        try:
            while remaining:
                for path in islice(remaining, len(running), jobs * AHEAD):
                    running.append(pool.submit(load_picture, path, prepared))
                loaded = running[0].result()
                running.popleft()
                remaining.popleft()
                yield loaded
        except BrokenProcessPool:
            pass
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    for path in [*islice(remaining, jobs * AHEAD)]:
        remaining.popleft()
        yield _load_alone(path, prepared)


def _load_alone(path: Path, prepared: PreparedAs) -> LoadedPicture:
    """Decode a picture in a process of its own, which may die of it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        try:
            return pool.submit(load_picture, path, prepared).result()
        except BrokenProcessPool:
            return LoadedPicture(path, 0, 0, None, error=f"{path}: the decoder crashed, or ran out of memory")
