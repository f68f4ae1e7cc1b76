"""What people said, in the report: a section, a table of all answers, and nothing where nobody rated."""

import csv
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="needs riptui[report]")

from riptui.figures.ratings_section import CSV_NAME, write_ratings
from riptui.results.rating_questions import list_candidates, make_questions
from riptui.store.listing import TrajectorySummary, find_trajectories, summarize
from riptui.store.ratings import RatingJournal
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory


@pytest.fixture
def summaries(make_trajectory: MakeTrajectory, tmp_path: Path) -> list[TrajectorySummary]:
    for mask in (128, 256):
        list(run_trajectory(make_trajectory(f"g/m{mask}", mask=mask, inpainter="noise", metrics=("psnr",))))
    return [summarize(trajectory) for trajectory in find_trajectories(tmp_path / "runs")]


def test_a_section_and_a_table_of_all_answers(summaries: list[TrajectorySummary], tmp_path: Path) -> None:
    candidates = list_candidates(summaries, [])
    for rater in ("a_b", "bob"):
        with RatingJournal(tmp_path / "runs" / "g", rater) as journal:
            [pair] = make_questions(candidates, "ab", rater=rater)
            journal.add("ab", pair.text, [one.frame for one in pair.candidates], seconds=1, choice=0)
            for single in make_questions(candidates, "tags", rater=rater):
                journal.add("tags", single.text, [single.candidates[0].frame], seconds=1, tags=["face"])
    section = write_ratings([tmp_path / "runs"], summaries, tmp_path)
    text = "\n".join(section.text)
    for part in (
        "## What people say",
        r"answers: a\_b 3, bob 3. [CSV](ratings.csv)",
        "- ab: Which picture is better? (2)",
        "| condition | shown | first | strength |",
        "| 2 | 100 % | ≥ +6.00 |",
        "| 2 | 0 % | ≤ -6.00 |",
        "| 128 px | 2 | 0 % | 0 % | 100 % |",
        r"| face | a\_b, bob | 2 | 100 % | - |",
        "| psnr | 2 |",
    ):
        assert part in text, part
    rows = [*csv.DictReader((tmp_path / CSV_NAME).read_text().splitlines())]
    assert len(rows) == 2 * (2 + 2)
    assert [row["chosen"] for row in rows[:2]] == ["1", "0"]
    assert {row["tags"] for row in rows[4:]} == {"face"}


def test_without_ratings_there_is_no_section_and_no_file(tmp_path: Path) -> None:
    section = write_ratings([tmp_path], [], tmp_path)
    assert section.content is None
    assert [*section.text] == []
    assert not (tmp_path / CSV_NAME).exists()
