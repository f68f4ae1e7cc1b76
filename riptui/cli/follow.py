"""The work of `riptui follow`: the watch of `riptui run` and `riptui study run`, without a terminal."""

import sys
from pathlib import Path

import msgspec

from riptui.cli.study.read import read_manifest
from riptui.errors import InputError, RiptuiError
from riptui.store.claim import timestamp
from riptui.store.trajectory import Trajectory
from riptui.study.study_file import read_study
from riptui.supervision.end_hook import EndHook
from riptui.supervision.follower import FollowTask
from riptui.supervision.monitor import TrajectoryMonitor
from riptui.supervision.pool import LocalPool
from riptui.supervision.progress import ProgressTracker
from riptui.text.terminal import printable


def follow() -> int:
    try:
        task = msgspec.json.decode(sys.stdin.buffer.read(), type=FollowTask)
    except msgspec.DecodeError as error:
        raise InputError(f"riptui follow is started by --detach, not typed ({error})") from error
    pool = LocalPool(Path(task.runs), task.workers, timeout=task.timeout)
    with EndHook(task.on_end, Path(task.runs), _report) as hook:
        try:
            pool.start()
            if task.study:
                _follow_study(task, pool, hook)
            else:
                _follow_trajectories(task, pool, hook)
        except RiptuiError as error:
            hook.tell("study-failed" if task.study else "worker-died", str(error), RIPTUI_PATH=task.study)
            _report(str(error))
            return error.exit_code
    return 0


def _follow_trajectories(task: FollowTask, pool: LocalPool, hook: EndHook) -> None:
    monitor = TrajectoryMonitor(Path(task.runs), [Trajectory(Path(path)) for path in task.trajectories])
    for events, notices in pool.watch(monitor):
        for trajectory, event in events:
            hook.tell_event(trajectory, event)
        _tell_deaths(pool, hook, notices)


def _follow_study(task: FollowTask, pool: LocalPool, hook: EndHook) -> None:
    study = read_study(Path(task.study), given_runs=Path(task.runs))
    tracker = ProgressTracker(study.folder, study.runs, read_manifest(study).trajectories, require_measured=True)
    for _, notices in pool.watch(tracker):
        _tell_deaths(pool, hook, notices)
    hook.tell_study(study.file, tracker.last.statuses)


def _tell_deaths(pool: LocalPool, hook: EndHook, notices: list[str]) -> None:
    for notice in notices:
        _report(notice)
    hook.tell_deaths(pool.take_deaths())


def _report(text: str) -> None:
    sys.stderr.write(f"{timestamp()}  {printable(text)}\n")
    sys.stderr.flush()
