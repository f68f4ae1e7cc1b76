"""Python's search for cycles of objects, which a list of 100,000 trajectories does without."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_gc() -> Iterator[None]:
    """Without looking for cycles: a list makes none, and among 100,000 trajectories that takes half of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
