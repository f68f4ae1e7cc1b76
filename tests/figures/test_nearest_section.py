"""The report's section on the nearest pictures: shares with their threshold, a table and a sheet; refusals first."""

import csv
from pathlib import Path

import pytest
from PIL import Image as PilImages

from riptui.corpus.corpus_building import CorpusPlan, build_corpus
from riptui.features import load_extractor
from riptui.store.listing import find_trajectories, summarize
from tests.corpus.conftest import blotches
from tests.support.command import riptui
from tests.support.recursed import paint, save_recursion

pytestmark = pytest.mark.needs("report")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """An output that is picture 2 of the corpus."""
    (tmp_path / "photos").mkdir()
    for seed in range(4):
        PilImages.fromarray(blotches(seed, 256)).save(tmp_path / f"photos/{seed}_.png")
    build_corpus(CorpusPlan("photos", tmp_path / "photos", size=256), load_extractor("phash"))
    shown = blotches(2, 256)
    copied = paint(lambda image, seed: shown)
    save_recursion(tmp_path / "runs/copy", blotches(9, 256), copied, mask=256, amount=100.0)
    return tmp_path / "runs"


@pytest.mark.slow
def test_a_table_a_sheet_and_the_threshold(runs: Path, tmp_path: Path) -> None:
    from riptui.figures.nearest_section import write_nearest  # of an extra

    summaries = [summarize(trajectory) for trajectory in find_trajectories(runs)]
    section = write_nearest(summaries, "photos", [runs], tmp_path, lambda stage, done, total: None)
    text = "\n".join(section.text)
    for part in (
        "## Nearest pictures",
        "- novel of all frames: 0 % [0, 79], 0 of 1",
        "- no trajectory is tagged usable (riptui tag PATH --add usable)",
        "leave-one-out similarities",
        "![Frames and their nearest pictures](nearest.png)",
        r"| picture.png | navier-stokes | whole image | 0 | a copy | no | 2\_.png |",
    ):
        assert part in text, part
    assert section.files == ("nearest.csv", "nearest.png")
    assert (tmp_path / "nearest.png").read_bytes().startswith(b"\x89PNG")
    rows = [*csv.DictReader((tmp_path / "nearest.csv").read_text().splitlines())]
    assert rows[0]["copy"] == "True"


def test_a_corpus_that_is_not_there_is_refused_in_one_line(runs: Path, tmp_path: Path) -> None:
    riptui("report", runs, "--out", tmp_path / "r", "--corpus", "photo").require_one_line("no corpus", "photos")
    assert not (tmp_path / "r").exists()
