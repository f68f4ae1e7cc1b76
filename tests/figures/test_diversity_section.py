"""The report's section on diversity: the sets, their figures, every pair as CSV."""

import csv
from pathlib import Path

import numpy as np
import pytest

from riptui.results.frame_comparison import choose_comparison
from riptui.results.seed_sets import find_seed_sets
from riptui.store.feature_file import save_features
from riptui.store.listing import summarize
from riptui.store.trajectory import Trajectory
from tests.support.planted_pictures import Plant, plant, random_picture
from tests.support.trajectories import MakeTrajectory, advance

__all__ = ["plant"]

UNLIKE = [random_picture(seed) for seed in range(3)]


class StubExtractor:
    name, identity, dimension = "clip", "clip of a test", 2


def store_features(trajectory: Trajectory, vector: list[float]) -> None:
    save_features(trajectory, StubExtractor(), {1: np.array(vector, np.float32)})  # type: ignore[arg-type]


def test_stored_features_are_used_if_all_frames_have_them(plant: Plant) -> None:
    made = plant("owl", UNLIKE)
    for trajectory, vector in zip(made[:2], ([1.0, 0.0], [0.0, 2.0]), strict=True):
        store_features(trajectory, vector)
    sets = find_seed_sets(map(summarize, made))
    assert choose_comparison(sets).name == "phash"
    store_features(made[2], [1.0, 0.0])
    comparison = choose_comparison(sets)
    assert comparison.name == "clip"
    items = [comparison.read(trajectory, [1])[1] for trajectory in made]
    assert comparison.compare(items, lambda done, total: None).distances.tolist() == [[0, 1, 0], [1, 0, 1], [0, 1, 0]]


@pytest.mark.slow
@pytest.mark.needs("report")
def test_the_section_has_figures_a_table_the_near_duplicates_and_every_pair(
    plant: Plant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from riptui.figures import style  # of an extra
    from riptui.figures.diversity_section import DIVERSITY_CSV, write_diversity
    from riptui.figures.report_data import load_report_data

    monkeypatch.setattr(style, "write_figure", lambda figure, folder, stem: [folder / f"{stem}.png"])
    made = plant("owl", [*UNLIKE, UNLIKE[1]])
    data = load_report_data(made, lambda stage, done, total: None)
    heard: list[tuple[str, int, int]] = []
    section = write_diversity(data, tmp_path, lambda *told: heard.append(told))
    text = "\n".join(section.text)
    for part in (
        "## How far seeds are apart",
        "Distances by phash (bits of 64)",
        "![How far seeds are apart](diversity-matrix.png)",
        "![How far seeds are apart](diversity-sheet.png)",
        "| planted | whole image | 100 % | 1 | 4 |",
        "| 1 of 6 pairs | 3 |",
        "- owl.png, planted, whole image: seeds 1 and 3, 0 bits",
    ):
        assert part in text, part
    rows = [*csv.DictReader((tmp_path / DIVERSITY_CSV).read_text().splitlines())]
    assert [(row["seed"], row["other_seed"]) for row in rows if row["near_duplicate"] == "True"] == [("1", "3")]
    assert [figure.files for figure in section.figures] == [
        (f"diversity-{kind}.png", f"diversity-{kind}.csv") for kind in ("matrix", "sheet")
    ]
    assert {stage for stage, _, _ in heard} == {"comparing sets"}


@pytest.mark.needs("report")
def test_without_sets_there_is_no_section(make_trajectory: MakeTrajectory, tmp_path: Path) -> None:
    from riptui.figures.diversity_section import write_diversity  # of an extra
    from riptui.figures.report_data import load_report_data

    trajectory = make_trajectory("cat/m64-s0")
    advance(trajectory, 1)
    data = load_report_data([trajectory], lambda stage, done, total: None)
    section = write_diversity(data, tmp_path, lambda stage, done, total: None)
    assert section.content is None
    assert [*section.text] == []


@pytest.mark.slow
@pytest.mark.needs("report")
def test_the_spread_of_runs_is_drawn_against_the_amount(plant: Plant) -> None:
    from riptui.figures import style  # of an extra
    from riptui.figures.diversity_figure import draw_spread, spread_rows
    from riptui.results.diversity import analyse_diversity

    made = plant("owl", UNLIKE)
    analysis = analyse_diversity(map(summarize, made), choose_comparison(find_seed_sets(map(summarize, made))))
    with style.styled():
        figure = draw_spread(analysis.conditions, [256], analysis.unit)
    assert len(figure.axes) == 2
    [row] = spread_rows(analysis.conditions)
    assert (row["mask"], row["inpainted"], row["pictures"], row["trajectories"]) == (256, 100.0, 1, 3)
    assert row["distance_low"] is None
