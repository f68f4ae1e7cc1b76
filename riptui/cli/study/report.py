"""`riptui study report`: the report of a study's trajectories alone."""

from pathlib import Path

from riptui.cli.report import ReportDisplay, write_report
from riptui.cli.study.read import read_manifest, read_study
from riptui.store.trajectory import Trajectory


def report(
    file: Path,
    out: Path | None,
    reference: Path | None,
    corpus: str | None,
    overwrite: bool,
    display: ReportDisplay,
    as_json: bool,
) -> int:
    study = read_study(file)
    trajectories = [Trajectory(study.folder / relative_path) for relative_path in read_manifest(study).trajectories]
    folder = out or study.report_folder
    write_report(
        trajectories,
        folder,
        reference=reference,
        rated_folders=[study.folder],
        corpus=corpus,
        overwrite=overwrite,
        display=display,
        as_json=as_json,
    )
    return 0
