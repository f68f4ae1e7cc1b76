"""The array conventions, stated once. Computes nothing.

An image is RGB, 8 bit, row-major: `image[y, x] = (r, g, b)`, each 0 to 255. A mask is boolean and True means repaint.

Element types and shapes are written as jaxtyping has it, for readers and type checkers. At run time they are plain
arrays: jaxtyping would take 50 ms and 3 MiB, and nothing checks them.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Bool as Bool
    from jaxtyping import Float as Float
    from jaxtyping import Float32 as Float32
    from jaxtyping import Float64 as Float64
    from jaxtyping import Int32 as Int32
    from jaxtyping import Int64 as Int64
    from jaxtyping import UInt8 as UInt8
    from jaxtyping import UInt16 as UInt16
else:

    class _PlainArray:
        def __class_getitem__(cls, _type_and_shape):
            return np.ndarray

    Bool = Float = Float32 = Float64 = Int32 = Int64 = UInt8 = UInt16 = _PlainArray

Image = UInt8[np.ndarray, "height width 3"]
Images = UInt8[np.ndarray, "batch height width 3"]
Mask = Bool[np.ndarray, "height width"]
Masks = Bool[np.ndarray, "batch height width"]
Distances = Float64[np.ndarray, "batch"]
FeatureVector = Float32[np.ndarray, "dimension"]
"""What a picture is to a feature extractor."""
FeatureVectors = Float32[np.ndarray, "pictures dimension"]
