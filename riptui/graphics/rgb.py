"""The array convention of this package: `image[y, x] = (r, g, b)`, uint8, 0 to 255; with alpha (r, g, b, a)."""

from typing import TYPE_CHECKING

import numpy as np

RGBColour = tuple[int, int, int]

if TYPE_CHECKING:
    from jaxtyping import UInt8

    RGBArray = UInt8[np.ndarray, "height width 3"]
    RGBAArray = UInt8[np.ndarray, "height width 4"]
else:
    RGBArray = RGBAArray = np.ndarray
