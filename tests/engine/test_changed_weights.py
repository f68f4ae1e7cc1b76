"""The files of a model change while trajectories are computed with it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from riptui import inpainters
from riptui.arrays import Images, Masks
from riptui.engine import BatchRunner
from riptui.inpainters import OnStep
from riptui.spec import Spec
from riptui.store.trajectory import Status, Trajectory
from tests.support.trajectories import MakeTrajectory


class Files:
    """What is on the disk: a level of grey."""

    level = 10


class Grey:
    """Paints the level that was on the disk when it was loaded."""

    def __init__(self, files: Files) -> None:
        self._files, self._level = files, files.level
        self.notes = {"weights of unet": str(self._level)}

    @property
    def is_current(self) -> bool:
        return self._files.level == self._level

    def __call__(self, images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        return np.full_like(images, self._level)


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Files:
    found = Files()
    monkeypatch.setattr(inpainters, "load", lambda *_, **__: inpainters.add_defaults(Grey(found)))
    return found


def run(waiting: list[Trajectory], on_iteration: Callable[[int], Any]) -> None:
    def take(spec: Spec | None) -> Trajectory | None:
        return waiting.pop(0) if waiting else None

    for number, _ in enumerate(BatchRunner(slots=2).run(take)):
        on_iteration(number)


def levels(trajectory: Trajectory) -> list[str]:
    return [session.notes["weights of unet"] for session in trajectory.read_sessions()]


@pytest.mark.slow
@pytest.mark.parametrize("changed_at", [2, 20])
def test_those_in_progress_end_with_the_model_they_began_with_and_the_next_ones_have_the_new_one(
    changed_at: int, files: Files, make_trajectory: MakeTrajectory
) -> None:
    made = [make_trajectory(f"a/s{seed}", seed=seed, amount=100.0 * (seed + 1)) for seed in range(3)]

    def replace(number: int) -> None:
        if number == changed_at:
            files.level = 200

    run([*made], replace)
    assert [trajectory.read_status() for trajectory in made] == [Status.DONE] * 3
    assert [levels(trajectory)[-1] for trajectory in made] == ["10", "10", "200"]
    assert all(len(set(levels(trajectory))) == 1 for trajectory in made)


@pytest.mark.slow
def test_while_nothing_changes_a_free_slot_is_filled_at_once(files: Files, make_trajectory: MakeTrajectory) -> None:
    made = [make_trajectory(f"a/s{seed}", seed=seed, amount=100.0 * (seed + 1)) for seed in range(3)]
    run([*made], lambda number: None)
    assert [levels(trajectory)[-1] for trajectory in made] == ["10"] * 3
