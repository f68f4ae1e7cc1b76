"""When workers are replaced and when their supervisor gives up, decided from numbers alone."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from riptui.supervision.restart_policy import (
    MAX_DEATHS_WITHOUT_ATTEMPT,
    MAX_DEATHS_WITHOUT_RESULT,
    STALLED_SECONDS,
    Decision,
    RestartPolicy,
    WorkState,
)

START = WorkState(queued=5, running=0, iterations=0, ended=0, attempts=0)


class Clock:
    """A supervisor with one policy, whose clock only the test moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.policy = RestartPolicy()

    def decide(self, *ended: str, work: WorkState = START, idle: bool = False) -> Decision:
        return self.policy.decide(ended, work, idle=idle, now=self.now)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def deaths_until_given_up(clock: Clock, work_at: Callable[[int], WorkState], limit: int = 50) -> int:
    """How many workers of one slot die before it is given up; `limit` if it is not."""
    clock.decide(work=START)
    for count in range(1, limit):
        if clock.decide("slot", work=work_at(count)).action == "give up":
            return count
    return limit


def test_a_worker_that_died_while_something_is_queued_is_replaced(clock: Clock) -> None:
    assert clock.decide("slot").action == "restart"


def test_a_worker_is_not_replaced_while_nothing_is_queued(clock: Clock) -> None:
    for _ in range(20):
        assert clock.decide("slot", work=replace(START, queued=0, running=2)).action == "wait"
    assert clock.decide("slot").action == "restart"


def test_workers_that_end_before_they_try_anything_are_given_up_soon(clock: Clock) -> None:
    assert deaths_until_given_up(clock, lambda count: START) == MAX_DEATHS_WITHOUT_ATTEMPT
    assert clock.decide("slot").reason == (
        f"{MAX_DEATHS_WITHOUT_ATTEMPT + 1} workers in a row ended without starting a trajectory; "
        "5 trajectories are still queued"
    )


def test_workers_that_try_and_accomplish_nothing_have_more_chances(clock: Clock) -> None:
    assert deaths_until_given_up(clock, lambda count: replace(START, attempts=count)) == MAX_DEATHS_WITHOUT_RESULT
    reason = clock.decide("slot", work=replace(START, queued=1, attempts=99)).reason
    assert reason.endswith("workers in a row ended without finishing an iteration; 1 trajectory is still queued")


@pytest.mark.parametrize("result", ["iterations", "ended"])
def test_as_long_as_something_is_accomplished_workers_are_replaced(result: str, clock: Clock) -> None:
    assert deaths_until_given_up(clock, lambda count: replace(START, **{result: count})) == 50


@pytest.mark.parametrize("result", ["iterations", "ended"])
def test_a_result_between_two_deaths_begins_the_row_anew(result: str, clock: Clock) -> None:
    once = replace(START, **{result: 1})
    never = deaths_until_given_up(clock, lambda count: START if count < MAX_DEATHS_WITHOUT_ATTEMPT else once)
    assert never == 2 * MAX_DEATHS_WITHOUT_ATTEMPT


def test_a_worker_that_accomplished_something_before_it_died_does_not_count(clock: Clock) -> None:
    clock.decide(work=START)
    worked = replace(START, iterations=40)
    decisions = [clock.decide("slot", work=worked).action for _ in range(MAX_DEATHS_WITHOUT_ATTEMPT + 1)]
    assert decisions == ["restart"] * MAX_DEATHS_WITHOUT_ATTEMPT + ["give up"]


def test_one_cause_that_kills_all_workers_of_a_pool_is_one_death_each(clock: Clock) -> None:
    slots = [f"slot {number}" for number in range(2 * MAX_DEATHS_WITHOUT_RESULT)]
    assert clock.decide(*slots).action == "restart"
    assert {clock.decide(slot).action for slot in slots} == {"restart"}


def test_queued_trajectories_that_idle_workers_do_not_take_are_given_up_after_a_while(clock: Clock) -> None:
    assert clock.decide(idle=True).action == "wait"
    clock.now += STALLED_SECONDS - 0.1
    assert clock.decide(idle=True).action == "wait"
    clock.now += 0.2
    assert clock.decide(idle=True) == Decision("give up", "the workers are idle, but 5 trajectories are still queued")


@pytest.mark.parametrize(
    ("idle", "work"),
    [
        (False, START),
        (True, replace(START, running=1)),
        (True, replace(START, queued=0)),
    ],
    ids=["a worker computes", "a process elsewhere computes", "nothing is queued"],
)
def test_the_time_begins_anew_when_something_goes_on_in_between(idle: bool, work: WorkState, clock: Clock) -> None:
    clock.decide(idle=True)
    clock.now += STALLED_SECONDS - 1
    clock.decide(work=work, idle=idle)
    clock.now += 2
    assert clock.decide(idle=True).action == "wait"
    clock.now += STALLED_SECONDS
    assert clock.decide(idle=True).action == "give up"


def test_the_time_begins_anew_when_a_worker_ended(clock: Clock) -> None:
    clock.decide(idle=True)
    clock.now += STALLED_SECONDS + 1
    assert clock.decide("slot", idle=True).action == "restart"
    assert clock.decide(idle=True).action == "wait"
