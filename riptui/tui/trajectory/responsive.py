"""The layout of the trajectory view for a size: rows of the pictures, lines of metrics, the rest for the panes."""

from typing import NamedTuple

GAP_COLUMNS = 2  # between two pictures
MESSAGE_ROWS = 2
MIN_COLUMNS_FOR_THREE = 72  # then three small pictures are better than two
MIN_ROWS_FOR_BOTH = 22  # with fewer, the pictures are a tab


class ViewLayout(NamedTuple):
    pictures: int  # 3, or 2 without the original
    width: int  # columns of each picture; a cell is twice as high as wide
    height: int  # rows of each picture
    metric_lines: int  # lines of metrics
    fits_both: bool  # whether pictures and a pane fit together


def choose_layout(width: int, height: int, *, pictures: bool = True) -> ViewLayout:
    """The layout for a size in columns and rows; without pictures, messages still have room."""
    if not pictures:
        count = 3 if width >= MIN_COLUMNS_FOR_THREE else 2
        return ViewLayout(count, max(1, (width - GAP_COLUMNS * (count - 1)) // count), MESSAGE_ROWS, 1, True)
    fits_both = height >= MIN_ROWS_FOR_BOTH
    metric_lines = 2 if height >= 30 else 1  # with many metrics both are used
    other_rows = 4 + metric_lines  # heading, captions, slider, tabs
    max_height = max(1, height - other_rows - (max(6, height * 3 // 10) if fits_both else 0))
    heights = {count: min(max_height, (width - GAP_COLUMNS * (count - 1)) // count // 2) for count in (3, 2)}
    count = 3 if heights[3] >= heights[2] or (fits_both and width >= MIN_COLUMNS_FOR_THREE) else 2
    rows = max(1, heights[count])
    if not fits_both and rows < max_height:  # narrow: a row is left over
        metric_lines = 2
    return ViewLayout(count, 2 * rows, rows, metric_lines, fits_both)
