"""Reads the known studies and their progress again and again."""

from collections.abc import Iterable
from pathlib import Path

from riptui.study.known_studies import KnownStudy, StudyFinder
from riptui.study.study_state import StudyState
from riptui.supervision.progress import ProgressTracker
from riptui.supervision.study_process import is_at_work
from riptui.supervision.time_left import TimeLeft

OTHERS_EVERY = 5  # calls of `read` for one that looks at the studies that are not shown, too


class StudyReader:
    """Reads the studies of a runs folder; what has not changed is not read again. For one thread."""

    def __init__(self, runs: Path) -> None:
        self._finder = StudyFinder(runs)
        self._trackers: dict[str, ProgressTracker] = {}
        self._times_left: dict[Path, TimeLeft] = {}  # by runs folder
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


def make_tracker(known: KnownStudy) -> ProgressTracker:
    """A reader of the progress of what was run."""
    assert known.manifest is not None
    assert known.manifest_file is not None
    return ProgressTracker(known.manifest_file.parent, known.runs, known.manifest.trajectories)
