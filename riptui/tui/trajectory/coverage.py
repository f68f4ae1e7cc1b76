"""Where a trajectory was repainted, and how often: the grid of squares, and what it adds up to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content

from riptui.spec import Box, Spec
from riptui.store.records import Row
from riptui.tui.lines import Lines
from riptui.tui.trajectory.heat import RGB, heat

FINEST = 64  # squares a side that are drawn one by one; of a finer grid neighbours are joined
BAR = 24  # columns, at most
LABEL = 7
TOLD = 26
MARGIN = 3
ROOMY = 90  # columns; with fewer there is no room for the bars


class Grid(NamedTuple):
    """How often each square was repainted up to a frame."""

    side: int
    """Squares on each side."""
    counts: Mapping[tuple[int, int], int]
    """By (row, column); a square that is left out was not repainted."""
    current: tuple[int, int] | None
    """The square of the iteration shown."""
    most: int
    """The largest count of the whole trajectory: the end of the colour scale, so that scrubbing does not move it."""


def grid(spec: Spec, rows: Sequence[Row], k: int, newest: int) -> Grid:
    """The grid at frame k of a trajectory with so many frames."""
    side = spec.size // spec.mask
    joined = -(-side // FINEST)
    size = spec.mask * joined

    def place(box: Box) -> tuple[int, int]:
        return box.y // size, box.x // size

    counts = Counter(place(row.box) for row in rows[:k])
    later = Counter(place(row.box) for row in rows[k:newest])
    most = max((counts[square] + later[square] for square in counts.keys() | later.keys()), default=0)
    side = -(-side // joined)
    current = place(rows[k - 1].box) if k else (-1, -1)
    inside = all(0 <= at < side for at in current)  # a damaged row's box may lie anywhere
    return Grid(side, counts, current if inside else None, most)


def drawn(shown: Grid, width: int, height: int) -> list[Content]:
    """The grid in cells: each square 2n columns of n rows with its count in it, or, if it is too fine, a half block."""
    tall = min(height // shown.side, width // (2 * shown.side), 3)
    lines = []
    for row in range(0, shown.side, 1 if tall else 2):
        above, below = _row(shown, row), _row(shown, row + 1)
        if tall:
            lines += [_squares(above, shown.most, tall, part == (tall - 1) // 2) for part in range(tall)]
        else:
            lines.append(_half_blocks(above, below, shown.most))
    return lines


def _row(shown: Grid, row: int) -> tuple[int, ...]:
    """A row's counts; that of the current square below zero: -1 for none ..."""
    counts = [shown.counts.get((row, column), 0) for column in range(shown.side)] if row < shown.side else []
    if shown.current and shown.current[0] == row:
        counts[shown.current[1]] = ~counts[shown.current[1]]
    return tuple(counts)


@lru_cache(512)  # a step changes two squares, and 1,024 of them take 10 ms
def _squares(counts: tuple[int, ...], most: int, tall: int, numbered: bool) -> Content:
    cells = []
    for count in counts:
        back = _colour(count, most)
        style = "$background on $primary bold" if count < 0 else f"{_hex(_ink(back))} on {_hex(back)}"
        number = max(count, ~count)
        cells.append((f"{number if numbered and number else '':^{2 * tall}}", style))
    return Content.assemble(*cells)


@lru_cache(512)
def _half_blocks(above: tuple[int, ...], below: tuple[int, ...], most: int) -> Content:
    def colour(count: int) -> str:
        return "$primary" if count < 0 else _hex(_colour(count, most))

    pairs = zip_longest(above, below)
    return Content.assemble(
        *(("▀", colour(upper) + (f" on {colour(lower)}" if lower is not None else "")) for upper, lower in pairs)
    )


def told(spec: Spec, rows: Sequence[Row], k: int) -> list[Content]:
    """What the grid adds up to."""
    lines = [
        ("coverage", f"{rows[k - 1].coverage if k else 0.0:.1f} %"),
        ("inpainted", f"{spec.inpainted(k):.1f} %"),
        ("iteration", str(k) if k else "none yet"),
    ]
    if spec.order == "replacement":
        lines.insert(1, ("  expected", f"{_expected(spec, k):.1f} %"))
    if k:
        x, y, width, height = rows[k - 1].box
        lines += [("  x", f"{x} to {x + width} px"), ("  y", f"{y} to {y + height} px")]
    return [Content.assemble((f"{name:<11}", "$foreground-muted"), value) for name, value in lines]


def histogram(shown: Grid, width: int, height: int) -> list[Content]:
    """How many squares were repainted how often, a bar each; the last line counts those beyond."""
    squares = Counter(shown.counts.values())
    squares[0] = shown.side**2 - len(shown.counts)
    last = min(max(squares), max(1, height - 2))
    beyond = sum(squares[count] for count in squares if count > last)
    squares[last] += beyond
    most = max(1, *(squares[count] for count in range(last + 1)))
    longest = max(1, min(BAR, width - LABEL - len(f" {most}")))
    lines = [Content.styled("times  squares", "$foreground-muted")]
    for count in range(last + 1):
        label = f"{count}+" if beyond and count == last else f"{count} "
        bar = "█" * round(longest * squares[count] / most)
        style = _hex(_colour(count, shown.most))
        lines.append(
            Content.assemble((f"{label:>{LABEL - 2}}  ", "$foreground-muted"), (bar, style), f" {squares[count]}")
        )
    return lines


def _expected(spec: Spec, k: int) -> float:
    """% of the squares that k independent uniform draws touch, on average."""
    return 100 * (1 - (1 - 1 / spec.cells) ** k)


def _colour(count: int, most: int) -> RGB:
    return heat(count / max(1, most))


def _ink(back: RGB) -> RGB:
    r, g, b = back
    return (0, 0, 0) if 2126 * r + 7152 * g + 722 * b > 1_100_000 else (255, 255, 255)


def _hex(colour: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


class CoverageMap(Horizontal):
    """The grid, what it adds up to, and how the counts are spread."""

    DEFAULT_CSS = f"""
    CoverageMap {{
        & > VerticalScroll {{ width: auto; max-width: 60%; scrollbar-size-vertical: 1; margin-right: {MARGIN}; }}
        & > #told {{ width: {TOLD}; height: 1fr; }}
        & > #histogram {{ width: 1fr; height: 1fr; }}
    }}
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: tuple[Spec, Sequence[Row], int, int] | None = None

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Lines(id="squares")
        yield Lines(id="told")
        yield Lines(id="histogram")

    def show(self, spec: Spec, rows: Sequence[Row], k: int, newest: int) -> None:
        """The grid at frame k of a trajectory with so many frames."""
        before, self._shown = self._shown, (spec, rows, k, newest)
        if before is None or before[1] is not rows or before[2:] != (k, newest):
            self._fill()

    def on_resize(self, _event: events.Resize) -> None:
        self._fill()

    def _fill(self) -> None:
        if self._shown is None or not self.size:
            return
        spec, rows, k, newest = self._shown
        shown = grid(spec, rows, k, newest)
        squares = drawn(shown, self.size.width * 3 // 5, self.size.height)
        self.query_one("#squares", Lines).show(squares)
        self.query_one("#told", Lines).show(told(spec, rows, k))
        bars = self.query_one("#histogram", Lines)
        bars.display = self.size.width >= ROOMY
        left = self.size.width - squares[0].cell_length - MARGIN - TOLD
        bars.show(histogram(shown, left, self.size.height))
