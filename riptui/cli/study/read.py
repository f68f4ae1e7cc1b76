"""The study of a file, and the manifest of what was run from it."""

from pathlib import Path

from riptui.cli.console import short_path, warn
from riptui.cli.runs_folder import runs_folder
from riptui.errors import InputError
from riptui.study import manifest, study_file
from riptui.study.manifest import Manifest
from riptui.study.study_file import Study


def read_study(file: Path) -> Study:
    """The study of a file. Raises StudyError."""
    return study_file.read_study(file, runs=runs_folder())


def read_manifest(study: Study) -> Manifest:
    """The manifest of a study's last run; warns if its file changed since. Raises InputError if it never ran."""
    found = manifest.read(study)
    if found is None:
        shown = short_path(study.file)
        raise InputError(f"{shown} has not been run yet; start it with: riptui study run {shown}")
    if found.text != study.text:
        warn(f"{short_path(study.file)} has changed since its last run; `riptui study run` adds the changes")
    return found
