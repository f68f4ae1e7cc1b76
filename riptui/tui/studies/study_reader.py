"""Reads the studies that are known, and their progress. For a thread; no Textual."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from riptui.errors import RiptuiError
from riptui.store.trajectory import Status
from riptui.study.known_studies import KnownStudy, StudyFinder
from riptui.study.study_estimate import StudyEstimate, estimate_study
from riptui.study.study_needs import find_lacking
from riptui.study.study_outline import StudySetting, describe_product, outline_study
from riptui.supervision.progress import SKIPPED, ProgressTracker, StudyProgress
from riptui.supervision.study_process import is_at_work, read_log
from riptui.supervision.time_left import TimeLeft
from riptui.tui.studies.report_reader import FoundReport, read_report, report_stamp

OTHERS_EVERY = 5  # looks at the study that is shown for one at the others


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


class StudyReader:
    """Reads them again and again; what has not changed is not read again. For one thread."""

    def __init__(self, runs: Path) -> None:
        self._finder = StudyFinder(runs)
        self._trackers: dict[str, ProgressTracker] = {}
        self._times_left: dict[Path, TimeLeft] = {}  # by runs folder
        self._report: tuple[object, FoundReport | None] | None = None
        self._looks = 0

    def read(self, groups: Iterable[str], shown: str = "") -> list[StudyState]:
        """All studies. groups: the groups of the runs folder; shown: the key of the one to look at closely."""
        every = self._looks % OTHERS_EVERY == 0
        self._looks += 1
        return [self._read(known, closely=every or known.key == shown) for known in self._finder.find(groups)]

    def _read(self, known: KnownStudy, *, closely: bool) -> StudyState:
        if known.manifest is None or known.manifest_file is None:
            return StudyState(known, at_work=is_at_work(known.file))
        tracker = self._trackers.get(known.key)
        if tracker is None or not tracker.follow(known.manifest.trajectories):
            tracker = self._trackers[known.key] = make_tracker(known)
            tracker.poll(full=True)
        elif closely:
            tracker.poll()
        if known.runs not in self._times_left:
            self._times_left[known.runs] = TimeLeft(known.runs)
        progress = self._times_left[known.runs].add_to(tracker.last, tracker)
        return StudyState(known, progress, is_at_work(known.file))

    def read_beside(self, state: StudyState) -> tuple[str, FoundReport | None]:
        """The end of the log of its last process in the background, and its report. Raises DiskError, DamagedError."""
        known = state.known
        folder = known.study.report_folder if known.study else known.file.with_name(f"{known.name}-report")
        stamp = (folder, report_stamp(folder))
        if self._report is None or self._report[0] != stamp:
            self._report = stamp, read_report(folder)
        return read_log(known.file), self._report[1]


@dataclass(frozen=True)
class StudyPlan:
    """What a study file says, and what that will take."""

    settings: tuple[StudySetting, ...]
    product: str
    """How many trajectories each picture has."""
    estimate: StudyEstimate | None
    problem: str = ""
    """Why there is no estimate, in a line. Not yet safe to print."""
    lacking: tuple[str, ...] | None = None
    """What this machine lacks for it, as `riptui study plan` tells it; None while that is looked for."""


class StudyPlanner:
    """Estimates what studies will take; again if that may have changed. For a thread, but for `is_stale`."""

    def __init__(self) -> None:
        self._made: dict[str, object] = {}  # of what there is an estimate, or one is being made

    def is_stale(self, state: StudyState) -> bool:
        """Whether a new estimate is due; if so, it counts as made from now on."""
        known = state.known
        stamp = known.study and known.study.text, known.manifest is None, state.is_active, state.created
        stale = self._made.get(known.key) != stamp and not (state.at_work and known.key in self._made)
        if stale:
            self._made[known.key] = stamp
        return stale

    def plan(self, state: StudyState) -> StudyPlan:
        """What a study will take, or why that is not known. Takes seconds if it is large."""
        study = state.known.study
        assert study is not None
        estimate, problem = None, ""
        try:
            estimate = estimate_study(study)
        except RiptuiError as error:
            problem = str(error)
        return StudyPlan(tuple(outline_study(study)), describe_product(study), estimate, problem)

    def find_lacking(self, state: StudyState) -> tuple[str, ...]:
        """The weights, packages, programs and servers that are not here. Seconds, where a package is tried first."""
        study = state.known.study
        assert study is not None
        try:
            return () if state.is_done else find_lacking(study)
        except RiptuiError as error:
            return (str(error),)


def make_tracker(known: KnownStudy) -> ProgressTracker:
    """A reader of the progress of what was run."""
    assert known.manifest is not None
    assert known.manifest_file is not None
    return ProgressTracker(known.manifest_file.parent, known.runs, known.manifest.trajectories)


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
