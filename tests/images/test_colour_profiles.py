"""ICC profiles: colours are converted to sRGB."""

import struct
from io import BytesIO
from itertools import chain, product
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageCms
import PIL.ImageFile
import pytest

from tests.support.picture_files import (
    GREEN,
    NOISE,
    RED,
    SRGB,
    colour,
    description,
    icc,
    picture,
    prepared,
)

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
