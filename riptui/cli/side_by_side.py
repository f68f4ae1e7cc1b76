"""The original and a frame side by side in half blocks."""

import cv2
import numpy as np
from rich.segment import Segment, Segments
from rich.style import Style

from riptui.cli.console import out
from riptui.store.frames import read_frame, read_original
from riptui.store.trajectory import Trajectory
from riptui.text.terminal import half_blocks

MAX_PICTURE_COLUMNS = 64  # of each picture, where the terminal is wide enough


def render_side_by_side(trajectory: Trajectory, k: int) -> Segments:
    """The original and frame k side by side in half blocks with captions, as large as fits the terminal."""
    # pixels; a cell has 1 x 2
    side = max(4, min(MAX_PICTURE_COLUMNS, (out.width - 2) // 2, 2 * out.height - 16)) // 2 * 2
    pair = [
        cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        for image in (read_original(trajectory), read_frame(trajectory, k))
    ]
    left, right = (list(Segment.split_lines(half_blocks(np.asarray(image)).segments)) for image in pair)
    lines = [segment for a, b in zip(left, right, strict=True) for segment in [*a, Segment("  "), *b, Segment.line()]]
    inpainted = f"frame {k}, {trajectory.spec.inpainted(k):.0f} %"
    caption = Segment(f"{'original'[:side]:<{side + 2}}{inpainted[:side]}\n", Style(dim=True))
    return Segments([*lines, caption])
