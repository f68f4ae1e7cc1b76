"""Schedules of steps in forecasts: by what each iteration does, and not by the spec's own steps."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from riptui.planning.estimate import IterationTime, cost_key, estimate_sweeps, times_on_disk
from riptui.planning.scheduled_work import work_after, work_of
from riptui.planning.sweep import Interventions, Sweep
from riptui.spec import Box, Spec
from riptui.store.layout import ROWS
from riptui.store.records import IterationRow, Session


def sweep(schedule: str, **parameters: object) -> Sweep:
    return Sweep(
        ["sd2"],
        [128],
        [0],
        {"steps": 50, **parameters},  # type: ignore[dict-item]
        amount=100,
        interventions=Interventions(schedule=schedule),
    )


def spec(schedule: str) -> Spec:
    [found] = sweep(schedule).specs("", "0" * 64, "0" * 64)
    return found


@pytest.mark.parametrize(
    ("schedule", "first", "last", "mean"),
    [
        ("", 1, 1, 1),
        ("steps=50..10", 1, 0.2, 0.6),
        ("steps=10|50", 0.2, 1, 0.6),
        ("strength=1..0.5", 1, 0.5, 0.75),
        ("steps=50..25\nstrength=1..0.5", 1, 0.25, None),
        ("prompt=a cat|a dog", 1, 1, 1),
    ],
)
def test_an_iteration_counts_as_its_steps_and_its_strength(
    schedule: str, first: float, last: float, mean: float | None
) -> None:
    found = spec(schedule)
    assert [work_of(found, k) for k in (1, 16)] == pytest.approx([first, last])
    assert work_after(found) == pytest.approx(sum(work_of(found, k) for k in range(1, 17)))
    assert work_after(found, 15) == pytest.approx(last)
    if mean is not None:
        assert work_after(found) == pytest.approx(16 * mean)


def test_a_forecast_and_the_time_that_it_learns_from_know_the_schedule() -> None:
    plain, scheduled = sweep(""), sweep("steps=50..10")
    times = {cost_key(spec("")): IterationTime(10.0)}
    assert estimate_sweeps([plain], 1, times).seconds == pytest.approx(160)
    assert estimate_sweeps([scheduled], 1, times).seconds == pytest.approx(160 * 0.6)


def test_rows_of_few_steps_are_no_sign_of_a_fast_model(tmp_path: Path) -> None:
    scheduled = spec("steps=50..10")
    rows = [
        IterationRow(k, Box(0, 0, 128, 128), 0.0, 0.0, (0, 1), "0" * 64, 0, 10 * work_of(scheduled, k), 0)
        for k in range(1, 17)
    ]
    session = Session(0, "", "host", 1, "cpu", 1, {}, {})
    (tmp_path / ROWS).touch()
    done: Any = SimpleNamespace(spec=scheduled, path=tmp_path, read_rows=lambda: rows, read_sessions=lambda: [session])
    [found] = times_on_disk([cost_key(scheduled)], [done]).values()
    assert found.seconds == pytest.approx(10)


def test_a_schedule_of_prompts_decides_whether_guidance_costs_a_second_pass() -> None:
    assert cost_key(spec("prompt=a cat|a dog")) == cost_key(sweep("", prompt="a cat").specs("", "0" * 64, "0" * 64)[0])
    assert cost_key(spec("prompt=a cat|a dog")) != cost_key(spec(""))
