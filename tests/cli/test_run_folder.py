"""`riptui run FOLDER`: the pictures in it, also in its subfolders; what is left out is named."""

from io import BytesIO
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from riptui.store import layout
from tests.support.command import Outcome, riptui

QUICK = ("--size", "256", "--amount", "50", "-i", "identity", "--metrics", "psnr")


def draw(name: str, seed: int, kind: str = "PNG") -> bytes:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(np.random.default_rng(seed).integers(0, 256, (256, 256, 3), np.uint8)).save(path, kind)
    return path.read_bytes()


@pytest.fixture(autouse=True)
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    draw("photos/猫.png", 0)
    draw("photos/犬.jfif", 1, "JPEG")
    draw("photos/summer 2020/猫.png", 2)
    draw("photos/.thumbs/a.png", 3)


def run(*options: str) -> Outcome:
    return riptui("run", *options, *QUICK)


def made() -> set[str]:
    return {path.parent.parent.relative_to("runs").as_posix() for path in Path("runs").rglob(layout.SPEC)}


def test_a_folder_gives_its_pictures() -> None:
    outcome = run("photos")
    assert outcome.code == 0
    assert made() == {"猫", "犬"}


@pytest.mark.slow
def test_subfolders_become_groups() -> None:
    assert run("photos", "--recursive", "--group", "all").code == 0
    assert made() == {"all/猫", "all/犬", "all/summer-2020/猫"}


def test_what_is_left_out_is_named_and_the_rest_is_computed() -> None:
    Path("photos/notes.txt").write_text("cats")
    Path("photos/copy.png").write_bytes(Path("photos/猫.png").read_bytes())
    Path("photos/lfs.png").write_text("version https://git-lfs.github.com/spec/v1\n")
    outcome = run("photos")
    assert outcome.code == 1
    assert "photos: left out what is not a picture: notes.txt" in outcome.err
    assert "photos/猫.png: the same file as photos/copy.png: counted once" in outcome.err
    assert "left out: photos/lfs.png: a Git LFS pointer" in outcome.err
    assert made() == {"copy", "犬"}


@pytest.mark.parametrize("recursive", [False, True])
def test_a_folder_without_a_picture_is_an_error(recursive: bool) -> None:
    Path("empty/.hidden").mkdir(parents=True)
    outcome = run("empty", *["--recursive"] * recursive)
    assert outcome.code == 2
    outcome.require_one_line("empty: there is no picture in this folder: name another one")
    assert not Path("runs").exists()


def test_a_folder_of_which_nothing_can_be_read_is_an_error() -> None:
    Path("photos/猫.png").write_bytes(b"")
    Path("photos/犬.jfif").write_bytes(b"<html>")
    outcome = run("photos")
    assert (outcome.code, len(outcome.err.splitlines())) == (2, 2)
    assert not Path("runs").exists()


def test_strict_refuses_damage_inside_that_is_noted_otherwise() -> None:
    data = BytesIO()
    PIL.Image.fromarray(np.random.default_rng(4).integers(0, 256, (256, 256, 3), np.uint8)).save(data, "JPEG")
    Path("half.jpg").write_bytes(data.getvalue()[: len(data.getvalue()) // 2] + b"\xff\xd9")
    outcome = run("half.jpg", "--strict")
    assert outcome.code == 2
    outcome.require_one_line("half.jpg: damaged inside (")
    outcome = run("half.jpg")
    assert outcome.code == 0
    assert "half.jpg: damaged inside (" in outcome.err


@pytest.mark.slow
def test_pictures_of_one_name_in_two_subfolders_are_told_apart() -> None:
    draw("photos/summer 2021/猫.png", 4)
    lines = run("photos", "--recursive", "--display", "plain").out
    assert "summer-2020/猫/m128-s0-identity-a50-256px: done" in lines
    assert "summer-2021/猫/m128-s0-identity-a50-256px: done" in lines
