"""Photographs of real terminals: the picture's colours are where they belong, and nothing of it stays behind."""

import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from terminal_photo import COLUMNS, ROWS, TERMINALS, Window, missing, window

APP = Path(__file__).with_name("graphics_app.py")
PICTURE_COLUMNS, ROWS_BELOW = 40, 4  # of the app, and a status line of tmux
COLOURS = [
    (223, 33, 33),
    (33, 203, 33),
    (43, 43, 223),
    (243, 243, 243),
]  # of the first picture
TURNED = [COLOURS[3], *COLOURS[:3]]  # after the key Right
PATIENCE = 25.0  # seconds: a terminal with software OpenGL takes its time


def quadrants(photo: Pillow.Image) -> list[tuple[int, ...]]:
    """The mean colours of the first picture's quadrants, in reading order; the picture is found by its colours."""
    pixels = np.asarray(photo).astype(int)
    place = pixels[: pixels.shape[0] * (ROWS - ROWS_BELOW) // ROWS, : pixels.shape[1] * PICTURE_COLUMNS // COLUMNS]
    ys, xs = np.nonzero(place.max(axis=-1) > 150)
    if len(ys) < 10_000:
        return []
    picture = place[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    height, width = picture.shape[0] // 2, picture.shape[1] // 2
    parts = [picture[y : y + height, x : x + width] for y in (0, height) for x in (0, width)]
    inner = [part[height // 4 : -height // 4, width // 4 : -width // 4] for part in parts]
    return [tuple(round(value) for value in part.mean(axis=(0, 1))) for part in inner]


def shows(photo: Pillow.Image, colours: list[tuple[int, int, int]]) -> bool:
    found = quadrants(photo)
    return found == colours if not (found and colours) else bool(np.abs(np.array(found) - colours).max() < 40)


def wait_for(seen: Window, path: Path, colours: list[tuple[int, int, int]]) -> Pillow.Image:
    until = time.monotonic() + PATIENCE
    while not shows(photo := seen.photo_at_rest(path), colours):
        assert time.monotonic() < until, f"{quadrants(photo)} instead of {colours}: see {path}"
    return photo


def protocols(terminal: str) -> set[str]:
    """What this terminal may be shown: older versions than kitty 0.28 and tmux 3.4 have no pictures."""
    better = {"xterm-sixel": "sixel", "xterm-plain": "halfblock", "tmux-in-xterm": "sixel"}.get(terminal, "kitty")
    return {better} if terminal.startswith("xterm") else {better, "halfblock"}


@pytest.mark.parametrize("terminal", TERMINALS)
def test_a_picture_is_seen_changes_goes_and_comes_back(terminal: str, tmp_path: Path) -> None:
    if lacking := missing(terminal):
        pytest.skip(f"not installed: {', '.join(lacking)}")
    with window(terminal, [sys.executable, APP, tmp_path / "keys"], **where_riptui_is()) as seen:
        photo = tmp_path / "photo.png"
        first = wait_for(seen, photo, COLOURS)
        assert (tmp_path / "keys.protocol").read_text() in protocols(terminal)
        seen.press("Right")
        wait_for(seen, photo, TURNED)
        seen.press("m")
        wait_for(seen, photo, [])  # dimmed
        seen.press("Escape")
        wait_for(seen, photo, TURNED)
        seen.press("Right", "Right", "Right")
        assert same_picture(wait_for(seen, photo, COLOURS), first), "something stays behind"
        seen.press("h")  # the second picture moves to where the first was
        assert not residue(wait_for(seen, photo, COLOURS))


def where_riptui_is() -> dict[str, str]:
    """For terminals that do not hand on the environment."""
    return {"PYTHONPATH": os.pathsep.join([str(APP.parent.parent), os.environ.get("PYTHONPATH", "")])}


def same_picture(photo: Pillow.Image, other: Pillow.Image) -> bool:
    """Alike above the line of text, but for a few pixels."""
    rows = photo.height * (ROWS - ROWS_BELOW) // ROWS
    differs = np.abs(np.asarray(photo)[:rows].astype(int) - np.asarray(other)[:rows]).max(axis=-1) > 40
    return differs.mean() < 0.001


def residue(photo: Pillow.Image) -> int:
    """Bright pixels right of the only picture."""
    pixels = np.asarray(photo)[: photo.height * (ROWS - ROWS_BELOW) // ROWS]
    return int((pixels[:, photo.width * PICTURE_COLUMNS // COLUMNS + 5 :].max(axis=-1) > 150).sum())
