"""The square that each iteration repaints: a function of (spec, iteration) alone, independent of inpainter and history.

The image is cut into a grid of mask x mask squares (paper, section 3). The random numbers are words of NumPy's
SeedSequence, which NumPy promises never to change (NEP 19), unlike the streams of its generators.
"""

from enum import IntEnum

import numpy as np

from riptui.arrays import Mask
from riptui.spec import Box, Spec


class RandomPurpose(IntEnum):
    """The use of random words. Different uses of one (seed, iteration) get different words."""

    SQUARE = 0
    NOISE = 1
    SHUFFLE = 2


def draw_box(spec: Spec, iteration: int) -> Box:
    """The square that an iteration (numbered from 1) repaints."""
    columns = spec.size // spec.mask
    row, column = divmod(_draw_cell(spec, iteration), columns)
    return Box(column * spec.mask, row * spec.mask, spec.mask, spec.mask)


def draw_mask(spec: Spec, iteration: int) -> Mask:
    """The iteration's mask: True on the square to repaint."""
    repaint = np.zeros((spec.size, spec.size), dtype=np.bool_)
    repaint[draw_box(spec, iteration).window] = True
    return repaint


def draw_noise_seed(seed: int, iteration: int) -> int:
    """The iteration's seed for the inpainter's own noise: 53 bits, so that every JSON reader keeps it exact."""
    return _random_words(seed, iteration, RandomPurpose.NOISE, 1)[0] >> 11


def _draw_cell(spec: Spec, iteration: int) -> int:
    """Number of the square, counted row by row: uniform with replacement, or each once per 100 % (shuffle, raster)."""
    cycle, position = divmod(iteration - 1, spec.cells)
    match spec.order:
        case "replacement":
            return _random_words(spec.seed, iteration, RandomPurpose.SQUARE, 1)[0] * spec.cells >> 64
        case "shuffle":
            words = _random_words(spec.seed, cycle, RandomPurpose.SHUFFLE, spec.cells)
            return sorted(range(spec.cells), key=words.__getitem__)[position]
        case "raster":
            return position


def _random_words(seed: int, counter: int, purpose: RandomPurpose, count: int) -> list[int]:
    """Random 64-bit words that depend only on the arguments."""
    words: list[int] = (
        np.random.SeedSequence(seed, spawn_key=(counter, purpose)).generate_state(count, np.uint64).tolist()
    )
    return words
