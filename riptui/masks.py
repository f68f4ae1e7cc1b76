"""The pixels that each iteration repaints, and its noise: functions of (spec, iteration), whatever the inpainter did.

The image is cut into a grid of mask x mask squares (paper, section 3). With the order `offset` the grid is shifted at
each iteration, and what it loses at one edge it has at the opposite one: so each pixel is as likely as any other, each
iteration repaints as many as any other, and a square that is cut by an edge has up to four parts.

The random numbers are words of NumPy's SeedSequence, which NumPy promises never to change (NEP 19), unlike the streams
of its generators. They depend on the seed, the original, the mask size, the iteration and the purpose: pictures are
independent samples, and all inpainters and settings get the same squares and noise on one picture, so that they are
compared in pairs. With shared squares they depend on the seed, the iteration and the purpose only: one sequence for all
pictures.
"""

from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache

import numpy as np

from riptui.arrays import Mask
from riptui.errors import InputError
from riptui.lama_masks import RECIPES, WORDS, draw_lama_mask
from riptui.region import Region
from riptui.spec import OFFSET_STEP, Box, Spec
from riptui.tile_runs import TILE_PX, count_repainted, parse_runs, resolve_mask, share_repeats

MAX_GIVEN_MASKS = 1000  # of a spec, which has them in its file


class RandomPurpose(IntEnum):
    """The use of random words. Different uses in one iteration get different words."""

    SQUARE = 0
    NOISE = 1
    SHUFFLE = 2
    OFFSET = 3
    ANCHOR = 4
    IRREGULAR = 5
    CHOICE = 6


def draw_region(spec: Spec, iteration: int) -> Region:
    """The pixels that an iteration (numbered from 1) repaints."""
    if spec.masks:
        return _given_region(resolve_mask(spec.masks, iteration), spec.size)
    square = _cell_box(spec, _draw_cell(spec, iteration))
    if spec.order != "offset":
        return Region(square)
    steps = spec.mask // OFFSET_STEP
    across, down = (word * steps >> 64 for word in _random_words(spec, iteration, RandomPurpose.OFFSET, 2))
    return _wrap_square(spec, square.x + across * OFFSET_STEP, square.y + down * OFFSET_STEP)


def _cell_box(spec: Spec, cell: int) -> Box:
    """A square of the grid, counted row by row."""
    row, column = divmod(cell, spec.size // spec.mask)
    return Box(column * spec.mask, row * spec.mask, spec.mask, spec.mask)


@lru_cache(64)
def _given_region(runs: str, size: int) -> Region:
    lengths = parse_runs(runs)
    repainted = np.repeat(np.arange(len(lengths)) % 2 == 1, lengths).reshape(size // TILE_PX, size // TILE_PX)
    return Region.of(repainted.repeat(TILE_PX, axis=0).repeat(TILE_PX, axis=1))


def encode_tiles(tiles: Mask) -> str:
    """A mask of tiles, [size / 8, size / 8], as a spec has it."""
    flat = np.concatenate([[False], tiles.ravel()])
    starts = np.flatnonzero(flat[1:] != flat[:-1])
    return ",".join(map(str, np.diff([0, *starts, tiles.size]).tolist()))


def draw_given_masks(spec: Spec, source: Sequence[str] = ()) -> tuple[str | int, ...]:
    """The masks of the iterations of a spec whose order is one of GIVEN_ORDERS, up to its amount.

    spec: its own masks are not looked at. source: all masks of the user, for the orders cycle and draw.
    Raises InputError if these are more than a spec can hold.
    """
    wanted, total = spec.amount * (spec.size // TILE_PX) ** 2 / 100 * (1 - 1e-15), 0
    found: list[str] = []
    while total < wanted:
        found.append(_draw_given_mask(spec, len(found) + 1, source))
        total += count_repainted(found[-1])
        if len(found) > MAX_GIVEN_MASKS:
            raise InputError(
                f"order {spec.order}: {spec.amount:g} % takes more than {MAX_GIVEN_MASKS:,} masks; stop at a lower "
                "--amount, or take larger masks"
            )
    return share_repeats(found)


def _draw_given_mask(spec: Spec, iteration: int, source: Sequence[str]) -> str:
    if spec.order == "cycle":
        return source[(iteration - 1) % len(source)]
    if spec.order == "draw":
        return source[_random_words(spec, iteration, RandomPurpose.CHOICE, 1)[0] * len(source) >> 64]

    def words(attempt: int) -> list[int]:
        return _random_words(spec, 1000 * iteration + attempt, RandomPurpose.IRREGULAR, WORDS)

    return encode_tiles(draw_lama_mask(RECIPES[spec.order], spec.size, words))


def _wrap_square(spec: Spec, x: int, y: int) -> Region:
    """The square whose top left corner is at (x, y), on a picture whose opposite edges meet."""
    if max(x, y) + spec.mask <= spec.size:
        return Region(Box(x, y, spec.mask, spec.mask))
    rows, columns = ((start + np.arange(spec.mask)) % spec.size for start in (y, x))
    repaint = np.zeros((spec.size, spec.size), np.bool_)
    repaint[np.ix_(rows, columns)] = True
    return Region.of(repaint)


def draw_box(spec: Spec, iteration: int) -> Box:
    """The bounding box of the pixels that an iteration repaints; of a grid, the square itself."""
    return draw_region(spec, iteration).box


def draw_mask(spec: Spec, iteration: int) -> Mask:
    """The iteration's mask: True on the pixels to repaint."""
    return draw_region(spec, iteration).in_frame(spec.size)


def draw_anchor(spec: Spec, iteration: int) -> Box | None:
    """The square that is painted back from the original after an iteration, if any: uniform, with replacement."""
    if not spec.anchor or iteration % spec.anchor:
        return None
    return _cell_box(spec, _random_words(spec, iteration, RandomPurpose.ANCHOR, 1)[0] * spec.cells >> 64)


def draw_noise_seed(spec: Spec, iteration: int) -> int:
    """The iteration's seed for the inpainter's own noise: 53 bits, so that every JSON reader keeps it exact."""
    return _random_words(spec, iteration, RandomPurpose.NOISE, 1)[0] >> 11


def _draw_cell(spec: Spec, iteration: int) -> int:
    """Number of the square, counted row by row: uniform with replacement, or each once per 100 % (shuffle, raster)."""
    cycle, position = divmod(iteration - 1, spec.cells)
    match spec.order:
        case "replacement" | "offset":
            return _random_words(spec, iteration, RandomPurpose.SQUARE, 1)[0] * spec.cells >> 64
        case "shuffle":
            words = _random_words(spec, cycle, RandomPurpose.SHUFFLE, spec.cells)
            return sorted(range(spec.cells), key=words.__getitem__)[position]
        case "raster":
            return position
        case _:
            raise AssertionError(f"order {spec.order} draws no squares")


def _random_words(spec: Spec, counter: int, purpose: RandomPurpose, count: int) -> list[int]:
    """Random 64-bit words of the counter, the purpose, the seed and, unless shared, the picture and the mask size."""
    if spec.squares == "shared":
        sequence = np.random.SeedSequence(spec.seed, spawn_key=(counter, purpose))
    else:
        entropy = spec.seed.to_bytes(8, "little") + bytes.fromhex(spec.original_sha256)
        words_of_32_bits = np.frombuffer(entropy, dtype="<u4")  # a list of them takes twice as long
        sequence = np.random.SeedSequence(words_of_32_bits, spawn_key=(spec.mask, counter, purpose))
    words: list[int] = sequence.generate_state(count, np.uint64).tolist()
    return words
