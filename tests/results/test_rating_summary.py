"""From files of ratings to statistics: nothing that is gone, and nothing twice."""

from pathlib import Path

import pytest

from riptui.results.rating_questions import list_candidates, make_questions
from riptui.results.rating_summary import find_ratings, summarise_ratings
from riptui.store.listing import find_trajectories, summarize
from riptui.store.ratings import RatedFrame, RatingJournal
from tests.support.running import run_trajectory
from tests.support.trajectories import MakeTrajectory


@pytest.fixture
def group(tmp_path: Path, make_trajectory: MakeTrajectory) -> Path:
    for mask in (64, 128):
        for _ in run_trajectory(make_trajectory(f"g/cat/m{mask}", mask=mask, metrics=("psnr",))):
            pass
    return tmp_path / "runs" / "g"


def rate(group: Path, rater: str) -> None:
    """Prefer 64 px; see a face in 128 px."""
    summaries = [summarize(trajectory) for trajectory in find_trajectories(group)]
    candidates = list_candidates(summaries, [])
    with RatingJournal(group, rater) as journal:
        for question in make_questions(candidates, "ab", rater=rater):
            frames = [candidate.frame for candidate in question.candidates]
            choice = [candidate.spec.mask for candidate in question.candidates].index(64)
            journal.add("ab", question.text, frames, seconds=1, choice=choice)
        for question in make_questions(candidates, "tags", rater=rater):
            [candidate] = question.candidates
            tags = ["face"] if candidate.spec.mask == 128 else []
            journal.add("tags", question.text, [candidate.frame], seconds=1, tags=tags)


@pytest.mark.slow
def test_ratings_become_preferences_tags_kappas_and_agreement(group: Path) -> None:
    rate(group, "ann")
    rate(group, "bob")
    ratings = find_ratings([group.parent, group])
    assert {rater: len(found) for rater, found in ratings.items()} == {"ann": 3, "bob": 3}
    found = summarise_ratings(ratings, [summarize(trajectory) for trajectory in find_trajectories(group)])
    assert (found.comparisons, found.ties, found.images, found.answers.left_out) == (2, 0, 1, 0)
    assert [(one.condition, one.shown, one.top1.value) for one in found.preferences] == [
        ("64 px", 2, 100.0),
        ("128 px", 2, 0.0),
    ]
    shares = {(one.condition, one.tag): one.share.value for one in found.tag_shares if one.tag in ("face", "other")}
    assert shares["128 px", "face"] == 100.0
    assert {*shares.values()} == {0.0, 100.0}
    assert [(kappa.subject, kappa.items, kappa.agreed) for kappa in found.kappas] == [
        ("comparisons", 1, 100.0),
        ("face", 2, 100.0),
    ]
    assert [(one.metric, one.pairs) for one in found.agreements] == [("psnr", 2)]


@pytest.mark.slow
def test_answers_about_what_is_gone_and_answers_given_twice_are_counted_apart(group: Path) -> None:
    rate(group, "ann")
    rate(group, "ann")
    with RatingJournal(group, "ann") as journal:
        journal.add("ab", "q", [RatedFrame("f" * 64, 1), RatedFrame("e" * 64, 1)], seconds=1, choice=0)
        journal.add("ab", "q", journal.ratings[0].frames, seconds=1, choice=7)
        journal.add("best", "q", [], seconds=1, choice=None)
    found = summarise_ratings(find_ratings([group]), [summarize(one) for one in find_trajectories(group)])
    assert (found.comparisons, len(found.answers.tags)) == (1, 2)
    assert (found.answers.left_out, found.answers.repeated) == (3, 3)


def test_nothing_rated_is_no_error(tmp_path: Path) -> None:
    found = summarise_ratings(find_ratings([tmp_path]), [])
    assert (found.comparisons, found.preferences, found.tag_shares, found.kappas) == (0, [], [], [])
