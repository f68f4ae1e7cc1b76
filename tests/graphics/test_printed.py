"""Pictures that a command prints, by textual-image and by our own encoders."""

import base64
import io
import re
import sys
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from riptui.arrays import Image
from riptui.graphics import printed, textual_image_text
from riptui.graphics.capabilities import GraphicsProtocol, Terminal
from riptui.graphics.half_blocks import ColourDepth
from riptui.graphics.printed import GAP_COLUMNS, PrintedRow, picture_row
from tests.support.trajectories import picture

WINDOW = (60, 12)
ESCAPES = re.compile(r"\x1b\[[\d;]*[A-Za-z]|\x1b[78]|\x1bP.*?\x1b\\|\x1b_G.*?\x1b\\", re.DOTALL)


def terminal(protocol: GraphicsProtocol, **fields: Any) -> Terminal:
    return Terminal(protocol, "a test", **{"cell": (9, 18), "background": (20, 30, 40)} | fields)


def pair() -> list[Image]:
    return [picture(64), picture(64)[::-1].copy()]


def row(here: Terminal, size: tuple[int, int] = WINDOW, depth: ColourDepth = "truecolor") -> PrintedRow:
    found = picture_row(pair(), here, size, depth)
    assert found
    return found


@pytest.fixture(params=["textual-image", "own encoders"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of printing; the library's must not fall back."""
    name: str = request.param
    monkeypatch.setattr(printed, "print_by_library" if name == "own encoders" else "print_by_own_encoders", never)
    return name


def never(*_: object) -> None:
    """Stands for the way that is not tried: the library gives up, the own encoders are not asked."""
    return


def kitty_picture(text: str) -> Image:
    """The picture that kitty receives. [height, width, 3]"""
    parts = re.findall(r"\x1b_G[^;\x1b]*;([^\x1b]*)\x1b\\", text.replace("\x1b\x1b", "\x1b"))
    return np.asarray(Pillow.open(io.BytesIO(base64.b64decode("".join(parts)))).convert("RGB"))


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("depth", ["truecolor", "256", "standard"])
def test_half_blocks_of_two_pictures_stand_side_by_side(depth: ColourDepth) -> None:
    found = row(terminal("halfblock"), depth=depth)
    lines = ESCAPES.sub("", found.text).splitlines()
    assert {len(line) for line in lines} == {sum(found.columns) + GAP_COLUMNS}
    assert len(lines) <= WINDOW[1]
    assert found.columns[0] == found.columns[1] == 2 * len(lines)
    assert found.text.endswith("\n")
    assert ("38;2;" in found.text) == (depth == "truecolor")


@pytest.mark.usefixtures("way")
def test_kitty_receives_both_pictures_in_whole_cells() -> None:
    here = terminal("kitty")
    found = row(here)
    received = kitty_picture(found.text)
    rows = received.shape[0] // 18
    assert received.shape == (rows * 18, (sum(found.columns) + GAP_COLUMNS) * 9, 3)
    scale = 18 * rows // 64
    left = received[: 64 * scale : scale, : 64 * scale : scale].astype(int)
    assert np.abs(left - pair()[0]).max() < 40
    second = (found.columns[0] + GAP_COLUMNS) * 9
    right = received[: 64 * scale : scale, second : second + 64 * scale : scale].astype(int)
    assert np.abs(right - pair()[1]).max() < 40
    assert found.text.count("\U0010eeee") == rows * received.shape[1] // 9
    assert ESCAPES.sub("", found.text).count("\n") == rows <= WINDOW[1]


@pytest.mark.parametrize("protocol", ["sixel", "kitty", "halfblock"])
@pytest.mark.parametrize("size", [(60, 12), (20, 40), (7, 3)])
def test_pictures_fit_the_window(protocol: GraphicsProtocol, size: tuple[int, int]) -> None:
    found = row(terminal(protocol), size)
    assert sum(found.columns) + GAP_COLUMNS <= size[0]
    if protocol == "sixel":
        width, height = map(int, re.findall(r'"1;1;(\d+);(\d+)', found.text)[0])
        assert (width, height) <= (size[0] * 9, size[1] * 18)
    else:
        assert ESCAPES.sub("", found.text).count("\n") <= size[1]


@pytest.mark.parametrize("size", [(4, 10), (2, 10), (60, 0)])
def test_without_room_there_is_none(size: tuple[int, int]) -> None:
    assert picture_row(pair(), terminal("halfblock"), size) is None or size[0] == 4


def test_a_terminal_without_pictures_gets_none() -> None:
    assert picture_row(pair(), terminal("off"), WINDOW) is None


def test_two_free_rows_are_kept_below_a_sixel() -> None:
    text = row(terminal("sixel")).text
    reserved = re.match(r"\n+", text)
    assert reserved
    assert text[reserved.end() :].startswith(f"\x1b[{len(reserved[0])}A")


def test_the_library_is_not_asked_in_tmux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printed, "print_by_library", lambda *_: pytest.fail("in tmux it prints rubbish"))
    assert row(terminal("kitty", tmux=True)).text.startswith("\x1bPtmux;")


@pytest.mark.parametrize("protocol", ["sixel", "kitty", "halfblock"])
def test_our_own_encoders_print_where_the_library_fails(
    protocol: GraphicsProtocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "pixels", "half_cells":
        monkeypatch.setattr(textual_image_text, name, lambda *_: 1 / 0)
    assert row(terminal(protocol)).text


def test_a_library_that_cannot_be_imported_is_one_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "textual_image.renderable", None)
    assert "▀" in row(terminal("halfblock")).text


def test_a_sixel_that_xterm_garbles_is_not_printed() -> None:
    """textual-image 0.12 draws with a colour by its definition alone; xterm garbles the first band then."""
    text = row(terminal("sixel")).text
    assert "\x1bP" in text
    assert not re.search(r"#\d+;2;\d+;\d+;\d+[?-~!]", text)


def test_the_terminal_is_asked_nothing_and_written_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Listening(io.StringIO):
        def isatty(self) -> bool:
            return True

    for name in [name for name in sys.modules if name.partition(".")[0] == "textual_image"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "__stdout__", screen := Listening())
    for protocol in "kitty", "sixel", "halfblock":
        assert row(terminal(protocol)).text
    assert screen.getvalue() == ""


@pytest.mark.parametrize("protocol", ["kitty", "halfblock"])
def test_no_color_takes_no_colour_out_of_a_picture(protocol: GraphicsProtocol, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture in kitty was blank: its number is a colour. Whether there are pictures is up to the caller."""
    monkeypatch.setattr(printed, "print_by_own_encoders", lambda *_: pytest.fail("the library failed"))
    plain = row(terminal(protocol)).text
    monkeypatch.setenv("NO_COLOR", "1")
    colours = re.compile(r"\x1b\[[\d;]*m")
    assert len(colours.findall(plain)) == len(colours.findall(row(terminal(protocol)).text)) > 0


@pytest.mark.slow
def test_each_picture_for_kitty_has_a_number_of_its_own() -> None:
    here = terminal("kitty", tmux=True)
    numbers = {re.findall(r"i=(\d+)", row(here).text)[0] for _ in range(20)}
    assert len(numbers) > 15
