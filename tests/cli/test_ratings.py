"""`riptui ratings` and what `riptui rate` refuses."""

import json
from pathlib import Path

import pytest

from riptui.results.rating_questions import list_candidates, make_questions
from riptui.store.listing import find_trajectories, summarize
from riptui.store.ratings import RatingJournal
from tests.support.command import riptui
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory


@pytest.fixture
def group(make_trajectory: MakeTrajectory, tmp_path: Path) -> Path:
    for mask in (128, 256):
        list(run_trajectory(make_trajectory(f"g/m{mask}", mask=mask, inpainter="noise", metrics=("psnr",))))
    folder = tmp_path / "runs" / "g"
    candidates = list_candidates([summarize(trajectory) for trajectory in find_trajectories(folder)], [])
    for rater in ("ann", "bob"):
        with RatingJournal(folder, rater) as journal:
            for mode in ("ab", "tags"):
                for question in make_questions(candidates, mode, rater=rater):
                    frames = [candidate.frame for candidate in question.candidates]
                    choice = (
                        [candidate.spec.mask for candidate in question.candidates].index(128) if mode == "ab" else None
                    )
                    tags = [] if mode == "ab" else ["palette"]
                    journal.add(question.mode, question.text, frames, seconds=1, choice=choice, tags=tags)
    return folder


@pytest.mark.slow
def test_ratings_as_tables_and_as_json(group: Path) -> None:
    outcome = riptui("ratings", group)
    assert (outcome.code, outcome.err) == (0, "")
    for part in (
        "ann 3, bob 3",
        "128 px",
        "100 %",
        "≥ +6.00",
        "palette",
        "psnr",
        "no intervals over fewer than 5 images",
    ):
        assert part in outcome.out
    found = json.loads(riptui("ratings", group.parent, "--json").out)
    assert found["raters"] == {"ann": 3, "bob": 3}
    assert found["questions"] == {"ab: Which picture is better?": 2}
    assert [one["condition"] for one in found["preferences"]] == ["128 px", "whole image"]
    assert found["preferences"][0]["top1"]["low"] is None
    assert {kappa["subject"] for kappa in found["kappas"]} == {"comparisons", "palette"}


def test_no_ratings_and_no_terminal_are_told(group: Path, tmp_path: Path) -> None:
    outcome = riptui("rate", group)
    assert outcome.code == 2
    assert "rating needs a terminal" in outcome.err
    for file in group.glob("ratings.*"):
        file.unlink()
    outcome = riptui("ratings", group)
    assert outcome.code == 2
    assert "give some with riptui rate" in outcome.err
