"""Every layout of a TIFF's samples: right to the level, or refused; truths are computed, the files tifffile's."""

import logging
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from riptui.errors import SourceError
from riptui.images import PreparedImage, prepare_original

RAMP = np.tile(np.linspace(0, 1, 256), (256, 1))
COLOURS = np.stack([RAMP, RAMP.T, RAMP[:, ::-1]], -1)
ALPHA = RAMP.T
ON_WHITE = COLOURS * ALPHA[..., None] + 1 - ALPHA[..., None]


def stored(values: NDArray[np.float64], dtype: str) -> NDArray[Any]:
    white = 1 if dtype[0] == "f" else np.iinfo(dtype).max
    return (values * white).round(0 if white > 1 else 9).astype(dtype)


def prepared(folder: Path, samples: NDArray[Any], **options: Any) -> PreparedImage:
    file = folder / "a.tif"
    planes = options.get("planarconfig") == "separate"
    samples = np.moveaxis(samples, -1, 0) if planes else samples
    tifffile.imwrite(file, samples, metadata=None, software=None, **options)
    return prepare_original(file, size=256)


def differs(of: PreparedImage, truth: NDArray[np.float64]) -> float:
    truth = truth if truth.ndim == 3 else np.stack([truth] * 3, -1)
    return float(np.abs(of.image - 255 * truth).max())


@pytest.mark.slow
@pytest.mark.parametrize("byteorder", "<>")
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "f2", "f4", "f8"])
def test_unsigned_and_floating_point_samples_are_right(
    tmp_path: Path, dtype: str, compression: str | None, byteorder: str
) -> None:
    how = {"compression": compression, "byteorder": byteorder}
    assert differs(prepared(tmp_path, stored(RAMP, dtype), photometric="minisblack", **how), RAMP) <= 1
    assert differs(prepared(tmp_path, stored(RAMP, dtype), photometric="miniswhite", **how), 1 - RAMP) <= 1
    grey_alpha = stored(np.dstack([RAMP, ALPHA]), dtype)
    with_alpha: dict[str, Any] = {"photometric": "minisblack", "extrasamples": ["unassalpha"], **how}
    for planes in ("contig", "separate"):
        found = prepared(tmp_path, grey_alpha, planarconfig=planes, **with_alpha)
        assert differs(found, RAMP * ALPHA + 1 - ALPHA) <= 1.5
        found = prepared(tmp_path, stored(COLOURS, dtype), photometric="rgb", planarconfig=planes, **how)
        assert differs(found, COLOURS) <= 1
        rgba = stored(np.dstack([COLOURS, ALPHA]), dtype)
        found = prepared(tmp_path, rgba, photometric="rgb", planarconfig=planes, extrasamples=["unassalpha"], **how)
        assert differs(found, ON_WHITE) <= 1.5
        inks = stored(np.dstack([COLOURS, RAMP * 0]), dtype)
        found = prepared(tmp_path, inks, photometric="separated", planarconfig=planes, **how)
        assert differs(found, 1 - COLOURS) <= 1


@pytest.mark.parametrize("dtype", ["u2", "f4"])
def test_alpha_that_is_multiplied_in_is_undone(tmp_path: Path, dtype: str) -> None:
    alpha = np.full_like(RAMP, 0.5)
    samples = stored(np.dstack([COLOURS * 0.5, alpha]), dtype)
    found = prepared(tmp_path, samples, photometric="rgb", planarconfig="separate", extrasamples=["assocalpha"])
    assert differs(found, COLOURS * 0.5 + 0.5) <= 2


@pytest.mark.parametrize("dtype", ["i1", "i2"])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite", "rgb"])
def test_signed_samples_are_refused(tmp_path: Path, dtype: str, photometric: str) -> None:
    values = COLOURS if photometric == "rgb" else RAMP
    with pytest.raises(SourceError, match=r"a\.tif: a TIFF of .*signed samples of \d+ bits.* unsigned samples$"):
        prepared(tmp_path, stored(values, dtype), photometric=photometric)


@pytest.mark.parametrize(
    ("samples", "photometric"),
    [
        (stored(RAMP, "u4"), "minisblack"),
        (stored(RAMP, "u4"), "miniswhite"),
        (stored(COLOURS, "u4"), "rgb"),
        (255 * COLOURS.astype("f4"), "rgb"),
        (-COLOURS.astype("f2"), "rgb"),
        (np.full((8, 8, 3), np.nan, "f4"), "rgb"),
        (RAMP.astype("c8"), "minisblack"),
        (RAMP.astype("f4") * 2, "miniswhite"),
        (stored(COLOURS, "u2"), "cielab"),
        (stored(RAMP, "u2"), "cfa"),
    ],
)
@pytest.mark.parametrize("byteorder", "<>")
def test_samples_that_do_not_say_what_is_white_are_refused_in_one_line(
    tmp_path: Path, samples: NDArray[Any], photometric: str, byteorder: str
) -> None:
    with pytest.raises(SourceError, match=r"a\.tif: .*save it as [^\n]*8 bits$"):
        prepared(tmp_path, samples, photometric=photometric, byteorder=byteorder)


@pytest.mark.parametrize("photometric", [0, 1])
def test_12_bits_have_their_own_white(tmp_path: Path, photometric: int) -> None:
    """Packed by hand: tifffile writes 12 bits only with another package."""
    values = (4095 * RAMP).round().astype(int)
    first, second = values[:, ::2], values[:, 1::2]
    packed = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], -1).astype(np.uint8)
    file = BytesIO()
    tifffile.imwrite(file, packed.reshape(256, 384), metadata=None, software=None, photometric="minisblack")
    with tifffile.TiffFile(BytesIO(file.getvalue())) as opened:
        offsets = {tag.code: tag.valueoffset for tag in opened.pages[0].tags}
    data = bytearray(file.getvalue())
    for code, value in ((256, 256), (258, 12), (262, photometric)):
        data[offsets[code] : offsets[code] + 2] = value.to_bytes(2, "little")
    (tmp_path / "a.tif").write_bytes(data)
    if photometric == 1:
        assert differs(prepare_original(tmp_path / "a.tif", size=256), RAMP) <= 1
    else:
        with pytest.raises(SourceError, match=r"white-is-zero unsigned samples of 12 bits .*: save it as 8 bits"):
            prepare_original(tmp_path / "a.tif", size=256)


def test_what_tifffile_reads_is_turned_tagged_and_counted(tmp_path: Path) -> None:
    samples = stored(RAMP, "u2")
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for _ in range(2):
            file.write(samples, metadata=None, photometric="miniswhite", extratags=[(274, 3, 1, 6, True)])
    found = prepare_original(tmp_path / "a.tif", size=256)
    assert differs(found, np.rot90(1 - RAMP, -1)) <= 1
    assert found.notes == (
        "first of 2 frames",
        "16-bit scaled to 8 (from 0 to 65535; 65535 is white)",
        "rotated by EXIF",
    )


def test_a_thumbnail_is_not_taken_for_the_picture(tmp_path: Path) -> None:
    """The first picture of many cameras' raw files."""
    with pytest.raises(SourceError, match="thumbnail: export it as PNG or TIFF"):
        prepared(tmp_path, stored(COLOURS, "u1"), photometric="rgb", subfiletype=1)


def test_inks_that_are_not_cmyk_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="inks other than cyan"):
        prepared(
            tmp_path,
            stored(np.dstack([COLOURS, RAMP]), "u1"),
            photometric="separated",
            extratags=[(332, 3, 1, 2, True)],
        )


@pytest.mark.parametrize("length", [100, 300, 1000, 60_000])
def test_a_cut_file_is_refused_and_nothing_is_printed(
    tmp_path: Path, length: int, capfd: pytest.CaptureFixture[str]
) -> None:
    prepared(tmp_path, stored(COLOURS, "u2"), photometric="rgb", planarconfig="separate")
    file = tmp_path / "a.tif"
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(SourceError) as caught:
        prepare_original(file, size=256)
    assert len(str(caught.value).splitlines()) == 1
    assert capfd.readouterr() == ("", "")
    assert not logging.getLogger("tifffile").disabled


def retagged(data: bytes, tag: int, *, to: int | None = None, value: int = 0) -> bytes:
    """A small TIFF of tifffile's with a tag renamed or its short value replaced."""
    entry = data.index(tag.to_bytes(2, "little") + b"\x03\0\x01\0\0\0")
    replaced = data[entry + 2 : entry + 8] + (data[entry + 8 : entry + 12] if to else value.to_bytes(4, "little"))
    return data[:entry] + (to or tag).to_bytes(2, "little") + replaced + data[entry + 12 :]


def test_a_grey_that_does_not_say_which_end_is_black_is_refused(tmp_path: Path) -> None:
    prepared(tmp_path, stored(RAMP, "u1"), photometric="minisblack")
    data = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "b.tif").write_bytes(retagged(data, 262, to=263))
    with pytest.raises(SourceError, match="does not say whether 0 is black or white"):
        prepare_original(tmp_path / "b.tif")


@pytest.mark.parametrize("unit", [1, 256, 257])
def test_a_palette_of_8_bits_is_not_black(tmp_path: Path, unit: int) -> None:
    """The format asks for 16 bits; some programs write 8."""
    colours = np.arange(256, dtype=np.uint16)
    palette = np.stack([colours, colours[::-1], colours // 2]) * np.uint16(unit)
    found = prepared(tmp_path, stored(RAMP, "u1"), photometric="palette", colormap=palette)
    assert np.array_equal(found.image[0], np.stack([colours, colours[::-1], colours // 2], -1))


def test_channels_of_unlike_depth_are_refused(tmp_path: Path) -> None:
    prepared(tmp_path, stored(COLOURS, "u1"), photometric="rgb")
    data = (tmp_path / "a.tif").read_bytes()
    depths = (8).to_bytes(2, "little") * 3
    place = data.index(depths)
    (tmp_path / "b.tif").write_bytes(data[:place] + b"\x05\0\x06\0\x05\0" + data[place + 6 :])
    with pytest.raises(SourceError, match="6 bits and fewer: save it as RGB"):
        prepare_original(tmp_path / "b.tif")


def test_planes_with_alpha_that_is_multiplied_in(tmp_path: Path) -> None:
    samples = stored(np.dstack([COLOURS * ALPHA[..., None], ALPHA]), "u1")
    found = prepared(tmp_path, samples, photometric="rgb", planarconfig="separate", extrasamples=["assocalpha"])
    assert differs(found, ON_WHITE) <= 2


@pytest.mark.parametrize("tile", [None, (64, 64)])
def test_every_flipped_bit_of_deflate_is_noted_or_refused_and_nothing_is_printed(
    tmp_path: Path, tile: tuple[int, int] | None, capfd: pytest.CaptureFixture[str]
) -> None:
    prepared(tmp_path, stored(COLOURS, "u1"), photometric="rgb", compression="zlib", tile=tile)
    data = (tmp_path / "a.tif").read_bytes()
    with tifffile.TiffFile(BytesIO(data)) as file:
        first, size = file.pages[0].dataoffsets[0], file.pages[0].databytecounts[0]
    for place in np.linspace(first, first + size - 1, 9).astype(int):
        damaged = bytearray(data)
        damaged[place] ^= 16
        (tmp_path / "b.tif").write_bytes(damaged)
        with pytest.raises(SourceError, match="damaged"):
            prepare_original(tmp_path / "b.tif", strict=True)
    assert capfd.readouterr() == ("", "")
