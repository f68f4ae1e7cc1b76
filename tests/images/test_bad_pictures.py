"""Files that are no pictures, too large, cut or not readable: refused in one line."""

import os
import socket
import struct
import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import PIL.ImageCms
import PIL.ImageFile
import pytest

from riptui.errors import SourceError
from riptui.images import encode_png, prepare_original
from tests.support.picture_files import (
    BOMB,
    JPEG,
    NOISE,
    TEXT_BOMB,
    WHITE,
    colour,
    png,
    prepared,
    saved,
)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2 * 2**30 + 1)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))  # 108 characters at most


EPS = BytesIO()
PIL.Image.new("RGB", (9, 9)).save(EPS, "EPS")

BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda _: None, "does not exist: check the path"),
    "a folder": (Path.mkdir, "folder"),
    "a pipe": (os.mkfifo, "pipe"),
    "a socket": (_socket, "socket"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "device"),
    "a link to itself": (lambda path: path.symlink_to(path), "symbolic links"),
    "empty": (Path.touch, "empty"),
    "more than 2 GiB": (_sparse, "the limit is 2 GiB"),
    "text": (lambda path: path.write_text("hello\n" * 9), "text, not a picture ('hello hello"),
    "random bytes": (lambda path: path.write_bytes(NOISE.tobytes()), "not a readable image"),
    "SVG": (lambda path: path.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>"), "an SVG drawing"),
    "EPS": (lambda path: path.write_bytes(EPS.getvalue()), "text, not a picture ('%!PS-Adobe"),
    "WMF": (lambda path: path.write_bytes(b"\xd7\xcd\xc6\x9a".ljust(100, b"\0")), "unknown format"),
    "HDF5": (lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n".ljust(100)), "unknown format"),
    "a cut JPEG": (lambda path: path.write_bytes(JPEG.getvalue()[:-999]), "damaged or truncated"),
    "a cut PNG": (lambda path: path.write_bytes(encode_png(NOISE)[:-999]), "damaged or truncated"),
    "only a PNG's start": (lambda path: path.write_bytes(encode_png(NOISE)[:20]), "truncated"),
    "a pixel bomb": (lambda path: path.write_bytes(BOMB), "179 megapixels"),
    "a text bomb": (lambda path: path.write_bytes(TEXT_BOMB), "too large"),
    "no pixels": (lambda path: path.write_bytes(b"P6 0 5 255\n"), "not a picture"),
    "no palette": (lambda path: path.write_bytes(png(1, 1, 8, 3, b"\0\0")), "damaged or truncated"),
    "an alpha longer than its palette": (
        lambda path: path.write_bytes(png(1, 1, 8, 3, b"\0\0", (b"PLTE", b"abc"), (b"tRNS", bytes(300)))),
        "damaged or truncated",
    ),
    "nothing opaque": (lambda path: PIL.Image.new("RGBA", (9, 9)).save(path, "PNG"), "transparent everywhere"),
    "an unknown bit depth": (lambda path: path.write_bytes(png(1, 1, 5, 2, b"\0")), "not a readable image"),
}


@pytest.mark.parametrize(("make", "cause"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    make: Callable[[Path], object],
    cause: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "source.img"
    make(path)
    with pytest.raises(SourceError) as caught:
        prepare_original(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert cause in message
    assert len(message.splitlines()) == 1
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"], ids=["too long", "NUL"])
def test_a_path_that_cannot_be_one_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match=r"cannot be read \(.+\): check the path"):
        prepare_original(tmp_path / name)


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, PIL.Image.fromarray(NOISE), "a.png", format="PNG")
    path.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # root may read everything
    try:
        with pytest.raises(SourceError, match=r"a\.png: cannot be read \(Permission denied\): check .* permissions"):
            prepare_original(path)
    finally:
        os.seteuid(user)


def test_a_bomb_is_refused_even_when_other_code_lifted_pillows_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", None)
    (tmp_path / "a.png").write_bytes(BOMB)
    with pytest.raises(SourceError, match=r"20000x20000 pixels; the limit is 179 megapixels: scale it"):
        prepare_original(tmp_path / "a.png")


@pytest.mark.slow
@pytest.mark.exhaustive
def test_pillow_would_only_warn_about_it_so_90_megapixels_are_read(tmp_path: Path) -> None:
    original = prepared(tmp_path, PIL.Image.new("1", (10_000, 9_000), 1), "a.png")
    assert original.image[128, 128].tolist() == list(WHITE)
    assert original.notes == ()


def test_too_little_memory_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object, **__: object) -> None:
        raise MemoryError

    path = saved(tmp_path, PIL.Image.fromarray(NOISE), "a.png")
    monkeypatch.setattr(PIL.Image, "open", exhausted)
    with pytest.raises(SourceError, match=r"a\.png: not enough memory to decode it: scale it down first"):
        prepare_original(path)


def test_what_other_code_allows_does_not_let_half_a_picture_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PIL.ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    (tmp_path / "a.jpg").write_bytes(JPEG.getvalue()[:-999])
    with pytest.raises(SourceError, match="damaged or truncated"):
        prepare_original(tmp_path / "a.jpg")
    assert PIL.ImageFile.LOAD_TRUNCATED_IMAGES is True  # as it was found


def test_pillows_warnings_do_not_reach_anyone(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(1, 1, 8, 2, b"\0\1\2\3", (b"acTL", struct.pack(">II", 0, 0))))
    with pytest.warns(UserWarning, match="Invalid APNG"), PIL.Image.open(tmp_path / "a.png"):
        pass
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert colour(prepare_original(tmp_path / "a.png", size=256)) == (1, 2, 3)
    assert caught == []


SMOOTH = cv2.GaussianBlur(NOISE, (0, 0), 3)[:48, :64]
CUT: dict[str, dict[str, Any]] = {
    "PNG": {},
    "JPEG": {},
    "progressive JPEG": {"progressive": True},
    "GIF": {},
    "WEBP": {},
    "lossless WEBP": {"lossless": True},
    "BMP": {},
    "TIFF": {},
    "LZW TIFF": {"compression": "tiff_lzw"},
    "PPM": {},
    "TGA": {},
    "AVIF": {},
    "JPEG2000": {},
    "QOI": {},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CUT)
def test_a_cut_file_is_refused_unless_all_its_pixels_are_there(tmp_path: Path, name: str) -> None:
    whole = BytesIO()
    PIL.Image.fromarray(SMOOTH).save(whole, name.split()[-1], **CUT[name])
    data, path = whole.getvalue(), tmp_path / "cut"
    path.write_bytes(data)
    expected = prepare_original(path, size=64).image
    refused = 0
    cuts = [*range(1, len(data), len(data) // 40), *range(len(data) - 30, len(data))]
    for length in cuts:
        path.write_bytes(data[:length])
        try:
            assert np.array_equal(prepare_original(path, size=64).image, expected), f"{length} of {len(data)} bytes"
        except SourceError:
            refused += 1
    assert refused >= len(cuts) - 30  # footers hold no pixels: 26 bytes in TGA, 12 in PNG, 8 in QOI
