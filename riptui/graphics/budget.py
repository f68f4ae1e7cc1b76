"""How many bytes a picture may take on its way to the terminal: locally, and over SSH."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PictureBudget:
    """Limits that keep a picture small. `kitty_side` is in pixels: kitty scales up smaller pictures."""

    sixel_colours: int
    kitty_colours: int
    kitty_side: int


LOCAL_BUDGET = PictureBudget(sixel_colours=128, kitty_colours=256, kitty_side=4096)
# A photograph over 540x540 px of screen: 64 colours are 215 kB of sixel and 128 are 292; 384 px are 90 kB of PNG in
# base64 and 540 are 150. At 190 kB/s, a usual uplink, that is half a second a picture saved.
REMOTE_BUDGET = PictureBudget(sixel_colours=64, kitty_colours=256, kitty_side=384)
