"""`riptui study report`: the report of a study's trajectories alone."""

from pathlib import Path
from typing import Any

from riptui.cli.report import write_report
from riptui.cli.study.read import read_manifest, read_study
from riptui.store.trajectory import Trajectory


def report(file: Path, out: Path | None, **options: Any) -> int:
    """options: as `write_report`."""
    study = read_study(file)
    trajectories = [Trajectory(study.folder / relative_path) for relative_path in read_manifest(study).trajectories]
    write_report(trajectories, out or study.report_folder, [study.folder], **options)
    return 0
