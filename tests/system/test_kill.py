"""Real processes, two at a time on the same trajectories, killed with SIGKILL and started again."""

import itertools
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from riptui.errors import HeldError
from riptui.events import Iterated
from riptui.spec import decode_spec, encode_spec
from riptui.store import layout
from riptui.store.creation import create_or_open
from riptui.store.frames import read_frame
from riptui.store.listing import summarize
from riptui.store.lock import probe_lock
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory
from tests.support.command import PATIENCE, wait_until
from tests.support.exhaustive import some_of
from tests.support.faulty_disk import PLACE, Disk, Story, contents
from tests.support.fork_server import ForkedProcess, ForkServer, fork_server
from tests.support.running import run_trajectory

INTERVAL = 0.0005  # seconds between two looks: shorter than an iteration


def compute(arguments: list[str]) -> int:
    """What a racer does: complete the trajectories at these places, and report each iteration."""
    runs, inputs, *places = arguments
    spec = decode_spec(Path(inputs, "spec.json").read_bytes())
    original = np.load(Path(inputs, "original.npy"))
    for place in places:
        trajectory = create_or_open(Path(runs), place, spec, original, Request())
        finished = False
        while not finished:
            try:
                for event in run_trajectory(trajectory):
                    if isinstance(event, Iterated):
                        print(place, event.row.k, flush=True)
                finished = True
            except HeldError:
                time.sleep(0.002)
    return 0


@dataclass
class Racer:
    process: ForkedProcess
    out: Path
    err: Path


class Racers:
    """Two processes that compute the same trajectories. Forked: fifty of them would import the libraries for long."""

    def __init__(self, story: Story, folder: Path, server: ForkServer) -> None:
        self._server, self._folder, self._started = server, folder, itertools.count()
        self.runs = folder / "runs"
        self.reported: dict[str, int] = {}
        """Place to the last iteration that was reported as committed by a process that has been killed."""
        self._inputs = folder / "inputs"
        self._inputs.mkdir()
        (self._inputs / "spec.json").write_bytes(encode_spec(story.spec))
        np.save(self._inputs / "original.npy", story.original)
        self.running: list[Racer] = []

    def start(self, places: list[str]) -> None:
        out, err = (self._folder / f"{kind}-{next(self._started)}" for kind in ("out", "err"))
        words = [str(self.runs), str(self._inputs), *places]
        with out.open("wb") as output, err.open("wb") as errors:
            process = self._server.start(f"{__name__}:compute", words, out=output.fileno(), err=errors.fileno())
        self.running.append(Racer(process, out, err))

    def kill(self, racer: Racer) -> None:
        racer.process.kill()
        self._finish(racer, -signal.SIGKILL)

    def finish(self) -> None:
        for racer in list(self.running):
            self._finish(racer, 0)

    def end(self) -> None:
        for racer in self.running:
            racer.process.kill()
            racer.process.wait(PATIENCE)

    def _finish(self, racer: Racer, expected: int) -> None:
        code = racer.process.wait(PATIENCE)
        out = racer.out.read_text()
        self.running.remove(racer)
        assert (code, racer.err.read_text()) == (expected, "")
        for line in out[: out.rfind("\n") + 1].splitlines():
            place, k = line.split()
            self.reported[place] = max(self.reported.get(place, 0), int(k))


@pytest.fixture
def make_racers(tmp_path: Path) -> Iterator[Callable[[Story], Racers]]:
    made: list[Racers] = []

    def make(story: Story) -> Racers:
        made.append(Racers(story, tmp_path, server))
        return made[-1]

    with fork_server("riptui.inpainters.baselines", "riptui.metrics", __name__) as server:
        yield make
        for racers in made:
            racers.end()


def rows_of(runs: Path) -> int:
    try:
        return (runs / PLACE / layout.ROWS).read_bytes().count(b"\n")
    except FileNotFoundError:
        return 0


def folders_in(runs: Path) -> int:
    return len(list(runs.glob(f"group/t*/{layout.SPEC}")))


@pytest.mark.parametrize("kills", some_of([20, 100], 20))
def test_kills_of_two_competing_processes_change_no_byte(kills: int, make_racers: Callable[[Story], Racers]) -> None:
    story = Story(mask=16, amount=400.0, inpainter="noise", metrics=())
    racers, rng = make_racers(story), random.Random(0)
    trajectory = Trajectory(racers.runs / PLACE)
    killed_at: list[int] = []
    holders = 0
    racers.start([PLACE])
    while len(killed_at) < kills:
        racers.start([PLACE])
        if rng.random() < 0.8:
            goal = rows_of(racers.runs) + rng.randrange(1, 20)
            wait_until(lambda goal=goal: rows_of(racers.runs) >= goal, interval=INTERVAL)
        time.sleep(rng.random() * 0.003)
        _, holder = probe_lock(trajectory.path)
        victims = [one for one in racers.running if holder and one.process.pid == holder.pid]
        victim = victims[0] if victims and rng.random() < 0.9 else rng.choice(racers.running)
        holders += victim in victims
        racers.kill(victim)
        killed_at.append(len(trajectory.read_rows()))
        assert killed_at[-1] >= racers.reported.get(PLACE, 0)
        if killed_at[-1]:
            read_frame(trajectory, killed_at[-1])
            assert not summarize(trajectory).error
    racers.start([PLACE])
    racers.finish()

    assert contents(trajectory) == story.ending
    sessions = [row.session for row in trajectory.read_rows()]
    assert sessions == sorted(sessions)
    assert len(set(sessions)) > kills / 2
    assert holders > kills / 2
    assert sum(0 < k < story.spec.iterations for k in killed_at) > 0.8 * kills
    assert len(set(killed_at)) > kills / 2


@pytest.mark.exhaustive
def test_processes_killed_while_they_make_folders_leave_whole_ones_or_none(
    make_racers: Callable[[Story], Racers], tmp_path: Path
) -> None:
    story = Story(amount=50.0, metrics=())
    racers, rng = make_racers(story), random.Random(1)
    places = [f"group/t{number}" for number in range(60)]
    for _ in range(12):
        while len(racers.running) < 2:
            racers.start(rng.sample(places, len(places)))
        goal = folders_in(racers.runs) + rng.randrange(4)
        wait_until(lambda goal=goal: folders_in(racers.runs) >= goal, interval=INTERVAL)
        time.sleep(rng.random() * 0.01)
        racers.kill(rng.choice(racers.running))
        for place, k in racers.reported.items():
            assert len(Trajectory(racers.runs / place).read_rows()) >= k
    assert 0 < folders_in(racers.runs) < len(places)
    while len(racers.running) < 2:
        racers.start(places)
    racers.finish()

    for left in (racers.runs / "group").glob(f"{layout.NEW_PREFIX}*"):
        os.utime(left, (0, 0))
    with Disk():
        story.create(racers.runs, places[0])
    assert set((racers.runs / "group").iterdir()) == {racers.runs / place for place in places}
    for place in places:
        assert contents(Trajectory(racers.runs / place)) == story.ending
