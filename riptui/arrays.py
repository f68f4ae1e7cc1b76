"""The array conventions, stated once. Computes nothing.

An image is RGB, 8 bit, row-major: `image[y, x] = (r, g, b)`, each 0 to 255. A mask is boolean and True means repaint.
"""

import numpy as np
from jaxtyping import Bool, Float32, Float64, UInt8

Image = UInt8[np.ndarray, "height width 3"]
Images = UInt8[np.ndarray, "batch height width 3"]
Mask = Bool[np.ndarray, "height width"]
Masks = Bool[np.ndarray, "batch height width"]
Distances = Float64[np.ndarray, "batch"]
FeatureVector = Float32[np.ndarray, "dimension"]
"""What a picture is to a feature extractor."""
FeatureVectors = Float32[np.ndarray, "pictures dimension"]
