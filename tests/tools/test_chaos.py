"""The chaos script for 20 s; and its reader, because a reader that finds no damage proves nothing."""

import shutil
from collections.abc import Callable
from pathlib import Path

import PIL.Image
import pytest

from riptui.store.creation import create_or_open
from riptui.store.records import Request
from tests.support.exhaustive import some_of
from tests.support.running import run_trajectory
from tests.support.trajectories import make_spec, picture
from tests.tools.chaos import reader
from tests.tools.chaos.__main__ import run_rounds

SOURCE = "0" * 64


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = make_spec(picture(), inpainter="telea", mask=128, amount=100.0, squares="own", source_sha256=SOURCE)
    runs = tmp_path_factory.mktemp("runs")
    trajectory = create_or_open(runs, "g/t", spec, picture(), Request(metrics=("psnr",)))
    list(run_trajectory(trajectory))
    return trajectory.path


def read(folder: Path) -> list[str]:
    return reader.read(folder, {SOURCE: picture()}).faults


@pytest.mark.slow
def test_the_reader_agrees_with_riptui(whole: Path) -> None:
    assert reader.read(whole, {SOURCE: picture()}) == reader.Reading(iterations=4, frames=4)


def flip_pixel(path: Path) -> None:
    with PIL.Image.open(path) as image:
        pixel = image.getpixel((7, 7))
        assert isinstance(pixel, tuple)
        image.putpixel((7, 7), (pixel[0] ^ 1, *pixel[1:]))
        image.save(path)


def cut_last_line(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("original.png", flip_pixel),
        ("keyframes/4.png", flip_pixel),
        ("keyframes/2.png", Path.unlink),
        ("iterations.jsonl", cut_last_line),
        ("metrics.jsonl", cut_last_line),
        ("sessions.jsonl", cut_last_line),
        ("iterations.jsonl", lambda path: path.write_bytes(path.read_bytes()[:-1])),
        ("patches.bin", lambda path: path.write_bytes(path.read_bytes() + b"more")),
        ("spec.json", lambda path: path.write_text(path.read_text().replace('"seed": 0', '"seed": 1'))),
        (".tmp-patches", Path.touch),
    ],
)
def test_the_reader_finds_damage(name: str, damage: Callable[[Path], object], whole: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(whole, tmp_path / "t")
    damage(copy / name)
    assert read(copy)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", some_of([60, 600], 60))
def test_chaos_leaves_every_trajectory_right(seconds: float, tmp_path: Path) -> None:
    figures = run_rounds(0, seconds, tmp_path)
    assert not figures.faults, "\n".join(figures.faults)
    assert figures.frames_compared == figures.iterations > 0
