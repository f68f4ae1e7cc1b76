"""Photographs of the gallery, of frames that play, and of `riptui show` in real terminals."""

import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow

from riptui.store.creation import create_or_open
from riptui.store.records import Request
from tests.support.flat_pictures import FIRST, SECOND, Colours, checks, quadrants
from tests.support.running import run_trajectory
from tests.support.terminal_photo import NESTED, STILL, TERMINALS, missing, window
from tests.support.trajectories import make_spec
from tests.system.test_real_terminals import APP, NEAR, PIXELS, WIDE, same, where_riptui_is

pytestmark = [pytest.mark.terminal, pytest.mark.exhaustive]
FRAME_COUNT = 8  # after the original
SHOT_COUNT = 40  # while it plays
MANY = 400  # pixels of a colour: a picture is there


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two trajectories in four flat colours each, and one of a detailed picture that changes."""
    folder = tmp_path_factory.mktemp("screens")
    for name, colours in (("first", FIRST), ("second", SECOND)):
        original = quadrants(colours)
        spec = make_spec(original, inpainter="identity", mask=128, amount=100.0)
        list(run_trajectory(create_or_open(folder, f"flat/{name}", spec, original, Request(metrics=("psnr",)))))
    original = checks()
    spec = make_spec(original, mask=64, amount=50.0, order="shuffle")
    list(run_trajectory(create_or_open(folder, "changing/one", spec, original, Request(metrics=("psnr",)))))
    return folder


def need(terminal: str) -> None:
    if lacking := missing(terminal):
        pytest.skip(f"not installed: {', '.join(lacking)}")


def is_painted(photo: Pillow.Image) -> bool:
    """The app has written something."""
    return bool((np.asarray(photo).max(axis=-1) > 100).mean() > 0.005)


def shows(*pictures: Colours) -> Callable[[Pillow.Image], bool]:
    """A photograph has all colours of these pictures."""

    def true(photo: Pillow.Image) -> bool:
        pixels = np.asarray(photo).astype(int)
        return all((np.abs(pixels - colour).max(axis=-1) < NEAR).sum() > MANY for each in pictures for colour in each)

    return true


@pytest.mark.parametrize("terminal", [*TERMINALS, *NESTED])
def test_a_gallery_shows_its_pictures_and_leaves_nothing_behind(terminal: str, runs: Path, tmp_path: Path) -> None:
    need(terminal)
    program: list[str | Path] = [sys.executable, APP, tmp_path / "keys", runs, "flat"]
    with window(terminal, program, size=WIDE, **where_riptui_is()) as seen:
        seen.wait_for(is_painted, still=3 * PIXELS)
        backs = []
        for visit in range(2):
            seen.press("f")
            gallery = seen.wait_for(shows(FIRST, SECOND), still=PIXELS)
            gallery.save(tmp_path / f"gallery-{visit}.png")
            assert shows(FIRST, SECOND)(gallery), f"see {tmp_path}"
            seen.press("Escape")
            backs.append(seen.wait_for(lambda photo: not shows(FIRST)(photo), still=PIXELS))
            backs[-1].save(tmp_path / f"back-{visit}.png")
        assert same(backs[0])(backs[1]), f"see {tmp_path}"
        seen.press("q")
        seen.press("q")
        assert seen.closed()


@pytest.mark.parametrize("terminal", ["kitty", "xterm-sixel", "tmux-in-kitty", "tmux-in-tmux-in-kitty"])
def test_while_frames_play_each_pixel_is_that_of_a_frame(terminal: str, runs: Path, tmp_path: Path) -> None:
    """No mosaic of half blocks in between: it would look like what an inpainter makes."""
    need(terminal)
    program: list[str | Path] = [sys.executable, APP, tmp_path / "keys", runs, "changing/one"]
    with window(terminal, program, size=WIDE, **where_riptui_is()) as seen:
        browser = seen.wait_for(is_painted, still=3 * PIXELS)
        seen.press("f")
        frames = [seen.wait_for(lambda photo: not same(browser)(photo), still=2 * PIXELS)]
        for number in range(FRAME_COUNT):
            seen.press("Left")
            frames.append(seen.wait_for(partial(_is_other_picture, frames[-1]), still=STILL))
            frames[-1].save(tmp_path / f"left-{number}.png")
            assert _is_other_picture(*frames[-2:]), f"see {tmp_path}"
        played = []
        seen.press("space")
        for _ in range(SHOT_COUNT):
            played.append(seen.photo())
            time.sleep(0.05)
        played.append(seen.wait_for(same(frames[0]), still=STILL))
        seen.press("q")
        seen.press("q")
    pictures = [_picture_of(frame) for frame in frames[::-1]]
    for number, (before, photo) in enumerate(pairwise([browser, *played])):
        if photo == before:
            continue
        strange = min(_share_of_neither(_picture_of(photo), *pair) for pair in pairwise(pictures))
        if strange > 0.01:
            photo.save(tmp_path / f"played-{number}.png")
            pytest.fail(f"{strange:.1%} of the pixels are of no frame: see {tmp_path}")
    assert same(frames[0])(played[-1]), "it ends at the last frame"


def _is_other_picture(before: Pillow.Image, photo: Pillow.Image) -> bool:
    """More of the picture differs than a cursor."""
    differs = np.abs(_picture_of(before) - _picture_of(photo)).max(axis=-1) > NEAR
    return bool(differs.mean() > 0.005)


def _picture_of(photo: Pillow.Image) -> NDArray[np.int16]:
    """The large picture, without the lines below it."""
    pixels = np.asarray(photo).astype(np.int16)
    return pixels[: round(len(pixels) * (WIDE[1] - 3) / WIDE[1])]


def _share_of_neither(pixels: NDArray[np.int16], first: NDArray[np.int16], second: NDArray[np.int16]) -> float:
    """The share of pixels that are near those of neither picture."""
    far = [np.abs(pixels - picture).max(axis=-1) > NEAR for picture in (first, second)]
    return float((far[0] & far[1]).mean())


@pytest.mark.parametrize("terminal", [*TERMINALS, *NESTED])
def test_show_prints_pictures(terminal: str, runs: Path, tmp_path: Path) -> None:
    need(terminal)
    shell = 'riptui="$1 -m riptui"; $riptui show "$2"; sleep 60'
    program: list[str | Path] = ["sh", "-c", shell, "sh", sys.executable, runs / "flat" / "first"]
    with window(terminal, program, size=WIDE, **where_riptui_is()) as seen:
        photo = seen.wait_for(shows(FIRST), still=PIXELS)
    photo.save(tmp_path / "show.png")
    assert shows(FIRST)(photo), f"see {tmp_path}"
