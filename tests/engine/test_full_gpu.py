"""A metric that a GPU has no memory for goes on on the CPU: the user is told once, and the record says so."""

from collections.abc import Iterator

import numpy as np
import pytest

from riptui import metrics
from riptui.arrays import Image
from riptui.engine import BatchRunner
from riptui.events import Event, Notice
from riptui.features import cpu_fallback
from riptui.inpainters.inpainter import MEASURES_NOTE
from riptui.metrics import MetricInfo
from riptui.metrics.pairwise import PairwiseMetric
from riptui.store.provenance import describe_mixed_sessions
from riptui.store.trajectory import Trajectory
from tests.support.trajectories import MakeTrajectory

SENTENCE = "no memory left on cuda:0 for cramped: computed on the CPU until there is"
full: list[bool] = []
"""Whether the GPU is full at each of the next measurements."""


def cramped() -> PairwiseMetric[Image]:
    def on_gpu() -> float:
        if full and full.pop(0):
            raise RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")
        return 0.5

    def distance(reference: Image, frame: Image) -> float:
        return cpu_fallback.compute_where_it_fits("cramped", "cuda:0", on_gpu, lambda: 0.25)

    return PairwiseMetric(np.copy, distance)


@pytest.fixture(autouse=True)
def metric(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    info = MetricInfo(f"{__name__}:cramped", "For tests.", range=(0, 1), higher_means="farther")
    monkeypatch.setitem(metrics.REGISTRY, "cramped", info)
    monkeypatch.setattr(cpu_fallback, "_counts", type(cpu_fallback._counts)())
    monkeypatch.setattr(cpu_fallback, "_said", set())
    yield
    full.clear()


def compute(runner: BatchRunner, trajectory: Trajectory) -> list[Event]:
    waiting = iter([trajectory])
    return [event for _, event in runner.run(lambda _: next(waiting, None))]


def texts(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Notice)]


def test_it_is_said_once_and_recorded_from_then_on(make_trajectory: MakeTrajectory) -> None:
    first, second, third = (make_trajectory(f"cat/s{seed}", seed=seed, metrics=("cramped",)) for seed in range(3))
    runner = BatchRunner()

    full[:] = [False, True, False]  # at frames 0, 8 and 16
    assert texts(compute(runner, first)) == [SENTENCE]
    assert [values["cramped"] for values in first.read_metrics().values()] == [0.5, 0.25, 0.5]
    assert [session.notes.get(MEASURES_NOTE) for session in first.read_sessions()] == [None, SENTENCE]
    assert first.read_rows()[0].session == 1
    assert describe_mixed_sessions(first) == ""  # it decides no pixel
    assert runner.notices == (SENTENCE,)

    full[:] = [True, False, True]
    assert texts(compute(runner, second)) == []
    assert [session.notes.get(MEASURES_NOTE) for session in second.read_sessions()] == [SENTENCE]

    assert texts(compute(runner, third)) == []
    assert [session.notes.get(MEASURES_NOTE) for session in third.read_sessions()] == [None]


def test_of_a_last_frame_it_is_recorded_too(make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory(metrics=("cramped",))
    full[:] = [False, False, True]
    assert texts(compute(BatchRunner(), trajectory)) == [SENTENCE]
    assert [session.notes.get(MEASURES_NOTE) for session in trajectory.read_sessions()] == [None, SENTENCE]
