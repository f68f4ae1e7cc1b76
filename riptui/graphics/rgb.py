"""The array convention of this package: `image[y, x] = (r, g, b)`, each 0 to 255."""

import numpy as np
from jaxtyping import UInt8

RGBColour = tuple[int, int, int]
RGBArray = UInt8[np.ndarray, "height width 3"]
RGBAArray = UInt8[np.ndarray, "height width 4"]
