"""`riptui study report`: the report of a study's trajectories, and of nothing else in the runs folder."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from riptui.cli.options import json_option
from riptui.cli.report import overwrite_option, reference_option
from riptui.cli.study import file_argument, read_manifest, read_study


@click.command(short_help="The paper's figures and findings from a study.")
@file_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    show_default="NAME-report beside FILE",
    help="Where to write report.md and the figures, each as PNG, SVG and CSV. A report that is there is replaced.",
)
@reference_option
@overwrite_option
@json_option
def report(file: Path, out: Path | None, reference: Path | None, overwrite: bool, as_json: bool) -> int:
    """Draw the paper's figures from a study's trajectories, and test its findings. Only complete ones count.

    \b
    riptui study report paper.toml
    riptui study report paper.toml --out report --reference paper.csv
    """
    from riptui.cli.report import write_report
    from riptui.store.trajectory import Trajectory

    study = read_study(file)
    trajectories = [Trajectory(study.folder / relative_path) for relative_path in read_manifest(study).trajectories]
    folder = out or study.file.with_name(f"{study.name}-report")
    write_report(trajectories, folder, reference=reference, overwrite=overwrite, as_json=as_json)
    return 0
