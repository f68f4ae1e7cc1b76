"""The copies that fill a batch, for inpainters whose pictures do not depend on the size of their batch."""

from collections.abc import Sequence

import numpy as np

from riptui.arrays import Images, Masks
from riptui.inpainters.inpainter import PADDING_SEED


def count_without_padding(images: Images, masks: Masks, seeds: Sequence[int]) -> int:
    """How many pictures of a batch come before its padding: copies of the first one, with the seed `PADDING_SEED`.

    The output of padding is dropped, and a picture may take minutes.
    """
    count = len(images)
    while (
        count > 1
        and seeds[count - 1] == PADDING_SEED
        and np.array_equal(images[count - 1], images[0])
        and np.array_equal(masks[count - 1], masks[0])
    ):
        count -= 1
    return count
