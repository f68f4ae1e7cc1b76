"""What `riptui study run` says when a signal ends it: what continues, how to look at it, stop it and come back."""

import shlex
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from riptui.cli.console import short_path
from riptui.store.worker_registry import Worker
from riptui.supervision.progress import StudyProgress
from riptui.text.units import format_count


@dataclass(frozen=True)
class RunOptions:
    """The options of the command that decide who computes."""

    devices: str = ""
    workers: int | None = None
    ray: str = ""
    ray_cpus: int | None = None
    ray_copies: bool = False
    runs: Path | None = None
    """The runs folder, if it is not the study file's."""

    @property
    def computes_elsewhere(self) -> bool:
        """Whether the command only watches: workers that others start compute, e.g. the tasks of a SLURM job."""
        return self.workers == 0 and not self.ray

    def name(self, file: Path) -> list[str]:
        """The words that mean the study in any command: FILE, and --runs if that was given."""
        return [short_path(file), *(["--runs", short_path(self.runs)] if self.runs else [])]

    def to_command(self, file: Path) -> str:
        """The command that continues as this one ran."""
        words = ["riptui", "study", "run", *self.name(file)]
        for name in ("devices", "workers", "ray", "ray_cpus"):
            value = getattr(self, name)
            if value not in ("", None):
                words += [f"--{name.replace('_', '-')}", str(value)]
        return shlex.join(words + ["--ray-copies"] * self.ray_copies)


def describe_stop(options: RunOptions, file: Path, progress: StudyProgress) -> Iterator[str]:
    """Lines for a study that was stopped."""
    yield f"stopped; the computed frames are saved. Continue with: {options.to_command(file)}"
    total = format_count(sum(progress.statuses.values()), "trajectory")
    done = f"{progress.statuses.get('done', 0)} of {total} done"
    yield f"  {done}; progress: riptui study status {shlex.join(options.name(file))}"
    if running := progress.statuses.get("running", 0):
        yield f"  {format_count(running, 'trajectory')} will stop after the current iteration"
    if options.ray:
        yield "  on the Ray cluster nothing goes on: the actors ended with this command"
    if elsewhere := [worker for worker in progress.workers if not worker.is_here]:
        names = ", ".join(_name(worker) for worker in elsewhere[:3])
        more = f" and {len(elsewhere) - 3} more" if len(elsewhere) > 3 else ""
        yield f"  workers elsewhere leave the study too, and take what else is queued: {names}{more}"
        yield from _describe_jobs(elsewhere, "to end them now")


def describe_leaving(options: RunOptions, file: Path, runs: Path, progress: StudyProgress) -> Iterator[str]:
    """Lines for a study that workers elsewhere continue to compute, when it is no longer watched."""
    running, queued = progress.statuses.get("running", 0), progress.statuses.get("queued", 0)
    yield (
        f"no longer watched; nothing was stopped: {format_count(running, 'trajectory')} running and {queued} queued, "
        f"{format_count(len(progress.workers), 'worker')} at work"
    )
    yield from describe_detached(options, file, runs)
    yield from _describe_jobs(progress.workers, "to end the tasks as well")


def describe_detached(options: RunOptions, file: Path, runs: Path) -> Iterator[str]:
    """How to look at, stop and come back to a study that continues without this command."""
    quoted = shlex.join(options.name(file))
    at = "" if runs == Path("runs") else f" --runs {shlex.quote(short_path(runs))}"
    if options.computes_elsewhere:
        yield f"  compute   riptui study sbatch {quoted} | sbatch    or start workers: riptui worker{at}"
    yield f"  progress  riptui study status {quoted}    its workers: riptui ps{at}"
    yield f"  stop      riptui study stop {quoted}"
    ctrl_c = "only ends the watching" if options.computes_elsewhere else "stops the study"
    yield f"  return    {options.to_command(file)}    Ctrl-C then {ctrl_c}"


def _describe_jobs(workers: Collection[Worker], purpose: str) -> Iterator[str]:
    jobs = dict.fromkeys(worker.record.slurm_job.partition("_")[0] for worker in workers if worker.record.slurm_job)
    if jobs:
        yield f"  {purpose}: scancel {' '.join(jobs)}"


def _name(worker: Worker) -> str:
    job = f", SLURM job {worker.record.slurm_job}" if worker.record.slurm_job else ""
    return f"{worker.record.id} on {worker.record.host}{job}"
