"""The picture in an app: what it shows in its place, and what it sends to a terminal and when."""

import asyncio
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.app import App, ComposeResult

from riptui.graphics import kitty
from riptui.graphics import picture as picture_module
from riptui.graphics.budget import LOCAL_BUDGET
from riptui.graphics.capabilities import GraphicsProtocol, Terminal
from riptui.graphics.encoding import EncodedPart, EncodeRequest, encode
from riptui.graphics.fit import PictureBox
from riptui.graphics.picture import PictureWidget
from riptui.graphics.pixel_layer import EncodedUpdate, PixelLayer
from riptui.graphics.protocol import Graphics
from tests.support import fake_terminal as fakes
from tests.support.app_pilot import wait_until
from tests.support.fake_terminal import FakeTerminal, fake_terminal, running_app
from tests.support.trajectories import picture

SIXEL = re.compile(rb"\x1b7\x1b\[(\d+);(\d+)H\x1bP0;1q")
SENT, FREED = re.compile(rb"a=t,f=100,i=(\d+)"), re.compile(rb"a=d,d=I,i=(\d+)")
EDITED = re.compile(rb"a=f,r=1,X=1,f=100,i=(\d+)")
PLACEHOLDER = "\U0010eeee".encode()
HALF_BLOCK = "▀".encode()


# --- in an app without a terminal


class OnePicture(App[None]):
    def __init__(self, protocol: GraphicsProtocol = "halfblock", *, tmux: int = 0) -> None:
        super().__init__()
        offered: tuple[GraphicsProtocol, ...] = ("kitty", "sixel", "halfblock")
        self.graphics = Graphics(Terminal(protocol, "for a test", (9, 18), offered=offered, tmux=tmux))
        self.picture = PictureWidget(self.graphics)

    def compose(self) -> ComposeResult:
        yield self.picture

    def text(self) -> list[str]:
        return [strip.text for strip in self.picture.render_lines(self.picture.region)]


def shown(protocol: GraphicsProtocol, size: tuple[int, int], *calls: dict[str, Any]) -> list[str]:
    async def run() -> list[str]:
        app = OnePicture(protocol)
        async with app.run_test(size=size) as pilot:
            for call in calls:
                app.picture.show(**call)
                await pilot.pause()
            return app.text()

    return asyncio.run(run())


def test_where_pictures_are_off_another_one_repaints_nothing_until_they_are_on() -> None:
    async def run() -> None:
        app = OnePicture("off")
        async with app.run_test(size=(40, 10)) as pilot:
            app.picture.show(picture(64))
            await pilot.pause()
            refreshed: list[object] = []
            app.picture.refresh = lambda *regions, **_: refreshed.append(regions)  # type: ignore[assignment]
            app.picture.show(picture(64)[::-1])
            assert not refreshed
            assert "pictures are off" in "".join(app.text())
            app.picture.show(None, note="gone")
            assert refreshed
            assert "gone" in "".join(app.text())
            app.picture.show(picture(64))
            app.graphics.set_protocol("halfblock")
            await pilot.pause()
            assert "▀" in "".join(app.text())

    asyncio.run(run())


def test_in_tmux_a_picture_can_be_sent_once_more_under_its_number() -> None:
    """As it is by now, with parts that came after it; what broke off is ended first. One that was freed stays so."""
    sent: list[str] = []
    pixels = PixelLayer(Graphics(Terminal("kitty", "for a test", (9, 18), tmux=1)), sent.append)
    box, images = PictureBox(1, 1, 8, 8), [np.full((8, 8, 3), level, np.uint8) for level in (0, 200)]
    request = EncodeRequest("kitty", box, (9, 18), (0, 0, 0), LOCAL_BUDGET)
    pixels.send_to_kitty(EncodedUpdate(images[0], [], encode(images[0], request)), box)
    first = sent.pop()
    asyncio.run(pixels.repeat(request))
    assert sent == [kitty.end_broken(tmux=1), first]
    pixels.send_to_kitty(EncodedUpdate(images[1], [EncodedPart(0, 0, "CCCC")]), box)
    sent.clear()
    asyncio.run(pixels.repeat(request))
    assert sent[1] == kitty.transmit(pixels.kitty_number, encode(images[1], request), 1, 1, tmux=1)
    pixels.free(all=True)
    sent.clear()
    asyncio.run(pixels.repeat(request))
    assert not sent


def test_pixels_that_tmux_has_thrown_away_are_sent_again_until_it_throws_away_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts = iter([0, 500, 900, 900])
    asked: list[int] = []
    monkeypatch.setattr(picture_module, "count_discarded", lambda: asked.append(next(counts)) or asked[-1])
    monkeypatch.setattr(picture_module, "CHECK_SECONDS", 0.01)
    monkeypatch.setattr(picture_module, "REPEAT_SECONDS", 3600.0)  # once more, at another size

    async def run() -> None:
        sent: list[str] = []
        monkeypatch.setattr(PictureWidget, "_write", lambda _, data: sent.append(data))
        app = OnePicture("kitty", tmux=1)
        async with app.run_test(size=(40, 10)) as pilot:
            app.picture.show(picture(64))
            await wait_until(pilot, lambda: asked == [0])
            assert len(SENT.findall("".join(sent).encode())) == 1
            app.picture.show(picture(64)[::-1])
            await wait_until(pilot, lambda: asked == [0, 500, 900, 900])
            assert len(SENT.findall("".join(sent).encode())) == 1 + 3

    asyncio.run(run())


@pytest.mark.parametrize("size", [(80, 24), (20, 40), (60, 20), (3, 2), (1, 1)])
@pytest.mark.parametrize("protocol", ["kitty", "sixel", "halfblock"])
def test_a_picture_fills_its_room_as_far_as_its_proportions_let_it(
    protocol: GraphicsProtocol, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As half blocks, whose width is their number of characters: it never comes to rest, however slow the machine."""
    monkeypatch.setattr("riptui.graphics.picture.REST_SECONDS", 3600.0)
    lines = shown(protocol, size, {"image": picture(256)})
    assert [len(line) for line in lines] == [size[0]] * size[1]
    columns = max(line.rfind("▀") - line.find("▀") + 1 for line in lines)
    rows = sum("▀" in line for line in lines)
    assert columns >= min(size[0], 2 * size[1], 256 // 9) - 2
    assert rows >= min(size[1], size[0] // 2, 256 // 18) - 1
    assert all(abs(line.find("▀") - (size[0] - 1 - line.rfind("▀"))) <= 1 for line in lines if "▀" in line)


def test_without_an_image_the_note_stands_in_its_place() -> None:
    lines = shown("kitty", (40, 5), {"image": picture(64)}, {"image": None, "note": "frame 3: cannot be read"})
    assert "frame 3: cannot be read" in lines[2]
    assert not any("▀" in line for line in lines)


def test_pixels_come_while_it_plays_too_faster_than_they_are_encoded() -> None:
    """After a resize in the middle of it, for one: a picture that waited for rest would be half blocks to the end."""

    async def run() -> None:
        app = OnePicture("kitty")
        levels = iter(range(1, 10**6))

        def play() -> bool:
            app.picture.show(np.full((64, 64, 3), next(levels) % 256, np.uint8), steady=True)
            return app.picture._pixels.shown is not None

        async with app.run_test(size=(40, 10)) as pilot:
            await wait_until(pilot, play, "pixels")

    asyncio.run(run())


@pytest.mark.parametrize(("tmux", "blank"), [(0, " "), (1, "\u00a0")])
def test_in_tmux_a_sixel_that_was_beside_a_picture_is_written_over(tmux: int, blank: str) -> None:
    """tmux clears blanks at the end of a row instead of writing them, and xterm leaves sixels where it is cleared."""

    async def run() -> list[str]:
        app = OnePicture("sixel", tmux=tmux)
        async with app.run_test(size=(60, 10)) as pilot:
            app.picture.show(picture(64))
            await pilot.pause()
            return app.text()

    lines = asyncio.run(run())
    assert {character for line in lines for character in line} == {"▀", blank}


def test_with_pictures_off_the_place_says_so() -> None:
    assert shown("off", (30, 3), {"image": picture(64)})[1].strip() == "pictures are off"


def test_a_long_note_is_wrapped_and_cut_to_its_room() -> None:
    lines = shown("halfblock", (20, 3), {"image": None, "note": "one two three four five six seven " * 5})
    assert [len(line) for line in lines] == [20] * 3


def test_switching_shows_at_once_and_the_status_says_why() -> None:
    async def run() -> None:
        app = OnePicture("sixel")
        async with app.run_test(size=(60, 20)) as pilot:
            app.picture.show(picture(256))
            assert app.graphics.status == "sixel: for a test"
            seen = []
            for _ in range(4):
                seen.append(app.graphics.cycle())
                await pilot.pause()
                assert any("▀" in line for line in app.text()) == (app.graphics.protocol != "off")
            assert seen == ["halfblock", "off", "kitty", "sixel"]
            app.graphics.set_protocol("halfblock")
            assert app.graphics.status == "half blocks (switched by you; detected sixel: for a test)"

    asyncio.run(run())


def test_a_screenshot_shows_the_picture_in_half_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")

    async def run() -> str:
        app = OnePicture()
        async with app.run_test(size=(40, 10)) as pilot:
            app.picture.show(np.full((20, 20, 3), (200, 40, 40), np.uint8))
            await pilot.pause()
            return app.export_screenshot()

    assert "#c82828" in asyncio.run(run())


# --- in a terminal that records every byte


def started(terminal: FakeTerminal) -> bytes:
    terminal.wait_for(b"ready ")
    terminal.wait_for(HALF_BLOCK)
    terminal.after_rest()
    return bytes(terminal.written)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_sixel_is_sent_once_for_each_picture_and_again_only_when_it_changes(tmp_path: Path) -> None:
    with fake_terminal(fakes.XTERM) as terminal, running_app(terminal, tmp_path / "keys"):
        first = started(terminal)
        assert len(SIXEL.findall(first)) == 2
        assert first.index(HALF_BLOCK) < SIXEL.search(first).start(), "half blocks come at once"
        moved = terminal.after_rest("c")
        assert (len(SIXEL.findall(moved)), len(moved) < 1000) == (0, True), len(moved)
        assert len(SIXEL.findall(terminal.after_rest("\x1b[C"))) == 1
        assert len(SIXEL.findall(terminal.after_rest("\x1b[C\x1b[C\x1b[C"))) == 1, "while scrubbing half blocks do"


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_modal_parks_sixels_and_its_end_brings_them_back(tmp_path: Path) -> None:
    with fake_terminal(fakes.XTERM) as terminal, running_app(terminal, tmp_path / "keys"):
        places = SIXEL.findall(started(terminal))
        assert not SIXEL.findall(terminal.after_rest("m"))
        assert sorted(SIXEL.findall(terminal.after_rest("\x1b"))) == sorted(places)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_hidden_picture_is_not_sent_and_one_that_moved_is(tmp_path: Path) -> None:
    with fake_terminal(fakes.XTERM) as terminal, running_app(terminal, tmp_path / "keys"):
        left, right = sorted(SIXEL.findall(started(terminal)), key=lambda place: int(place[1]))
        assert SIXEL.findall(terminal.after_rest("h")) == [left], "the second is where the first was"
        assert not SIXEL.findall(terminal.after_rest("\x1b[C"))
        assert sorted(SIXEL.findall(terminal.after_rest("h"))) == sorted([left, right])


@pytest.mark.slow
def test_a_sixel_is_never_clipped_nor_near_the_last_row(tmp_path: Path) -> None:
    with fake_terminal(fakes.XTERM, size=(60, 40)) as terminal, running_app(terminal, tmp_path / "keys"):
        assert len(SIXEL.findall(started(terminal))) == 1, "the second picture is cut off at the right edge"


@pytest.mark.slow
@pytest.mark.exhaustive
def test_kitty_holds_one_picture_for_each_place_and_none_in_the_end(tmp_path: Path) -> None:
    with fake_terminal(fakes.KITTY) as terminal, running_app(terminal, tmp_path / "keys") as app:
        first = started(terminal)
        assert (len(SENT.findall(first)), len(FREED.findall(first))) == (2, 0)
        assert first.index(HALF_BLOCK) < first.index(PLACEHOLDER)
        assert len(terminal.after_rest("c")) < 1000
        changed = terminal.after_rest("\x1b[C")
        assert (len(SENT.findall(changed)), len(FREED.findall(changed))) == (1, 1)
        assert changed.index(b"a=t") < changed.rindex(PLACEHOLDER) < changed.index(b"a=d"), "no gap to be seen"
        assert PLACEHOLDER not in terminal.after_rest("m"), "a dimmed colour would name another picture"
        again = terminal.after_rest("\x1b")
        assert (len(SENT.findall(again)), PLACEHOLDER in again) == (0, True), "the terminal has it still"
        terminal.type("q")
        assert app.wait(10) == 0
        assert set(SENT.findall(terminal.written)) == set(FREED.findall(terminal.written))
        assert terminal.written.rindex(b"a=d") < terminal.written.rindex(b"\x1b[?1049l")


@pytest.mark.slow
@pytest.mark.parametrize("replies", [fakes.KITTY, fakes.XTERM])
@pytest.mark.exhaustive
def test_a_square_that_changes_is_replaced_in_pixels(replies: bytes, tmp_path: Path) -> None:
    with fake_terminal(replies) as terminal, running_app(terminal, tmp_path / "keys"):
        whole = started(terminal)
        changed = terminal.after_rest("s")
        assert HALF_BLOCK not in changed
        assert PLACEHOLDER not in changed
        assert len(EDITED.findall(changed) + SIXEL.findall(changed)) == 1
        assert len(changed) < len(whole) / 6
        terminal.after_rest("m")
        restored = terminal.after_rest("\x1b")
        assert len(SIXEL.findall(restored)) == (2 if replies is fakes.XTERM else 0), "the whole picture again"
        assert not SENT.findall(restored)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_once_playing_has_ended_no_sixels_of_two_palettes_stay(tmp_path: Path) -> None:
    with fake_terminal(fakes.XTERM) as terminal, running_app(terminal, tmp_path / "keys"):
        left, _ = sorted(SIXEL.findall(started(terminal)), key=lambda place: int(place[1]))
        assert not SIXEL.findall(terminal.after_rest("e")), "it is whole already"
        terminal.after_rest("s")
        start = len(terminal.written)
        terminal.type("e")
        with terminal.changed:
            assert terminal.changed.wait_for(lambda: SIXEL.search(terminal.written, start), 20)
        whole = bytes(terminal.written[start:]) + terminal.after_rest()
        assert SIXEL.findall(whole) == [left]
        assert HALF_BLOCK not in whole
        assert not SIXEL.findall(terminal.after_rest("e")), "once"


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_key_switches_through_what_the_terminal_can_show(tmp_path: Path) -> None:
    with fake_terminal(fakes.KITTY) as terminal, running_app(terminal, tmp_path / "keys"):
        started(terminal)
        blocks, off, kitty = (terminal.after_rest("g") for _ in range(3))
        assert (b"now halfblock" in blocks, HALF_BLOCK in blocks, len(FREED.findall(blocks))) == (True, True, 2)
        assert (b"now off" in off, HALF_BLOCK in off, b"pictures are off" in off) == (True, False, True)
        assert (b"now kitty" in kitty, len(SENT.findall(kitty))) == (True, 2)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_over_ssh_pictures_are_smaller_on_the_wire(tmp_path: Path) -> None:
    sizes = []
    for variables in {}, {"SSH_CONNECTION": "10.0.0.1 50000 10.0.0.2 22"}:
        with fake_terminal(fakes.XTERM) as terminal, running_app(terminal, tmp_path / "keys", **variables):
            sizes.append(max(map(int, re.findall(rb"#(\d+);2;", started(terminal)))))
    assert sizes[1] <= 64 < 128
    assert sizes[0] >= sizes[1]


@pytest.mark.slow
@pytest.mark.exhaustive
def test_in_half_blocks_nothing_but_text_is_sent(tmp_path: Path) -> None:
    with fake_terminal(fakes.DA1) as terminal, running_app(terminal, tmp_path / "keys"):
        written = started(terminal)[len(fakes.QUERIES) :]
        assert HALF_BLOCK in written
        assert b"\x1b_G" not in written
        assert b"\x1bP" not in written
        assert len(terminal.after_rest("c")) < 1000
