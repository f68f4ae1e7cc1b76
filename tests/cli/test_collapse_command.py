"""`riptui collapse`: labels with their thresholds and values, as tables, JSON and CSV, and what it refuses."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from riptui.store.creation import create_or_open
from riptui.store.records import Request
from tests.support.command import riptui
from tests.support.recursed import bundled_pictures, paint, save_recursion
from tests.support.trajectories import make_spec


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("collapse")
    coffee = bundled_pictures(2)[1]
    for mask in (64, 128):
        grey = paint(lambda image, seed: np.full_like(image, 128))
        save_recursion(folder / f"grey/m{mask}", coffee, grey, mask=mask, amount=100.0, order="raster")
    return folder


@pytest.mark.slow
def test_tables_with_every_threshold(runs: Path) -> None:
    outcome = riptui("collapse", runs)
    assert (outcome.code, outcome.err) == (0, "")
    for part in (
        "uniform",
        "stabilised",
        "colour spread below 5",
        "detail below 50 %",
        "growth within ±10 %",
        "no distance is measured (riptui measure)",
        "grey/m64",
    ):
        assert part in outcome.out
    changed = riptui("collapse", runs, "--threshold", "uniform=0")
    assert "colour spread below 0" in changed.out


def test_json_and_csv_have_the_values_behind_each_label(runs: Path, tmp_path: Path) -> None:
    file = tmp_path / "ends.csv"
    outcome = riptui("collapse", runs, "--json", "--csv", file)
    found = json.loads(outcome.out)
    assert [group["shares"]["uniform"]["value"] for group in found["groups"]] == [100, 100]
    assert found["trajectories"][0] | {"look": "uniform", "stabilised": None} == found["trajectories"][0]
    assert found["thresholds"]["blurred"] == 50
    rows = [*csv.DictReader(file.read_text().splitlines())]
    assert [row["look"] for row in rows] == ["uniform", "uniform"]
    assert float(rows[0]["colour_spread"]) < float(rows[0]["threshold uniform"]) < float(rows[0]["original_spread"])
    refused = riptui("collapse", runs, "--csv", file, "--features", "gone")
    refused.require_one_line("exists; --overwrite")  # before the features are looked for


def test_what_is_unfinished_is_told(tmp_path: Path) -> None:
    original = np.zeros((256, 256, 3), np.uint8)
    create_or_open(tmp_path, "queued", make_spec(original), original, Request())
    outcome = riptui("collapse", tmp_path)
    assert outcome.code == 0
    assert outcome.err.startswith("left out, not computed to the end: 1 trajectory; see riptui resume\n")


def test_refusals_are_one_line(runs: Path) -> None:
    riptui("collapse", runs, "--threshold", "blur=3").require_one_line("unknown threshold", "blurred")
    riptui("collapse", runs, "--metric", "psnr").require_one_line("none of these trajectories", "psnr")
    riptui("collapse", runs / "nowhere").require_one_line("does not exist")
