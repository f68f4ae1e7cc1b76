"""What is dear to make and only read: made once in a run of the tests, for all of pytest's processes."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest


def shared_folder(factory: pytest.TempPathFactory, name: str, fill: Callable[[Path], object]) -> Path:
    """The folder of that name, filled by whoever asks for it first; others wait until it is whole."""
    base = factory.getbasetemp()
    common = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, unfinished = common / name, common / f"{name}.unfinished"
    with (common / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished.mkdir()
            fill(unfinished)
            unfinished.rename(folder)
    return folder
