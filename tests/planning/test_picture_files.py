"""Which files a folder and a glob pattern mean: what a person sees there as pictures, and nothing hidden."""

import os
import socket
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from riptui.errors import SourceError
from riptui.planning.picture_files import describe_copies, find_equal_files, list_pictures, match_pattern


def draw(path: Path, shade: int = 0, kind: str = "PNG") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(np.full((8, 8, 3), shade, np.uint8)).save(path, kind)
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pictures of many kinds, and what else there is in folders of pictures."""
    monkeypatch.chdir(tmp_path)
    for name, kind in [("10.JFIF", "JPEG"), ("9.jp2", "JPEG2000"), ("8.tga", "TGA"), ("7", "PNG"), ("6.photo", "TIFF")]:
        draw(tmp_path / name, int(name.partition(".")[0]), kind)
    draw(tmp_path / "sub" / "1.png")
    draw(tmp_path / "sub" / ".ipynb_checkpoints" / "1-checkpoint.png")
    draw(tmp_path / "__MACOSX" / "1.png")
    draw(tmp_path / "sub" / "@eaDir" / "1.png")
    draw(tmp_path / ".trash" / "1.png")
    (tmp_path / "._9.jp2").write_bytes(bytes.fromhex("0005160700020000").ljust(4096, b"\0"))
    (tmp_path / "notes.txt").write_text("cats")
    (tmp_path / "5.heic").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "loop").symlink_to(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.png")
    return tmp_path


def names(paths: list[Path], base: Path) -> list[str]:
    return [path.relative_to(base).as_posix() for path in paths]


NOT_PICTURES = ["gone.png", "notes.txt", "pipe.png", "socket.png", "zero.png"]


def test_a_folders_pictures_are_those_that_can_be_read(folder: Path) -> None:
    found = list_pictures(folder)
    assert names(found.pictures, folder) == ["5.heic", "6.photo", "7", "8.tga", "9.jp2", "10.JFIF"]
    assert names(found.left_out, folder) == NOT_PICTURES
    assert found.describe_left_out("p") == [
        "p: left out what is not a picture: gone.png, notes.txt, pipe.png and 2 more"
    ]
    assert list_pictures(folder / "sub").describe_left_out("p") == []


def test_subfolders_are_taken_on_request_but_hidden_ones_and_links_are_not(folder: Path) -> None:
    found = list_pictures(folder, recursive=True)
    assert names(found.pictures, folder) == ["5.heic", "6.photo", "7", "8.tga", "9.jp2", "10.JFIF", "sub/1.png"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.jp2", ["9.jp2"]),
        ("._*.jp2", ["._9.jp2"]),
        ("*/*.png", ["sub/1.png"]),
        ("sub/**/*.png", ["sub/1.png"]),
        (".trash/*", [".trash/1.png"]),
        ("__MACOSX/*", ["__MACOSX/1.png"]),
        ("[78]*", ["7", "8.tga"]),
        ("p*.png", []),
    ],
)
def test_a_pattern_matches_as_in_a_shell(folder: Path, pattern: str, expected: list[str]) -> None:
    (folder / "loop").unlink()
    assert names(match_pattern(pattern, folder).pictures, folder) == expected
    assert names(match_pattern(str(folder / pattern), Path("/elsewhere")).pictures, folder) == expected


def test_what_a_pattern_matches_besides_files_is_left_out_at_once(folder: Path) -> None:
    assert names(match_pattern("*.png", folder).left_out, folder) == ["gone.png", "pipe.png", "socket.png", "zero.png"]


def test_the_same_picture_under_two_names_is_found(tmp_path: Path) -> None:
    one, other = draw(tmp_path / "a.png"), draw(tmp_path / "b.png", 99)
    copy, link, hard = tmp_path / "c.png", tmp_path / "d.png", tmp_path / "e.png"
    copy.write_bytes(one.read_bytes())
    link.symlink_to(other)
    hard.hardlink_to(one)
    os.mkfifo(tmp_path / "pipe.png")
    paths = [one, other, copy, link, hard, tmp_path / "pipe.png", tmp_path / "gone.png"]
    found = find_equal_files(paths)
    assert found == {copy: one, link: other, hard: one}
    assert describe_copies({copy: one}) == [f"{copy}: the same file as {one}: counted once"]


def test_empty_files_are_not_copies_of_each_other(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).touch()
    assert find_equal_files([tmp_path / "a", tmp_path / "b"]) == {}


def test_a_folder_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere does not exist: check the path"):
        list_pictures(tmp_path / "nowhere")


@pytest.mark.parametrize("pattern", ["**/*.png", "**/1.png", "sub/../**/1.png"])
def test_links_in_circles_end_and_give_each_picture_once(folder: Path, pattern: str) -> None:
    for name in ("here", "sub/up", "sub/here"):
        (folder / name).symlink_to(folder)
    found = match_pattern(pattern, folder).pictures
    assert [path.resolve() for path in found] == [folder / "sub" / "1.png"]


def test_a_folder_with_the_signs_of_a_pattern_is_none(tmp_path: Path) -> None:
    (tmp_path / "a1").mkdir()
    one = draw(tmp_path / "a[1]" / "x.png")
    assert match_pattern("*.png", one.parent).pictures == [one]
    assert match_pattern("\0/*.png", one.parent).pictures == []
