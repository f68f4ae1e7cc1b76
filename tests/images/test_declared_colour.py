"""Colour spaces that a file declares otherwise than by a profile are noted, and never change a pixel."""

import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from riptui.images import prepare_original
from tests.support.picture_files import NOISE, SRGB, png

ROWS = b"".join(b"\0" + row.tobytes() for row in NOISE)
LINEAR = (b"gAMA", struct.pack(">I", 100_000))
SRGB_LIKE = (b"gAMA", struct.pack(">I", 45_455))
BT2020 = (b"cHRM", struct.pack(">8I", 31270, 32900, 70800, 29200, 17000, 79700, 13100, 4600))
SRGB_POINTS = (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))
SRGB_CHUNK = (b"sRGB", b"\0")
NOTE = "is declared but not applied: read as sRGB"


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([LINEAR], f"gamma 1 {NOTE}"),
        ([SRGB_LIKE], None),
        ([BT2020], f"primaries 0.708 0.292 0.17 0.797 0.131 0.046 {NOTE}"),
        ([SRGB_LIKE, SRGB_POINTS], None),
        ([LINEAR, SRGB_CHUNK], None),
        ([(b"cICP", bytes((9, 16, 0, 1)))], f"BT.2020 PQ {NOTE}"),
        ([(b"cICP", bytes((12, 13, 0, 1)))], f"Display P3 {NOTE}"),
        ([(b"cICP", bytes((1, 13, 0, 0)))], f"narrow range {NOTE}"),
        ([(b"cICP", bytes((1, 13, 0, 1)))], None),
        ([(b"cICP", b"\1")], None),
    ],
)
def test_of_a_png(tmp_path: Path, chunks: list[tuple[bytes, bytes]], expected: str | None) -> None:
    (tmp_path / "a.png").write_bytes(png(256, 256, 8, 2, ROWS, *chunks))
    found = prepare_original(tmp_path / "a.png", size=256)
    assert found.notes == ((expected,) if expected else ())
    assert np.array_equal(found.image, NOISE)


def test_a_profile_overrules_gamma(tmp_path: Path) -> None:
    file = BytesIO()
    PIL.Image.fromarray(NOISE).save(file, "PNG", icc_profile=SRGB.tobytes())
    header = 8 + 25
    chunk = png(256, 256, 8, 2, ROWS, LINEAR)[header : header + 16]
    (tmp_path / "a.png").write_bytes(file.getvalue()[:header] + chunk + file.getvalue()[header:])
    assert prepare_original(tmp_path / "a.png", size=256).notes == ()


@pytest.mark.parametrize(("points", "expected"), [((9, 16), "BT.2020 PQ"), ((12, 13), "Display P3"), ((1, 13), None)])
def test_of_an_avif(tmp_path: Path, points: tuple[int, int], expected: str | None) -> None:
    file = BytesIO()
    PIL.Image.fromarray(NOISE).save(file, "AVIF")
    data = bytearray(file.getvalue())
    start = data.index(b"colrnclx") + 8
    data[start : start + 4] = struct.pack(">HH", *points)
    (tmp_path / "a.avif").write_bytes(data)
    notes = prepare_original(tmp_path / "a.avif", size=256).notes
    assert notes == ((f"{expected} {NOTE}",) if expected else ())


def test_a_cameras_adobe_rgb_without_a_profile(tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif.get_ifd(0x8769)[0xA005] = {1: "R03"}
    PIL.Image.fromarray(NOISE).save(tmp_path / "a.jpg", exif=exif)
    assert prepare_original(tmp_path / "a.jpg", size=256).notes == (f"Adobe RGB {NOTE}",)
