"""Create a study's trajectory folders, one picture at a time, so that memory stays flat. None is created twice."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from riptui.errors import DiskError, RiptuiError, SourceError
from riptui.inpainters.import_trial import OnTrial
from riptui.planning.estimate import specs_without_seeds
from riptui.planning.missing_weights import find_missing, weights_key
from riptui.planning.submit import create_trajectory
from riptui.planning.sweep import Sweep, older_trajectory_paths, queue_position, trajectory_paths
from riptui.spec import Spec, SquareSource
from riptui.store.ownership import require_registrable
from riptui.store.records import Request
from riptui.store.requests import merge_request
from riptui.store.trajectory import Trajectory
from riptui.study import manifest, sources
from riptui.study.manifest import Manifest, SourceRecord
from riptui.study.study_file import Study
from riptui.study.study_picture import LazyOriginal, identify_picture, name_original, text_name
from riptui.supervision.client import request_state

MANIFEST_SECONDS = 2.0  # seconds between two writes of the manifest
PARALLEL_FOLDERS = 8  # folders created at a time


@dataclass(frozen=True)
class SubmittedPicture:
    """A picture whose trajectories all exist and are queued."""

    path: Path
    made: int
    """New trajectories."""
    found: int
    notes: tuple[str, ...] = ()
    """How the picture was prepared."""


@dataclass(frozen=True)
class SkippedPicture:
    """A picture that cannot be used as it is."""

    path: Path
    reason: str
    kept: int
    """Its trajectories from an earlier run, which continue: they hold a copy of the picture."""


class Submission:
    """Creates or requests a study's trajectories while it is iterated over, once. Later edits of the file are ignored.

    `should_stop()` is called before a trajectory is created; those that exist by then are in the manifest.
    priority: in the queue; None: 0, or what an existing one has.
    runs_here: whether this machine computes them, so that it must have the models of new ones.
    on_trial: told what is tried of these.
    Raises StudyError if an entry of `images` matches nothing; WeightsError, InputError, MissingExtraError, DiskError.
    """

    def __init__(
        self,
        study: Study,
        metrics: tuple[str, ...],
        *,
        priority: int | None = None,
        should_stop: Callable[[], bool] = lambda: False,
        runs_here: bool = True,
        on_trial: OnTrial = lambda text: None,
    ) -> None:
        self._study = study
        rank = msgspec.UNSET if priority is None else priority
        self._request = Request("run", metrics, study.measure, round(time.time(), 3), rank)
        known = manifest.read(study)
        self.squares: SquareSource = known.squares if known else "own"
        """Whose squares a seed gives where the file does not say."""
        self._sweeps = study.sweeps_with(self.squares)
        self._known = {picture.path: picture for picture in known.pictures} if known else {}
        self._should_stop = should_stop
        self._problems: list[str] = []  # folders of the present picture that cannot be written
        self._runs_here = runs_here
        self._on_trial = on_trial
        found = sources.resolve(study)
        self.paths = found.paths
        self._found = found
        not_drawn = [path for path in map(Path, self._known) if path not in set(found.paths)]
        gone = [path for path in not_drawn if not path.exists()]
        self._paths = self.paths + gone
        left = _describe_not_drawn([path for path in not_drawn if path not in gone])
        self.notices = [*study.notices, *found.notices, *left]
        """What a person should know about the sweeps, and how the pictures were found."""
        self._pictures: dict[str, SourceRecord] = {}
        self._count = 0
        self._written = time.monotonic()

    def __len__(self) -> int:
        """Pictures."""
        return len(self._paths)

    def __iter__(self) -> Iterator[SubmittedPicture | SkippedPicture]:
        require_registrable(self._study.runs)
        if self._runs_here:
            self._require_weights()
        try:
            for path in self._paths:
                yield self._submit(path)
                if time.monotonic() - self._written > MANIFEST_SECONDS:
                    self._write_manifest({**self._known, **self._pictures})
                    self._written = time.monotonic()
            self._write_manifest(self._pictures)
        except BaseException:
            with suppress(RiptuiError):  # the first error matters more
                self._write_manifest({**self._known, **self._pictures})
            raise

    def _require_weights(self) -> None:
        """Raise the error of the first trajectory that is new and lacks its model."""
        specs = (spec for sweep in self._sweeps for spec in specs_without_seeds(sweep))
        missing = find_missing(specs, self._on_trial)
        for sweep in self._sweeps if missing else ():
            errors = [missing[key] for spec in specs_without_seeds(sweep) if (key := weights_key(spec)) in missing]
            if errors and not all(self._has_all(sweep, path) for path in self.paths):
                raise errors[0]

    def _has_all(self, sweep: Sweep, path: Path) -> bool:
        """Whether an earlier run made all trajectories of a picture and a sweep."""
        known = self._known.get(str(path))
        sha256 = known.originals.get(name_original(sweep.size, sweep.fit)) if known else None
        if known is None or sha256 is None:
            return False
        specs = sweep.specs(text_name(path), known.sha256, sha256)
        return all(find_trajectory(self._study, spec) is not None for spec in specs)

    def _write_manifest(self, pictures: dict[str, SourceRecord]) -> None:
        study = self._study
        expected = len(self.paths) * len(study)
        manifest.write(study, Manifest(str(study.file), study.text, expected, tuple(pictures.values()), self.squares))

    def _submit(self, path: Path) -> SubmittedPicture | SkippedPicture:
        known = self._known.get(str(path))
        try:
            if reason := self._found.unusable.get(path):
                raise SourceError(reason)
            picture, submitted = self._create_all(path, known)
        except SourceError as error:
            kept = known.trajectories if known else {}
            if known:
                self._pictures[known.path] = known
                self._request_existing(kept)
            reason = str(error).replace(str(path), self._found.names.get(path, str(path)))
            return SkippedPicture(path, reason, len(kept))
        self._pictures[picture.path] = picture
        return submitted

    def _create_all(self, path: Path, known: SourceRecord | None) -> tuple[SourceRecord, SubmittedPicture]:
        """All trajectories of a picture. Raises SourceError if it cannot be used, DiskError."""
        picture = identify_picture(path, known)
        trajectories: dict[str, int] = {}
        originals = dict(picture.originals)
        found = 0
        notes: dict[str, None] = {}
        folder = os.path.realpath(self._study.folder)
        for size, fit in self._study.preparations:
            original = LazyOriginal(path, picture, size, fit, strict=self._study.strict)
            originals[original.name] = original.sha256
            planned = [*self._plan(picture, original)]
            found += sum(entry.existing is not None for entry in planned)
            for trajectory, iterations in self._create_or_request(planned, original):
                trajectories[os.path.relpath(trajectory, folder)] = iterations
            notes.update(dict.fromkeys([*original.notes, *self._problems]))
            self._problems.clear()
        picture = msgspec.structs.replace(picture, originals=originals, trajectories=trajectories)
        return picture, SubmittedPicture(path, len(trajectories) - found, found, tuple(notes))

    def _plan(self, picture: SourceRecord, original: LazyOriginal) -> Iterator["_PlannedTrajectory"]:
        name = text_name(Path(picture.path))
        for sweep in self._sweeps:
            if (sweep.size, sweep.fit) == (original.size, original.fit):
                for spec in sweep.specs(name, picture.sha256, original.sha256):
                    self._count += 1
                    position = queue_position(self._request.queued, self._count)
                    paths = _list_paths(self._study, spec)
                    yield _PlannedTrajectory(
                        spec,
                        msgspec.structs.replace(self._request, queued=position),
                        paths[0],
                        _find_at(self._study, paths, spec),
                    )

    def _create_or_request(
        self, entries: Sequence["_PlannedTrajectory"], original: LazyOriginal
    ) -> Iterator[tuple[Trajectory, int]]:
        """Create or request all of them, several at a time, because each waits for the disk a dozen times.

        Those with the same path are created in order, so that the same one always gets it.
        """
        by_path: dict[str, list[_PlannedTrajectory]] = {}
        for entry in entries:
            by_path.setdefault(entry.path, []).append(entry)
        if any(entry.existing is None for entry in entries):
            original.decode()

        def submit_in_order(same_path: list[_PlannedTrajectory]) -> list[tuple[Trajectory, int]]:
            pending = (entry for entry in same_path if entry.existing or not self._should_stop())
            return [(self._submit_trajectory(entry, original), entry.spec.iterations) for entry in pending]

        with ThreadPoolExecutor(PARALLEL_FOLDERS) as threads:
            for results in threads.map(submit_in_order, by_path.values()):
                yield from results

    def _submit_trajectory(self, entry: "_PlannedTrajectory", original: LazyOriginal) -> Trajectory:
        if entry.existing is None:
            study = self._study
            created = create_trajectory(
                study.runs, study.group, entry.spec, original.image, entry.request, png=original.png
            )
            if created.spec.digest != entry.spec.digest:  # one that the same weights from another place computed
                self._requeue_writable(created, entry.request)
            return created
        self._requeue_writable(entry.existing, entry.request)
        return entry.existing

    def _requeue_writable(self, trajectory: Trajectory, request: Request) -> None:
        """Requeue a trajectory; a folder that cannot be written is a problem of the study, and does not end it."""
        try:
            _requeue(trajectory, request)
        except DiskError as error:
            if error.is_of_whole_disk:
                raise
            self._problems.append(f"not queued: {error}")

    def _request_existing(self, trajectories: dict[str, int]) -> None:
        for relative_path in trajectories:
            with suppress(RiptuiError):  # removed or damaged: `riptui check` reports it
                _requeue(Trajectory(self._study.folder / relative_path), self._request)


@dataclass(frozen=True)
class _PlannedTrajectory:
    """A trajectory of the study, its usual path below the runs folder, and its folder if it exists."""

    spec: Spec
    request: Request
    path: str
    existing: Trajectory | None


def _describe_not_drawn(paths: Sequence[Path]) -> list[str]:
    """A notice, if pictures of an earlier run are still there but no longer among those of the study."""
    if not paths:
        return []
    listed = ", ".join(path.name for path in paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    return [f"pictures of an earlier run that the study no longer takes: {listed}; their trajectories stay as they are"]


def find_trajectory(study: Study, spec: Spec) -> Trajectory | None:
    """The trajectory of a spec, or None if there is none."""
    return _find_at(study, _list_paths(study, spec), spec)


def _list_paths(study: Study, spec: Spec) -> tuple[str, ...]:
    """Where a trajectory may be below the runs folder, the usual path first."""
    return *trajectory_paths(study.group, spec), *older_trajectory_paths(study.group, spec)


def _find_at(study: Study, relative_paths: Sequence[str], spec: Spec) -> Trajectory | None:
    for relative_path in relative_paths:
        trajectory = Trajectory(f"{study.runs}/{relative_path}")
        with suppress(RiptuiError, DiskError):
            if trajectory.exists and trajectory.spec.digest == spec.digest:
                return trajectory
    return None


def _requeue(trajectory: Trajectory, requested: Request) -> None:
    """Request an existing trajectory, unless it failed: `retry` is for those."""
    request = trajectory.request
    if merge_request(request, requested) != request and not trajectory.has_failed:
        request_state(trajectory, "run", requested, queued=requested.queued)
