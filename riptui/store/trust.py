"""Whose trajectories a worker computes in a runs folder that several people share, and what their specs may load.

Who queued a trajectory is the owner of its request.json, and who decided what it loads is the owner of its spec.json.
A worker is the owner of the files that it writes itself: on some mounts that is another user than the process has.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from riptui.errors import RiptuiError
from riptui.filesystem import try_stat
from riptui.inpainters import find_inpainter
from riptui.inpainters.models.model_names import is_local
from riptui.inpainters.parameters import FileType, ModelType
from riptui.spec import ParameterValue, Spec
from riptui.store import layout
from riptui.store.disk_errors import explain_errors
from riptui.store.trajectory import Trajectory
from riptui.store.worker_record import ServedUsers

ALLOW_PICKLE = "allow_pickle"


@dataclass(frozen=True)
class Trust:
    """Decides for one worker.

    serves: whose trajectories it computes. trusts_all: whether specs of other users may load files.
    """

    owner: int
    """The user id of the files that the worker writes."""
    serves: ServedUsers = "own"
    trusts_all: bool = False

    @classmethod
    def of_worker(cls, folder: Path, serves: ServedUsers, trusts_all: bool) -> "Trust":
        """folder: the worker's own in the registry. Raises OSError."""
        return cls(folder.stat().st_uid, serves, trusts_all)

    def accepts(self, trajectory: Trajectory) -> bool:
        """Whether a trajectory was queued by somebody whose trajectories the worker computes.

        Raises DiskError if that cannot be told.
        """
        if self.serves == "all":
            return True
        with explain_errors(trajectory.path):
            try:
                status = os.stat(f"{trajectory.path}/{layout.REQUEST}", follow_symlinks=False)
            except (FileNotFoundError, NotADirectoryError):
                return False
        if status.st_uid == self.owner:
            return True
        return self.serves == "group" and status.st_gid in {os.getegid(), *os.getgroups()}

    def refuse(self, trajectory: Trajectory) -> str:
        """Why a trajectory must not be computed: somebody else's spec names files to load; "" if it may be.

        Raises SpecError, DamagedError, DiskError.
        """
        if self.trusts_all or self._owns(trajectory):
            return ""
        named = list_loaded_files(trajectory.spec)
        return (
            f"its spec is another user's and loads {', '.join(named)}; a worker started with --trust does so"
            if named
            else ""
        )

    def _owns(self, trajectory: Trajectory) -> bool:
        paths = (trajectory.path, f"{trajectory.path}/{layout.SPEC}")
        statuses = (try_stat(path, follow_symlinks=False) for path in paths)
        return all(status is not None and status.st_uid == self.owner for status in statuses)


def list_loaded_files(spec: Spec) -> list[str]:
    """The parameters by which a spec makes this machine read its files, or run what a pickle says."""
    try:
        types = find_inpainter(spec.inpainter).parameter_types
    except RiptuiError:  # it is not installed, and loads nothing
        return []
    return [name for name, value in spec.parameters.items() if _loads_files(name, value, types.get(name))]


def _loads_files(name: str, value: ParameterValue, kind: object) -> bool:
    if name == ALLOW_PICKLE:
        return bool(value)
    if not isinstance(value, str) or not value:
        return False
    if kind is None:  # of a plug-in, which says nothing about it
        return Path(value).expanduser().is_absolute()
    return isinstance(kind, FileType) or (isinstance(kind, ModelType) and is_local(value))
