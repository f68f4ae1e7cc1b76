"""Where the picture is in a frame: NAME@content leaves out the blank bands beside it."""

import numpy as np

from riptui.arrays import Image
from riptui.spec import Box, Spec


def find_content(original: Image, spec: Spec) -> Box:
    """The part of the frame that the picture covers: all of it, unless the spec's `fit` is "bands".

    original: frame 0, uint8 [size, size, 3]. Bands are above and below the picture, or left and right of it, equally
    wide or one pixel apart, and of the spec's colour; their width is found in the pixels. Where the picture itself
    starts and ends with rows of that colour, those count as bands. A frame of that colour throughout counts as picture.
    """
    if spec.fit != "bands":
        return Box(0, 0, spec.size, spec.size)
    is_blank = (original == np.array(spec.bands, np.uint8)).all(axis=2)
    top, left = _band(is_blank.all(axis=1)), _band(is_blank.all(axis=0))
    (above, below), (before, after) = (top, (0, 0)) if sum(top) >= sum(left) else ((0, 0), left)
    return Box(before, above, spec.size - before - after, spec.size - above - below)


def _band(blank_lines: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> tuple[int, int]:
    """The bands' widths at both ends, at most one line apart: the picture is in the middle."""
    filled = np.flatnonzero(~blank_lines)
    if not len(filled):
        return 0, 0
    first, last = int(filled[0]), len(blank_lines) - 1 - int(filled[-1])
    shared = min(first, last)
    return (shared, min(last, shared + 1)) if shared else (0, min(last, 1))
