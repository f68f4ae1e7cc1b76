"""Records of a worker in its folder: worker.json (who it is and how it computes), live.json (its current state),
request.json (that it is to leave).
"""

from typing import Literal

import msgspec

from riptui.inpainters import CompileMode, OffloadMode
from riptui.store.worker_environment import WorkerEnvironment

MAX_SKIPPED = 100  # skipped trajectories that live.json names

ServedUsers = Literal["own", "group", "all"]
"""Whose trajectories a worker computes: its own user's, also those of members of its groups, or everybody's."""
WorkerPhase = Literal["starting", "loading", "working", "idle", "leaving"]


class WorkerOptions(msgspec.Struct, frozen=True):
    """How a worker computes: the options of `riptui worker`."""

    device: str = ""
    """cpu, cuda:0; "": the best there is."""
    batch: int | None = None
    """Trajectories computed together; None: as many as fit into memory."""
    compile: CompileMode = "auto"
    deterministic: bool = False
    offload: OffloadMode = "none"
    offline: bool = False
    """Never use the network, whatever is missing."""
    serves: ServedUsers = "own"
    trust: bool = False
    """Whether specs of other users may load pickled weights, and files of this machine."""


class WorkerRecord(WorkerOptions, frozen=True, kw_only=True):
    """worker.json: a worker's process, and the options that it was started with."""

    id: str
    """HOST-PID-START-RANDOM; the folder's name."""
    pid: int
    """In its PID namespace: another container, and another host, have the same pids."""
    host: str
    place: str = ""
    """Its `process_place`; "": of a release that did not record it, and did not read requests to leave."""
    start_ticks: int = 0
    """When the process started, in clock ticks since the boot; 0: not known."""
    started: str
    """ISO 8601, UTC."""
    version: str
    """Of riptui."""
    study: str = ""
    """The study whose driver assigns its trajectories; "": none."""
    environment: WorkerEnvironment | None = None
    """What it keeps of that of the command that started it; None: not recorded, by an older release."""
    slurm_job: str = ""
    """The SLURM job that it is a task of: 123, or 123_4 for a task of an array; "": none."""
    command: str = ""
    """The command, e.g. run, that runs only its own trajectories, in its own process; "": none."""

    @property
    def reads_requests(self) -> bool:
        """Whether it leaves when its folder has a request to."""
        return bool(self.place)

    @property
    def takes_queued(self) -> bool:
        """Whether it runs whatever is queued in the runs folder, and not only trajectories that it is given."""
        return not self.study and not self.command


class WorkerJob(msgspec.Struct, frozen=True):
    """A trajectory in one of a worker's slots."""

    path: str
    """Relative to the runs folder."""
    k: int
    """Finished iterations."""
    iterations: int
    step: int = 0
    """Finished denoising steps of iteration k+1."""
    steps: int = 0


class SkippedTrajectory(msgspec.Struct, frozen=True):
    """A queued trajectory that a worker cannot compute, for a reason that concerns its folder alone."""

    path: str
    """Relative to the runs folder."""
    reason: str
    tries: int = 1
    """How often the worker has tried it."""


class WorkerStatus(msgspec.Struct, frozen=True):
    """live.json: the current state of a worker."""

    when: float
    """Seconds since 1970."""
    state: WorkerPhase = "starting"
    inpainter: str = ""
    """The inpainter that is loaded or being loaded."""
    jobs: tuple[WorkerJob, ...] = ()
    rate: float = 0.0
    """Iterations per second over the last minute, all slots together."""
    queued: int = 0
    """Trajectories that are waiting for a worker."""
    memory_used: int | None = None
    """Bytes in use on the device, by all processes; None: not known, or not a GPU."""
    memory_total: int | None = None
    device: str = ""
    """The device in use, as the inpainter reports it: cpu (x86_64), cuda:0 (NVIDIA H200); "" before one is loaded."""
    load: float | None = None
    """Utilisation of the GPU, 0 to 1."""
    note: str = ""
    skipped: tuple[SkippedTrajectory, ...] = ()
    """The last ones that it skipped, at most `MAX_SKIPPED`; they stay queued."""
    skipped_count: int = 0
    still: int = 0
    """Seconds that it has waited for a denoising step or an iteration, if that is unusually long; else 0."""
    dismissed: bool = False
    """Whether it was asked to shut down, rather than exiting because it was idle."""
    notices: tuple[str, ...] = ()
    """What the users of its jobs should know about the loaded inpainter, such as prompts that were cut."""


class LeaveRequest(msgspec.Struct, frozen=True):
    """request.json of a worker: it is to finish its current iteration and exit."""

    state: str = "leave"
    by: str = ""
    """USER@HOST; for the worker's log."""
    when: str = ""
    """ISO 8601, UTC."""
