"""How the trajectory view uses its room: rows for the pictures, lines for the metrics, the rest for the panes."""

from typing import NamedTuple

GAP = 2  # columns between two pictures
MESSAGE = 2  # rows
WIDE = 72  # columns; three small pictures are better than two
ROOMY = 22  # rows; with fewer, pictures and panes take turns


class Arrangement(NamedTuple):
    pictures: int
    """Three, or two without the original."""
    width: int
    """Columns of each picture; a cell is twice as high as wide."""
    height: int
    """Rows of each picture."""
    readings: int
    """Lines of metrics."""
    roomy: bool
    """Whether pictures and a pane are seen at once."""


def arrange(width: int, height: int, *, pictures: bool = True) -> Arrangement:
    """The arrangement for so many columns and rows; without pictures there is still a place for messages."""
    if not pictures:
        count = 3 if width >= WIDE else 2
        return Arrangement(count, max(1, (width - GAP * (count - 1)) // count), MESSAGE, 1, True)
    roomy = height >= ROOMY
    readings = 2 if height >= 30 else 1  # with many metrics both are used
    around = 4 + readings  # heading, captions, slider and tabs
    tallest = max(1, height - around - (max(6, height * 3 // 10) if roomy else 0))
    heights = {count: min(tallest, (width - GAP * (count - 1)) // count // 2) for count in (3, 2)}
    count = 3 if heights[3] >= heights[2] or (roomy and width >= WIDE) else 2
    rows = max(1, heights[count])
    if not roomy and rows < tallest:  # narrow: a row is left
        readings = 2
    return Arrangement(count, 2 * rows, rows, readings, roomy)
