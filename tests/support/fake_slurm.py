"""A stand-in for SLURM on this machine: takes a job script as sbatch does, runs its tasks, preempts, limits their time.

As SLURM: a task is the script run by bash, with its own session and SLURM_* variables; at --signal=B:USR1@N only the
batch shell gets the signal, N seconds before the limit; at the limit and at preemption all processes of the task get
SIGCONT and SIGTERM, and SIGKILL when the grace is over. A preempted task is queued again if the script says --requeue,
and one that asks for it by `scontrol requeue JOB_TASK`, which ends it likewise. A task that reached its limit is not.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

DIRECTIVES = {
    "job-name",
    "array",
    "gpus-per-task",
    "ntasks",
    "cpus-per-task",
    "mem",
    "time",
    "partition",
    "output",
    "signal",
    "requeue",
    "open-mode",
}
GRACE_SECONDS = 3.0  # between SIGTERM and SIGKILL: KillWait, and the partition's GraceTime
JOB = "4711"


@dataclass
class Task:
    number: int
    state: str = "PENDING"  # RUNNING, COMPLETED, FAILED, TIMEOUT
    process: subprocess.Popen[bytes] | None = None
    deadline: float = float("inf")  # time.monotonic() of its time limit
    is_warned: bool = False
    kill_at: float = float("inf")
    restarts: int = 0
    ends_as: str = ""  # the state after its processes have ended; "": by the exit code
    history: list[str] = field(default_factory=list)


class FakeSlurm:
    """folder: for its own files and the logs. slots: tasks that run at once."""

    def __init__(self, folder: Path, slots: int = 2) -> None:
        folder.mkdir()
        self.folder, self.slots = folder, slots
        self.tasks: list[Task] = []
        self.directives: dict[str, str] = {}
        self._script = folder / "job.sh"
        self._requests = folder / "requeued"
        scontrol = folder / "scontrol"
        scontrol.write_text(f'#!/bin/sh\n[ "$1" = requeue ] && echo "$2" >> {shlex.quote(str(self._requests))}\n')
        scontrol.chmod(0o755)

    def sbatch(self, script: str) -> None:
        """Accept a job script. Raises ValueError for one that sbatch refuses."""
        if not script.startswith("#!"):
            raise ValueError("This does not look like a batch script")
        for line in script.splitlines():
            if line.strip() and not line.startswith("#"):
                break  # directives after the first command are comments
            if found := re.fullmatch(r"#SBATCH --([a-z-]+)(?:=(\S+))?", line):
                self.directives[found[1]] = found[2] or ""
            elif line.startswith("#SBATCH"):
                raise ValueError(f"sbatch: error: {line}")
        if unknown := self.directives.keys() - DIRECTIVES:
            raise ValueError(f"sbatch: unrecognized option {unknown}")
        first, last = re.fullmatch(r"(\d+)-(\d+)", self.directives["array"]).groups()
        self._script.write_text(script)
        self.tasks = [Task(number) for number in range(int(first), int(last) + 1)]

    def run_until(self, is_reached: Callable[[], object], seconds: float = 120.0) -> None:
        """Do a scheduler's work until something is so. Fails after this many seconds."""
        give_up = time.monotonic() + seconds
        while not is_reached():
            assert time.monotonic() < give_up, [(task.number, task.state, task.history) for task in self.tasks]
            self._schedule()
            time.sleep(0.02)

    @property
    def is_over(self) -> bool:
        return all(task.state not in ("PENDING", "RUNNING") for task in self.tasks)

    def preempt(self, task: Task) -> None:
        """Another job needs its place."""
        task.history.append("preempted")
        self._end(task, "PENDING" if "requeue" in self.directives else "PREEMPTED")

    def bring_limit_near(self, task: Task) -> None:
        """Let the time pass up to where its signal is due."""
        task.deadline = time.monotonic() + self._signal_seconds

    def kill_all(self) -> None:
        for task in self.tasks:
            self._signal_all(task, signal.SIGKILL)

    @property
    def _signal_seconds(self) -> float:
        return float(re.fullmatch(r"B:USR1@(\d+)", self.directives["signal"])[1])

    def _schedule(self) -> None:
        now = time.monotonic()
        self._requeue_requested()
        for task in self.tasks:
            if task.process is not None:
                if not task.is_warned and now >= task.deadline - self._signal_seconds:
                    task.is_warned = True
                    task.history.append("warned")
                    task.process.send_signal(signal.SIGUSR1)  # to the batch shell alone
                if now >= task.deadline and not task.ends_as:
                    self._end(task, "TIMEOUT")
                if now >= task.kill_at:
                    self._signal_all(task, signal.SIGKILL)
                self._reap(task)
        free = self.slots - sum(task.state == "RUNNING" for task in self.tasks)
        for task in [task for task in self.tasks if task.state == "PENDING"][: max(0, free)]:
            self._start(task)

    def _start(self, task: Task) -> None:
        variables = {
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "SLURM_JOB_ID": str(int(JOB) + 1 + task.number),
            "SLURM_ARRAY_JOB_ID": JOB,
            "SLURM_ARRAY_TASK_ID": str(task.number),
            "SLURM_RESTART_COUNT": str(task.restarts),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        name = self.directives["output"].replace("%A", JOB).replace("%a", str(task.number))
        mode = "ab" if self.directives.get("open-mode") == "append" else "wb"
        with (self.folder / name).open(mode) as log:
            task.process = subprocess.Popen(
                ["bash", str(self._script)],
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        limit = self.directives.get("time", "")
        task.deadline = time.monotonic() + (60 * float(limit) if limit else float("inf"))
        task.state, task.kill_at, task.is_warned, task.ends_as = "RUNNING", float("inf"), False, ""
        task.history.append("started")

    def _end(self, task: Task, state: str) -> None:
        task.ends_as, task.kill_at = state, time.monotonic() + GRACE_SECONDS
        self._signal_all(task, signal.SIGCONT)
        self._signal_all(task, signal.SIGTERM)

    def _reap(self, task: Task) -> None:
        """A task has ended when all of its processes have: those that its shell left are killed."""
        assert task.process is not None
        if task.process.poll() is None:
            return
        self._requeue_requested()  # the shell may have asked as its last act
        self._signal_all(task, signal.SIGKILL)
        task.state = task.ends_as or ("COMPLETED" if task.process.returncode == 0 else "FAILED")
        task.history.append("requeued" if task.state == "PENDING" else task.state)
        task.restarts += task.state == "PENDING"
        task.process = None

    def _requeue_requested(self) -> None:
        with suppress(FileNotFoundError):
            asked = self._requests.read_text().split()
            self._requests.unlink()
            for name in asked:
                task = next(task for task in self.tasks if name == f"{JOB}_{task.number}")
                self._end(task, "PENDING")

    def _signal_all(self, task: Task, number: signal.Signals) -> None:
        if task.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(task.process.pid, number)
