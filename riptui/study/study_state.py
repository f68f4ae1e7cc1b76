"""The state of a study: how far its trajectories are, in a word and in %."""

from dataclasses import dataclass

from riptui.store.trajectory import Status
from riptui.study.known_studies import KnownStudy
from riptui.supervision.progress import SKIPPED, StudyProgress


@dataclass(frozen=True)
class StudyState:
    """A study as it is now."""

    known: KnownStudy
    progress: StudyProgress | None = None
    """None: it was never run."""
    at_work: bool = False
    """Whether a process that riptui started in the background is at work on it, on this machine."""

    @property
    def expected(self) -> int:
        return self.known.manifest.expected if self.known.manifest else 0

    @property
    def created(self) -> int:
        return len(self.known.manifest.trajectories) if self.known.manifest else 0

    def count(self, *statuses: str) -> int:
        return sum(self.progress.statuses.get(status, 0) for status in statuses) if self.progress else 0

    @property
    def is_done(self) -> bool:
        return bool(self.created) and self.count(Status.DONE) == self.created == self.expected

    @property
    def is_active(self) -> bool:
        """Whether something is computed, or will be by itself."""
        return self.at_work or bool(self.count(Status.RUNNING, Status.QUEUED))

    @property
    def has_worker(self) -> bool:
        """Whether a worker runs that may take what is queued, here or elsewhere."""
        workers = self.progress.workers if self.progress else ()
        return any(worker.record.takes_queued or worker.record.study for worker in workers)


def describe_state(state: StudyState) -> tuple[str, str]:
    """The status whose mark stands for it, "" for none, and a word or two."""
    if state.progress is None:
        if state.known.problem:
            return Status.FAILED, "error in the file"
        return ("queued", "starting") if state.at_work else ("", "not started")
    failed = state.count(Status.FAILED, SKIPPED)
    if state.count(Status.RUNNING):
        return Status.RUNNING, "running"
    if state.at_work and state.created < state.expected:
        return Status.RUNNING, "starting"
    if state.count(Status.QUEUED):
        return Status.QUEUED, "queued" if state.has_worker or state.at_work else "no worker"
    if state.count(Status.PAUSED):
        return Status.PAUSED, "paused"
    if state.count(Status.INTERRUPTED):
        return Status.INTERRUPTED, "stopped"
    if failed:
        return Status.FAILED, f"{failed:,} failed"
    if state.created < state.expected:
        return Status.INTERRUPTED, "incomplete"
    if state.count("missing"):
        return Status.FAILED, f"{state.count('missing'):,} missing"
    return Status.DONE, "done"


def percent_done(state: StudyState) -> float:
    """Of the iterations of all its trajectories, those that are to be created included."""
    progress = state.progress
    if progress is None or not progress.iterations:
        return 0.0
    all_of_them = progress.iterations * max(1.0, state.expected / max(1, state.created))
    return min(100.0, 100 * progress.done / all_of_them)
