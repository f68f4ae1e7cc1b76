"""Pictures as cells, as sixel and for kitty: what a terminal would make of them."""

import asyncio
import re
from base64 import standard_b64decode
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from rich.console import Console

from riptui import __file__ as package
from riptui.arrays import Image
from riptui.graphics import encoding, kitty
from riptui.graphics.budget import LOCAL_BUDGET, REMOTE_BUDGET, PictureBudget
from riptui.graphics.canvas import Canvas
from riptui.graphics.capabilities import GraphicsProtocol
from riptui.graphics.changes import ImagePart, changed_parts
from riptui.graphics.encoding import Encoder, EncodeRequest
from riptui.graphics.fit import MAX_SIXEL_SIDE, PictureBox, fit
from riptui.graphics.half_blocks import (
    ColourDepth,
    shrink,
    to_escape_codes,
    to_half_blocks,
)
from riptui.graphics.picture_cell import PictureCell
from riptui.graphics.picture_strip import PictureStrip
from riptui.graphics.zoom import PictureRoom
from tests.support.trajectories import picture

GREY = (17, 18, 19)


def order(protocol: GraphicsProtocol, box: PictureBox, wire: PictureBudget = LOCAL_BUDGET) -> EncodeRequest:
    return EncodeRequest(protocol, box, (9, 18), GREY, wire)


def drawn(sixel: str) -> Image:
    """What a terminal draws for a control string that draws every pixel. [height, width, 3]"""
    header = re.match(r'\x1bP0;1q"1;1;(\d+);(\d+)((?:#\d+;2;\d+;\d+;\d+)+)', sixel)
    assert header
    assert sixel.endswith("\x1b\\")
    palette = {int(n): rgb for n, *rgb in re.findall(r"#(\d+);2;(\d+);(\d+);(\d+)", header[3])}
    image = np.full((int(header[2]), int(header[1]), 3), -1)
    for band, lines in enumerate(sixel[header.end() : -2].rstrip("-").split("-")):
        for line in lines.split("$"):
            number, x = re.match(r"#(\d+)(?!;)", line), 0
            assert number, "a line that selects no colour takes the one before, or the one last defined"
            colour = [round(int(level) * 255 / 100) for level in palette[int(number[1])]]
            for count, character in _runs(line[number.end() :]):
                for bit in range(6):
                    if character >> bit & 1:
                        image[band * 6 + bit, x : x + count] = colour
                x += count
    assert image.min() >= 0, "a pixel that nothing draws keeps what was there before"
    return image.astype(np.uint8)


def _runs(line: str) -> list[tuple[int, int]]:
    return [(int(count or 1), ord(character) - 63) for count, character in re.findall(r"(?:!(\d+))?([?-~])", line)]


# --- sixel


@pytest.mark.slow
def test_a_sixel_shows_the_picture_in_as_many_colours_as_allowed() -> None:
    image = picture(270)
    box = PictureBox(30, 15, 270, 270)
    for wire, error in (LOCAL_BUDGET, 6), (REMOTE_BUDGET, 8):
        shown = drawn(encoding.encode(image, order("sixel", box, wire)))
        assert shown.shape == (270, 270, 3)
        assert len(np.unique(shown.reshape(-1, 3), axis=0)) <= wire.sixel_colours[0]
        assert np.abs(shown.astype(int) - image).mean() < error


@pytest.mark.slow
def test_a_sixel_has_whole_bands_and_stays_inside_its_cells() -> None:
    for rows in range(1, 9):
        height = rows * 18
        shown = drawn(encoding.encode(picture(64), order("sixel", PictureBox(10, rows, 90, height))))
        assert shown.shape[0] % 6 == 0
        assert height - 6 < shown.shape[0] <= height
        assert shown.shape[1] == 90


def test_beside_a_narrow_picture_a_sixel_shows_the_background() -> None:
    shown = drawn(encoding.encode(np.full((54, 20, 3), 255, np.uint8), order("sixel", PictureBox(3, 3, 20, 54))))
    assert np.abs(shown[:, :3].astype(int) - GREY).max() <= 2
    assert shown[:, 5:20].min() > 250


@pytest.mark.slow
@settings(deadline=None, max_examples=20)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_any_picture_survives_sixel(width: int, height: int, seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    box = fit((width, height), (60, 30), (9, 18), "sixel")
    assert box
    shown = drawn(encoding.encode(image, order("sixel", box)))
    assert shown.shape[0] <= box.rows * 18
    assert shown.shape[1] == box.columns * 9


# --- kitty


def commands(data: str) -> list[tuple[dict[str, str], str]]:
    found = re.findall(r"\x1b_G([^;\x1b]*)(?:;([^\x1b]*))?\x1b\\", data)
    assert "".join(f"\x1b_G{keys};{load}\x1b\\" if load else f"\x1b_G{keys}\x1b\\" for keys, load in found) == data
    return [(dict(key.split("=") for key in keys.split(",")), load) for keys, load in found]


def sent(data: str) -> Image:
    png = standard_b64decode("".join(load for _, load in commands(data)))
    return np.asarray(Pillow.open(BytesIO(png)).convert("RGB"))


def test_kitty_gets_a_png_no_larger_than_it_is_shown() -> None:
    image = picture(512)
    png = encoding.encode(image, order("kitty", PictureBox(30, 15, 270, 270)))
    data = kitty.transmit(7 << 24 | 20, png, 30, 15, tmux=False)
    assert sent(data).shape == (270, 270, 3)
    small = np.asarray(Pillow.fromarray(image).resize((270, 270), Pillow.Resampling.HAMMING))
    assert np.abs(sent(data).astype(int) - small).mean() < 5


@pytest.mark.slow
def test_over_ssh_kitty_scales_a_large_picture_itself() -> None:
    png = encoding.encode(picture(1024), order("kitty", PictureBox(76, 38, 684, 684), REMOTE_BUDGET))
    assert sent(kitty.transmit(16, png, 76, 38, tmux=False)).shape == (512, 512, 3)


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["kitty", "sixel"])
def test_over_ssh_a_picture_of_60x30_cells_is_at_most_150_kb(protocol: GraphicsProtocol) -> None:
    photograph = Pillow.open(Path(package).with_name("pictures") / "coffee.jpg").convert("RGB").resize((540, 540))
    box = PictureBox(60, 30, 540, 540)
    assert 75_000 < len(encoding.encode(np.asarray(photograph), order(protocol, box, REMOTE_BUDGET))) <= 150_000


def test_a_picture_of_its_final_size_fills_whole_cells_so_that_kitty_does_not_scale_it() -> None:
    png = encoding.encode(picture(256), order("kitty", PictureBox(29, 15, 256, 256)))
    shown = sent(kitty.transmit(16, png, 29, 15, tmux=False))
    assert shown.shape == (270, 261, 3)
    assert np.abs(shown[7:263, 2:258].astype(int) - picture(256)).mean() < 5
    assert np.abs(shown[:7].astype(int) - GREY).max() <= 2


# --- parts of a picture


def test_the_parts_that_differ_are_the_squares_that_changed() -> None:
    before = picture(256)
    after = before.copy()
    assert changed_parts(before, after) == []
    after[64:128, 128:192] ^= 1
    after[192:256, 0:64] ^= 255
    assert changed_parts(before, after) == [ImagePart(128, 64, 192, 128), ImagePart(0, 192, 64, 256)]
    assert changed_parts(before, 255 - before) is None, "all of it"
    scattered = before.copy()
    scattered[::32, ::32] ^= 255
    assert changed_parts(before, scattered) is None, "too many"


@pytest.mark.parametrize("protocol", ["kitty", "sixel"])
def test_a_part_is_as_in_the_whole_picture_and_small(protocol: GraphicsProtocol) -> None:
    request = order(protocol, PictureBox(36, 18, 324, 324))
    whole = encoding.encode(picture(512), request)
    [part] = encoding.encode_parts(picture(512), [ImagePart(128, 64, 192, 128)], request)
    if protocol == "sixel":
        expected, shown, (step_x, step_y) = drawn(whole), drawn(part.data), (9, 18)
    else:
        expected = sent(kitty.transmit(16, whole, 36, 18, tmux=False))
        shown, (step_x, step_y) = sent(kitty.replace_part(16, part.x, part.y, part.data, tmux=False)), (1, 1)
    x, y = part.x * step_x, part.y * step_y
    assert 81 - 5 - step_x <= x <= 81 - 3 + step_x
    height, width = shown.shape[:2]
    assert width <= 41 + 6 + 2 * step_x
    assert np.abs(shown.astype(int) - expected[y : y + height, x : x + width]).mean() < 6
    assert len(part.data) < len(whole) / 10


def test_kitty_edits_the_picture_that_it_has() -> None:
    [(keys, _)] = commands(kitty.replace_part(16, 5, 7, "AAAA", tmux=False))
    assert (keys["a"], keys["i"], keys["r"], keys["x"], keys["y"], keys["X"]) == ("f", "16", "1", "5", "7", "1")
    pieces = commands(kitty.replace_part(16, 5, 7, "A" * 9000, tmux=False))
    assert [(keys["a"], keys["r"], keys["m"]) for keys, _ in pieces] == [("f", "1", m) for m in "110"]


# --- zoom


@pytest.mark.parametrize("protocol", ["kitty", "sixel", "halfblock"])
@pytest.mark.parametrize("cell", [(9, 18), (10, 20), (8, 16), (7, 15)])
@pytest.mark.parametrize("room", [(140, 38), (80, 22), (20, 40)])
def test_a_zoomed_part_fits_its_room_exactly(
    protocol: GraphicsProtocol, cell: tuple[int, int], room: tuple[int, int]
) -> None:
    available = PictureRoom(room, cell, protocol)
    whole = available.fill((512, 512))
    assert whole is not None
    assert (whole.width, whole.height) == (512, 512)
    for zoom in available.zooms((512, 512)):
        part = whole if zoom is None else available.show((512, 512), zoom, (0, 500))
        assert part is not None
        assert part.box.columns <= room[0]
        assert part.box.rows <= room[1]
        if zoom is not None:
            assert part.left == 0
            assert part.top + part.height <= 512
            assert (part.box.width, part.box.height) == (round(part.width * zoom), round(part.height * zoom))
        if protocol == "sixel":
            request = EncodeRequest("sixel", part.box, cell, GREY, LOCAL_BUDGET)
            shown = encoding.encode(picture(512)[part.window], request)
            height = int(re.search(r'"1;1;\d+;(\d+)', shown)[1])
            assert part.box.height <= height <= room[1] * cell[1], "no row of pixels is lost, none is below the room"


def test_a_picture_is_sent_in_pieces_that_the_protocol_allows() -> None:
    png = encoding.encode(picture(512), order("kitty", PictureBox(57, 29, 512, 512)))
    *parts, (placed, _) = commands(kitty.transmit(5 << 24 | 33, png, 57, 29, tmux=False))
    assert len(parts) > 2
    number = str(5 << 24 | 33)
    assert parts[0][0] == {"a": "t", "f": "100", "i": number, "q": "2", "m": "1"}
    assert placed == {"a": "p", "U": "1", "i": number, "c": "57", "r": "29", "q": "2"}
    assert [keys["m"] for keys, _ in parts] == ["1"] * (len(parts) - 1) + ["0"]
    assert all(len(load) <= 4096 and (last or len(load) % 4 == 0) for last, (_, load) in _with_last(parts))
    assert all(keys["q"] == "2" for keys, _ in parts), "an answer would be a key press"


def _with_last(parts: list[Any]) -> list[tuple[bool, Any]]:
    return [(index == len(parts) - 1, part) for index, part in enumerate(parts)]


def test_inside_tmux_every_command_is_wrapped_and_nowhere_else() -> None:
    plain, wrapped = (kitty.transmit(16, "A" * 5000, 4, 2, tmux=tmux) for tmux in (False, True))
    unwrapped = re.findall(r"\x1bPtmux;((?:\x1b\x1b|[^\x1b])*)\x1b\\", wrapped)
    assert "".join(unwrapped).replace("\x1b\x1b", "\x1b") == plain
    assert "tmux" not in plain
    inner = "\x1bPtmux;\x1b\x1b_Ga=d,d=I,i=16,q=2\x1b\x1b\\\x1b\\"
    assert kitty.delete(16, tmux=2) == "\x1bPtmux;" + inner.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    assert kitty.delete(16, tmux=True) == "\x1bPtmux;\x1b\x1b_Ga=d,d=I,i=16,q=2\x1b\x1b\\\x1b\\"


@pytest.mark.slow
def test_placeholders_name_the_picture_the_row_and_the_column() -> None:
    cells = kitty.placeholders(3 << 24 | 77, 297, 297, "48;5;0")
    assert cells[0][0] == PictureCell("\U0010eeee\u0305\u0305\u0310", "38;5;77", "48;5;0")
    assert cells[1][2].text == "\U0010eeee\u030d\u030e\u0310"
    assert cells[296][296].text == "\U0010eeee\U0001d244\U0001d244\u0310"
    assert len({cell.text for row in cells for cell in row}) == 297**2


# --- half blocks


@pytest.mark.parametrize(
    ("depth", "white", "red"),
    [("truecolor", "2;255;255;255", "2;205;0;0"), ("256", "5;231", "5;160"), ("standard", "97", "31")],
)
def test_half_blocks_show_two_pixels_a_cell_in_the_colours_there_are(depth: ColourDepth, white: str, red: str) -> None:
    image = np.array([[(255, 255, 255)], [(205, 0, 0)]], np.uint8)
    [[cell]] = to_half_blocks(image, depth)
    ink = white if depth == "standard" else f"38;{white}"
    paper = "41" if depth == "standard" else f"48;{red}"
    assert cell == PictureCell("▀", ink, paper)


def test_a_cell_of_one_colour_is_a_blank() -> None:
    assert to_half_blocks(np.full((2, 1, 3), 9, np.uint8), "truecolor") == [[PictureCell(" ", "", "48;2;9;9;9")]]


def test_a_colour_is_named_only_where_it_changes() -> None:
    a, b = PictureCell("▀", "38;5;1", "48;5;2"), PictureCell(" ", "", "48;5;2")
    assert to_escape_codes([a, a, b, a]) == "\x1b[38;5;1;48;5;2m▀▀ ▀\x1b[0m"
    assert (
        to_escape_codes([a, PictureCell("x", "", ""), a]) == "\x1b[38;5;1;48;5;2m▀\x1b[0mx\x1b[38;5;1;48;5;2m▀\x1b[0m"
    )


def test_a_row_writes_the_same_whole_and_in_parts_and_reports_each_time() -> None:
    reports: list[None] = []
    row = PictureStrip(to_half_blocks(picture(20)[:2], "truecolor")[0], lambda: reports.append(None))
    console = Console(color_system="truecolor")
    whole = row.render(console)
    parts = "".join(part.render(console) for part in row.divide([3, 3, 11, 20]))
    assert re.findall("▀", parts) == re.findall("▀", whole)
    assert row.crop(0, 20) is row
    assert len(reports) == 4 + 1
    assert [segment.style.color.triplet for segment in row.crop(4, 6)] == [
        segment.style.color.triplet for segment in list(row)[4:6]
    ]


def test_a_shrunk_picture_keeps_its_means_and_a_blown_up_one_its_edges() -> None:
    image = picture(256)
    assert np.abs(shrink(image, 16, 8).mean(axis=(0, 1)) - image.mean(axis=(0, 1))).max() < 1
    edge = np.array([[[0] * 3, [255] * 3]], np.uint8)
    assert set(np.unique(shrink(edge, 6, 2))) == {0, 255}
    assert np.ptp(shrink(image, 16, 8, grey=True), axis=-1).max() == 0


# --- the canvas


def test_a_canvas_tells_which_cells_changed() -> None:
    canvas = Canvas(PictureBox(16, 8, 144, 144), "truecolor")
    image = picture(256)
    assert canvas.draw(image) == (0, 0, 16, 8)
    assert canvas.draw(image.copy()) is None
    changed = image.copy()
    changed[32:64, 64:96] = 0  # cells of 16x32 px: columns 4 and 5 of row 1
    assert canvas.draw(changed) == (4, 1, 2, 1)


def test_only_changed_cells_lose_their_placeholders() -> None:
    canvas = Canvas(PictureBox(4, 4, 36, 72), "truecolor")
    image = np.zeros((64, 64, 3), np.uint8)
    canvas.draw(image)
    canvas.show_kitty_picture(16, "48;5;0")
    image[:8, :16] = 255
    canvas.draw(image)
    placed = [[cell.text.startswith("\U0010eeee") for cell in row] for row in canvas.rows()]
    assert placed == [[False, True, True, True], *[[True] * 4] * 3]
    assert all(cell.text in " ▀" for row in canvas.rows(without_pixels=True) for cell in row)


def test_below_a_picture_that_ends_in_the_last_row_there_is_its_background() -> None:
    box = fit((512, 512), (28, 13), (8, 17), "sixel")
    assert box == PictureBox(27, 13, 216, 216), "36 bands; 5 of the 221 pixels are left"
    canvas = Canvas(box, "truecolor", bottom_colour=(20, 23, 28))
    assert canvas.draw(np.full((512, 512, 3), 200, np.uint8))
    *above, last = canvas.rows()
    assert {cell for row in above for cell in row} == {(" ", "", "48;2;200;200;200")}
    assert set(last) == {(" ", "", "48;2;20;23;28")}


# --- the size


@pytest.mark.slow
@settings(deadline=None)
@given(
    st.tuples(st.integers(1, 3000), st.integers(1, 3000)),
    st.tuples(st.integers(1, 400), st.integers(1, 150)),
    st.tuples(st.integers(4, 40), st.integers(8, 80)),
    st.sampled_from(["kitty", "sixel", "halfblock"]),
)
def test_a_picture_stays_in_its_room(
    image: tuple[int, int], room: tuple[int, int], cell: tuple[int, int], protocol: GraphicsProtocol
) -> None:
    box = fit(image, room, cell, protocol)
    assert box
    assert 1 <= box.columns <= room[0]
    assert 1 <= box.rows <= room[1]
    assert box.width <= box.columns * cell[0]
    assert box.height <= box.rows * cell[1]
    if protocol == "sixel":
        assert max(box.width, box.height) <= MAX_SIXEL_SIDE


@pytest.mark.parametrize("protocol", ["kitty", "sixel"])
def test_proportions_are_kept_and_nothing_is_blown_up_by_halves(protocol: GraphicsProtocol) -> None:
    shrunken = fit((512, 256), (40, 40), (9, 18), protocol)
    assert shrunken
    assert shrunken.width / shrunken.height == pytest.approx(2, rel=0.01)
    assert fit((300, 300), (50, 25), (9, 18), "kitty") == PictureBox(34, 17, 300, 300), "1.5 times would fit"
    doubled = fit((100, 100), (30, 15), (9, 18), "kitty")
    assert doubled
    assert (doubled.width, doubled.height) == (200, 200)


def test_no_room_is_no_box() -> None:
    assert fit((10, 10), (0, 5), (9, 18), "kitty") is None


# --- the encoder


async def _encoded(encoder: Encoder, images: list[Image]) -> list[str]:
    return [await encoder.encode(image, order("kitty", PictureBox(4, 2, 36, 36))) for image in images]


def test_the_last_pictures_are_kept_and_old_ones_go(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(encoding, "encode", lambda image, _order: calls.append(int(image[0, 0, 0])) or "x" * 10)
    monkeypatch.setattr(encoding, "MAX_CACHED_CHARACTERS", 25)
    one, two, three = (np.full((4, 4, 3), value, np.uint8) for value in (1, 2, 3))
    asyncio.run(_encoded(Encoder(), [one, two, one.copy(), three, one, two]))
    assert calls == [1, 2, 3, 2]
