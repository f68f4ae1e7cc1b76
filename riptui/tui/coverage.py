"""Where a trajectory was repainted, and how often: the grid of squares, and what it adds up to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from riptui.spec import Box, Spec
from riptui.store.records import Row
from riptui.tui.heat import RGB, heat

FINEST = 64  # squares a side that are drawn one by one; of a finer grid neighbours are joined
BAR = 24  # columns
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
    return Grid(-(-side // joined), counts, place(rows[k - 1].box) if k else None, most)


def drawn(shown: Grid, width: int, height: int) -> Content:
    """The grid in cells: each square 2n columns of n rows with its count in it, or, if it is too fine, a half block."""
    tall = min(height // shown.side, width // (2 * shown.side), 3)
    return _squares(shown, tall) if tall else _half_blocks(shown)


def _squares(shown: Grid, tall: int) -> Content:
    lines: list[tuple[str, str]] = []
    for row in range(shown.side):
        for part in range(tall):
            for column in range(shown.side):
                count = shown.counts.get((row, column), 0)
                back = _colour(count, shown.most)
                text = str(count) if part == (tall - 1) // 2 and count else ""
                style = f"{_hex(_ink(back))} on {_hex(back)}"
                if (row, column) == shown.current:
                    lines.append((f"{text:^{2 * tall}}", "$background on $primary bold"))
                else:
                    lines.append((f"{text:^{2 * tall}}", style))
            lines.append(("\n", ""))
    return Content.assemble(*lines[:-1])


def _half_blocks(shown: Grid) -> Content:
    def colour(row: int, column: int) -> str:
        if (row, column) == shown.current:
            return "$primary"
        return _hex(_colour(shown.counts.get((row, column), 0), shown.most))

    lines: list[tuple[str, str]] = []
    for row in range(0, shown.side, 2):
        for column in range(shown.side):
            below = f" on {colour(row + 1, column)}" if row + 1 < shown.side else ""
            lines.append(("▀", colour(row, column) + below))
        lines.append(("\n", ""))
    return Content.assemble(*lines[:-1])


def told(spec: Spec, rows: Sequence[Row], k: int) -> Content:
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
    parts: list[tuple[str, str]] = []
    for name, value in lines:
        parts += [(f"{name:<11}", "$foreground-muted"), (value + "\n", "")]
    return Content.assemble(*parts)


def histogram(shown: Grid, height: int) -> Content:
    """How many squares were repainted how often, a bar each; the last line counts those beyond."""
    squares = Counter(shown.counts.values())
    squares[0] = shown.side**2 - len(shown.counts)
    last = min(max(squares), max(1, height - 2))
    beyond = sum(squares[count] for count in squares if count > last)
    squares[last] += beyond
    widest = max(squares[count] for count in range(last + 1))
    parts: list[tuple[str, str]] = [("times  squares\n", "$foreground-muted")]
    for count in range(last + 1):
        label = f"{count}+" if beyond and count == last else f"{count} "
        parts += [
            (f"{label:>5}  ", "$foreground-muted"),
            ("█" * round(BAR * squares[count] / widest), _hex(_colour(count, shown.most))),
            (f" {squares[count]}\n", ""),
        ]
    return Content.assemble(*parts)


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

    DEFAULT_CSS = """
    CoverageMap {
        & > VerticalScroll { width: auto; max-width: 60%; scrollbar-size-vertical: 1; margin-right: 3; }
        & #squares { width: auto; }
        & > #told { width: 26; height: 1fr; }
        & > #histogram { width: 1fr; height: 1fr; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: tuple[Spec, Sequence[Row], int, int] | None = None
        self._shape: list[int] = []

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Static(id="squares", markup=False)
        yield Static(id="told", markup=False)
        yield Static(id="histogram", markup=False)

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
        shape = [len(line) for line in squares.plain.splitlines()]
        self.query_one("#squares", Static).update(squares, layout=shape != self._shape)
        self._shape = shape
        self.query_one("#told", Static).update(told(spec, rows, k), layout=False)
        bars = self.query_one("#histogram", Static)
        bars.display = self.size.width >= ROOMY
        bars.update(histogram(shown, self.size.height), layout=False)
