"""The perceptual hash, by imagehash: it hardly changes when a picture is resized or recompressed."""

from collections.abc import Sequence

import imagehash
import numpy as np
from PIL.Image import Image as PilImage

from riptui.arrays import FeatureVectors

SIDE = 8  # of the square of lowest frequencies, each a bit


class PerceptualHash:
    """A FeatureExtractor: 64 numbers, 1 where one of the luma's 8 x 8 lowest frequencies is above their median, else 0.

    The squared Euclidean distance of two vectors is the Hamming distance of their hashes. 1 ms for 512 px.
    """

    name = "phash"
    identity = f"imagehash phash {SIDE}x{SIDE}"
    dimension = SIDE * SIDE

    def extract(self, images: Sequence[PilImage]) -> FeatureVectors:
        bits = [imagehash.phash(image, hash_size=SIDE).hash.ravel() for image in images]
        return np.array(bits, np.float32).reshape(len(bits), self.dimension)


def phash() -> PerceptualHash:
    return PerceptualHash()
