"""What a command that has work computed does about its end, and about workers that hang: --on-end and --timeout."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from riptui.cli.console import warn
from riptui.errors import InputError
from riptui.settings import load_settings
from riptui.supervision.end_hook import EndHook, split_command
from riptui.supervision.follower import FollowTask, start_follower

if TYPE_CHECKING:
    from riptui.store.trajectory import Trajectory
    from riptui.store.worker_record import WorkerOptions


@dataclass(frozen=True)
class Care:
    on_end: str = ""
    """The command to run at the end of a trajectory or study, and when a worker dies; "": none."""
    timeout: float | None = None
    """Seconds that an iteration in a worker may take."""

    @classmethod
    def of(cls, on_end: str | None, timeout: float | None) -> Care:
        """on_end: as given; None: the setting, which is ignored with a warning if it cannot run. Raises InputError."""
        if on_end:
            split_command(on_end)
        elif on_end is None and (on_end := load_settings().settings.on_end):
            try:
                split_command(on_end)
            except InputError as error:
                warn(f"the setting on_end is ignored: {error}")
                on_end = ""
        return cls(on_end or "", timeout)

    def open_hook(self, runs: Path) -> EndHook:
        return EndHook(self.on_end, runs, warn)

    def start_follower(
        self,
        runs: Path,
        workers: Sequence[WorkerOptions],
        *,
        trajectories: Sequence[Trajectory] = (),
        study: Path | None = None,
    ) -> None:
        """Leave a process behind that does this for detached work, if there is anything to do."""
        if not self.on_end and self.timeout is None:
            return
        paths = tuple(str(trajectory.path.absolute()) for trajectory in trajectories)
        file = str(study.absolute()) if study else ""
        try:
            start_follower(FollowTask(str(runs.absolute()), paths, file, tuple(workers), self.on_end, self.timeout))
        except OSError as error:
            warn(f"nothing will run {shlex.quote(self.on_end)} at the end: {error.strerror}")
