"""Sources of every kind are made on the spot, and prepared at 256 px: the smallest size, and a quarter of the work."""

import os
import socket
import struct
import warnings
import zlib
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from itertools import chain, product
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import PIL.ImageCms
import PIL.ImageFile
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from riptui.errors import DamagedError, SourceError
from riptui.images import PreparedImage, decode_png, encode_png, pixels_sha256, prepare_original
from riptui.spec import FITS, Fit

RED, GREEN, BLUE, WHITE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)
NOISE = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
SRGB = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB"))


def picture(mode: str, data: object) -> PIL.Image.Image:
    """One of any mode from its raw bytes: an array [height, width, ...]."""
    values = np.asarray(data)
    return PIL.Image.frombytes(mode, (values.shape[1], values.shape[0]), values.tobytes())


def saved(folder: Path, image: PIL.Image.Image, name: str, **options: Any) -> Path:
    path = folder / name
    image.save(path, **options)
    return path


def prepared(folder: Path, image: PIL.Image.Image, name: str, **options: object) -> PreparedImage:
    return prepare_original(saved(folder, image, name, **options), size=256)


def colour(of: PreparedImage) -> tuple[int, ...]:
    """The colour of the one pixel that was enlarged."""
    assert (of.image == of.image[0, 0]).all()
    return tuple(of.image[0, 0].tolist())


def png(
    width: int, height: int, depth: int, kind: int, rows: bytes, *more: tuple[bytes, bytes], interlaced: bool = False
) -> bytes:
    """A PNG by hand, with further chunks before the pixels."""
    header = (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced))
    chunks = [header, *more, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
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

UPRIGHT = np.zeros((64, 128, 3), np.uint8)
UPRIGHT[:32, :64], UPRIGHT[:32, 64:], UPRIGHT[32:, :64], UPRIGHT[32:, 64:] = RED, GREEN, BLUE, WHITE

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


# --- ICC profiles


def icc(space: bytes, pcs: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A profile by hand (ICC.1:2001-04, section 6)."""
    table, body, start = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    header = struct.pack(">I4x4s4s4s4s12x4s28x", start + len(body), b"\x02\x40\0\0", b"prtr", space, pcs, b"acsp")
    d50 = struct.pack(">III", 0xF6D6, 0x10000, 0xD32D)
    return (header + d50).ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def description(text: bytes) -> bytes:
    return b"desc\0\0\0\0" + struct.pack(">I", len(text) + 1) + text + b"\0" * 79


# Red and green of sRGB exchanged: whoever uses this profile cannot miss it.
SWAPPED = SRGB.tobytes().replace(b"rXYZ", b"____").replace(b"gXYZ", b"rXYZ").replace(b"____", b"gXYZ")

LINEAR_GREY = icc(
    b"GRAY",
    b"XYZ ",
    {
        b"desc": description(b"linear grey"),
        b"wtpt": b"XYZ \0\0\0\0" + struct.pack(">III", 0xF6D6, 0x10000, 0xD32D),
        b"kTRC": b"curv\0\0\0\0" + struct.pack(">IHxx", 1, 0x0100),
    },
)

# Inks of a press on which cyan prints sRGB's red (Lab 54, 81, 70), black prints black and the others print nothing.
PRINTED = [
    (0, 128, 128) if black else (138, 209, 198) if cyan else (255, 128, 128)
    for cyan, _, _, black in product((0, 1), repeat=4)
]
RED_CYAN = icc(
    b"CMYK",
    b"Lab ",
    {
        b"desc": description(b"red cyan"),
        b"A2B0": b"mft1\0\0\0\0\x04\x03\x02\0"
        + struct.pack(">9I", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
        + bytes(range(256)) * 4
        + bytes(chain(*PRINTED))
        + bytes(range(256)) * 3,
    },
)


def test_a_profiles_colours_are_converted_to_srgb(tmp_path: Path) -> None:
    original = prepared(tmp_path, PIL.Image.new("RGB", (1, 1), RED), "a.png", icc_profile=SWAPPED)
    assert np.abs(np.subtract(colour(original), GREEN)).max() <= 1
    assert original.notes == ("ICC profile sRGB built-in converted to sRGB", "enlarged from 1x1")


@pytest.mark.parametrize(
    ("mode", "profile"), [("RGB", SWAPPED), ("L", LINEAR_GREY), ("CMYK", RED_CYAN)], ids=["RGB", "grey", "CMYK"]
)
def test_a_profile_changes_pixels_as_littlecms_does(tmp_path: Path, mode: str, profile: bytes) -> None:
    bands = len(PIL.Image.new(mode, (1, 1)).getbands())
    source = picture(mode, np.random.default_rng(1).integers(0, 256, (256, 256, bands), np.uint8))
    embedded = PIL.ImageCms.ImageCmsProfile(BytesIO(profile))
    expected = PIL.ImageCms.profileToProfile(source, embedded, SRGB, outputMode="RGB")
    assert not np.array_equal(np.asarray(expected), np.asarray(source.convert("RGB")))
    original = prepared(tmp_path, source, "a.tif", icc_profile=profile)
    assert np.array_equal(original.image, np.asarray(expected))
    assert original.notes[0].startswith("ICC profile ")
    assert original.notes[0].endswith(" converted to sRGB")


def test_cmyk_prints_as_its_profile_says(tmp_path: Path) -> None:
    cyan = picture("CMYK", np.array([[(255, 0, 0, 0)]], np.uint8))
    original = prepared(tmp_path, cyan, "a.tif", icc_profile=RED_CYAN)
    assert np.abs(np.subtract(colour(original), RED)).max() <= 8
    assert original.notes[0] == "ICC profile red cyan converted to sRGB"


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_profile_that_means_srgb_leaves_every_bit(tmp_path: Path, mode: str) -> None:
    source = PIL.Image.fromarray(NOISE).convert(mode)
    original = prepared(tmp_path, source, "a.png", icc_profile=SRGB.tobytes())
    assert np.array_equal(original.image, np.asarray(source.convert("RGB")))
    assert original.notes == ()


def test_alpha_survives_a_profile(tmp_path: Path) -> None:
    source = PIL.Image.new("RGBA", (1, 1), (*RED, 128))
    original = prepared(tmp_path, source, "a.png", icc_profile=SWAPPED)
    assert np.abs(np.subtract(colour(original), (127, 255, 127))).max() <= 1


@pytest.mark.parametrize(
    "profile",
    [b"rubbish", SRGB.tobytes()[:200], b"\0" * 500, LINEAR_GREY, RED_CYAN],
    ids=["rubbish", "cut", "zeros", "grey's", "CMYK's"],
)
def test_a_profile_that_does_not_work_is_ignored_and_noted(tmp_path: Path, profile: bytes) -> None:
    original = prepared(tmp_path, PIL.Image.fromarray(NOISE), "a.png", icc_profile=profile)
    assert np.array_equal(original.image, NOISE)
    assert len(original.notes) == 1
    assert original.notes[0].startswith("ICC profile ignored (")


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


# --- geometry


def test_bands_keep_a_wide_picture_whole_and_in_the_middle(tmp_path: Path) -> None:
    path = saved(tmp_path, PIL.Image.new("RGB", (400, 200), RED), "a.png")
    image = prepare_original(path, size=256).image
    assert (image[:64] == 0).all()
    assert (image[64:192] == RED).all()
    assert (image[192:] == 0).all()


def test_bands_keep_a_tall_picture_whole_and_in_the_middle(tmp_path: Path) -> None:
    image = prepared(tmp_path, PIL.Image.new("RGB", (101, 256), RED), "a.png").image
    assert (image[:, :77] == 0).all()
    assert (image[:, 77:178] == RED).all()
    assert (image[:, 178:] == 0).all()


def test_crop_takes_the_middle_square(tmp_path: Path) -> None:
    wide = np.hstack([np.full((256, 70, 3), 9, np.uint8), NOISE, np.full((256, 71, 3), 9, np.uint8)])
    path = saved(tmp_path, PIL.Image.fromarray(wide), "a.png")
    assert np.array_equal(prepare_original(path, size=256, fit="crop").image, NOISE)
    path = saved(tmp_path, PIL.Image.fromarray(wide.transpose(1, 0, 2)), "a.png")
    assert np.array_equal(prepare_original(path, size=256, fit="crop").image, NOISE.transpose(1, 0, 2))


def test_stretch_uses_every_pixel_of_both_sides(tmp_path: Path) -> None:
    path = saved(tmp_path, PIL.Image.fromarray(UPRIGHT), "a.png")
    image = prepare_original(path, size=256, fit="stretch").image
    assert image[[5, 5, 250, 250], [5, 250, 5, 250]].tolist() == [list(c) for c in (RED, GREEN, BLUE, WHITE)]


def test_resampling_is_lanczos(tmp_path: Path) -> None:
    source = PIL.Image.fromarray(np.tile(NOISE, (3, 3, 1)))
    expected = source.resize((256, 256), PIL.Image.Resampling.LANCZOS)
    original = prepared(tmp_path, source, "a.png")
    assert np.array_equal(original.image, np.asarray(expected))
    assert original.notes == ()


def test_hidden_colours_do_not_bleed_out_of_transparent_pixels(tmp_path: Path) -> None:
    source = PIL.Image.new("RGBA", (8, 8), (*RED, 0))
    source.paste((*BLUE, 255), (0, 0, 4, 8))
    image = prepared(tmp_path, source, "a.png").image
    assert np.array_equal(image[..., 0], image[..., 1])  # blue, white and all between them have as much red as green


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("shape", [(10000, 1), (1, 10000)])
def test_a_very_thin_picture_keeps_at_least_a_pixel(tmp_path: Path, shape: tuple[int, int], fit: Fit) -> None:
    path = saved(tmp_path, PIL.Image.new("RGB", shape, RED), "a.png")
    image = prepare_original(path, size=256, fit=fit).image
    count = {"bands": 256, "crop": 256 * 256, "stretch": 256 * 256}[fit]
    assert (image == RED).all(axis=2).sum() == count


@pytest.mark.parametrize(("fit", "note"), [("bands", "200x100"), ("crop", "100x100"), ("stretch", "200x100")], ids=FITS)
def test_enlarging_is_noted(tmp_path: Path, fit: Fit, note: str) -> None:
    path = saved(tmp_path, PIL.Image.new("RGB", (200, 100)), "a.png")
    assert prepare_original(path, size=256, fit=fit).notes == (f"enlarged from {note}",)


# --- bad input


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2 * 2**30 + 1)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))  # 108 characters at most


BOMB = png(20_000, 20_000, 8, 2, b"")
TEXT_BOMB = png(1, 1, 8, 2, b"\0\0\0\0", (b"zTXt", b"a\0\0" + zlib.compress(b"a" * 3_000_000)))
JPEG = BytesIO()
PIL.Image.fromarray(NOISE).save(JPEG, "JPEG")
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


# --- frames as PNG


@pytest.mark.slow
@given(arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))))
def test_a_png_holds_every_bit(image: np.ndarray) -> None:
    assert np.array_equal(decode_png(encode_png(image)), image)


@pytest.mark.parametrize(
    "view",
    [NOISE[64:128, 32:96], NOISE[::-1, ::2], NOISE[..., ::-1], NOISE.transpose(1, 0, 2)],
    ids=["a box", "steps", "BGR", "transposed"],
)
def test_a_view_is_stored_as_it_is_seen(view: np.ndarray) -> None:
    assert not view.flags.c_contiguous
    again = decode_png(encode_png(view))
    assert np.array_equal(again, view)
    assert again.flags.c_contiguous
    assert pixels_sha256(view) == pixels_sha256(again) == sha256(view.tobytes()).hexdigest()


def test_other_programs_read_the_same_colours() -> None:
    assert PIL.Image.open(BytesIO(encode_png(np.array([[RED]], np.uint8)))).getpixel((0, 0)) == RED


SMALL = NOISE[:8, :8]


def test_every_flipped_bit_is_found(capfd: pytest.CaptureFixture[str]) -> None:
    data = encode_png(SMALL)
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DamagedError, match=r"^\d+ bytes are not a readable PNG: .+$"):
            decode_png(bytes(flipped))
    assert capfd.readouterr() == ("", "")


def test_every_truncation_is_found(capfd: pytest.CaptureFixture[str]) -> None:
    data = encode_png(SMALL)
    for length in range(len(data)):
        with pytest.raises(DamagedError, match=rf"^{length} bytes are not a readable PNG: .+$"):
            decode_png(data[:length])
    assert capfd.readouterr() == ("", "")


@given(st.binary(max_size=300), st.booleans())
@example(b"", False)
def test_random_bytes_are_no_png(data: bytes, signed: bool) -> None:
    with pytest.raises(DamagedError, match="not a readable PNG"):
        decode_png(b"\x89PNG\r\n\x1a\n" * signed + data)


@pytest.mark.slow
@given(st.data())
def test_a_hole_or_a_shuffle_in_a_png_is_found(data: st.DataObject) -> None:
    whole = encode_png(SMALL)
    start, stop = sorted((data.draw(st.integers(0, len(whole))), data.draw(st.integers(0, len(whole)))))
    holed = whole[:start] + b"\0" * (stop - start) + whole[stop:]
    if holed != whole:
        with pytest.raises(DamagedError, match="not a readable PNG"):
            decode_png(holed)


ROW = b"\0\1\2\3"
SECOND_HEADER = (b"IHDR", struct.pack(">IIBBBBB", 1, 2, 8, 2, 0, 0, 0))
NOT_OURS = {
    "grey": png(1, 1, 8, 0, b"\0\1"),
    "16 bits": png(1, 1, 16, 2, b"\0\1\2\3\4\5\6"),
    "with alpha": png(1, 1, 8, 6, b"\0\1\2\3\4"),
    "a palette": png(1, 1, 8, 3, b"\0\0", (b"PLTE", b"\1\2\3")),
    "too many pixels": encode_png(np.zeros((2048, 2049, 3), np.uint8)),
    "a bomb": BOMB,
    "no pixels": png(0, 1, 8, 2, b""),
    "two headers": png(1, 1, 8, 2, ROW, SECOND_HEADER),
    "bytes after the end": png(1, 1, 8, 2, ROW) + b"\0",
    "a text bomb": TEXT_BOMB,
    "a broken animation": png(1, 1, 8, 2, ROW, (b"acTL", struct.pack(">II", 0, 0))),
    "JPEG": JPEG.getvalue(),
}


@pytest.mark.parametrize("data", NOT_OURS.values(), ids=NOT_OURS)
def test_a_png_that_no_frame_can_be_is_refused(data: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DamagedError, match=r"^\d+ bytes are not a readable PNG: .+$"):
        decode_png(data)
    assert capfd.readouterr() == ("", "")


def test_the_largest_frame_is_read() -> None:
    assert decode_png(encode_png(np.zeros((2048, 2048, 3), np.uint8))).shape == (2048, 2048, 3)
    assert np.array_equal(decode_png(png(1, 1, 8, 2, ROW)), [[[1, 2, 3]]])
