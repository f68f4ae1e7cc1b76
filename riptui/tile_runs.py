"""Masks of any shape as text: lengths of runs of tiles, row by row, of tiles left and repainted in turn. No arrays.

`2,3,59` is a row of 64 tiles of which the third to the fifth are repainted. Text, since bytes of a compressor would
differ between its versions, and with them the digests of specs.
"""

from collections.abc import Sequence
from functools import lru_cache

from riptui.errors import SpecError

TILE_PX = 8
"""Masks are made of tiles of this many px on each side, which is a pixel of the latents of most diffusion models."""

GivenMasks = Sequence[str | int]
"""The mask of each iteration: its runs, or the number, from 1, of an earlier iteration with the same mask."""


def resolve_mask(masks: GivenMasks, iteration: int) -> str:
    """The runs of an iteration's mask."""
    mask = masks[iteration - 1]
    return mask if isinstance(mask, str) else str(masks[mask - 1])


@lru_cache(4096)
def parse_runs(text: str) -> tuple[int, ...]:
    """Raises SpecError if it is not whole numbers."""
    try:
        runs = tuple(map(int, text.split(",")))
    except ValueError:
        runs = (-1,)
    if min(runs) < 0:
        raise SpecError(f"mask {text[:40]!r}: it must be lengths of runs, e.g. 2,3,59")
    return runs


def count_repainted(text: str) -> int:
    """Tiles that a mask repaints."""
    return sum(parse_runs(text)[1::2])


def require_masks(masks: GivenMasks, size: int) -> None:
    """Raise SpecError unless these are masks of a picture of size x size px."""
    tiles = (size // TILE_PX) ** 2
    for number, mask in enumerate(masks, 1):
        if isinstance(mask, int):
            if not (1 <= mask < number and isinstance(masks[mask - 1], str)):
                raise SpecError(f"mask {number} is that of iteration {mask}, which has none of its own before it")
        elif sum(parse_runs(mask)) != tiles or not count_repainted(mask):
            raise SpecError(f"mask {number}: it must have runs of {tiles} tiles in all, and repaint at least one")


def share_repeats(texts: Sequence[str]) -> tuple[str | int, ...]:
    """The masks of iterations, each repeat as the number of the first that is alike."""
    first: dict[str, int] = {}
    return tuple(
        text if first.setdefault(text, number) == number else first[text] for number, text in enumerate(texts, 1)
    )


@lru_cache(256)
def repainted_tiles(masks: tuple[str | int, ...]) -> tuple[int, ...]:
    """How many tiles were repainted after 0, 1, 2 ... iterations, repeats counted."""
    totals = [0]
    for iteration in range(1, len(masks) + 1):
        totals.append(totals[-1] + count_repainted(resolve_mask(masks, iteration)))
    return tuple(totals)
