"""The copies that pad a batch to its shape, for inpainters whose pictures do not depend on that shape."""

from collections.abc import Sequence

import numpy as np

from riptui.arrays import Images, Masks
from riptui.inpainters.inpainter import PADDING_SEED


def count_without_padding(images: Images, masks: Masks, seeds: Sequence[int]) -> int:
    """How many pictures there are before the padding: each may take minutes, and the output of padding is dropped."""
    count = len(images)
    while (
        count > 1
        and seeds[count - 1] == PADDING_SEED
        and np.array_equal(images[count - 1], images[0])
        and np.array_equal(masks[count - 1], masks[0])
    ):
        count -= 1
    return count
