"""Damage inside a picture: heard from the decoder, or seen in the data; `strict` refuses it."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from riptui.errors import SourceError
from riptui.images import PreparedImage, prepare_original
from riptui.planning.bundled_pictures import list_bundled
from tests.support.picture_files import png

PHOTOGRAPH = PIL.Image.open(list_bundled()["riptui:coffee"]).convert("RGB").resize((256, 192))
END = b"\xff\xd9"
KINDS: dict[str, dict[str, Any]] = {
    "baseline": {"format": "JPEG", "quality": 90},
    "progressive": {"format": "JPEG", "quality": 90, "progressive": True},
    "restarts": {"format": "JPEG", "quality": 90, "restart_marker_rows": 1},
    "grey": {"format": "JPEG", "quality": 90},
    "CMYK": {"format": "JPEG", "quality": 90},
    "4:4:4": {"format": "JPEG", "quality": 90, "subsampling": 0},
}
MODES = {"grey": "L", "CMYK": "CMYK"}


def encoded(kind: str) -> bytes:
    file = BytesIO()
    PHOTOGRAPH.convert(MODES.get(kind, "RGB")).save(file, **KINDS[kind])
    return file.getvalue()


def half_and_end(data: bytes) -> bytes:
    return data[: len(data) // 2] + END


def zero_hole(data: bytes) -> bytes:
    return data[: len(data) // 2] + bytes(1000) + data[len(data) // 2 + 1000 :]


def missing_block(data: bytes) -> bytes:
    return data[: len(data) // 2] + data[len(data) // 2 + 1000 :]


def flipped(data: bytes) -> bytes:
    changed = bytearray(data)
    for position in range(len(data) // 2, len(data) - 20, 97):
        changed[position] ^= 0x5A
    return bytes(changed)


def prepared(folder: Path, data: bytes, *, strict: bool = False) -> PreparedImage:
    (folder / "a.jpg").write_bytes(data)
    return prepare_original(folder / "a.jpg", size=256, strict=strict)


def said_of(file: Path, data: bytes) -> str:
    """The notes, or why Pillow itself refuses it."""
    file.write_bytes(data)
    try:
        return "; ".join(prepare_original(file, size=256).notes)
    except SourceError as error:
        return str(error)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("spoil", [half_and_end, zero_hole, missing_block, flipped])
def test_damage_inside_a_jpeg_is_noted_or_refused(
    tmp_path: Path, kind: str, spoil: Callable[[bytes], bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    data = spoil(encoded(kind))
    assert "damaged" in said_of(tmp_path / "a.jpg", data)
    with pytest.raises(SourceError, match=r"a\.jpg: damaged .*: copy or save it again$"):
        prepared(tmp_path, data, strict=True)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", KINDS)
def test_a_jpeg_that_lacks_only_its_end_marker_is_taken(tmp_path: Path, kind: str) -> None:
    whole = encoded(kind)
    expected = prepared(tmp_path, whole, strict=True)
    found = prepared(tmp_path, whole[: -len(END)], strict=True)
    assert np.array_equal(found.image, expected.image)
    assert set(found.notes) - set(expected.notes) == {"the end marker of the JPEG is missing"}
    with pytest.raises(SourceError, match="damaged or truncated"):
        prepared(tmp_path, whole[:-300])


def test_a_progressive_jpeg_without_its_last_scans_is_damaged(tmp_path: Path) -> None:
    """libjpeg does not warn: the file is a valid JPEG of a worse picture."""
    whole = encoded("progressive")
    scans = [start for start in range(len(whole)) if whole.startswith(b"\xff\xda", start)]
    tables = whole.rindex(b"\xff\xc4", 0, scans[-1])
    found = prepared(tmp_path, whole[:tables] + END)
    assert "damaged inside (its last scans are missing)" in found.notes
    with pytest.raises(SourceError, match="damaged or truncated"):
        prepared(tmp_path, whole[:tables])


@pytest.mark.parametrize("kind", KINDS)
def test_whole_jpegs_and_what_cameras_append_are_not_damage(tmp_path: Path, kind: str) -> None:
    for data in (encoded(kind), encoded(kind) + bytes(5000), encoded(kind) + b"MotionPhoto_Data" + encoded(kind)[:900]):
        assert not [note for note in prepared(tmp_path, data, strict=True).notes if "damage" in note or "end" in note]


@pytest.mark.parametrize("name", ["a.jpg", "a.webp"])
def test_what_a_decoder_left_grey_is_noted_even_after_it_was_saved_again(tmp_path: Path, name: str) -> None:
    half = np.asarray(PHOTOGRAPH).copy()
    half[96:] = 128
    PIL.Image.fromarray(half).save(tmp_path / name, quality=95)
    [note] = prepare_original(tmp_path / name, size=256).notes
    assert re.fullmatch(r"damaged inside \(the lowest (3|4|5)\d % is even grey\)", note)
    with pytest.raises(SourceError, match="damaged inside"):
        prepare_original(tmp_path / name, strict=True)


@pytest.mark.slow
@pytest.mark.parametrize("optimize", [False, True])
def test_large_even_areas_are_not_holes(tmp_path: Path, optimize: bool) -> None:
    even = np.full((1024, 2048, 3), 255, np.uint8)
    even[:192, :256] = np.asarray(PHOTOGRAPH)
    for subsampling in (0, 2):
        PIL.Image.fromarray(even).save(tmp_path / "a.jpg", optimize=optimize, subsampling=subsampling, quality=90)
        assert prepare_original(tmp_path / "a.jpg", size=256, strict=True).notes == ()
    PIL.Image.fromarray(even).save(tmp_path / "a.webp")
    assert prepare_original(tmp_path / "a.webp", size=256, strict=True).notes == ()
    PIL.Image.fromarray(even).save(tmp_path / "b.webp", lossless=True)
    assert prepare_original(tmp_path / "b.webp", size=256, strict=True).notes == ()


@pytest.mark.parametrize("level", [0, 128, 255])
def test_pictures_of_one_colour_and_white_or_black_edges_are_not_damage(tmp_path: Path, level: int) -> None:
    PIL.Image.new("RGB", (256, 256), (level,) * 3).save(tmp_path / "a.jpg")
    assert prepare_original(tmp_path / "a.jpg", size=256, strict=True).notes == ()
    edged = np.asarray(PHOTOGRAPH).copy()
    edged[96:] = 255 - 255 * (level == 0)
    PIL.Image.fromarray(edged).save(tmp_path / "b.webp")
    assert prepare_original(tmp_path / "b.webp", strict=True)


@pytest.mark.parametrize("filler", [0, 255])
@pytest.mark.parametrize("options", [{"quality": 90}, {"lossless": True}, {"quality": 90, "exif": bytes(3000)}])
def test_a_hole_in_a_webp_is_noted(tmp_path: Path, filler: int, options: dict[str, Any]) -> None:
    PHOTOGRAPH.save(tmp_path / "a.webp", **options)
    assert prepare_original(tmp_path / "a.webp", size=256, strict=True).notes == ()
    data = bytearray((tmp_path / "a.webp").read_bytes())
    start = data.index(b"VP8") + (len(data) - data.index(b"VP8")) // 3
    data[start : start + 600] = bytes([filler]) * 600
    assert re.search(r"a hole at byte|damaged or truncated", said_of(tmp_path / "a.webp", bytes(data)))
    with pytest.raises(SourceError, match="damaged"):
        prepare_original(tmp_path / "a.webp", strict=True)


def png_of(mode: str) -> bytes:
    file = BytesIO()
    PHOTOGRAPH.convert(mode).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "P", "L", "1"])
def test_every_flipped_bit_of_a_pngs_pixels_is_noted(tmp_path: Path, mode: str) -> None:
    whole = png_of(mode)
    assert "damage" not in said_of(tmp_path / "a.png", whole)
    start, end = whole.index(b"IDAT") + 4, whole.index(b"IEND") - 8
    for place in np.linspace(start, end - 1, 9).astype(int):
        damaged = bytearray(whole)
        damaged[place] ^= 4
        assert "damaged" in said_of(tmp_path / "a.png", bytes(damaged)), place


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("depth", [1, 4, 8, 16])
def test_a_png_with_intact_checksums_and_too_few_rows(tmp_path: Path, depth: int, interlaced: bool) -> None:
    passes = [(3, 3), (2, 3), (5, 2), (5, 5), (10, 5), (9, 10), (19, 9)] if interlaced else [(19, 19)]
    rows = b"".join(count * (b"\0" + bytes((columns * depth + 7) // 8)) for columns, count in passes)
    whole = png(19, 19, depth, 0, rows, interlaced=interlaced)
    assert "damaged" not in said_of(tmp_path / "a.png", whole)
    cut = png(19, 19, depth, 0, rows[: len(rows) // 4], interlaced=interlaced)
    assert "damaged" in said_of(tmp_path / "a.png", cut)


def test_missing_rows_of_a_png_are_counted(tmp_path: Path) -> None:
    """Pillow lets a few stand, and makes them black."""
    rows = 64 * (b"\0" + bytes(range(64)))
    assert "damaged inside (25 % of its pixels are missing)" in said_of(
        tmp_path / "a.png", png(64, 64, 8, 0, rows[: 48 * 65])
    )


def test_a_png_that_contradicts_itself(tmp_path: Path) -> None:
    grey = 8 * (b"\0" + bytes(8))
    header = png(8, 4, 8, 0, b"")[16:29]
    assert "two headers" in said_of(tmp_path / "a.png", png(8, 8, 8, 0, grey, (b"IHDR", header)))
    assert "unknown filter" in said_of(tmp_path / "a.png", png(8, 8, 8, 0, grey[:9] + b"\x09" + grey[10:]))
    palette = (b"PLTE", bytes(range(30)))
    colours = 8 * (b"\0" + bytes([0, 1, 2, 3, 4, 5, 6, 99]))
    assert "its palette has 10 colours, and a pixel has colour 99" in said_of(
        tmp_path / "a.png", png(8, 8, 8, 3, colours, palette)
    )


def test_damage_behind_the_pixels_of_a_png_is_none(tmp_path: Path) -> None:
    whole = png_of("RGB")
    end = whole.index(b"IEND") - 4
    for data in (whole[:end], whole + b"junk", whole + whole, whole[:end] + b"\0\0\0\x01fdATx0000" + whole[end:]):
        assert "damage" not in said_of(tmp_path / "a.png", data)
