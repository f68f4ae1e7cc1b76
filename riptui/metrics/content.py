"""Where in a frame the picture is: NAME@content leaves the blank bands beside it out."""

import numpy as np

from riptui.arrays import Image
from riptui.spec import Box, Spec


def find_content(original: Image, spec: Spec) -> Box:
    """The part of the frame that the picture covers: all of it, unless it has bands (`fit` bands, not square).

    The bands are equally wide and lie above and below, or left and right: as many whole rows or columns of their colour
    as both sides have. A picture that begins and ends in that colour loses those rows too. In a frame that is all of
    that colour the picture is all of it.
    """
    if spec.fit != "bands":
        return Box(0, 0, spec.size, spec.size)
    is_blank = (original == np.array(spec.bands, np.uint8)).all(axis=2)
    top, left = _band(is_blank.all(axis=1)), _band(is_blank.all(axis=0))
    (above, below), (before, after) = (top, (0, 0)) if sum(top) >= sum(left) else ((0, 0), left)
    return Box(before, above, spec.size - before - after, spec.size - above - below)


def _band(blank_lines: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> tuple[int, int]:
    """Lines of the bands at both ends; they differ by one at most, for the picture is in the middle."""
    filled = np.flatnonzero(~blank_lines)
    if not len(filled):
        return 0, 0
    first, last = int(filled[0]), len(blank_lines) - 1 - int(filled[-1])
    shared = min(first, last)
    return (shared, min(last, shared + 1)) if shared else (0, min(last, 1))
