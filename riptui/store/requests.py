"""The request of a trajectory, and the work that is left of it.

The user owns the request: it is written without the lock, also while a process runs the trajectory and polls it.
"""

from collections.abc import Sequence
from contextlib import suppress

import msgspec
from msgspec import UNSET

from riptui import store
from riptui.errors import DiskError, StoreError
from riptui.filesystem import try_stat
from riptui.metrics import PREVIOUS, REGISTRY, base_name, has_value_at_first, split_names
from riptui.spec import measured_iterations
from riptui.store import layout
from riptui.store.claim import encode_record
from riptui.store.disk import Folder, list_folder
from riptui.store.lock import FolderLock
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory


def merge_request(request: Request, extra: Request | None) -> Request:
    """The request in the folder, set to run, with the metrics of another one added, and its priority if it has one."""
    update = extra or request
    metrics = tuple(dict.fromkeys([*request.metrics, *update.metrics]))
    priority = request.priority if update.priority is UNSET else update.priority
    return msgspec.structs.replace(request, state="run", metrics=metrics, measure=update.measure, priority=priority)


def has_work(trajectory: Trajectory, extra: Request | None = None) -> bool:
    """Whether something is left to compute: iterations, keyframes, or measurements that are requested."""
    spec, request = trajectory.spec, merge_request(trajectory.request, extra)
    rows = trajectory.read_rows()
    if len(rows) < spec.iterations or not trajectory.has_patch(rows[-1]) or find_missing_keyframes(trajectory):
        return True
    iterations = measured_iterations(spec, request.measure)
    return bool(
        find_missing_measurements(trajectory, request.metrics, iterations)
        or find_missing_repaints(trajectory, request.metrics)
        or _lacks_features(trajectory, split_names(request.metrics).features)
    )


def _lacks_features(trajectory: Trajectory, names: Sequence[str]) -> bool:
    if not names:
        return False
    due = trajectory.spec.point_iterations()
    return any(store.feature_file.find_missing_features(trajectory, name, due) for name in names)


def find_missing_keyframes(trajectory: Trajectory) -> list[int]:
    """The keyframes without a file, of a trajectory whose iterations are all committed. Raises DiskError.

    A keyframe is written after its row, so a process that was killed in between leaves none of the last row.
    """
    names = set(list_folder(trajectory.path / layout.KEYFRAMES))
    return [k for k in trajectory.spec.keyframe_iterations() if k and layout.keyframe_name(k) not in names]


def is_requested(trajectory: Trajectory, request: Request) -> bool:
    """Whether it is to be computed: asked for, and not failed. A failed one is tried again only when a person asks."""
    return request.state == "run" and not trajectory.has_failed


def find_missing_measurements(
    trajectory: Trajectory, metrics: Sequence[str], iterations: Sequence[int]
) -> dict[int, list[str]]:
    """The metrics to measure, by frame. A value @previous counts only if it was measured against the right frame."""
    measured, previous_frames = trajectory.read_metrics(), trajectory.read_previous_frames()
    metrics = split_names(metrics).frames
    lacking = _find_missing_profiles(trajectory, metrics)
    missing = {}
    for k, previous in zip(iterations, [None, *iterations], strict=False):
        names = [name for name in metrics if previous is not None or has_value_at_first(name)]
        outdated = set() if previous_frames.get(k) == previous else {name for name in names if name.endswith(PREVIOUS)}
        outdated |= lacking.get(k, set())
        missing[k] = [name for name in names if name not in measured.get(k, {}) or name in outdated]
    return {k: names for k, names in missing.items() if names}


def _find_missing_profiles(trajectory: Trajectory, metrics: Sequence[str]) -> dict[int, set[str]]:
    """The metrics with a profile that is not stored, by frame."""
    spec = trajectory.spec
    infos = {name: REGISTRY.get(name) for name in metrics}
    names = [name for name, info in infos.items() if info and info.has_profile and info.min_side <= spec.size]
    known = trajectory.read_profiles() if names else {}
    return {k: set(names) - known.get(k, {}).keys() for k in spec.point_iterations()} if names else {}


def find_missing_repaints(trajectory: Trajectory, metrics: Sequence[str]) -> dict[int, list[str]]:
    """The NAME@repaints among the metrics that are still to be measured, by committed iteration."""
    names = split_names(metrics).repaints
    if not names:
        return {}
    rows = trajectory.read_rows()
    known = trajectory.read_repaints(rows)
    missing = {row.k: [name for name in names if row.k not in known.get(base_name(name), {})] for row in rows}
    return {k: names for k, names in missing.items() if names}


class RequestWatch:
    """Polls the request of a trajectory while it runs, for the price of a stat. `request`: what the last poll found."""

    def __init__(self, trajectory: Trajectory) -> None:
        self._trajectory = trajectory
        self._seen_version = self._read_version()
        self.request: Request = trajectory.request

    def poll(self) -> Request:
        """The request now. One that cannot be read, or is gone because its folder was renamed, changes nothing."""
        if (version := self._read_version()) not in (None, self._seen_version):
            self._seen_version = version
            with suppress(StoreError):
                self.request = self._trajectory.request
        return self.request

    def _read_version(self) -> tuple[int, int, int] | None:
        status = try_stat(self._trajectory.path / layout.REQUEST)
        return status and (status.st_mtime_ns, status.st_ino, status.st_size)


def set_request(trajectory: Trajectory, request: Request) -> None:
    """Replace request.json, also while a process runs the trajectory. Raises DiskError."""
    for is_last in (False, False, True):
        try:
            with Folder(trajectory.path.resolve()) as folder:
                folder.write_atomically(layout.REQUEST, encode_record(request), shared=True)
            return
        except DiskError:  # a session that begins removes temporary files: try again
            if is_last:
                raise


def clear_failure(trajectory: Trajectory) -> None:
    """Remove the record of its failure and of failed attempts. Raises HeldError if it is running, DiskError."""
    with Folder(trajectory.path.resolve()) as folder, FolderLock(folder):
        folder.remove_file(layout.FAILED)
        folder.remove_file(layout.ATTEMPTS)
