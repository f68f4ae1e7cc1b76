"""`riptui corpus` and `riptui nearest`, from a folder of pictures to the share of novel frames, and their refusals."""

import csv
import json
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImages

from riptui.arrays import FeatureVectors
from riptui.features import cpu_fallback
from riptui.features.cpu_fallback import compute_where_it_fits
from riptui.features.perceptual_hash import PerceptualHash
from tests.corpus.conftest import blotches
from tests.support.command import riptui
from tests.support.recursed import paint, save_recursion


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in range(5):
        PilImages.fromarray(blotches(seed)).save(folder / f"{seed}.png")
    return folder


@pytest.fixture
def runs(tmp_path: Path, photos: Path) -> Path:
    shown = np.asarray(PilImages.open(photos / "3.png").resize((256, 256), PilImages.Resampling.LANCZOS))
    copied = paint(lambda image, seed: shown)
    save_recursion(tmp_path / "runs/copy", blotches(50, 256), copied, mask=256, amount=100.0)
    return tmp_path / "runs"


def test_from_a_folder_to_the_nearest_pictures(photos: Path, runs: Path, tmp_path: Path) -> None:
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff rubbish")
    outcome = riptui("corpus", "index", photos, "--size", "256")
    assert outcome.code == 0
    assert "corpus photos: 5 pictures (5 added, 0 known)" in outcome.out
    assert "broken.jpg" in outcome.err
    listed = json.loads(riptui("corpus", "ls", "--json").out)
    assert [(one["name"], one["pictures"], one["unreadable"], one["features"]) for one in listed] == [
        ("photos", 5, 1, "phash")
    ]
    assert "photos" in riptui("corpus").out
    riptui("tag", runs / "copy", "--add", "usable")
    outcome = riptui(
        "nearest", runs, "--corpus", "photos", "-k", "2", "--csv", tmp_path / "n.csv", "--sheet", tmp_path / "n.png"
    )
    assert outcome.code == 0
    for part in ("3.png", "a copy", "novel: 0 % [0, 79], 0 of 1 of the frames tagged usable", "quantile 0.95 of 5"):
        assert part in outcome.out, part
    rows = [*csv.DictReader((tmp_path / "n.csv").read_text().splitlines())]
    assert [row["rank"] for row in rows] == ["1", "2"]
    found = json.loads(riptui("nearest", runs, "--corpus", "photos", "--json").out)
    assert found["frames"][0]["nearest"][0] == {"path": str(photos / "3.png"), "similarity": 1.0, "copy": True}
    assert "leave-one-out" in found["rule"]
    assert riptui("corpus", "remove", "photos").out == "corpus photos: removed\n"
    assert "no corpus: make one" in riptui("corpus").out


@pytest.mark.slow
def test_that_a_gpu_is_full_is_said_once_by_each_command(
    photos: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract = PerceptualHash.extract

    def full(_: object) -> FeatureVectors:
        raise RuntimeError("CUDA out of memory")

    def extract_on_cpu(self: PerceptualHash, images: Sequence[PilImages.Image]) -> FeatureVectors:
        return compute_where_it_fits("phash", "cuda:0", partial(full, self), partial(extract, self, images))

    monkeypatch.setattr(PerceptualHash, "extract", extract_on_cpu)
    commands: list[list[str | Path]] = [["corpus", "index", photos], ["nearest", runs, "--corpus", "photos"]]
    for argv in commands:
        monkeypatch.setattr(cpu_fallback, "_counts", Counter[str]())
        monkeypatch.setattr(cpu_fallback, "_said", set[str]())
        outcome = riptui(*argv, "--json")
        assert outcome.code == 0
        assert outcome.err.count("no memory left on cuda:0 for phash: computed on the CPU until there is\n") == 1


def test_refusals_are_one_line(photos: Path, runs: Path, tmp_path: Path) -> None:
    riptui("nearest", runs, "--corpus", "photos").require_one_line("no corpus 'photos'", "riptui corpus index")
    riptui("corpus", "index", photos, "--features", "phsh").require_one_line("unknown features", "phash")
    riptui("corpus", "index", photos, "--size", "100").require_one_line("multiple of 64")
    riptui("corpus", "index", runs, "--name", "../x").require_one_line("not a name")
    riptui("corpus", "remove", "photos").require_one_line("no corpus")
    riptui("corpus", "index", photos, "--size", "256")
    for argument, value, word in (
        ("--quantile", "1.5", "quantile"),
        ("--csv", "n.txt", ".csv"),
        ("--sheet", "n", ".png"),
    ):
        riptui("nearest", runs, "--corpus", "photos", argument, value).require_one_line(word)
