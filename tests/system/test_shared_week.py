"""A week of a lab in small: four users and two hosts share a runs folder, and one of the hosts is switched off."""

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from riptui.store.creation import create_or_open
from riptui.store.listing import find_trajectories
from riptui.store.records import Request
from riptui.store.trajectory import Status, Trajectory
from riptui.store.worker_record import WorkerOptions
from riptui.store.worker_registry import register
from riptui.supervision.client import list_running_workers
from riptui.worker.loop import new_worker_record, serve
from tests.support.command import riptui, wait_until
from tests.support.pretend_host import pretend_host
from tests.support.trajectories import make_spec, picture

LAB = 61100  # the group of all of them
QUEUES = {61001: 160, 61002: 30, 61003: 8, 61004: 2}
"""Trajectories by user id: whoever queued most did so first."""
WORKERS = 3
STRANGERS = 20
"""Processes of no user of riptui in the north, with the lowest pids there."""
SLACK = WORKERS * len(QUEUES)
"""Trajectories. Each worker keeps turns of its own: it may be at another user than the others."""

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become several users and hosts"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),  # the children start no threads that they have not
    pytest.mark.slow,
]


@pytest.fixture
def lab() -> Iterator[Path]:
    with TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        runs = Path(place, "runs")
        runs.mkdir()
        os.chown(runs, 0, LAB)
        runs.chmod(0o2775)
        yield runs


def become(user: int) -> None:
    os.setgroups([LAB])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    os.umask(0o002)
    for variable in ("CONFIG", "STATE", "CACHE"):
        os.environ[f"XDG_{variable}_HOME"] = "/nonexistent"


def be(user: int, do: Callable[[], object]) -> None:
    child = os.fork()
    if child == 0:
        try:
            become(user)
            do()
            os._exit(0)
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def queue(runs: Path, user: int) -> None:
    """Queue a user's trajectories, all at once and after those of the users before."""
    original = picture()
    for seed in range(QUEUES[user]):
        spec = make_spec(original, mask=128, amount=50.0, seed=seed, inpainter="identity")
        create_or_open(runs, f"user{user}/t{seed}", spec, original, Request(queued=float(user)))


def work(runs: Path, user: int) -> None:
    """A worker of a user for everybody in his group, until it is told to leave."""
    become(user)
    with register(runs, new_worker_record(WorkerOptions(batch=1, serves="group"))) as entry:
        for _ in serve(entry, runs, idle_seconds=3600, should_stop=lambda: entry.leave_requested):
            pass


def end_order(runs: Path) -> list[int]:
    """Whose trajectories they were, in the order in which they were computed."""
    rows = [trajectory.path / "iterations.jsonl" for trajectory in find_trajectories(runs)]
    return [path.parent.stat().st_uid for path in sorted(rows, key=lambda path: path.stat().st_mtime_ns)]


def count_done(runs: Path) -> int:
    return sum(trajectory.read_status() is Status.DONE for trajectory in find_trajectories(runs))


def test_nobody_waits_for_more_than_his_share_or_is_signalled(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda fd: None)  # nothing here loses power
    for user in QUEUES:
        be(user, partial(queue, lab, user))
    ann, _, cid, dee = QUEUES
    total = sum(QUEUES.values())
    with (
        pretend_host("north", partial(work, lab, ann), partial(work, lab, dee), strangers=STRANGERS) as north,
        pretend_host("south", partial(work, lab, cid)) as south,
    ):
        wait_until(lambda: len(list_running_workers(lab)) == WORKERS)
        in_south = [worker.record for worker in list_running_workers(lab) if worker.record.host == "south"]
        assert [record.pid < STRANGERS for record in in_south] == [True]  # a stranger's pid in the north
        wait_until(lambda: sum(map(has_rows, find_trajectories(lab))) > total // 3, interval=0.05)
        south.kill()
        wait_until(lambda: count_done(lab) == total, interval=0.2)
        assert len(list_running_workers(lab)) == WORKERS - 1
        for user in QUEUES:
            be(user, lambda: riptui("stop", "--worker", "all", "--runs", lab))
        north.wait()
    order = end_order(lab)
    # The trajectory that was cut off in the south is taken up whenever somebody finds it, at worst at the very end:
    # whose it was is not known, so that everybody's last one is left out.
    for user, count in QUEUES.items():
        positions = [position for position, owner in enumerate(order, start=1) if owner == user]
        last = positions[-2]
        fair = sum(min(count, other) for other in QUEUES.values())
        print(f"user {user}: {count} trajectories, the last but one was {last} of {total}; fair: {fair}")
        assert last <= fair + SLACK


def has_rows(trajectory: Trajectory) -> bool:
    return (trajectory.path / "iterations.jsonl").stat().st_size > 0
