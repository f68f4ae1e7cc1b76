"""What people are asked about frames: comparable ones, drawn by a seed, in an order of each rater's own."""

from collections import Counter
from pathlib import Path

import pytest

from riptui.errors import InputError
from riptui.results.rating_questions import (
    Candidate,
    RatingQuestion,
    drop_answered,
    list_candidates,
    make_questions,
    name_conditions,
)
from riptui.spec import Spec
from riptui.store.listing import TrajectorySummary
from riptui.store.ratings import Rating, RatingMode
from riptui.store.trajectory import Trajectory
from tests.support.trajectories import make_spec, picture

FRAME = picture(256)


def spec_of(image: int, **fields: object) -> Spec:
    return make_spec(FRAME, original_sha256=f"{image:064x}", **fields)


def study(images: int = 4, masks: tuple[int, ...] = (32, 64, 128), seeds: int = 1) -> list[Candidate]:
    specs = [spec_of(image, mask=mask, seed=seed) for image in range(images) for mask in masks for seed in range(seeds)]
    summaries = [summary(spec) for spec in specs]
    return list_candidates(summaries, [])


def summary(spec: Spec, k: int | None = None) -> TrajectorySummary:
    return TrajectorySummary(Trajectory(Path(spec.digest)), None, spec, spec.iterations if k is None else k)


def ask(
    candidates: list[Candidate], mode: RatingMode = "ab", rater: str = "ann", seed: int = 0, limit: int | None = None
) -> list[RatingQuestion]:
    return make_questions(candidates, mode, rater=rater, seed=seed, limit=limit)


def test_pairs_are_of_one_picture_and_seed_and_of_two_conditions() -> None:
    questions = ask(study(seeds=2))
    assert len(questions) == 4 * 2 * 3
    for question in questions:
        one, other = (candidate.spec for candidate in question.candidates)
        assert (one.original_sha256, one.seed) == (other.original_sha256, other.seed)
        assert one.mask != other.mask
    assert len({question.key for question in questions}) == len(questions)


def test_the_best_is_of_all_conditions_and_tags_are_of_every_frame() -> None:
    assert {len(question.candidates) for question in ask(study(), "best")} == {3}
    assert len(ask(study(), "best")) == 4
    assert len(ask(study(), "tags")) == 12


def test_two_raters_get_the_same_questions_in_other_orders_and_on_other_sides() -> None:
    candidates = study(40)
    ann, bob = (ask(candidates, rater=rater, limit=60) for rater in ("ann", "bob"))
    assert {question.key for question in ann} == {question.key for question in bob}
    assert [question.key for question in ann] != [question.key for question in bob]
    assert ann == ask([*reversed(candidates)], limit=60)
    assert {question.key for question in ask(candidates, limit=20)} < {question.key for question in ann}
    assert {question.key for question in ask(candidates, seed=1, limit=60)} != {question.key for question in ann}
    sides = {question.key: question.candidates for question in bob}
    same = Counter(question.candidates == sides[question.key] for question in ann)
    assert 15 < same[True] < 45


@pytest.mark.slow
def test_no_condition_stands_more_often_on_the_left() -> None:
    left = Counter(question.candidates[0].spec.mask for question in ask(study(100)))
    assert all(70 < count < 130 for count in left.values()), left


def test_what_is_answered_is_not_asked_again() -> None:
    questions = ask(study())
    first = questions[0]
    frames = tuple(candidate.frame for candidate in reversed(first.candidates))
    rest = drop_answered(questions, [Rating(1, "ab", first.text, frames, "", 1.0)])
    assert rest == questions[1:]
    assert drop_answered(questions, [Rating(1, "ab", "Which is closer?", frames, "", 1.0)]) == questions


def test_frames_are_those_at_an_amount_that_was_reached() -> None:
    specs = [spec_of(1, mask=64, amount=400.0), spec_of(1, mask=64, amount=100.0, seed=1), spec_of(2, mask=128)]
    summaries = [summary(specs[0]), summary(specs[1]), summary(specs[2], k=1)]
    assert [candidate.k for candidate in list_candidates(summaries, [])] == [16, 16]  # at the least end of all, 100 %
    assert [candidate.k for candidate in list_candidates(summaries, [50, 400])] == [8, 64, 8]
    copies = [summaries[0], TrajectorySummary(Trajectory(Path("copy")), None, specs[0], 64)]
    assert len(list_candidates(copies, [])) == 1


def test_conditions_are_named_by_what_differs_beside_picture_and_seed() -> None:
    specs = [spec_of(1, mask=64, seed=3), spec_of(2, mask=128, inpainter="telea", parameters={"radius": 3.0})]
    assert [*name_conditions(specs).values()] == ["64 px, navier-stokes", "128 px, telea"]
    assert {*name_conditions(specs[:1]).values()} == {""}
    passes = [spec_of(1, mask=256, inpainter="jpeg"), spec_of(2, mask=64)]
    assert passes[0].whole_image
    assert [name.split(", ")[:2] for name in name_conditions(passes).values()] == [
        ["whole image", "jpeg"],
        ["64 px", "navier-stokes"],
    ]


def test_nothing_to_ask_is_explained() -> None:
    with pytest.raises(InputError, match="no trajectory here has a frame"):
        ask([])
    with pytest.raises(InputError, match=r"nothing to compare .*: 3 after B in the app, riptui rate --mode tags"):
        ask(study(masks=(64,), seeds=3))
