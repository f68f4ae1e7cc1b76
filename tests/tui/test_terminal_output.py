"""What is sent to the terminal leads to the same screen as what Textual would send, in fewer bytes."""

import random
import re

import pytest
from rich.console import Console
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region, Size
from textual.strip import Segment, Strip

from riptui.graphics.picture_cell import PictureCell
from riptui.graphics.picture_strip import PictureStrip
from riptui.tui.terminal_output import TerminalScreen

SIZE = Size(24, 3)
CONSOLE = Console(color_system="truecolor", force_terminal=True)
STYLES = [*map(Style.parse, ("", "bold", "red", "red on blue", "bold dim red on blue", "reverse", "on blue"))]
SEQUENCE = re.compile(r"\x1b\[([0-9;]*)([Hm])|([^\x1b])")
COLOUR_KINDS = {"3": "colour", "9": "colour", "4": "background", "1": "background"}


class Emulator:
    """A terminal that knows two sequences: where to write, and in which style."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], tuple[str, frozenset[tuple[str, str]]]] = {}
        self._style: dict[str, str] = {}
        self._place = 0, 0

    def feed(self, text: str) -> None:
        assert SEQUENCE.sub("", text) == ""
        for match in SEQUENCE.finditer(text):
            if match[2] == "H":
                y, x = map(int, match[1].split(";"))
                self._place = x, y
            elif match[2] == "m":
                self._set_style(match[1])
            elif match[3] != "\n":
                x, y = self._place
                self.cells[x, y] = match[3], frozenset(self._style.items())
                self._place = x + 1, y

    def _set_style(self, codes: str) -> None:
        for code in re.findall(r"[34]8;2;\d+;\d+;\d+|\d+", codes):
            if code == "0":
                self._style = {}
            elif len(code) == 1:
                self._style[code] = "on"
            else:
                self._style[COLOUR_KINDS[code[0]]] = code


def whole(rows: list[Strip]) -> LayoutUpdate:
    return LayoutUpdate([[row] for row in rows], SIZE.region)


def part(rows: list[Strip], region: Region) -> ChopsUpdate:
    """As Textual has it: of each row all that is left of a cut in the middle, and all that is right of it."""
    middle = SIZE.width // 2
    chops = [dict(zip((0, middle), row.divide([middle, SIZE.width]), strict=True)) for row in rows]
    spans = [(y, region.x, region.right) for y in region.line_range]
    return ChopsUpdate(chops, spans, [[middle, SIZE.width]] * SIZE.height)


def send(screen: TerminalScreen, update: CompositorUpdate, size: Size = SIZE) -> str:
    thrifty = screen.thrifty(update, size)
    assert isinstance(thrifty, CompositorUpdate)
    return thrifty.render_segments(CONSOLE)


def row(text: str, style: Style = STYLES[0]) -> Strip:
    return Strip([Segment(text.ljust(SIZE.width), style)])


@pytest.mark.parametrize("seed", range(20))
def test_the_terminal_shows_what_it_would_by_what_textual_sends(seed: int) -> None:
    dice, screen, ours, theirs = random.Random(seed), TerminalScreen(), Emulator(), Emulator()

    def random_row() -> Strip:
        texts = ("".join(dice.choices("ab 1●━", k=4)) for _ in range(SIZE.width // 4))
        return Strip([Segment(text, dice.choice(STYLES)) for text in texts])

    rows = [random_row() for _ in range(SIZE.height)]
    ours.feed(send(screen, whole(rows)))
    theirs.feed(whole(rows).render_segments(CONSOLE))
    for _ in range(30):
        y = dice.randrange(SIZE.height)
        before, rows[y] = rows[y], random_row()
        left = dice.randrange(SIZE.width)
        right = dice.randint(left + 1, SIZE.width)
        rows[y] = Strip.join([before.crop(0, left), rows[y].crop(left, right), before.crop(right)])
        ours.feed(send(screen, part(rows, Region(left, y, right - left, 1))))
        theirs.feed(part(rows, Region(left, y, right - left, 1)).render_segments(CONSOLE))
        assert ours.cells == theirs.cells


def test_a_digit_sends_its_phrase_and_what_is_the_same_sends_nothing() -> None:
    screen, rows = TerminalScreen(), [row("━━ 12 done  more"), row(""), row("")]
    send(screen, whole(rows))
    rows[0] = row("━━ 13 done  more")
    assert send(screen, part(rows, SIZE.region)) == "\x1b[1;3H 13 done "
    assert send(screen, part(rows, SIZE.region)) == ""


def test_of_a_style_only_what_differs_is_sent() -> None:
    bold, coloured = Style.parse("bold red on blue"), Style.parse("red on blue")
    strip = Strip([Segment("aaaaaaaa", coloured), Segment("bbbbbbbb", bold), Segment("cccccccc", coloured)])
    sent = send(TerminalScreen(), part([strip], Region(0, 0, SIZE.width, 1)))
    left, right = sent.split("\x1b[1;13H")
    assert left == "\x1b[1;1H\x1b[31;44maaaaaaaa\x1b[1mbbbb\x1b[0m"
    assert right == "\x1b[1;31;44mbbbb\x1b[0m\x1b[31;44mcccccccc\x1b[0m"


def test_a_row_with_wide_characters_is_sent_as_a_whole() -> None:
    screen, wide = TerminalScreen(), Strip([Segment("猫 12".ljust(SIZE.width - 1))])
    send(screen, whole([wide, row(""), row("")]))
    changed = Strip([Segment("猫 13".ljust(SIZE.width - 1))])
    assert "猫 13" in send(screen, whole([changed, row(""), row("")])).replace("\x1b[0m", "")


def test_a_row_of_a_picture_writes_itself_each_time_and_text_in_its_place_is_sent() -> None:
    written: list[str] = []
    cells = [PictureCell("▀", "31", "44")] * SIZE.width
    picture = PictureStrip(cells, lambda: written.append("row"))
    screen, text = TerminalScreen(), row("text")
    send(screen, whole([text, text, text]))
    for _ in range(2):
        assert "▀" in send(screen, part([picture, text, text], Region(0, 0, SIZE.width, 1)))
    assert len(written) == 4  # two halves each time
    assert "text" in send(screen, part([text, text, text], SIZE.region))


def test_after_another_size_or_an_update_of_all_everything_is_sent() -> None:
    screen, rows = TerminalScreen(), [row("one"), row("two"), row("three")]
    send(screen, whole(rows))
    assert "three" in send(screen, part(rows, SIZE.region), Size(25, 3))
    assert "three" in send(screen, whole(rows), Size(25, 3))
