"""Pictures of every kind that is read rightly: their pixels, whose hash is a trajectory's identity, never change."""

import json
from pathlib import Path

import pytest

from riptui.images import pixels_sha256, prepare_original

FOLDER = Path(__file__).parent / "pinned_pictures"
EXPECTED: dict[str, str] = json.loads((FOLDER / "sha256.json").read_text())


@pytest.mark.parametrize("name", EXPECTED)
def test_the_pixels_of_a_picture_stay_the_same(name: str) -> None:
    assert pixels_sha256(prepare_original(FOLDER / name, size=64).image) == EXPECTED[name]


def test_every_picture_is_pinned() -> None:
    assert {file.name for file in FOLDER.iterdir()} == {*EXPECTED, "sha256.json"}
