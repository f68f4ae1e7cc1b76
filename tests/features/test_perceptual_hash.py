"""The perceptual hash: alike for a picture and its small changes, unlike for other pictures."""

import io

import numpy as np
from PIL import Image

from riptui.features import load_extractor
from tests.support.trajectories import picture


def test_recompression_and_resizing_change_few_bits_and_another_picture_many() -> None:
    original = Image.fromarray(picture(256))
    compressed = io.BytesIO()
    original.save(compressed, "JPEG", quality=60)
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8))
    changed = [Image.open(compressed), original.resize((100, 100)), noise]
    first, *others = load_extractor("phash").extract([original, *changed])
    assert set(np.unique(first)) == {0.0, 1.0}
    jpeg, small, other = (int(abs(first - vector).sum()) for vector in others)
    assert max(jpeg, small) <= 8 < 16 < other
