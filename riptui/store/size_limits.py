"""The largest size of each file of a trajectory, from its spec. Whatever size a file claims, no more of it is read.

The limits are generous: only damage or malice exceeds them. What is behind them counts as torn, like the end of a file
that a crash left.
"""

from riptui.spec import Spec
from riptui.store import layout

ROW_BYTES = 1024  # bytes; a row is about 250
MEASUREMENT_BYTES = 2**14  # bytes for each iteration; all metrics take about 1,000, and can be measured again
SQUARE_BYTES = 2**11  # bytes for each square of the grid and keyframe; a value takes about 20
FEATURE_BYTES = 2**15  # bytes for each frame: 8,192 numbers
SLACK_BYTES = 2**23  # bytes
PNG_OVERHEAD = 1.01  # of the bytes of raw pixels, for those that do not compress


def max_bytes(spec: Spec, name: str) -> int:
    """The limit of a trajectory's file, such as iterations.jsonl or features-NAME.npz, in bytes."""
    match name:
        case layout.ROWS:
            return SLACK_BYTES + spec.iterations * ROW_BYTES
        case layout.PATCHES:
            side = spec.mask if spec.paste and spec.is_on_grid else spec.size
            return SLACK_BYTES + spec.iterations * max_png_bytes(side) * 4 // 3  # a patch of any shape is RGBA
        case layout.METRICS | layout.REPAINTS:
            return SLACK_BYTES + spec.iterations * MEASUREMENT_BYTES
        case layout.SQUARES:
            return SLACK_BYTES + len(spec.point_iterations()) * spec.cells * SQUARE_BYTES
        case layout.PROFILES:
            return SLACK_BYTES + len(spec.point_iterations()) * MEASUREMENT_BYTES
        case _ if name.startswith(layout.FEATURES_PREFIX):
            return SLACK_BYTES + (spec.iterations + 1) * FEATURE_BYTES
        case _:
            return SLACK_BYTES


def max_png_bytes(side: int) -> int:
    """The limit of a square picture as PNG, RGB of 8 bits; side: in pixels."""
    return int(3 * side * side * PNG_OVERHEAD) + side + 2**12
