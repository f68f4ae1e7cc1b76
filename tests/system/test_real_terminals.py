"""Photographs of the app in real terminals: the pictures' colours are where they belong, and nothing stays behind."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from textual.geometry import Region

from riptui.graphics.capabilities import Terminal
from riptui.graphics.picture import PictureWidget
from riptui.settings import LoadedSettings, Settings
from riptui.store.creation import create_or_open
from riptui.store.records import Request
from riptui.tui.app import RiptuiApp
from tests.support.exhaustive import some_of
from tests.support.flat_pictures import FIRST, SECOND, Colours, checks, quadrants
from tests.support.running import run_trajectory
from tests.support.terminal_photo import NESTED, STILL, TERMINALS, missing, window
from tests.support.trajectories import make_spec

APP = Path(__file__).parents[1] / "support" / "logged_app.py"
PRINTED = APP.with_name("printed_pictures.py")
WIDE, NARROW = (100, 30), (80, 24)
BETTER = {
    **{"xterm-sixel": "sixel", "tmux-in-xterm": "sixel", "kitty": "kitty", "tmux-in-kitty": "kitty"},
    **{"tmux-in-tmux-in-xterm": "sixel", "tmux-in-tmux-in-kitty": "kitty"},
}
PIXELS = 1.5  # seconds without a change, after which no pixels will take the place of half blocks
NEAR = 40  # levels of 255 that a terminal's palette may be off
SHIFT = {"left_shift", "right_shift"}  # newer terminals tell that it is held for the question mark


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two trajectories that end as they began, and one that changes."""
    folder = tmp_path_factory.mktemp("flat")
    for name, colours in (("first", FIRST), ("second", SECOND)):
        original = quadrants(colours)
        spec = make_spec(original, inpainter="identity", mask=128, amount=200.0)
        list(run_trajectory(create_or_open(folder, f"flat/{name}", spec, original, Request(metrics=("psnr",)))))
    original = checks()
    spec = make_spec(original, mask=64, order="shuffle")
    list(run_trajectory(create_or_open(folder, "changing/one", spec, original, Request(metrics=("psnr",)))))
    return folder


async def place(runs: Path, size: tuple[int, int]) -> Region:
    """The cells of frame k in an app of that size: it is the same in every terminal."""
    usual = LoadedSettings(Settings(), Path(), {}, ())
    app = RiptuiApp(runs, usual, Terminal("halfblock", "a test"), selected_path="flat/first")
    async with app.run_test(size=size) as pilot:
        region, since = None, time.monotonic()
        while region is None or time.monotonic() - since < PIXELS:  # the chart below it moves it once more
            await pilot.pause(0.02)
            pictures = app.screen.query("#frame PictureWidget").results(PictureWidget)
            now = next((picture.region for picture in pictures if picture.image is not None), None)
            if now != region:
                region, since = now, time.monotonic()
        return region


@pytest.fixture(scope="module")
def places(runs: Path) -> dict[tuple[int, int], Region]:
    return {size: asyncio.run(place(runs, size)) for size in (WIDE, NARROW)}


class Seen:
    """What a photograph should show, by the places of the app's pictures."""

    def __init__(self, places: dict[tuple[int, int], Region]) -> None:
        self._places = places

    def only(self, colours: Colours, size: tuple[int, int] = WIDE) -> Callable[[Pillow.Image], bool]:
        """Frame k in these colours at its place, and none of the pictures' colours anywhere else."""

        def true(photo: Pillow.Image) -> bool:
            return self._middles(photo, size, colours) and self._elsewhere(photo, size) < 20

        return true

    def not_bright(self, photo: Pillow.Image) -> bool:
        """Below a modal the colours are dimmed, or covered."""
        return not self._middles(photo, WIDE, FIRST)

    def more(self, photo: Pillow.Image) -> bool:
        """Frame k, and other pictures in its colours."""
        return self._middles(photo, WIDE, FIRST) and self._elsewhere(photo, WIDE) > 500

    def _box(self, photo: Pillow.Image, size: tuple[int, int]) -> tuple[float, float, float, float]:
        width, height = photo.width / size[0], photo.height / size[1]
        x, y, columns, rows = self._places[size]
        return x * width, y * height, columns * width, rows * height

    def _middles(self, photo: Pillow.Image, size: tuple[int, int], colours: Colours) -> bool:
        """The middles of the picture's quadrants."""
        pixels = np.asarray(photo).astype(int)
        x, y, width, height = self._box(photo, size)
        centres = [(int(x + width * column / 4), int(y + height * row / 4)) for row in (1, 3) for column in (1, 3)]
        found = [pixels[v - 8 : v + 8, u - 8 : u + 8].mean(axis=(0, 1)) for u, v in centres]
        return bool(np.abs(np.array(found) - colours).max() < NEAR)

    def _elsewhere(self, photo: Pillow.Image, size: tuple[int, int]) -> int:
        """Pixels in the colours of the two pictures outside the place of frame k."""
        pixels = np.asarray(photo).astype(int)
        x, y, width, height = map(round, self._box(photo, size))
        near = np.zeros(pixels.shape[:2], bool)
        for colour in (*FIRST, *SECOND):
            near |= np.abs(pixels - colour).max(axis=-1) < NEAR
        near[y : y + height, x : x + width] = False
        return int(near.sum())


def same(first: Pillow.Image) -> Callable[[Pillow.Image], bool]:
    """Nothing of what was there in between stays behind. A few pixels may, such as a cursor's."""

    def true(photo: Pillow.Image) -> bool:
        if photo.size != first.size:
            return False
        differs = np.abs(np.asarray(photo).astype(int) - np.asarray(first)).max(axis=-1) > NEAR
        return bool(differs.mean() < 0.001)

    return true


@pytest.mark.terminal
@pytest.mark.parametrize("terminal", some_of([*TERMINALS, *NESTED], "kitty", "xterm-sixel"))
def test_pictures_are_seen_change_go_and_come_back_and_leave_nothing_behind(
    terminal: str, runs: Path, places: dict[tuple[int, int], Region], tmp_path: Path
) -> None:
    if lacking := missing(terminal):
        pytest.skip(f"not installed: {', '.join(lacking)}")
    here, keys = Seen(places), tmp_path / "keys"
    program: list[str | Path] = [sys.executable, APP, keys, runs, "flat/first"]
    with window(terminal, program, size=WIDE, **where_riptui_is()) as seen:

        def see(true: Callable[[Pillow.Image], bool], name: str, still: float = STILL) -> Pillow.Image:
            taken = seen.wait_for(true, still=still)
            taken.save(photo := tmp_path / f"{name}.png")
            assert true(taken), f"see {photo}"
            return taken

        first = see(here.only(FIRST), "first", PIXELS)
        assert keys.with_suffix(".protocol").read_text() in {BETTER.get(terminal, "halfblock"), *older(terminal)}
        seen.press("question")
        see(here.not_bright, "help")
        seen.press("Escape")
        see(same(first), "after-help")
        seen.press("Down")
        see(here.only(SECOND), "second")
        seen.resize(*NARROW)
        see(here.only(SECOND, NARROW), "narrow")
        seen.resize(*WIDE)
        see(here.only(SECOND), "wide")
        seen.press("Up")
        see(same(first), "back")
        seen.press("2")
        see(here.more, "filmstrip")
        seen.press("1")
        see(same(first), "after-filmstrip")
        seen.press("q")
        seen.press("q")
        assert seen.closed()
    heard = [key for key in keys.read_text().split() if key not in SHIFT]
    pressed = ["question_mark", "escape", "down", "up", "2", "1", "q", "q"]
    assert heard == pressed, "replies of the terminal arrive as keys"


@pytest.mark.terminal
@pytest.mark.parametrize("terminal", TERMINALS)
@pytest.mark.exhaustive
def test_a_command_prints_the_same_pictures_by_textual_image_and_by_our_own_encoders(
    terminal: str, tmp_path: Path
) -> None:
    if lacking := missing(terminal):
        pytest.skip(f"not installed: {', '.join(lacking)}")
    report = tmp_path / "report.json"
    with window(terminal, [sys.executable, PRINTED, report], size=WIDE, **where_riptui_is()) as seen:
        photo = seen.wait_for(lambda photo: report.exists() and printed_twice(photo, report), still=PIXELS)
    photo.save(tmp_path / "photo.png")
    assert printed_twice(photo, report), f"see {tmp_path}"
    assert json.loads(report.read_text())["protocol"] in {BETTER.get(terminal, "halfblock"), *older(terminal)}


def printed_twice(photo: Pillow.Image, report: Path) -> bool:
    """Whether the photograph shows both pictures, and the same again below them."""
    told = json.loads(report.read_text())
    width, height = photo.width / WIDE[0], photo.height / WIDE[1]
    pixels = np.asarray(photo).astype(int)
    rows = [pixels[int(top * height) : int((top + told["rows"]) * height)] for top in (0, told["rows"] + 1)]
    left, right = 0, round(told["columns"][0] * width)
    for colours in FIRST, SECOND:
        for index, colour in enumerate(colours):
            y, x = (1 + index // 2 * 2) * len(rows[0]) // 4, left + (1 + index % 2 * 2) * (right - left) // 4
            if any(np.abs(row[y - 8 : y + 8, x - 8 : x + 8] - colour).max() > NEAR for row in rows):
                return False
        left, right = right + round(2 * width), right + round((2 + told["columns"][1]) * width)
    first, second = (row[8 : 8 + min(map(len, rows)) - 16] for row in rows)
    return bool((np.abs(first - second).max(axis=-1) > NEAR).mean() < 0.03)


@pytest.mark.terminal
@pytest.mark.parametrize("terminal", some_of(TERMINALS, "tmux-in-xterm"))
def test_squares_replaced_in_pixels_and_large_pictures_are_right_and_leave_nothing_behind(
    terminal: str, runs: Path, places: dict[tuple[int, int], Region], tmp_path: Path
) -> None:
    """The frame with squares that were replaced one by one is the same as when it is sent as a whole."""
    if lacking := missing(terminal):
        pytest.skip(f"not installed: {', '.join(lacking)}")
    program: list[str | Path] = [sys.executable, APP, tmp_path / "keys", runs, "changing/one"]
    with window(terminal, program, size=WIDE, **where_riptui_is()) as seen:

        def rested(name: str) -> Pillow.Image:
            photo = seen.wait_for(lambda photo: True, still=PIXELS)
            photo.save(tmp_path / f"{name}.png")
            return photo

        stepped = [rested("first")]
        for step in range(3):
            seen.press("Left")
            stepped.append(rested(f"step-{step}"))
            assert not same(stepped[-2])(stepped[-1]), f"see {tmp_path}"
        seen.resize(*NARROW)
        rested("narrow")
        seen.resize(*WIDE)
        whole = rested("whole")
        assert same(stepped[-1])(whole), f"see {tmp_path}"
        seen.press("f")
        large = rested("large")
        assert not same(whole)(large)
        seen.press("Left")
        assert not same(large)(rested("large-step")), f"see {tmp_path}"
        seen.press("Right")
        assert same(large)(rested("large-again"))
        seen.press("Escape")
        assert same(whole)(rested("back")), f"see {tmp_path}"
        seen.press("q")
        seen.press("q")
        assert seen.closed()


def older(terminal: str) -> set[str]:
    """kitty before 0.28 and tmux before 3.4 have no pictures that can be relied on."""
    return set() if terminal.startswith("xterm") else {"halfblock"}


def where_riptui_is() -> dict[str, Any]:
    """For terminals that do not hand on the environment."""
    return {"PYTHONPATH": os.pathsep.join([str(APP.parents[2]), os.environ.get("PYTHONPATH", "")])}
