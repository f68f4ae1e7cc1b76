"""`riptui study plan`: an estimate of a study's cost."""

from dataclasses import asdict
from pathlib import Path

from riptui.cli.console import print_json, print_line, warn
from riptui.cli.study.read import read_study
from riptui.planning.estimate import describe_disk_space, describe_time
from riptui.study.study_estimate import StudyEstimate, estimate_study
from riptui.study.study_needs import find_lacking
from riptui.text.units import format_count, format_size


def plan(file: Path, as_json: bool) -> int:
    study = read_study(file)
    cost, lacking = estimate_study(study), find_lacking(study, warn)
    if as_json:
        told = asdict(cost) | {"missing": [*map(str, cost.missing)], "lacking": lacking}
        print_json({"file": str(study.file), "folder": str(study.folder), **told})
    else:
        _print_cost(cost, str(study.folder))
        for text in lacking:
            warn(text)
    return 0


def _print_cost(cost: StudyEstimate, folder: str) -> None:
    print_line(
        f"{format_count(cost.pictures, 'picture')}, {format_count(cost.trajectories, 'trajectory')} in {folder}, "
        f"{cost.existing:,} of them created"
    )
    print_line(f"{format_count(cost.iterations, 'iteration')}, {cost.done:,} of them done")
    seconds = None if cost.hours is None else cost.hours * 3600
    print_line(f"on one device: {describe_time(seconds)}")
    print_line(f"on disk: {describe_disk_space(cost.room)}, {format_size(cost.free)} free")
    if seconds is None:
        warn("no timings for this model yet: run the study for a few minutes, then plan again")
    if cost.room > cost.free:
        warn("not enough disk space: free some, or use another runs folder")
    for text in cost.unfetched:
        warn(f"{text} is not on this machine: `riptui study run` fetches it, of Parquet files only the drawn rows")
    for text in cost.notices:
        warn(text)
    for path in cost.missing:
        warn(f"{path} does not exist")
