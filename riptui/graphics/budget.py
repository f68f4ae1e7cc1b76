"""Limits of the bytes that are sent for a picture: locally, and over SSH."""

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class PictureBudget:
    """Limits that keep a picture small.

    Numbers of colours are in descending order. A whole picture gets the first with which it stays within
    `bytes_per_pixel`, or else the last.
    """

    sixel_colours: tuple[int, ...]
    """At most 255: see `sixel.encode`."""
    kitty_colours: tuple[int, ...]
    """At most 256."""
    kitty_side: int
    """The longer side of what is sent to kitty, in pixels; kitty scales it up."""
    bytes_per_pixel: float = inf
    """Bytes per screen pixel of the picture's box."""


LOCAL_BUDGET = PictureBudget(sixel_colours=(128,), kitty_colours=(256,), kitty_side=4096)
# 150 kB for 540x540 px of screen, 60x30 cells: 0.8 s at 190 kB/s, a usual uplink. A photograph in 64 colours is 180 kB
# of sixel, in 48 155 and in 32 115; 512 px of PNG in base64 are 118 kB.
REMOTE_BUDGET = PictureBudget(
    sixel_colours=(64, 44, 32, 20), kitty_colours=(256, 96, 48, 24), kitty_side=512, bytes_per_pixel=150_000 / 540**2
)
REMOTE_BYTES_PER_SECOND = 190_000
"""A usual uplink; updates over SSH are spaced so as not to exceed it."""
