"""Pictures x sweep to trajectory folders: one picture at a time, so that memory stays flat; none is made twice."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from riptui.client import ask
from riptui.errors import DiskError, RiptuiError, SourceError
from riptui.images import original_png, pixels_sha256, prepare
from riptui.plan import make
from riptui.spec import Fit, Spec
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory
from riptui.store.wanted import widened
from riptui.study import manifest, sources
from riptui.study.definition import Study
from riptui.study.manifest import Manifest, Picture
from riptui.sweep import places, queued_at

OFTEN = 2.0  # seconds between two writes of the manifest
TOGETHER = 8  # folders that are made at a time


@dataclass(frozen=True)
class Submitted:
    """A picture's trajectories are all there, and asked for."""

    path: Path
    made: int
    """How many were not there before."""
    found: int
    notes: tuple[str, ...] = ()
    """What was done to the picture."""


@dataclass(frozen=True)
class Skipped:
    """A picture cannot be used as it is."""

    path: Path
    reason: str
    kept: int
    """Its trajectories of an earlier run, which go on: they have the picture as it was."""


class Submission:
    """Iterate over it once, to the end. The study is taken as it was read, whatever becomes of its file meanwhile.

    `should_stop()` is asked before a trajectory is made; those that are there by then are in the manifest.
    Raises StudyError if the file names pictures that are nowhere; MissingExtraError, DiskError.
    """

    def __init__(
        self, study: Study, metrics: tuple[str, ...], *, should_stop: Callable[[], bool] = lambda: False
    ) -> None:
        self._study = study
        self._request = Request("run", metrics, study.measure, round(time.time(), 3))
        known = manifest.read(study)
        self._known = {picture.path: picture for picture in known.pictures} if known else {}
        self._should_stop = should_stop
        self.paths = sources.resolve(study)
        self._paths = self.paths + [
            path for path in map(Path, self._known) if not (path.exists() or path in self.paths)
        ]
        self._pictures: dict[str, Picture] = {}
        self._count = 0
        self._written = time.monotonic()

    def __len__(self) -> int:
        """Pictures."""
        return len(self._paths)

    def __iter__(self) -> Iterator[Submitted | Skipped]:
        try:
            for path in self._paths:
                yield self._submit(path)
                if time.monotonic() - self._written > OFTEN:
                    self._write({**self._known, **self._pictures})
                    self._written = time.monotonic()
            self._write(self._pictures)
        except BaseException:
            with suppress(RiptuiError):  # what ended it matters more
                self._write({**self._known, **self._pictures})
            raise

    def _write(self, pictures: dict[str, Picture]) -> None:
        study = self._study
        expected = len(self.paths) * len(study)
        manifest.write(study, Manifest(str(study.file), study.text, expected, tuple(pictures.values())))

    def _submit(self, path: Path) -> Submitted | Skipped:
        known = self._known.get(str(path))
        try:
            picture, submitted = self._make(path, known)
        except SourceError as error:
            kept = known.trajectories if known else {}
            if known:
                self._pictures[known.path] = known
                self._ask_for(kept)
            return Skipped(path, str(error), len(kept))
        self._pictures[picture.path] = picture
        return submitted

    def _make(self, path: Path, known: Picture | None) -> tuple[Picture, Submitted]:
        """All of a picture. Raises SourceError if it cannot be used, DiskError."""
        picture = _identified(path, known)
        made: dict[str, int] = {}
        originals = dict(picture.originals)
        found = 0
        notes: dict[str, None] = {}
        for size, fit in self._study.preparations:
            frame = _Original(path, picture, size, fit)
            originals[frame.name] = frame.sha256
            asked = [*self._asked(picture, frame)]
            found += sum(one.there is not None for one in asked)
            for trajectory, iterations in self._see_to(asked, frame):
                made[os.path.relpath(trajectory.path, os.path.realpath(self._study.folder))] = iterations
            notes.update(dict.fromkeys(frame.notes))
        picture = msgspec.structs.replace(picture, originals=originals, trajectories=made)
        return picture, Submitted(path, len(made) - found, found, tuple(notes))

    def _asked(self, picture: Picture, frame: "_Original") -> Iterator["_Asked"]:
        name = Path(picture.path).name.encode(errors="replace").decode()
        for sweep in self._study.sweeps:
            if (sweep.size, sweep.fit) == (frame.size, frame.fit):
                for spec in sweep.specs(name, picture.sha256, frame.sha256):
                    self._count += 1
                    place = queued_at(self._request.queued, self._count)
                    yield _Asked(spec, msgspec.structs.replace(self._request, queued=place), find(self._study, spec))

    def _see_to(self, asked: Sequence["_Asked"], frame: "_Original") -> Iterator[tuple[Trajectory, int]]:
        """Make or ask for all of them, several at a time, for each waits for the disk a dozen times.

        Those that want the same folder are made in their order, so that always the same one gets it.
        """
        of_place: dict[str, list[_Asked]] = {}
        for one in asked:
            of_place.setdefault(places(self._study.group, one.spec)[0], []).append(one)
        if any(one.there is None for one in asked):
            frame.decode()

        def see_to(several: list[_Asked]) -> list[tuple[Trajectory, int]]:
            wanted = (one for one in several if one.there or not self._should_stop())
            return [(self._one(one, frame), one.spec.iterations) for one in wanted]

        with ThreadPoolExecutor(TOGETHER) as threads:
            for several in threads.map(see_to, of_place.values()):
                yield from several

    def _one(self, asked: "_Asked", frame: "_Original") -> Trajectory:
        if asked.there is None:
            study = self._study
            return make(study.runs, study.group, asked.spec, frame.image, asked.request, png=frame.png)
        _want(asked.there, asked.request)
        return asked.there

    def _ask_for(self, trajectories: dict[str, int]) -> None:
        for place in trajectories:
            with suppress(RiptuiError):  # it was removed, or is damaged: `riptui check` says so
                _want(Trajectory(self._study.folder / place), self._request)


@dataclass(frozen=True)
class _Asked:
    """A trajectory of a picture, as the study has it."""

    spec: Spec
    request: Request
    there: Trajectory | None


class _Original:
    """A picture as frame 0 of one size. It is decoded only when somebody needs its pixels."""

    def __init__(self, path: Path, picture: Picture, size: int, fit: Fit) -> None:
        self.size, self.fit = size, fit
        self.name = f"{size} {fit}"
        self.notes: tuple[str, ...] = ()
        self._path = path
        self._picture = picture
        self._sha256 = picture.originals.get(self.name)

    @property
    def sha256(self) -> str:
        """Of the pixels. Raises SourceError."""
        if self._sha256 is None:
            self.decode()
        assert self._sha256 is not None
        return self._sha256

    def decode(self) -> None:
        """Have `image` and `png`. Raises SourceError."""
        prepared = prepare(self._path, size=self.size, fit=self.fit)
        if prepared.source_sha256 != self._picture.sha256:
            raise SourceError(f"{self._path}: it changes while it is read: run the study again when it is at rest")
        if self._sha256 not in (None, found := pixels_sha256(prepared.image)):
            raise SourceError(
                f"{self._path}: it gives other pixels than when the study was run first, perhaps by another "
                "version of Pillow: use the version from then, or give the study another group"
            )
        self._sha256, self.image, self.notes = found, prepared.image, prepared.notes
        self.png = original_png(self.image)


def find(study: Study, spec: Spec) -> Trajectory | None:
    """The trajectory of a spec, if it is there."""
    for place in places(study.group, spec):
        there = Trajectory(study.runs / place)
        with suppress(RiptuiError, DiskError):
            if there.spec.digest == spec.digest:
                return there
    return None


def _want(trajectory: Trajectory, wanted: Request) -> None:
    """Ask for one that is there, unless it failed: that is for `retry`."""
    request = trajectory.request
    if widened(request, wanted) != request and not trajectory.has_failed:
        ask(trajectory, "run", wanted, queued=wanted.queued)


def _identified(path: Path, known: Picture | None) -> Picture:
    """A picture by its file's hash. Raises SourceError if it is gone, or another than the one that is known."""
    try:
        status = path.stat()
        if known and (known.size, known.changed) == (status.st_size, status.st_mtime_ns):
            return known
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        what = "it is gone since the study was run first" if known else "it is not there: check the path"
        raise SourceError(f"{path}: {what}") from error
    except OSError as error:
        raise SourceError(f"{path}: it cannot be read ({error.strerror}): check its permissions") from error
    if known and known.sha256 != sha256 and known.trajectories:
        raise SourceError(
            f"{path}: it is another picture than when the study was run first: put the old one back, or give the new "
            "one a name of its own"
        )
    of_now = Picture(str(path), sha256, status.st_size, status.st_mtime_ns)
    if known and known.sha256 == sha256:
        return msgspec.structs.replace(known, size=of_now.size, changed=of_now.changed)
    return of_now
