"""The studies that a person may mean: study files in and beside the runs folder, recent ones, and what was run here."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from riptui.errors import InputError, RiptuiError
from riptui.filesystem import read_own_file
from riptui.settings.state import recall, remember
from riptui.store.listing import mtime_ns, natural_key
from riptui.study import manifest
from riptui.study.manifest import Manifest
from riptui.study.study_file import Study, read_study

STATE_KEY = "studies"
PLACES_KEY = "study_runs"
MAX_RECENT = 20  # study files that are remembered, and runs folders of each
MAX_PLACED = 200  # study files whose runs folders are remembered
MAX_FILE_BYTES = 2**20  # bytes; more is no study file
STUDY_LINE = re.compile(r"^\s*(images\s*=|\[\[?\s*sweep\s*\]\]?)", re.MULTILINE)
"""What tells a study file from other TOML, also one with an error in it."""


@dataclass(frozen=True)
class KnownStudy:
    """A study file, what was run from it, or both."""

    file: Path
    """Absolute. It may be gone."""
    runs: Path
    folder: Path | None = None
    """The group's folder; None if it is not known."""
    study: Study | None = None
    """None: the file cannot be read; `problem` says why."""
    problem: str = ""
    """What is wrong, in one line: of the file, or of the record of what was run. Not yet safe to print."""
    is_gone: bool = False
    """Whether the study file does not exist any more."""
    is_elsewhere: bool = False
    """Whether its file and its trajectories are neither in the runs folder nor beside it: it was used lately."""
    manifest_file: Path | None = None
    manifest: Manifest | None = None
    """What was run; None: nothing yet."""

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return str(self.manifest_file or self.file)

    @property
    def name(self) -> str:
        return self.manifest_file.name.removesuffix(manifest.SUFFIX) if self.manifest_file else self.file.stem

    @property
    def has_changed(self) -> bool:
        """Whether its file has changed since the last run."""
        return bool(self.study and self.manifest and self.study.text != self.manifest.text)


class StudyFinder:
    """Finds the studies again and again; reads a file a second time only if it changed. For one thread."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._read: dict[Path, tuple[object, KnownStudy]] = {}
        self._manifests: dict[Path, tuple[object, Manifest | None, str]] = {}
        self._names: dict[Path, tuple[int, list[str]]] = {}
        self._are_studies: dict[Path, tuple[object, bool]] = {}

    def find(self, groups: Iterable[str]) -> list[KnownStudy]:
        """All studies by name, those elsewhere last.

        groups: the folders below the runs folder that hold trajectories or groups of them.
        """
        by_file = [self._of_file(file) for file in self._list_files()]
        files = {known.file: known for known in by_file}
        found = {known.key: known for known in by_file}
        root = self._runs.resolve()
        for path in (path for group in groups for path in self._list_names(root / group, manifest.SUFFIX)):
            if str(path) not in found:
                known = self._of_manifest(path, files)
                if known.study is None and files.get(known.file) and files[known.file].study is None:
                    found.pop(files[known.file].key, None)  # the same, and more of it is known here
                found[known.key] = known
        placed = [replace(known, is_elsewhere=self._is_elsewhere(known)) for known in found.values()]
        return sorted(placed, key=lambda known: (known.is_elsewhere, natural_key(known.name), known.key))

    def _is_elsewhere(self, known: KnownStudy) -> bool:
        root, folder = self._runs.resolve(), known.folder
        was_run_here = known.manifest is not None and folder is not None and folder.resolve().is_relative_to(root)
        return not was_run_here and known.file.resolve().parent not in self._near_folders()

    def _near_folders(self) -> list[Path]:
        """Where study files are looked for."""
        return [*dict.fromkeys(folder.resolve() for folder in (self._runs, self._runs.absolute().parent, Path()))]

    def _list_files(self) -> Iterator[Path]:
        listed = [
            file
            for folder in self._near_folders()
            for file in self._list_names(folder, ".toml")
            if self._is_study_file(file)
        ]
        recent = [file for file in list_recent() if file.is_file()]
        yield from {file.resolve(): file for file in [*listed, *recent]}.values()

    def _is_study_file(self, file: Path) -> bool:
        stamp = _stamp(file)
        if file not in self._are_studies or self._are_studies[file][0] != stamp:
            text = ""
            with suppress(OSError):
                text = read_own_file(file, MAX_FILE_BYTES).decode(errors="replace")
            self._are_studies[file] = stamp, bool(STUDY_LINE.search(text))
        return self._are_studies[file][1]

    def _list_names(self, folder: Path, suffix: str) -> list[Path]:
        """The files of a folder with this ending; it is listed again only if it changed."""
        changed = mtime_ns(str(folder))
        if changed < 0 or folder not in self._names or self._names[folder][0] != changed:
            names: list[str] = []
            with suppress(OSError):
                names = [
                    found_file.name
                    for found_file in folder.iterdir()
                    if found_file.name.endswith((".toml", manifest.SUFFIX))
                ]
            self._names[folder] = changed, sorted(names)
        return [folder / name for name in self._names[folder][1] if name.endswith(suffix)]

    def _of_file(self, file: Path) -> KnownStudy:
        stamp = _stamp(file)
        if file not in self._read or self._read[file][0] != stamp or stamp is None:
            self._read[file] = stamp, _read_file(file, self._runs)
        known = self._read[file][1]
        return self._with_manifest(known, known.manifest_file) if known.manifest_file else known

    def _of_manifest(self, path: Path, files: dict[Path, KnownStudy]) -> KnownStudy:
        """What was run, where its file names another group now, cannot be read or is gone."""
        base = KnownStudy(path, self._runs, folder=path.parent, manifest_file=path)
        known = self._with_manifest(base, path)
        if known.manifest is None:
            return known
        file = Path(known.manifest.file)
        of_file = files.get(file)
        if of_file is None and file.is_file():
            of_file = self._of_file(file)
        if of_file is None:
            problem = f"{file} is gone: this is what was run from it"
        elif of_file.study is None:
            problem = of_file.problem
        elif path.parent.resolve() == (self._runs / of_file.study.group).resolve():
            problem = (
                f"{file} names another runs folder, {of_file.study.runs}: here it goes on with --runs {self._runs}"
            )
        else:
            problem = f"{file} computes {of_file.study.folder} now: this is what was run from it before"
        return replace(known, file=file, problem=known.problem or problem, is_gone=not file.is_file())

    def _with_manifest(self, known: KnownStudy, path: Path) -> KnownStudy:
        stamp = _stamp(path)
        if path not in self._manifests or self._manifests[path][0] != stamp:
            try:
                self._manifests[path] = stamp, manifest.load(path), ""
            except RiptuiError as error:
                self._manifests[path] = stamp, None, str(error)
        _, found, problem = self._manifests[path]
        return replace(known, manifest=found, problem=known.problem or problem)


def _read_file(file: Path, runs: Path) -> KnownStudy:
    try:
        study = read_study(file, runs=runs)
    except RiptuiError as error:
        return KnownStudy(file, runs, problem=str(error))
    return KnownStudy(file, study.runs, study.folder, study, manifest_file=manifest.manifest_file(study).resolve())


def _stamp(file: Path) -> object:
    """What changes if a file does; None: there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def list_recent() -> list[Path]:
    """Study files that were used lately, the newest first. They may be gone."""
    return [Path(text) for text in recall(STATE_KEY, list[str]) or []]


def remember_recent(file: Path) -> None:
    """Put a study file first among the recent ones. Errors of the disk are ignored."""
    others = [str(recent) for recent in list_recent() if recent != file]
    remember(STATE_KEY, [str(file), *others][:MAX_RECENT])


def iter_places(file: Path) -> Iterator[Study]:
    """The study of a file in each runs folder that it was computed in by this user, the last one first, where its
    manifest can still be read.
    """
    for runs in _recall_places().get(str(file.resolve()), []):
        try:
            study = read_study(file, given_runs=Path(runs))
            was_run = manifest.read(study) is not None
        except RiptuiError:  # that folder's trouble is not this one's
            continue
        if was_run:
            yield study


def remember_place(study: Study) -> None:
    """Remember the runs folder that a study is computed in. Errors of the disk are ignored."""
    places, file, runs = _recall_places(), str(study.file.resolve()), str(study.runs.resolve())
    others = [place for place in places.pop(file, []) if place != runs]
    latest = {file: [runs, *others][:MAX_RECENT], **places}
    remember(PLACES_KEY, dict([*latest.items()][:MAX_PLACED]))


def _recall_places() -> dict[str, list[str]]:
    """Runs folders by study file, the latest first."""
    return recall(PLACES_KEY, dict[str, list[str]]) or {}


def require_study(known: KnownStudy) -> Study:
    """The study of a file that can be read. Raises InputError."""
    if known.study is None:
        raise InputError(known.problem or f"{known.file} cannot be read")
    return known.study
