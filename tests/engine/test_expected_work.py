"""The bench tells an inpainter how much work is ahead, before the first iteration of a batch."""

from collections.abc import Sequence

import numpy as np
import pytest

from riptui import inpainters
from riptui.arrays import Images, Masks
from riptui.engine import BatchRunner
from riptui.errors import DeviceMemoryError, InpainterError
from riptui.events import Ended, Iterated, Notice
from riptui.inpainters import OnStep
from tests.support.trajectories import MakeTrajectory


class Expecting:
    """Paints grey. It has memory for so many rows, and notes what it was told."""

    def __init__(self, rows: int = 9) -> None:
        self.rows = rows
        self.told: list[tuple[int, int, int]] = []
        self.notes: dict[str, str] = {}
        self.notices: list[str] = []

    def prepare(self, inpaintings: int, batch: int, size: int) -> None:
        self.told.append((inpaintings, batch, size))
        if batch > self.rows:
            raise DeviceMemoryError("full")
        self.notes["compile"] = f"for {batch}"
        self.notices.append(f"compiling for batches of {batch} took 1 s")

    def __call__(self, images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        return np.full_like(images, 128)


def test_it_is_told_once_a_batch_and_its_notes_are_in_the_session(
    make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    inpaint = Expecting()
    monkeypatch.setattr(inpainters, "load", lambda *_, **__: inpainters.add_defaults(inpaint))
    waiting = [make_trajectory(f"a/s{seed}", seed=seed) for seed in range(2)]
    first = waiting[-1]
    events = [event for _, event in BatchRunner(slots=2).run(lambda _: waiting.pop() if waiting else None)]
    assert inpaint.told == [(32, 2, 256)]
    assert [event.text for event in events if isinstance(event, Notice)] == ["compiling for batches of 2 took 1 s"]
    assert inpaint.notices == []
    assert [session.notes for session in first.read_sessions()] == [{"compile": "for 2"}]


def test_where_the_memory_is_too_small_to_make_ready_the_batch_is_halved(
    make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    inpaint = Expecting(rows=1)
    monkeypatch.setattr(inpainters, "load", lambda *_, **__: inpainters.add_defaults(inpaint))
    waiting = [make_trajectory(f"a/s{seed}", seed=seed) for seed in range(2)]
    events = [event for _, event in BatchRunner(slots=2).run(lambda _: waiting.pop() if waiting else None)]
    assert inpaint.told[:2] == [(32, 2, 256), (16, 1, 256)]
    assert "out of memory at batch size 2: continuing with 1" in [
        event.text for event in events if isinstance(event, Notice)
    ]
    assert sum(isinstance(event, Ended) and event.done for event in events) >= 1


def test_where_making_ready_fails_the_trajectory_fails_and_nothing_is_painted(
    make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    inpaint = Expecting()

    def broken(*_: int) -> None:
        raise InpainterError("torch.compile failed: no compiler. Without it: compile=off")

    monkeypatch.setattr(inpaint, "prepare", broken)
    monkeypatch.setattr(inpainters, "load", lambda *_, **__: inpainters.add_defaults(inpaint))
    waiting = [trajectory := make_trajectory()]
    events = [event for _, event in BatchRunner().run(lambda _: waiting.pop() if waiting else None)]
    assert not any(isinstance(event, Iterated) for event in events)
    assert trajectory.failure is not None
    assert "no compiler" in trajectory.failure.error
