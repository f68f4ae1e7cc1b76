"""Pictures that a photograph of a terminal can be searched for."""

import numpy as np

from riptui.arrays import Image

Colours = tuple[tuple[int, int, int], ...]
FIRST = ((220, 30, 30), (30, 200, 30), (40, 40, 220), (230, 230, 20))
SECOND = ((200, 30, 200), (20, 200, 200), (230, 110, 10), (110, 20, 170))


def quadrants(colours: Colours) -> Image:
    """256 px of four flat colours, in reading order."""
    flat = np.array(colours, np.uint8).reshape(2, 2, 3)
    return flat.repeat(128, axis=0).repeat(128, axis=1)


def checks() -> Image:
    """256 px of checks with grain: a photograph tells an inpainted square from what was there.

    In kitty a square of 64 px is sent in several pieces.
    """
    y, x = np.mgrid[0:256, 0:256] // 16
    board = np.where(((x + y) % 2 == 0)[..., None], (200, 40, 60), (30, 150, 200))
    grain = np.random.default_rng(7).integers(0, 16, board.shape)
    return (board + grain).astype(np.uint8)
