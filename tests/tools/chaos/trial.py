"""One round: disturb riptui's processes, let everything finish, and check every byte with the independent reader."""

import fcntl
import json
import os
import shutil
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.tools.chaos import reader
from tests.tools.chaos.actions import EXPIRY_SECONDS, Actions
from tests.tools.chaos.laboratory import Laboratory

MAX_RUNNING = 8  # processes at once
PAUSE = 0.35  # seconds between two actions, on average
PATIENCE = 60.0  # seconds for commands to end by themselves
LEFTOVERS = (".tmp-*", ".new-*", ".riptui-*", ".lockfile")


@dataclass
class Figures:
    """What was done and found; those of several rounds add up."""

    rounds: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    trajectories: int = 0
    iterations: int = 0
    frames_compared: int = 0
    faults: list[str] = field(default_factory=list)

    def add(self, other: "Figures") -> None:
        self.rounds += other.rounds
        self.actions += other.actions
        self.trajectories += other.trajectories
        self.iterations += other.iterations
        self.frames_compared += other.frames_compared
        self.faults += other.faults

    def as_json(self) -> str:
        return json.dumps(self.__dict__ | {"actions": dict(sorted(self.actions.items()))}, indent=1)


@dataclass
class Seen:
    """A trajectory folder that was seen, wherever it has been moved since."""

    path: Path
    rows: int


class Trial:
    """A round in its own laboratory."""

    def __init__(self, laboratory: Laboratory, rng: np.random.Generator) -> None:
        self.laboratory, self.rng = laboratory, rng
        self.actions = Actions(laboratory, rng)
        self.figures = Figures(rounds=1)
        self._seen: dict[int, Seen] = {}  # by the inode of the folder, which a move keeps

    def run(self, seconds: float) -> Figures:
        """Disturb for so long, then finish and check."""
        self.disturb(seconds)
        self.finish()
        self.check()
        self.figures.faults += self.laboratory.faults
        return self.figures

    def disturb(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.actions.end_due()
            self.laboratory.reap()
            self._look_for_lost_rows()
            is_free = len(self.laboratory.pids()) < MAX_RUNNING or self.rng.random() < 0.3
            if is_free and (name := self.actions.act()):
                self.figures.actions[name] += 1
            time.sleep(float(self.rng.exponential(PAUSE)))

    def finish(self) -> None:
        """Let the disk and all processes work, and everything be computed."""
        self.actions.end_due(all_of_them=True)
        laboratory, runs = self.laboratory, self.laboratory.runs
        runs.mkdir(exist_ok=True)
        self._wait_for_commands()
        self._leave()
        if laboratory.locks == "files":
            time.sleep(EXPIRY_SECONDS + 1)
        self._age_leftovers()
        laboratory.run("restore", "restore", runs, target="app")
        self._resolve_name_clashes()
        if paths := reader.find_trajectories(runs):  # clears empty entries that kills left in the trash
            laboratory.run("trash", "trash", runs, paths[0], target="app")
            laboratory.run("restore", "restore", runs, target="app")
        laboratory.run("check", "check", runs, "--repair")
        code, said = laboratory.run("resume", "resume", runs)
        if code:
            self._fault(f"`resume` of everything ended with {code}: {said[-600:]}")
        self._leave()
        laboratory.run("worker", "worker", "--idle", "0")

    def check(self) -> None:
        runs = self.laboratory.runs
        paths = reader.find_trajectories(runs)
        for path in paths:
            reading = reader.read(path, self.laboratory.pictures)
            self.figures.iterations += reading.iterations
            self.figures.frames_compared += reading.frames
            self.figures.faults += reading.faults
        self.figures.trajectories = len(paths)
        code, said = self.laboratory.run("check", "check", runs, "--json")
        reports = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        if code or len(reports) != len(paths) or any(report["damage"] or report["leftovers"] for report in reports):
            self._fault(f"`check` of {len(paths)} trajectories ended with {code}: {said[-600:]}")
        there = {path.stat().st_ino for path in paths}
        for inode, seen in self._seen.items():
            if inode not in there:
                self._fault(f"lost: {seen.path} with {seen.rows} iterations")
        self._check_leftovers(runs)

    def _check_leftovers(self, runs: Path) -> None:
        for pattern in LEFTOVERS:
            left = [path for path in runs.rglob(pattern) if path.parent.parent.name != "workers"]  # an ended worker's
            self.figures.faults += [f"leftover: {path}" for path in left]
        trash = runs / ".riptui/trash"
        self.figures.faults += [f"in the trash: {path}" for path in (trash.iterdir() if trash.is_dir() else [])]
        for path in runs.rglob(".lock"):
            with path.open("rb") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    self._fault(f"held: {path}")

    def _wait_for_commands(self) -> None:
        """Give what runs time to end by itself, as a user would who is patient."""
        end = time.monotonic() + PATIENCE
        while self.laboratory.running and time.monotonic() < end:
            self.laboratory.reap()
            time.sleep(0.1)
        for command in self.laboratory.running:  # it waits for what is paused, or for a worker
            self.laboratory.signal(command.process.pid, signal.SIGINT)

    def _leave(self) -> None:
        """Ask the workers to leave, and wait until no process is left."""
        self.laboratory.run("stop-workers", "stop", "--worker", "all")
        end = time.monotonic() + PATIENCE
        while (pids := self.laboratory.pids()) and time.monotonic() < end:
            self.laboratory.reap()
            time.sleep(0.1)
        self.laboratory.reap()
        for pid in pids:
            with suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
                self._fault(f"process {pid} ({state}) is left: {words}")
                os.kill(pid, signal.SIGKILL)

    def _age_leftovers(self) -> None:
        """riptui removes what may still be in work only after a minute."""
        for path in [*self.laboratory.runs.rglob(".new-*"), *(self.laboratory.runs / ".riptui").glob("trash/*")]:
            os.utime(path, (0, 0))

    def _resolve_name_clashes(self) -> None:
        """Bring back what a trajectory of the same name keeps in the trash, under another name."""
        for number, path in enumerate(sorted((self.laboratory.runs / ".riptui").glob("trash/*/trajectory"))):
            target = self.laboratory.runs / f"ann/restored{number}"
            target.parent.mkdir(exist_ok=True)
            path.rename(target)
            shutil.rmtree(path.parent)

    def _look_for_lost_rows(self) -> None:
        """Committed iterations never become fewer: a row is whole only after its patch. Copies may have torn ends."""
        for path in reader.find_trajectories(self.laboratory.runs):
            with suppress(OSError):
                inode, rows = path.stat().st_ino, reader.count_rows(path)
                if path.stat().st_ino != inode:
                    continue  # moved meanwhile
                seen = self._seen.setdefault(inode, Seen(path, 0))
                if rows < seen.rows and not path.name.startswith("copy"):
                    self._fault(f"{path} has {rows} iterations, and had {seen.rows}")
                seen.path, seen.rows = path, max(rows, seen.rows)

    def _fault(self, text: str) -> None:
        self.figures.faults.append(text)
