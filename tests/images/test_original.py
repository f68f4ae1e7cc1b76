"""Sources of every kind are made on the spot, and prepared at 256 px: the smallest size, and a quarter of the work."""

import os
import struct
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import PIL.ImageCms
import PIL.ImageFile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riptui.errors import SourceError
from riptui.images import prepare_original
from riptui.spec import FITS, Fit
from tests.support.picture_files import (
    BLACK,
    BLUE,
    GREEN,
    NOISE,
    RED,
    UPRIGHT,
    WHITE,
    colour,
    picture,
    png,
    prepared,
    saved,
)

# --- what is taken as it is


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "a.ppm", "a.tga"])
def test_a_picture_of_the_right_size_is_taken_bit_for_bit(tmp_path: Path, name: str, fit: Fit) -> None:
    path = saved(tmp_path, PIL.Image.fromarray(NOISE), name)
    assert np.array_equal(prepare_original(path, size=256, fit=fit).image, NOISE)
    assert prepare_original(path, size=256, fit=fit).notes == ()


def test_the_name_and_the_hash_are_the_files(tmp_path: Path) -> None:
    path = saved(tmp_path, PIL.Image.fromarray(NOISE), "mona lisa.png")
    original = prepare_original(path)
    assert original.source_name == "mona lisa.png"
    assert original.source_sha256 == sha256(path.read_bytes()).hexdigest()
    assert original.image.shape == (512, 512, 3)
    assert original.image.flags.writeable
    assert original.image.flags.c_contiguous


def test_a_name_that_is_not_utf_8_can_still_be_written_as_json(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    PIL.Image.fromarray(NOISE).save(path)
    assert prepare_original(path, size=256).source_name == "caf?.png"


MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I;16B", "RGBX"]


@pytest.mark.slow
@settings(deadline=None)  # it waits for the disk
@given(st.sampled_from(MODES), st.integers(1, 40), st.integers(1, 40), st.sampled_from(FITS), st.integers(0, 99))
def test_any_mode_and_shape_becomes_square_rgb_of_8_bits(
    tmp_path_factory: pytest.TempPathFactory, mode: str, width: int, height: int, fit: Fit, seed: int
) -> None:
    source = PIL.Image.new(mode, (width, height))
    source.frombytes(np.random.default_rng(seed).bytes(len(source.tobytes())))
    original = prepare_original(saved(tmp_path_factory.getbasetemp(), source, "any.tif"), size=64, fit=fit)
    assert original.image.shape == (64, 64, 3)
    assert original.image.dtype == np.uint8


# --- orientation

# What a camera stores (EXIF 2.3, table of tag 274): where row 0 and column 0 of the file are when seen upright.
STORED = {
    1: UPRIGHT,  # top, left
    2: UPRIGHT[:, ::-1],  # top, right
    3: UPRIGHT[::-1, ::-1],  # bottom, right
    4: UPRIGHT[::-1],  # bottom, left
    5: UPRIGHT.transpose(1, 0, 2),  # left, top
    6: UPRIGHT[:, ::-1].transpose(1, 0, 2),  # right, top
    7: UPRIGHT[::-1, ::-1].transpose(1, 0, 2),  # right, bottom
    8: UPRIGHT[::-1].transpose(1, 0, 2),  # left, bottom
}


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp"])
@pytest.mark.parametrize("orientation", STORED)
def test_every_exif_orientation_comes_out_upright(tmp_path: Path, orientation: int, name: str) -> None:
    exif = PIL.Image.Exif()
    exif[274] = orientation
    original = prepared(tmp_path, PIL.Image.fromarray(STORED[orientation]), name, exif=exif, quality=95)
    quadrants = [original.image[y, x] for y, x in [(96, 64), (96, 192), (160, 64), (160, 192)]]
    assert np.abs(np.array(quadrants, int) - [RED, GREEN, BLUE, WHITE]).max() <= 6
    assert (original.image[:64] == 0).all()
    assert ("rotated by EXIF" in original.notes) == (orientation != 1)


def test_a_malformed_exif_block_still_turns_the_picture(tmp_path: Path) -> None:
    """The Software tag is a fraction here, which makes ImageOps.exif_transpose fail."""
    entries = struct.pack(">HHIHH", 274, 3, 1, 6, 0) + struct.pack(">HHII", 305, 5, 1, 8)
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x02" + entries + b"\0\0\0\0"
    original = prepared(tmp_path, PIL.Image.fromarray(STORED[6]), "a.jpg", exif=exif)
    assert original.notes == ("rotated by EXIF", "enlarged from 128x64")


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0rubbish", b"Exif\0\0MM\0*\0\0\0\x08\0\x01", b"Exif\0\0II*\0\xff\xff\xff\xff"]
)
def test_a_broken_exif_block_costs_nothing(tmp_path: Path, exif: bytes) -> None:
    original = prepared(tmp_path, PIL.Image.fromarray(NOISE), "a.jpg", exif=exif)
    assert original.notes == ()


# --- alpha

LEVELS, ALPHAS = np.meshgrid(np.arange(256, dtype=np.uint8), np.arange(256, dtype=np.uint8))
ON_WHITE = np.rint((LEVELS.astype(float) * ALPHAS + 255.0 * (255 - ALPHAS)) / 255)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_every_level_at_every_alpha_is_laid_on_white_exactly(tmp_path: Path, mode: str) -> None:
    bands = [LEVELS] * (len(mode) - 1) + [ALPHAS]
    original = prepared(tmp_path, picture(mode, np.stack(bands, -1)), "a.png")
    assert np.array_equal(original.image, np.stack([ON_WHITE] * 3, -1))
    assert original.notes == ("alpha flattened on white",)


def test_an_alpha_channel_that_is_opaque_everywhere_changes_nothing(tmp_path: Path) -> None:
    opaque = np.dstack([NOISE, np.full((256, 256), 255, np.uint8)])
    original = prepared(tmp_path, PIL.Image.fromarray(opaque), "a.png")
    assert np.array_equal(original.image, NOISE)
    assert original.notes == ()


def test_premultiplied_alpha_is_undone_first(tmp_path: Path) -> None:
    """Half a red, in a TIFF whose tag 338 says that its alpha is associated (1) and not separate (2)."""
    path = saved(tmp_path, PIL.Image.new("RGBA", (1, 1), (128, 0, 0, 128)), "a.tif")
    separate, associated = (struct.pack("<HHIHH", 338, 3, 1, kind, 0) for kind in (2, 1))
    assert separate in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(separate, associated))
    assert colour(prepare_original(path, size=256)) == (255, 127, 127)


@pytest.mark.parametrize(("mode", "shown"), [("RGBa", (255, 127, 127)), ("La", (255, 255, 255))])
def test_pillows_premultiplied_modes_are_undone_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, shown: tuple[int, ...]
) -> None:
    """None of Pillow's own plugins opens a file with them, but others may."""
    path = saved(tmp_path, PIL.Image.new("RGBA", (1, 1), (255, 0, 0, 128)), "a.png")
    opened = PIL.Image.open(path)
    opened.load()
    straight = (
        PIL.Image.new("RGBA", (1, 1), (255, 0, 0, 128)) if mode == "RGBa" else PIL.Image.new("LA", (1, 1), (255, 128))
    )
    opened.im, opened._mode = straight.convert(mode).im, mode
    monkeypatch.setattr(PIL.Image, "open", lambda *_, **__: opened)
    assert colour(prepare_original(path, size=256)) == shown


PALETTE = [*RED, *GREEN, *BLUE]


@pytest.mark.parametrize(
    ("transparency", "expected"),
    [(1, [RED, WHITE, BLUE]), (b"\xff\x80\x00", [RED, (127, 255, 127), WHITE])],
    ids=["one colour", "an alpha for each"],
)
def test_a_palettes_transparency_is_laid_on_white(tmp_path: Path, transparency: object, expected: list[Any]) -> None:
    source = picture("P", np.array([[0, 1, 2]], np.uint8).repeat(256, 1).repeat(256, 0))
    source.putpalette(PALETTE)
    path = saved(tmp_path, source, "a.png", transparency=transparency)
    assert prepare_original(path, size=256, fit="stretch").image[0, [10, 128, 245]].tolist() == [
        list(c) for c in expected
    ]


@pytest.mark.parametrize(
    ("depth", "kind", "key", "row", "shown"),
    [
        (8, 2, (1, 2, 3), b"\1\2\3" * 128 + b"\x09\x09\x09" * 128, 9),
        (8, 0, (7,), b"\7" * 128 + b"\x09" * 128, 9),
        (16, 0, (1000,), struct.pack(">H", 1000) * 128 + struct.pack(">H", 40000) * 128, 156),
        (1, 0, (1,), b"\xff" * 16 + b"\0" * 16, 0),
    ],
    ids=["RGB", "grey", "16-bit grey", "1 bit"],
)
def test_a_pngs_one_transparent_colour_is_laid_on_white(
    tmp_path: Path, depth: int, kind: int, key: tuple[int, ...], row: bytes, shown: int
) -> None:
    data = png(256, 256, depth, kind, 256 * (b"\0" + row), (b"tRNS", struct.pack(f">{len(key)}H", *key)))
    (tmp_path / "a.png").write_bytes(data)
    original = prepare_original(tmp_path / "a.png", size=256)
    assert (original.image[:, :128] == 255).all()
    assert (original.image[:, 128:] == shown).all()
    assert "alpha flattened on white" in original.notes


# --- more than 8 bits

DEEP = np.arange(65536, dtype=np.uint16).reshape(256, 256)
SHALLOW = np.rint(DEEP / 257)


@pytest.mark.parametrize(
    ("mode", "stored", "name"),
    [("I;16", "<u2", "a.png"), ("I;16", "<u2", "a.tif"), ("I;16B", ">u2", "a.tif"), ("I", "<i4", "a.tif")],
)
def test_every_16_bit_grey_is_scaled_to_8_bits_not_clipped(tmp_path: Path, mode: str, stored: str, name: str) -> None:
    original = prepared(tmp_path, picture(mode, DEEP.astype(stored)), name)
    assert np.array_equal(original.image, np.stack([SHALLOW] * 3, -1))
    assert original.notes == ("16-bit scaled to 8 (from 0 to 65535; 65535 is white)",)


def test_16_bit_mid_grey_is_mid_grey(tmp_path: Path) -> None:
    assert colour(prepared(tmp_path, picture("I;16", np.array([[32896]], "<u2")), "a.png")) == (128, 128, 128)


def test_a_pgm_of_any_depth_keeps_its_white(tmp_path: Path) -> None:
    (tmp_path / "a.pgm").write_bytes(b"P5 256 256 1000\n" + struct.pack(">HHHH", 0, 250, 500, 1000) * 64 * 256)
    image = prepare_original(tmp_path / "a.pgm", size=256).image
    assert (image == np.tile([0, 64, 128, 255], 64)[None, :, None]).all()


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_16_bit_colour_is_at_most_a_level_off(tmp_path: Path, name: str) -> None:
    cv2.imwrite(str(tmp_path / name), np.stack([DEEP, DEEP[::-1], DEEP.T], -1))
    original = prepare_original(tmp_path / name, size=256)
    exact = np.stack([SHALLOW.T, SHALLOW[::-1], SHALLOW], -1)
    assert np.abs(original.image - exact).max() <= 1
    assert original.notes == ("16-bit colour cut to 8",)


def test_floating_point_grey_from_0_to_1_is_scaled(tmp_path: Path) -> None:
    ramp = np.linspace(0, 1, 65536, dtype="<f4").reshape(256, 256)
    original = prepared(tmp_path, picture("F", ramp), "a.tif")
    assert np.array_equal(original.image[..., 0], np.rint(ramp * np.float32(255)))
    assert original.notes == ("floating point scaled to 8 (from 0 to 1; 1 is white)",)


@pytest.mark.parametrize(
    ("mode", "values"),
    [
        ("I", np.array([[0, 65536]], "<i4")),
        ("I", np.array([[-1, 65535]], "<i4")),
        ("F", np.array([[0, 255]], "<f4")),
        ("F", np.array([[0.5, np.nan]], "<f4")),
        ("F", np.array([[0.5, np.inf]], "<f4")),
        ("F", np.array([[-0.1, 1]], "<f4")),
    ],
)
def test_values_that_do_not_say_what_is_white_are_refused(tmp_path: Path, mode: str, values: np.ndarray) -> None:
    with pytest.raises(SourceError, match=r"a\.tif: .* grey from .* to .*, not 0 \(black\) to .*: save it as 8 bits$"):
        prepared(tmp_path, picture(mode, values), "a.tif")


# --- colours


@pytest.mark.parametrize(
    ("mode", "pixel", "expected"),
    [
        ("CMYK", (255, 0, 0, 0), (0, 255, 255)),
        ("CMYK", (0, 255, 255, 0), RED),
        ("CMYK", (0, 0, 0, 255), BLACK),
        ("YCbCr", (76, 85, 255), RED),
        ("LAB", (138, 81, 70), RED),  # L* 54.3, a* 80.8, b* 69.9 under D50
        ("LAB", (255, 0, 0), WHITE),
        ("L", (77,), (77, 77, 77)),
        ("1", (128,), WHITE),
    ],
)
def test_other_colour_spaces_become_rgb(
    tmp_path: Path, mode: str, pixel: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    got = colour(prepared(tmp_path, picture(mode, np.array([[pixel]], np.uint8)), "a.tif"))
    assert np.abs(np.subtract(got, expected)).max() <= 5  # a level of 8-bit Lab is up to 5 of sRGB


def test_a_cmyk_jpeg_with_adobes_inverted_inks_is_not_a_negative(tmp_path: Path) -> None:
    inks = picture("CMYK", np.full((16, 16, 4), (0, 255, 255, 0), np.uint8))
    path = saved(tmp_path, inks, "a.jpg", quality=95)
    assert b"Adobe" in path.read_bytes()
    original = prepare_original(path, size=256)
    assert np.abs(original.image - np.array(RED)).max() <= 3
    assert "CMYK converted without a profile" in original.notes


def test_a_palette_is_looked_up(tmp_path: Path) -> None:
    source = picture("P", np.array([[2]], np.uint8))
    source.putpalette(PALETTE)
    assert colour(prepared(tmp_path, source, "a.gif")) == BLUE


# --- more than one frame


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.gif", {}), ("a.png", {}), ("a.webp", {"lossless": True}), ("a.tif", {}), ("a.avif", {"quality": 100})],
)
def test_the_first_frame_is_taken(tmp_path: Path, name: str, options: dict[str, object]) -> None:
    red, *rest = (PIL.Image.new("RGB", (256, 256), c) for c in (RED, GREEN, BLUE))
    original = prepared(tmp_path, red, name, save_all=True, append_images=rest, **options)
    assert np.abs(np.subtract(colour(original), RED)).max() <= 2
    assert original.notes == ("first of 3 frames",)


def test_the_layers_of_a_psd_are_no_frames(tmp_path: Path) -> None:
    layers = struct.pack(">h", 2) + 2 * (b"\0" * 16 + struct.pack(">H12xI", 0, 0))
    section = struct.pack(">I", len(layers)) + layers
    header = b"8BPS\0\x01" + b"\0" * 6 + struct.pack(">HIIHH", 3, 1, 1, 8, 3) + b"\0" * 8
    (tmp_path / "a.psd").write_bytes(header + struct.pack(">I", len(section)) + section + b"\0\0" + bytes((9, 8, 7)))
    with PIL.Image.open(tmp_path / "a.psd") as opened:
        assert opened.n_frames == 2
    original = prepare_original(tmp_path / "a.psd", size=256)
    assert colour(original) == (9, 8, 7)
    assert original.notes == ("enlarged from 1x1",)
