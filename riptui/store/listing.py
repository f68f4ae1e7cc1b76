"""Find trajectories below a folder, and summarize each from a few small reads."""

import errno
import os
import re
import stat
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from riptui import store
from riptui.errors import DamagedError, DiskError, NotATrajectoryError, RiptuiError
from riptui.metrics.values import MetricValues
from riptui.spec import Spec
from riptui.store import layout
from riptui.store.annotations import NO_ANNOTATIONS, Annotations, peek_annotations
from riptui.store.disk import SMALL_BYTES, read_start, read_tail
from riptui.store.disk_errors import explain_errors
from riptui.store.names import is_name, slugify
from riptui.store.records import IterationRow, parse_valid_prefix
from riptui.store.trajectory import Status, Trajectory, derive_status

_TAIL_BYTES = 1024  # bytes; a row is about 250


OnListingError = Callable[[DiskError], None]
"""Called for each folder below a runs folder that may hold trajectories and cannot be listed, or that holds some and
has a name that no group or trajectory may have."""


def ignore_error(error: DiskError) -> None:
    """Do nothing, for callers that do not report folders."""


class TrajectorySummary(msgspec.Struct, frozen=True):
    """A trajectory in one line of a list."""

    trajectory: Trajectory
    status: Status | None
    """None: the folder cannot be read, or the patches are damaged; `error` says why. Or it was not asked for."""
    spec: Spec | None = None
    """None: the folder cannot be read."""
    k: int = 0
    inpainted: float = 0.0
    coverage: float = 0.0
    metrics: dict[int, MetricValues] = msgspec.field(default_factory=dict)
    """By iteration, ascending."""
    mixed: str = ""
    """The differences between its sessions; empty if there are none."""
    annotations: Annotations = NO_ANNOTATIONS
    failed: str = ""
    """When its last session failed, as the record says; empty unless its status is failed."""
    error: str = ""
    session: int = 0
    """The number of the session that computed iteration k; 0 before the first."""
    was_stopped: bool = False
    """Whether it is interrupted because a person stopped it; see `Trajectory.was_stopped`."""


def find_trajectories(root: Path, *, on_error: OnListingError = ignore_error) -> Iterator[Trajectory]:
    """All trajectories at or below a folder, in natural order (m64 before m128). Links are not followed.

    Folders that cannot be listed, or whose names no group or trajectory can have, are left out; `on_error` gets why.
    Raises DiskError if the root cannot be listed.
    """
    return (Trajectory(folder) for folder, is_group in walk_folders(root, on_error=on_error) if not is_group)


def open_runs(folder: str | Path) -> dict[str, Trajectory]:
    """The trajectories that are in a runs folder now, by their path below it ("cat/m128-s0"), in natural order.

    Folders below it that cannot be listed are told by a warning. Raises NotATrajectoryError if the folder does not
    exist, DiskError if it cannot be read.
    """
    root = Path(folder)
    if not root.is_dir():
        raise NotATrajectoryError(f"{root} {'is not a folder' if root.exists() else 'does not exist'}")
    errors: list[DiskError] = []
    found = list(find_trajectories(root, on_error=errors.append))
    for error in errors:
        warnings.warn(f"trajectories may be missing: {error}", stacklevel=2)
    return {trajectory.path.relative_to(root).as_posix(): trajectory for trajectory in found}


def list_subfolders(folder: str) -> list[str]:
    """The subfolders that are not hidden: groups, trajectories, and those that could be by another name."""
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if entry.name[0] != "." and entry.is_dir(follow_symlinks=False)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def list_in_order(folder: str) -> list[str]:
    """As `list_subfolders`, in natural order."""
    return sorted(list_subfolders(folder), key=natural_key)


def walk_folders(
    root: Path,
    *,
    is_known: Callable[[str], bool] = lambda _: False,
    list_names: Callable[[str], list[str]] = list_in_order,
    on_error: OnListingError = ignore_error,
) -> Iterator[tuple[str, bool]]:
    """As `find_trajectories`, with the groups: each folder, before what is in it is read, and whether it is a group.

    For frequent scans: folders that are known to be trajectories are not looked into, and `list_names` may give a
    folder's subfolders in another order.
    """
    pending = [str(root)]  # a Path for each of 10,000 would take longer than all the rest
    while pending:
        folder = pending.pop()
        if is_known(folder):
            yield folder, False
            continue
        try:
            with explain_errors(folder):
                is_group = not _is_trajectory(folder)
            yield folder, is_group
            with explain_errors(folder):
                subfolders = list_names(folder) if is_group else []
        except DiskError as error:
            if folder == str(root):
                raise
            on_error(error)
            continue
        for name in reversed(subfolders):
            if is_name(name):
                pending.append(f"{folder}/{name}")
            elif on_error is not ignore_error and _holds_trajectory(path := f"{folder}/{name}"):
                reason = f"no group or trajectory can have this name: rename it, e.g. to {slugify(name)}"
                on_error(DiskError(f"{path}: {reason}", path=path))


def _holds_trajectory(folder: str) -> bool:
    """Whether a folder is a trajectory, or has one not far below."""
    with suppress(OSError):
        return any(next(Path(folder).glob(f"{'*/' * depth}{layout.SPEC}"), None) for depth in range(3))
    return False


def _is_trajectory(folder: str) -> bool:
    """Raises OSError if that cannot be told."""
    try:
        return stat.S_ISREG(os.stat(f"{folder}/{layout.SPEC}").st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        if error.errno == errno.ELOOP:
            return False
        raise


class FolderSignature(NamedTuple):
    """Differs once a trajectory's state, iterations or measurements do."""

    changed_ns: int
    """When a file in the folder was last created, replaced, removed or appended to, in ns since 1970; -1: no folder."""
    rows_bytes: int
    metrics_bytes: int


def read_signature(folder: str) -> FolderSignature:
    """The signature of a trajectory folder, for the price of three stats. Never raises."""
    changed_ns = mtime_ns(folder)
    sizes = []
    for name in (layout.ROWS, layout.METRICS):  # they grow without a change of the folder
        try:
            status = os.stat(f"{folder}/{name}")
        except OSError:
            sizes.append(-1)
        else:
            sizes.append(status.st_size)
            changed_ns = max(changed_ns, status.st_mtime_ns)
    return FolderSignature(changed_ns, *sizes)


def mtime_ns(folder: str) -> int:
    """When a file in a folder was last created, replaced or removed, in ns since 1970; -1 if there is no folder."""
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return -1


def find_all_trajectories(paths: Iterable[Path], *, on_error: OnListingError = ignore_error) -> list[Trajectory]:
    """The trajectories at or below paths given by the user; `on_error` as in `find_trajectories`.

    Raises NotATrajectoryError for a path without any, DiskError if a path without any could not be listed whole.
    """
    all_found: dict[str, Trajectory] = {}
    for path in paths:
        errors: list[DiskError] = []
        below = {os.fspath(found): found for found in find_trajectories(path, on_error=errors.append)}
        for error in errors if below else ():
            on_error(error)
        if errors and not below:
            raise errors[0]
        if not below:
            with explain_errors(path):
                reason = "holds no trajectory" if path.exists() else "does not exist"
                raise NotATrajectoryError(f"{path} {reason}; list trajectories with: riptui ls")
        all_found.update(below)
    return list(all_found.values())


def summarize(trajectory: Trajectory) -> TrajectorySummary:
    """Summarize a trajectory. Never raises for errors on disk: they are in `error`."""
    path = os.fspath(trajectory)
    annotations = peek_annotations(path)
    try:
        spec = trajectory.spec
        row = read_last_row(f"{path}/{layout.ROWS}")
        k = row.k if row else 0
        state, error = _read_status(trajectory, row)
        was_stopped = trajectory.was_stopped(state)
        metrics = trajectory.read_metrics()
        failure = trajectory.failure if state is Status.FAILED else None
        has_sessions = row is not None and row.session > 1  # one has no differences
        differences = store.provenance.describe_mixed_sessions(trajectory) if has_sessions else ""
    except RiptuiError as problem:
        return TrajectorySummary(trajectory, None, annotations=annotations, error=str(problem))
    inpainted, coverage = (row.inpainted, row.coverage) if row else (0.0, 0.0)
    return TrajectorySummary(
        trajectory,
        state,
        spec,
        k,
        inpainted,
        coverage,
        metrics,
        differences,
        annotations,
        failure.when if failure else "",
        error,
        row.session if row else 0,
        was_stopped,
    )


def summarize_measured(trajectory: Trajectory) -> TrajectorySummary:
    """As `summarize`, for statistics: the spec, how far it is, and the metrics, without what else takes a third of the
    time. Never raises for errors on disk: they are in `error`."""
    try:
        spec, row = trajectory.spec, read_last_row(f"{os.fspath(trajectory)}/{layout.ROWS}")
        metrics = trajectory.read_metrics()
    except RiptuiError as problem:
        return TrajectorySummary(trajectory, None, error=str(problem))
    if row is None:
        return TrajectorySummary(trajectory, None, spec, metrics=metrics)
    k, inpainted, coverage = row.k, row.inpainted, row.coverage
    return TrajectorySummary(trajectory, None, spec, k, inpainted, coverage, metrics, session=row.session)


def _read_status(trajectory: Trajectory, row: IterationRow | None) -> tuple[Status | None, str]:
    """The status, or None and why there is none; what was measured counts also if the patches are damaged."""
    try:
        return derive_status(trajectory, row), ""
    except DamagedError as error:
        return None, str(error)


def natural_key(name: str) -> list[tuple[int, str]]:
    """Sort key: digits of any script by value, other characters (² too) by character."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name) if part]


def read_last_row(path: str) -> IterationRow | None:
    """The last whole row, without reading the other rows; None if there is none."""
    try:
        tail = read_tail(path, _TAIL_BYTES)
        for line in reversed(tail.split(b"\n")[:-1]):
            if rows := parse_valid_prefix(line + b"\n", IterationRow)[0]:
                return rows[0]
        start = b"" if len(tail) < _TAIL_BYTES else read_start(path, lambda: SMALL_BYTES) or b""
    except RiptuiError:
        return None
    rows = parse_valid_prefix(start, IterationRow)[0]  # a long torn end follows them
    return rows[-1] if rows else None
