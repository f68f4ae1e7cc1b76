"""`riptui diversity`, as its users meet it."""

import json
from pathlib import Path

import pytest

from tests.support.command import riptui
from tests.support.planted_pictures import Plant, plant, random_picture
from tests.support.trajectories import MakeTrajectory

__all__ = ["plant"]

pytestmark = pytest.mark.usefixtures("place")

pytest_plugins = ["tests.support.random_trunks"]

UNLIKE = [random_picture(seed) for seed in range(3)]


@pytest.mark.slow
def test_of_one_set_it_prints_the_numbers_the_near_pairs_and_the_matrix(plant: Plant) -> None:
    plant("owl", [*UNLIKE, UNLIKE[1]])
    outcome = riptui("diversity", "runs/owl", "--csv", "pairs.csv")
    assert (outcome.code, outcome.err) == (0, "pairs.csv: written\n")
    lines = outcome.out.splitlines()
    assert lines[0] == "Distances by phash (bits of 64) between the seeds of each picture"
    assert "1 of 6" in outcome.out
    assert "seeds 1 and 3, 0 bits  owl.png at 100 %" in outcome.out
    matrix = lines[-4:]
    assert sorted(line.split()[1] for line in matrix) == ["0", "1", "2", "3"]
    assert sum(line.count("██") for line in matrix) == 2
    assert len(Path("pairs.csv").read_text().splitlines()) == 7


@pytest.mark.slow
def test_json_has_the_same_for_scripts(plant: Plant) -> None:
    plant("owl", UNLIKE[:2] * 2)
    plant("copies", UNLIKE)  # of the same specs, which count once
    outcome = riptui("diversity", "runs", "--json", "--near", "0")
    found = json.loads(outcome.out)
    assert (found["by"], found["near_bits"]) == ("phash", 0)
    [condition] = found["conditions"]
    assert [len(one["seeds"]) for one in condition["sets"]] == [4]


def test_what_cannot_be_compared_is_told_in_a_line(plant: Plant, make_trajectory: MakeTrajectory) -> None:
    make_trajectory("cat/m64-s0")
    outcome = riptui("diversity", "runs")
    assert outcome.code == 2
    assert outcome.err.splitlines() == [
        "left out, unfinished or unreadable: 1 trajectory",
        "error: no two complete trajectories differ in the seed alone: add some with --seed 0-9",
    ]
    riptui("diversity", "runs", "--by", "psnr").require_one_line("psnr is not a distance", "lpips-alex")
    riptui("diversity", "runs", "--by", "phahs").require_one_line("phash")
    plant("owl", UNLIKE[:2])
    assert "no trajectory has 400 % inpainted" in riptui("diversity", "runs/owl", "--at", "400").err
    assert riptui("diversity", "runs", "--at", "half,3").code == 2
