"""A folder of small pictures that are unlike each other, and an index of it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImages

from riptui.arrays import Image
from riptui.corpus.corpus_building import CorpusPlan, build_corpus
from riptui.corpus.corpus_index import CorpusIndex
from riptui.features import load_extractor


def blotches(seed: int, size: int = 64) -> Image:
    """A picture of random smooth colours: its perceptual hash is like no other's."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return np.asarray(PilImages.fromarray(small).resize((size, size), PilImages.Resampling.BICUBIC))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Twelve pictures 0.png to 11.png, one of them in a subfolder."""
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    for seed in range(12):
        PilImages.fromarray(blotches(seed)).save(folder / ("sub" if seed == 11 else ".") / f"{seed}.png")
    return folder


@pytest.fixture
def index(photos: Path) -> CorpusIndex:
    """The pictures at 256 px."""
    build_corpus(CorpusPlan("photos", photos, size=256), load_extractor("phash"))
    return CorpusIndex("photos")
