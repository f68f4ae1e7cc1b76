"""How many bytes a picture may take on its way to the terminal: locally, and over SSH."""

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class PictureBudget:
    """Limits that keep a picture small. `kitty_side` is in pixels: kitty scales up smaller pictures.

    Of the numbers of colours, in descending order, the first is used that keeps a whole picture within
    `bytes_per_pixel` of its box on the screen, or else the last.
    """

    sixel_colours: tuple[int, ...]
    kitty_colours: tuple[int, ...]
    kitty_side: int
    bytes_per_pixel: float = inf


LOCAL_BUDGET = PictureBudget(sixel_colours=(128,), kitty_colours=(256,), kitty_side=4096)
# 150 kB for 540x540 px of screen, 60x30 cells: 0.8 s at 190 kB/s, a usual uplink. A photograph in 64 colours is 180 kB
# of sixel, in 48 155 and in 32 115; 512 px of PNG in base64 are 118 kB.
REMOTE_BUDGET = PictureBudget(
    sixel_colours=(64, 44, 32, 20), kitty_colours=(256, 96, 48, 24), kitty_side=512, bytes_per_pixel=150_000 / 540**2
)
REMOTE_BYTES_PER_SECOND = 190_000
