"""Inpainters for tests: a slow one, and others that fail, print or kill their process."""

import errno
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from riptui import filesystem, inpainters, testing
from riptui.arrays import Images, Masks
from riptui.inpainters import InpainterInfo, OnStep
from riptui.supervision import client

COMMAND = [
    sys.executable,
    "-c",
    f"import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r}); from tests.support import odd_inpainters; "
    "odd_inpainters.install(); from riptui.cli import main; sys.exit(main())",
]
"""The command `riptui` with these inpainters, also in the workers that it starts."""

POISON = (255, 0, 255)
"""The colour of a frame's first pixel that kills the process which inpaints it."""


def slow(seconds: float, steps: int, **_: object) -> inpainters.Inpainter:
    """riptui.testing's, on a device."""
    return testing.slow(seconds, steps)


def touchy(**_: object) -> inpainters.Inpainter:
    """Invert the square; kill the process at a frame that begins with `POISON`."""

    def inpaint(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        if (images[:, 0, 0] == POISON).all(axis=-1).any():
            os.write(2, b"poisoned: the driver says no\n")
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.005)
        return np.where(masks[..., None], 255 - images, images)

    return inpaint


def noisy(**_: object) -> inpainters.Inpainter:
    """Invert the square, and print from Python and from C, as libraries do."""

    def inpaint(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        print("a library's print")
        os.write(2, b"a native complaint\n")
        return np.where(masks[..., None], 255 - images, images)

    return inpaint


def broken(**_: object) -> inpainters.Inpainter:
    """riptui.testing's, on a device."""
    return testing.failing()


ODD = {
    "slow": replace(testing.SLOW, target="tests.support.odd_inpainters:slow", takes_device=True),
    "touchy": InpainterInfo("tests.support.odd_inpainters:touchy", "", takes_device=True, runs_in_worker=True),
    "broken": replace(testing.FAILING, target="tests.support.odd_inpainters:broken", takes_device=True),
    "noisy": InpainterInfo("tests.support.odd_inpainters:noisy", "", takes_device=True, runs_in_worker=True),
}


FULL = "ODD_FULL"
"""An environment variable that names a file: while it exists, the disk is full for processes with these inpainters."""


def install() -> None:
    inpainters.REGISTRY.update(ODD)
    client.COMMAND = tuple(COMMAND)  # type: ignore[assignment]  # of another length
    if FULL in os.environ:
        filesystem.write_at = _writing(Path(os.environ[FULL]), filesystem.write_at)  # type: ignore[assignment]


def _writing(full: Path, write: Callable[[int, bytes, int], None]) -> Callable[[int, bytes, int], None]:
    def unless_full(fd: int, data: bytes, start: int) -> None:
        if full.exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(fd, data, start)

    return unless_full
