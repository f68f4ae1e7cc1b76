"""`riptui study pause`, `resume`, `stop` and `retry`."""

from functools import partial
from pathlib import Path

from riptui.cli.care import Care
from riptui.cli.console import print_line, short_path, warn
from riptui.cli.study.read import name_study, read_manifest, read_study
from riptui.study.study_control import STUDY_REQUESTS, StudyAction, request_study
from riptui.supervision.client import list_running_workers
from riptui.supervision.progress import ProgressTracker
from riptui.text.units import format_count


def _request(file: Path, action: StudyAction) -> int:
    study, request = read_study(file), STUDY_REQUESTS[action]
    found = request_study(ProgressTracker(study.folder, study.runs, read_manifest(study).trajectories), action)
    print_line(f"{found.count} {request.past_tense}")
    if found.left:
        warn(f"{format_count(found.left, 'trajectory')} could not be: see riptui check {short_path(study.folder)}")
    if found.count and request.needs_workers:
        Care.of(None, None).start_follower(study.runs, (), study=study.file)
        if not any(worker.record.takes_queued for worker in list_running_workers(study.runs)):
            warn(f"no workers are running; start them with: riptui study run {name_study(study)}")
    return 1 if found.left else 0


pause = partial(_request, action="pause")
resume = partial(_request, action="resume")
stop = partial(_request, action="stop")
retry = partial(_request, action="retry")
