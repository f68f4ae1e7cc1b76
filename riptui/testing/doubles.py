"""Inpainters for tests: one that takes its time, one that fails. `identity` and `noise` are in the registry anyway.

A test registers them by `inpainters.REGISTRY["slow"] = SLOW`.
"""

import time
from collections.abc import Sequence

import numpy as np

from riptui.arrays import Images, Masks
from riptui.inpainters import Inpainter, InpainterInfo, OnStep
from riptui.inpainters.parameters import NumberType


def slow(seconds: float = 0.02, steps: int = 4) -> Inpainter:
    """Inverts the square, in `steps` steps that take `seconds` together."""

    def inpaint(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        for step in range(1, steps + 1):
            time.sleep(seconds / steps)
            on_step(step, steps)
        return np.where(masks[..., None], 255 - images, images)

    return inpaint


def failing() -> Inpainter:
    """Raises ValueError at each call."""

    def inpaint(images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        raise ValueError("it is broken")

    return inpaint


SLOW = InpainterInfo(
    "riptui.testing.doubles:slow",
    "Inverts the square, slowly. For tests.",
    {"seconds": 0.02, "steps": 4},
    parameter_types={
        "seconds": NumberType(above=0, maximum=100),
        "steps": NumberType(above=0, maximum=1000, integer=True),
    },
    runs_in_worker=True,
)
FAILING = InpainterInfo("riptui.testing.doubles:failing", "Always fails. For tests.", runs_in_worker=True)
