"""The study of a file, and the manifest of what was run from it."""

from pathlib import Path

from riptui.cli.console import warn
from riptui.cli.runs_folder import runs_folder
from riptui.errors import InputError
from riptui.study import manifest, study_file
from riptui.study.manifest import Manifest
from riptui.study.study_file import Study


def read_study(file: Path) -> Study:
    """The study of a file. Raises StudyError."""
    return study_file.read_study(file, runs=runs_folder())


def read_manifest(study: Study) -> Manifest:
    """What a study was run with. Says so if its file was edited since. Raises InputError if it was never run."""
    found = manifest.read(study)
    if found is None:
        raise InputError(f"{study.file} was not run yet: riptui study run")
    if found.text != study.text:
        warn(f"{study.file} was edited since: what follows is of what was run; `riptui study run` adds the rest")
    return found
