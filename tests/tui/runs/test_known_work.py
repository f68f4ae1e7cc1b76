"""What the heading says of the work on a trajectory: its turn in the queue, a worker that gives no sign."""

from dataclasses import replace
from pathlib import Path

import pytest

from riptui.store.lock import LOCK_FILE
from riptui.store.trajectory import Status
from riptui.store.worker_record import WorkerOptions, WorkerStatus
from riptui.store.worker_registry import register
from riptui.supervision.client import list_running_workers
from riptui.supervision.queue_listing import QueueReader, WaitingTrajectory, list_waiting
from riptui.tui.runs.known_work import KnownWork, describe_queued, describe_running, find_place, ordinal
from riptui.tui.runs.work_watch import WorkWatch
from riptui.worker.loop import new_worker_record
from tests.support.app_pilot import open_app
from tests.support.app_runs import queue_trajectory


@pytest.fixture
def queue(tmp_path: Path) -> Path:
    """Three that wait."""
    for seed in (1, 2, 3):
        queue_trajectory(tmp_path, f"night/s{seed}", seed=seed)
    return tmp_path


@pytest.fixture
def third(queue: Path) -> WaitingTrajectory:
    return list_waiting(queue)[2]


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (112, "112th"), (1001, "1,001st")],
)
def test_ordinals(number: int, text: str) -> None:
    assert ordinal(number) == text


def test_a_queued_one_says_when_its_turn_is_or_why_it_does_not_come(third: WaitingTrajectory) -> None:
    assert describe_queued(KnownWork()) == "queued"
    assert describe_queued(KnownWork(waiting=third)) == "queued 3rd"
    assert describe_queued(KnownWork(waiting=replace(third, starts_in=720.0))) == "queued 3rd, in 12 min"
    assert describe_queued(KnownWork(waiting=replace(third, position=1))) == "queued next"
    assert describe_queued(KnownWork(waiting=replace(third, reason="no trust"))) == "queued 3rd: no trust"
    assert describe_queued(KnownWork(skipped="no such inpainter", waiting=third)) == "queued 3rd: no such inpainter"
    assert describe_queued(KnownWork(has_workers=False, waiting=third)) == "queued 3rd, but no worker runs"


def test_a_running_one_whose_worker_gives_no_sign_does_not_say_that_it_runs() -> None:
    assert describe_running(KnownWork()) == "running"
    assert describe_running(KnownWork(silent=45)) == "no sign for 45 s"


def test_the_place_is_that_of_the_queue(queue: Path) -> None:
    found = QueueReader(queue).read([])
    place = find_place(found, queue / "night/s2")
    assert place is not None
    assert place.position == 2
    assert find_place(found, queue / "night/s9") is None


def test_the_queue_is_read_now_and_then_and_of_the_shown_one_alone(
    queue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, int | None]] = []

    def tell(path: str, work: KnownWork) -> None:
        told.append((path, work.waiting.position if work.waiting else None))

    forecasts: list[float | None] = []
    watch = WorkWatch(queue, lambda job: job(), lambda call, *arguments: call(*arguments), tell, forecasts.append)
    watch.show("night/s3", Status.QUEUED, ())
    assert told[-1] == ("night/s3", 3)
    monkeypatch.setattr(QueueReader, "read", lambda *_: pytest.fail("read again at once"))
    watch.show("night/s3", Status.QUEUED, ())
    assert told[-1] == ("night/s3", 3)
    watch.show("night/s3", Status.RUNNING, ())
    assert told.pop() == ("night/s3", None)
    assert set(forecasts) == {None}, "without a worker nobody knows"


def test_the_forecast_of_the_head_line_is_that_of_the_queue_whatever_is_shown(queue: Path) -> None:
    with register(queue, new_worker_record(WorkerOptions())) as entry:
        entry.publish(WorkerStatus(0.0, "working", rate=2.0))
        workers = list_running_workers(queue)
        forecasts: list[float | None] = []
        watch = WorkWatch(queue, lambda job: job(), lambda call, *given: call(*given), print, forecasts.append)
        watch.show("", None, workers)
        assert forecasts == [QueueReader(queue).read(workers).seconds_left]
        assert forecasts[0]


@pytest.mark.slow
async def test_the_heading_has_it(queue: Path) -> None:
    async with open_app(queue, select="night/s2") as pilot:
        await pilot.wait_until(lambda: "○ queued 2nd, but no worker runs" in pilot.screen_text)


@pytest.mark.slow
async def test_the_heading_of_one_whose_worker_died_says_when_it_goes_on(queue: Path) -> None:
    (queue / "night/s2" / LOCK_FILE).write_bytes(b'{"pid": 1, "host": "elsewhere", "since": 1.0}')
    async with open_app(queue, select="night/s2") as pilot:
        await pilot.wait_until(lambda: "◼ interrupted, queued 2nd, but no worker runs" in pilot.screen_text)
