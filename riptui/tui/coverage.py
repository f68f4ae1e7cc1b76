"""Where a trajectory was repainted, and how often: the grid of squares, and what it adds up to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from riptui.spec import Box, Spec
from riptui.store.records import Row
from riptui.tui.heat import RGB, heat

FINEST = 64  # squares a side that are drawn one by one; of a finer grid neighbours are joined
BAR = 24  # columns


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
                    lines.append((f"{text:^{2 * tall}}", "$background on $accent bold"))
                else:
                    lines.append((f"{text:^{2 * tall}}", style))
            lines.append(("\n", ""))
    return Content.assemble(*lines[:-1])


def _half_blocks(shown: Grid) -> Content:
    def colour(row: int, column: int) -> str:
        if (row, column) == shown.current:
            return "$accent"
        return _hex(_colour(shown.counts.get((row, column), 0), shown.most))

    lines: list[tuple[str, str]] = []
    for row in range(0, shown.side, 2):
        for column in range(shown.side):
            below = f" on {colour(row + 1, column)}" if row + 1 < shown.side else ""
            lines.append(("▀", colour(row, column) + below))
        lines.append(("\n", ""))
    return Content.assemble(*lines[:-1])


def told(spec: Spec, rows: Sequence[Row], k: int, shown: Grid) -> Content:
    """What the grid adds up to, with a bar for each count."""
    squares = Counter(shown.counts.values())
    squares[0] = shown.side**2 - len(shown.counts)
    coverage = rows[k - 1].coverage if k else 0.0
    expected = f"   expected {_expected(spec, k):.1f} %" if spec.order == "replacement" else ""
    parts: list[tuple[str, str]] = [
        ("coverage  ", "$text-muted"),
        (f"{coverage:5.1f} %", "bold"),
        (expected + "\n", "$text-muted"),
        ("inpainted ", "$text-muted"),
        (f"{spec.inpainted(k):5.1f} %\n", "bold"),
        ("square    ", "$text-muted"),
        (_square(rows[k - 1].box) if k else "  none yet", "$accent"),
        ("\n\ntimes repainted\n", "$text-muted"),
    ]
    widest = max(squares.values())
    for count in range(max(squares) + 1):
        bar = round(BAR * squares[count] / widest)
        parts += [
            (f"{count:>3}  ", "$text-muted"),
            ("█" * bar, _hex(_colour(count, shown.most))),
            (f" {squares[count]}\n", "$foreground"),
        ]
    return Content.assemble(*parts)


def _square(box: Box) -> str:
    return f"x {box.x}–{box.x + box.width} px, y {box.y}–{box.y + box.height} px"


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
    """The grid at the left, what it adds up to at the right."""

    DEFAULT_CSS = """
    CoverageMap {
        & > VerticalScroll { width: auto; max-width: 60%; scrollbar-size-vertical: 1; }
        & > #told { width: 1fr; margin-left: 3; }
        & #squares { width: auto; }
    }
    """

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Static(id="squares", markup=False)
        yield Static(id="told", markup=False)

    def show(self, spec: Spec, rows: Sequence[Row], k: int, newest: int) -> None:
        """The grid at frame k."""
        shown = grid(spec, rows, k, newest)
        content = drawn(shown, self.size.width * 3 // 5, self.size.height)
        self.query_one("#squares", Static).update(content)
        self.query_one("#told", Static).update(told(spec, rows, k, shown))
