"""The study of a file, and the manifest of what was run from it."""

import shlex
from pathlib import Path

from riptui.cli.console import short_path, warn
from riptui.cli.lookup_runs import find_kept_runs
from riptui.cli.runs_folder import runs_folder
from riptui.cli.study.farewell import RunOptions
from riptui.errors import InputError
from riptui.settings import load_settings
from riptui.study import manifest, study_file
from riptui.study.known_studies import iter_places
from riptui.study.manifest import Manifest
from riptui.study.study_file import Study


def read_study(file: Path) -> Study:
    """The study of a file, in the runs folder of --runs if it is given. Raises StudyError."""
    return study_file.read_study(file, runs=runs_folder(), given_runs=find_kept_runs())


def require_one_place(study: Study) -> None:
    """Raise InputError if a study would be computed a second time: it was run where its file says, or with another
    --runs.
    """
    if manifest.read(study):
        return
    own = study_file.read_study(study.file, runs=load_settings().settings.runs)
    elsewhere = own if manifest.read(own) else next(iter_places(study.file), None)
    if elsewhere is not None:
        how = "leave out --runs" if elsewhere is own else f"give {shlex.join(['--runs', str(elsewhere.runs)])}"
        raise InputError(
            f"{short_path(study.file)} was run in {short_path(elsewhere.runs)} already: {how} to continue it there, or "
            f"copy the file to compute it anew in {short_path(study.runs)}"
        )


def name_study(study: Study) -> str:
    """FILE, with --runs if that was given: for a command that the user may type next."""
    return shlex.join(RunOptions(runs=find_kept_runs()).name(study.file))


def read_manifest(study: Study) -> Manifest:
    """The manifest of a study's last run; warns if its file changed since. Raises InputError if it never ran."""
    found = manifest.read(study)
    if found is None:
        place = f"{short_path(study.file)} has not been run in {short_path(study.runs)}"
        raise InputError(f"{place}; start it with: riptui study run {name_study(study)}")
    if found.text != study.text:
        warn(f"{short_path(study.file)} has changed since its last run; `riptui study run` adds the changes")
    return found
