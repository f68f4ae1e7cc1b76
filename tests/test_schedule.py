"""Parameters that change over the iterations: their text, their values, and what the recursion makes of them."""

from typing import Any

import numpy as np
import pytest

from riptui import inpainters
from riptui.errors import InputError, SpecError
from riptui.inpainters.scheduled import convert_scheduled
from riptui.planning.sweep import Interventions, Sweep
from riptui.recursion import Walk, ignore_step, iterate, recurse
from riptui.schedule import parse_schedules
from riptui.spec import can_share_batch
from tests.support.trajectories import make_spec, picture

ORIGINAL = picture(256)


@pytest.mark.parametrize(
    ("text", "iterations", "values"),
    [
        ("strength=1..0.5", 3, [1, 0.75, 0.5]),
        ("strength=1..0.5", 1, [1]),
        ("strength=0..1..0", 5, [0, 0.5, 1, 0.5, 0]),
        ("steps=50|20", 5, ["50", "50", "50", "20", "20"]),
        ("prompt=|a cat|a = dog", 3, ["", "a cat", "a = dog"]),
        ("prompt=a|b|c", 2, ["a", "b"]),
    ],
)
def test_a_course_has_a_value_at_each_iteration(text: str, iterations: int, values: list[float | str]) -> None:
    [course] = parse_schedules(text).values()
    assert [course.value(k, iterations) for k in range(1, iterations + 1)] == values


@pytest.mark.parametrize(
    "text", ["strength", "=1..2", "strength=1", "strength=a..b", "strength=1..inf", "a=1..2\na=2..3"]
)
def test_what_is_no_schedule_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SpecError, match="schedule"):
        make_spec(ORIGINAL, schedule=text)


def test_the_same_schedules_are_the_same_spec() -> None:
    one, other = (make_spec(ORIGINAL, schedule=text) for text in ("b=1.0..2\na=x|y", "a=x|y\nb=1..2.0"))
    assert one.digest == other.digest != make_spec(ORIGINAL).digest


@pytest.mark.exhaustive
def test_each_iteration_is_inpainted_with_its_own_value() -> None:
    spec = make_spec(ORIGINAL, inpainter="telea", schedule="radius=1..16")
    plain = make_spec(ORIGINAL, inpainter="telea")
    walk = Walk(plain, ORIGINAL)
    for iteration, radius in zip(recurse(ORIGINAL, spec), range(1, 17), strict=True):
        [expected] = iterate([walk], inpainters.load("telea", {"radius": float(radius)}))
        assert np.array_equal(iteration.frame, expected.frame)


@pytest.mark.exhaustive
def test_a_batch_out_of_step_gives_what_single_runs_give() -> None:
    specs = [make_spec(ORIGINAL, inpainter="telea", schedule="radius=1..16", seed=seed) for seed in (1, 2)]
    alone = [[one.frame for one in recurse(ORIGINAL, spec)] for spec in specs]
    walks = [Walk(spec, ORIGINAL) for spec in specs]
    inpaint = inpainters.load("telea")
    iterate(walks[:1], inpaint)
    for k in range(15):
        batch = iterate(walks, inpaint)
        assert np.array_equal(batch[0].frame, alone[0][k + 1])
        assert np.array_equal(batch[1].frame, alone[1][k])


@pytest.mark.parametrize(("other", "shares"), [({}, True), ({"schedule": ""}, False), ({"amount": 50.0}, False)])
def test_a_batch_is_of_one_schedule(other: dict[str, Any], shares: bool) -> None:
    fields: dict[str, Any] = {"inpainter": "telea", "schedule": "radius=1..9"}
    spec = make_spec(ORIGINAL, **fields)
    assert can_share_batch(spec, make_spec(ORIGINAL, **fields | {"seed": 2} | other)) == shares


@pytest.mark.parametrize(
    ("name", "schedule", "message"),
    [
        ("telea", "strength=1..0.5", "can change between iterations: radius"),
        ("telea", "radius=1..1000", "radius is"),
        ("lama", "weights=a|b", "none can"),
        ("sd2", "guidance=1..7", "strength, steps, prompt"),
        ("sd2", "strength=1..0.001", "leaves no step"),
    ],
)
def test_what_an_inpainter_cannot_change_is_refused_before_anything_is_computed(
    name: str, schedule: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Sweep([name], [64], [0], {}, interventions=Interventions(schedule=schedule))


def test_whole_numbers_are_rounded_and_text_is_read() -> None:
    assert convert_scheduled("sd2", {"steps": 20.5, "strength": 0.25}) == {"steps": 20, "strength": 0.25}
    assert convert_scheduled("sd2", {"steps": "30", "prompt": "a cat"}) == {"steps": 30, "prompt": "a cat"}


def test_an_inpainter_of_the_users_own_has_nothing_to_change() -> None:
    spec = make_spec(ORIGINAL, inpainter="telea", schedule="radius=1..9")
    with pytest.raises(InputError, match="cannot change its radius"):
        next(recurse(ORIGINAL, spec, lambda images, masks, *, seeds, on_step: images, on_step=ignore_step))
