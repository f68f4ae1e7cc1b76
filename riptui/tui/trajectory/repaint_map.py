"""The masks pane: how often each square of the grid was repainted, with a summary and a histogram.

If the trajectory repaints no squares of one grid, small tiles are counted instead.

The colour of a square is that number, or its distance to the original if that was measured (NAME@squares).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

import numpy as np
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content

from riptui.spec import Box, Spec
from riptui.store.records import IterationRow
from riptui.tui.text_lines import TextLines
from riptui.tui.trajectory.colormap import RGB, heat_colour, hex_colour
from riptui.tui.trajectory.loader import NO_SNAPSHOT, TrajectorySnapshot
from riptui.tui.trajectory.region_tiles import RegionTiles
from riptui.tui.trajectory.square_distances import SquareDistances

MAX_GRID_SIDE = 64  # squares per side; neighbours of a finer grid are merged
MAX_BAR_COLUMNS = 24
LABEL_COLUMNS = 7
SUMMARY_COLUMNS = 26
NAME_COLUMNS = 11  # of the summary
MIN_VALUE_COLUMNS = 10  # beside its name, else a value stands below it
MARGIN_COLUMNS = 3
MIN_COLUMNS_FOR_BARS = 90


class RepaintGrid(NamedTuple):
    """How often each square was repainted up to a frame."""

    side: int  # squares on each side
    counts: Mapping[tuple[int, int], int]  # by (row, column); missing squares were not repainted
    current: frozenset[tuple[int, int]]  # the square of iteration k, or its tiles
    max_count: int  # the largest count at the newest frame: a colour scale that is the same for every k
    heat: Sequence[Sequence[float]] | None = None  # what colours each square instead of its count, 0 to 1

    def colour_fraction(self, row: int, column: int) -> float:
        """Where on the colour scale a square is, 0 to 1."""
        if self.heat is not None:
            return self.heat[row][column]
        return self.counts.get((row, column), 0) / max(1, self.max_count)


Cell = tuple[int, float]
"""A square's count, encoded as ~count, below zero, if it is the current one; and its place on the colour scale."""


def count_repaints(spec: Spec, rows: Sequence[IterationRow], k: int, newest: int) -> RepaintGrid:
    """Count the repaints of each square up to frame k of a trajectory whose newest frame is `newest`."""
    side = spec.size // spec.mask
    merged = -(-side // MAX_GRID_SIDE)
    size = spec.mask * merged

    def square_of(box: Box) -> tuple[int, int]:
        return box.y // size, box.x // size

    counts = Counter(square_of(row.box) for row in rows[:k])
    later = Counter(square_of(row.box) for row in rows[k:newest])
    max_count = max((counts[square] + later[square] for square in counts.keys() | later.keys()), default=0)
    side = -(-side // merged)
    current = square_of(rows[k - 1].box) if k else (-1, -1)
    inside = all(0 <= index < side for index in current)  # a damaged row may have any box
    return RepaintGrid(side, counts, frozenset({current} if inside else ()), max_count)


def count_tiles(tiles: RegionTiles, k: int, newest: int) -> RepaintGrid:
    """The same of tiles, rounded."""
    rounded = np.rint(tiles.count(k)).astype(int)
    counts = {(int(row), int(column)): int(rounded[row, column]) for row, column in np.argwhere(rounded)}
    return RepaintGrid(tiles.side, counts, tiles.current(k), int(np.rint(tiles.count(newest).max())))


def draw_grid(repaints: RepaintGrid, width: int, height: int) -> list[Content]:
    """The grid as text: n rows by 2n columns per square with its count in it, or a half block if there is no room."""
    square_rows = min(height // repaints.side, width // (2 * repaints.side), 3)
    lines = []
    for row in range(0, repaints.side, 1 if square_rows else 2):
        above, below = _row_cells(repaints, row), _row_cells(repaints, row + 1)
        if square_rows:
            lines += [_draw_squares(above, square_rows, part == (square_rows - 1) // 2) for part in range(square_rows)]
        else:
            lines.append(_draw_half_blocks(above, below))
    return lines


def _row_cells(repaints: RepaintGrid, row: int) -> tuple[Cell, ...]:
    if row >= repaints.side:
        return ()
    counts = [repaints.counts.get((row, column), 0) for column in range(repaints.side)]
    for current_row, column in repaints.current:
        if current_row == row:
            counts[column] = ~counts[column]
    return tuple((count, repaints.colour_fraction(row, column)) for column, count in enumerate(counts))


@lru_cache(512)  # one move changes two squares, and drawing 1,024 takes 10 ms
def _draw_squares(row: tuple[Cell, ...], square_rows: int, numbered: bool) -> Content:
    cells = []
    for count, fraction in row:
        colour = heat_colour(fraction)
        style = (
            "$background on $primary bold"
            if count < 0
            else f"{hex_colour(_text_colour(colour))} on {hex_colour(colour)}"
        )
        number = max(count, ~count)
        cells.append((f"{number if numbered and number else '':^{2 * square_rows}}", style))
    return Content.assemble(*cells)


@lru_cache(512)
def _draw_half_blocks(above: tuple[Cell, ...], below: tuple[Cell, ...]) -> Content:
    def colour(cell: Cell) -> str:
        count, fraction = cell
        return "$primary" if count < 0 else hex_colour(heat_colour(fraction))

    def style(upper: Cell, lower: Cell | None) -> str:
        return colour(upper) if lower is None else f"{colour(upper)} on {colour(lower)}"

    return Content.assemble(*(("▀", style(*pair)) for pair in zip_longest(above, below)))


def summary_lines(
    spec: Spec, rows: Sequence[IterationRow], k: int, distances: SquareDistances | None = None
) -> list[Content]:
    """Coverage, inpainted %, iteration, the position of its square, and what the colours are."""
    lines = [
        ("coverage", f"{rows[k - 1].coverage if k else 0.0:.1f} %"),
        ("inpainted", f"{spec.inpainted(k):.1f} %"),
        ("iteration", str(k) if k else "none yet"),
    ]
    if spec.order in ("replacement", "offset"):
        lines.insert(1, ("  expected", f"{_expected_coverage(spec, k):.1f} %"))
    if k:
        x, y, width, height = rows[k - 1].box
        lines += [("  x px", f"{x} to {x + width}"), ("  y px", f"{y} to {y + height}")]
    if distances:
        lines += distances.summary(spec)
    return [Content.assemble((f"{name:<{NAME_COLUMNS}}", "$foreground-muted"), value) for name, value in lines]


def stack_values(lines: Sequence[Content]) -> list[Content]:
    """Each value below its name: for a summary with no room for both beside each other."""
    return [
        Content(part.plain.strip()).stylize(style)
        for line in lines
        for part, style in ((line[:NAME_COLUMNS], "$foreground-muted"), (line[NAME_COLUMNS:], ""))
    ]


def repaint_bars(repaints: RepaintGrid, width: int, height: int) -> list[Content]:
    """A bar per number of repaints with the count of squares; the last line includes higher numbers."""
    squares = Counter(repaints.counts.values())
    squares[0] = repaints.side**2 - len(repaints.counts)
    last_count = min(max(squares), max(1, height - 2))
    higher_count = sum(squares[count] for count in squares if count > last_count)
    squares[last_count] += higher_count
    max_squares = max(1, *(squares[count] for count in range(last_count + 1)))
    max_bar_columns = max(1, min(MAX_BAR_COLUMNS, width - LABEL_COLUMNS - len(f" {max_squares}")))
    lines = [Content.styled("times  squares", "$foreground-muted")]
    for count in range(last_count + 1):
        label = f"{count}+" if higher_count and count == last_count else f"{count} "
        bar = "█" * round(max_bar_columns * squares[count] / max_squares)
        style = hex_colour(heat_colour(count / max(1, repaints.max_count)))
        label = f"{label:>{LABEL_COLUMNS - 2}}  "
        lines.append(Content.assemble((label, "$foreground-muted"), (bar, style), f" {squares[count]}"))
    return lines


def _expected_coverage(spec: Spec, k: int) -> float:
    """The expected % of squares touched by k independent uniform draws."""
    return 100 * (1 - (1 - 1 / spec.cells) ** k)


def _text_colour(background: RGB) -> RGB:
    r, g, b = background
    return (0, 0, 0) if 2126 * r + 7152 * g + 722 * b > 1_100_000 else (255, 255, 255)


class RepaintMap(Horizontal):
    """The grid, its summary and the histogram of its counts."""

    DEFAULT_CSS = f"""
    RepaintMap {{
        & > VerticalScroll {{
            width: auto; max-width: 60%; scrollbar-size-vertical: 1; margin-right: {MARGIN_COLUMNS};
        }}
        & > #summary {{ width: {SUMMARY_COLUMNS}; height: 1fr; }}
        & > #repaint-bars {{ width: 1fr; height: 1fr; }}
    }}
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._snapshot = NO_SNAPSHOT
        self._k = 0
        self._distances: SquareDistances | None = None

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield TextLines(id="squares")
        yield TextLines(id="summary")
        yield TextLines(id="repaint-bars")

    def show(self, snapshot: TrajectorySnapshot, k: int, distances: SquareDistances | None) -> None:
        """Show the grid at frame k of a trajectory, coloured by distances if given."""
        before, is_same = self._snapshot, (k, distances) == (self._k, self._distances)
        self._snapshot, self._k, self._distances = snapshot, k, distances
        if not is_same or before.rows is not snapshot.rows or before.newest != snapshot.newest:
            self._fill()

    def on_resize(self, _event: events.Resize) -> None:
        self._fill()

    def _fill(self) -> None:
        snapshot, k, distances = self._snapshot, self._k, self._distances
        if snapshot.spec is None or not self.size:
            return
        spec, rows, newest, tiles = snapshot.spec, snapshot.rows, snapshot.newest, snapshot.tiles
        repaints = count_tiles(tiles, k, newest) if tiles else count_repaints(spec, rows, k, newest)
        if distances:
            repaints = repaints._replace(heat=distances.shrink(repaints.side))
        summary = summary_lines(spec, rows, k, distances)
        squares = draw_grid(repaints, self.size.width * 3 // 5, self.size.height)
        self.query_one("#squares", TextLines).show(squares)
        beside = self.size.width - squares[0].cell_length - MARGIN_COLUMNS
        if beside < NAME_COLUMNS + MIN_VALUE_COLUMNS:
            summary = stack_values(summary)
        self.query_one("#summary").styles.width = max(1, min(SUMMARY_COLUMNS, beside))
        self.query_one("#summary", TextLines).show(summary)
        bars = self.query_one("#repaint-bars", TextLines)
        bars.display = self.size.width >= MIN_COLUMNS_FOR_BARS
        bars.show(repaint_bars(repaints, beside - SUMMARY_COLUMNS, self.size.height))
