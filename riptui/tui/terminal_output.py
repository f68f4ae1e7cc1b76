"""What is sent to the terminal: of an update of the screen only the cells that look other than the terminal shows them.

Textual sends all of a widget's row where one of its cells changed, from the left edge of the widget, and each piece of
text with its whole style and a reset: four fifths of the bytes while a trajectory runs.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import groupby, repeat
from operator import itemgetter
from typing import Any

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.console import Console, RenderableType
from rich.control import Control
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Size
from textual.strip import Strip

GAP_COLUMNS = 12  # between two changed cells, which cost less bytes than the way across them
PLAIN = Style()

ShownCell = tuple[str, Style]
"""A character that is one column wide, and its style."""
Piece = tuple[int, int, Strip]
"""The column and the row of a strip's first cell, and the strip."""


class TerminalScreen:
    """Knows what the terminal shows, as far as it is text."""

    def __init__(self) -> None:
        self._rows: dict[int, list[ShownCell | None]] = {}  # None: not known
        self._whole: dict[int, list[Piece]] = {}  # rows that were sent whole, not yet taken apart
        self._size = Size(0, 0)

    def thrifty(self, update: RenderableType | CompositorUpdate | None, size: Size) -> Any:
        """The update, to be sent in fewer bytes; what is no update of cells comes back as it is.

        size: of the terminal, in cells.
        """
        if size != self._size or isinstance(update, LayoutUpdate):
            self._rows.clear()  # an update of all mends what else was written to the terminal
            self._whole.clear()
            self._size = size
        if isinstance(update, LayoutUpdate):
            return WrittenUpdate(partial(self.write_whole, update))
        return WrittenUpdate(partial(self.write, _cut_out(update))) if isinstance(update, ChopsUpdate) else update

    def write_whole(self, update: LayoutUpdate, console: Console) -> str:
        """All of an update, which is taken apart only where a part of it changes later. To be sent, as of `write`."""
        for piece in _put_in_a_row(update):
            self._whole.setdefault(piece[1], []).append(piece)
        return update.render_segments(console)

    def write(self, pieces: Iterable[Piece], console: Console) -> str:
        """The sequences that show these strips. To be sent, for it is known from now on that they are shown."""
        return "".join(sequence for piece in pieces for sequence in self._write(*piece, console))

    def _write(self, x: int, y: int, strip: Strip, console: Console) -> Iterator[str]:
        for piece in self._whole.pop(y, ()):
            self._remember(*piece, _list_cells(piece[2]))
        cells = _list_cells(strip)
        before = self._remember(x, y, strip, cells)
        if not cells:
            yield _move(x, y) + strip.render(console)
            return
        colours = console._color_system or ColorSystem.TRUECOLOR
        for start, end in _find_changes(before, cells):
            yield _move(x + start, y) + _encode(cells[start:end], colours)

    def _remember(self, x: int, y: int, strip: Strip, cells: Sequence[ShownCell]) -> Sequence[ShownCell | None]:
        """What was known of these cells, which now are as given; of none given it is not known."""
        row, width = self._rows.setdefault(y, []), strip.cell_length
        row += [None] * (x + width - len(row))
        before = row[x : x + width]
        row[x : x + width] = cells or repeat(None, width)
        return before


class WrittenUpdate(CompositorUpdate):
    """An update of the screen that is written, and remembered, when it is sent."""

    def __init__(self, write: Callable[[Console], str]) -> None:
        self._write = write

    def render_segments(self, console: Console) -> str:
        return self._write(console)


def _cut_out(update: ChopsUpdate) -> Iterator[Piece]:
    """The parts of the strips that lie within the update's spans."""
    for y, left, right in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=True):
            if strip is not None and x < right and end > left:
                yield max(x, left), y, strip.crop(max(0, left - x), min(end, right) - x)


def _put_in_a_row(update: LayoutUpdate) -> Iterator[Piece]:
    for y, strips in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in strips:
            yield x, y, strip
            x += strip.cell_length


def _list_cells(strip: Strip) -> list[ShownCell]:
    """The cells of a strip; [] for a picture's row, which writes itself, for links, and where a character is not one
    column wide: terminals differ in how wide they draw some of those.
    """
    if type(strip) is not Strip:
        return []
    cells = [(character, style or PLAIN) for text, style, _ in strip for character in text]
    is_plain = all(not style.link for _, style, _ in strip if style)
    return cells if is_plain and all(_is_narrow(text) for text, _, _ in strip) else []


def _is_narrow(text: str) -> bool:
    """Whether each character is one column wide."""
    return (text.isascii() and text.isprintable()) or all(get_character_cell_size(each) == 1 for each in text)


def _find_changes(before: Sequence[ShownCell | None], cells: Sequence[ShownCell]) -> list[tuple[int, int]]:
    """The spans of cells to send, from their first to after their last: what differs, and the phrase that it is in.

    Whoever has the terminal read aloud, or looks into a log of it, gets "12 done" and not "2".
    """
    spans: list[tuple[int, int]] = []
    for column, (was, now) in enumerate(zip(before, cells, strict=True)):
        if was == now or (spans and column < spans[-1][1]):
            continue
        start, end = column, column + 1
        while start > 0 and _is_phrase(*cells[start - 1 : start + 1]):
            start -= 1
        while end < len(cells) and _is_phrase(*cells[end - 1 : end + 1]):
            end += 1
        if spans and start - spans[-1][1] < GAP_COLUMNS:
            spans[-1] = spans[-1][0], end
        else:
            spans.append((start, end))
    return spans


def _is_phrase(left: ShownCell, right: ShownCell) -> bool:
    """Whether two neighbours are of one phrase: letters, digits, signs of ASCII and single blanks in one style."""
    pair = left[0] + right[0]
    return left[1] == right[1] and pair != "  " and (pair.isascii() or all(map(_is_of_word, pair)))


def _is_of_word(character: str) -> bool:
    return character.isascii() or character.isalnum()


def _move(x: int, y: int) -> str:
    return Control.move_to(x, y).segment.text


def _encode(cells: Iterable[ShownCell], colours: ColorSystem) -> str:
    """Text with escape codes; before and afterwards the terminal's style is plain."""
    sequences, current = [], PLAIN
    for style, run in groupby(cells, key=itemgetter(1)):
        sequences.append(_change_style(current, style, colours) + "".join(character for character, _ in run))
        current = style
    return "".join(sequences) + _change_style(current, PLAIN, colours)


@lru_cache(maxsize=16384)
def _change_style(before: Style, after: Style, colours: ColorSystem) -> str:
    """The sequence that turns one style into another; "" if they look the same."""
    old, new = _sgr_codes(before, colours), _sgr_codes(after, colours)
    if old == new:
        return ""
    if not {*old[0]} <= {*new[0]} or any(was and not now for was, now in zip(old, new, strict=True)):
        return "\x1b[0m" + _change_style(PLAIN, after, colours)
    attributes = [code for code in new[0] if code not in old[0]]
    changed = [code for was, now in zip(old[1:], new[1:], strict=True) if was != now for code in now]
    return f"\x1b[{';'.join([*attributes, *changed])}m"


def _sgr_codes(style: Style, colours: ColorSystem) -> Sequence[tuple[str, ...]]:
    """What SGR, the terminal's sequence for styles, calls the attributes, the colour and the background."""
    attributes = Strip.render_ansi(style.without_color, colours)
    return (
        tuple(attributes.split(";")) if attributes else (),
        tuple(style.color.downgrade(colours).get_ansi_codes()) if style.color else (),
        tuple(style.bgcolor.downgrade(colours).get_ansi_codes(foreground=False)) if style.bgcolor else (),
    )
