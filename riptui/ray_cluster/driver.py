"""Lead a study on a cluster: hand each trajectory to one actor, take in what comes of it, hand it on if the actor dies.

Who has what is known here and nowhere else, and all that is computed is on the disk: a leader that is killed and
started again goes on. An actor that does not reach the disk computes copies, and what grows of them is saved here.
"""

import math
import os
import resource
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from riptui import __version__
from riptui.errors import InputError, WorkerError
from riptui.ray_cluster.backlog import QUARANTINE, Assignment, Backlog
from riptui.ray_cluster.cluster import ActorResources, Cluster
from riptui.ray_cluster.messages import ActorReply, DriverCommand
from riptui.store.disk import Folder, make_folders
from riptui.store.lock import FolderLock
from riptui.store.trajectory import Status
from riptui.store.worker_registry import Registration, WorkerStatus, register, workers_folder
from riptui.study.study_file import Study
from riptui.supervision.client import WorkerOptions
from riptui.supervision.progress import ProgressTracker, StudyProgress
from riptui.text.terminal import printable

POLL_SECONDS = 0.5  # seconds between two looks at the study
NODE_CHECK_SECONDS = 2.0  # seconds between two looks at the cluster
MAX_AHEAD = 3  # trajectories an actor is handed beyond those it computes together, so that it never waits for more
INITIAL_GPU_ASSIGNMENTS = 32  # handed to a GPU at first: it computes as many together as fit
PLACEMENT_SECONDS = 15.0  # seconds; an actor that has no place by then is told of
SILENCE_SECONDS = 120.0  # seconds; an actor that says nothing for so long, on a node that lives, is replaced
MAX_FRUITLESS_DEATHS = 10  # actors that die, one after another, without anything having come of them


@dataclass(eq=False)
class ActorSlot:
    """A place for an actor, and whoever fills it."""

    actor: Any
    pending_call: Any = None
    """The one that is not answered yet."""
    command_number: int = 0
    incarnation: str = ""
    """Of the actor: "" before it has said a word, or if it is known to be gone."""
    node: str = ""
    last_reply_at: float = field(default_factory=time.monotonic)
    shares_disk: bool = True
    live: WorkerStatus | None = None
    model_key: bytes = QUARANTINE
    """Of the last trajectory that it was handed."""
    assignments: dict[str, Assignment] = field(default_factory=dict)
    """By place."""
    registration: Registration | None = None
    stack: ExitStack = field(default_factory=ExitStack)
    """Holds the entry."""

    def write_log(self, text: str) -> None:
        """For the log of the actor, which may not reach it itself."""
        if self.registration is not None:
            self.registration.append_to_log(printable(text))

    def __str__(self) -> str:
        return f"actor {self.registration.record.id}" if self.registration else "an actor"


def require_ray_options(devices: str, workers: int | None, *, detach: bool) -> None:
    """Raise InputError for options that do not go with a cluster."""
    if devices:
        raise InputError("--devices does not go with --ray: the cluster places the actors; --ray-cpus N: on CPUs")
    if detach or workers == 0:
        raise InputError("with --ray this process leads the study: leave it running, e.g. under nohup or tmux")


class RayDriver:
    """actors: how many; None: as many as there is room for. cpus: of each, and no GPU; None: a GPU and a CPU, or only
    a CPU where no model is in the study. copies: send all results back, also from where the runs folder is reached.

    Raises MissingExtraError, WorkerError.
    """

    def __init__(
        self, study: Study, address: str, options: WorkerOptions, *, actors: int | None, cpus: int | None, copies: bool
    ) -> None:
        self._study_file, self._runs, self._copies = str(study.file), Path(os.path.realpath(study.runs)), copies
        self._resources = ActorResources(0, cpus or 1) if cpus or not study.needs_weights else ActorResources(1, 1)
        self._options = asdict(options) | {"device": "cuda" if self._resources.gpus else "cpu"}
        self._target_count = actors
        self._backlog = Backlog(self._runs)
        self._slots: list[ActorSlot] = []
        self._driver_folder = workers_folder(self._runs) / f"leader-{os.getpid()}-{time.time():.0f}"
        self._stack = ExitStack()
        self._nodes_checked_at = 0.0
        self._notes: list[str] = []
        self._capacity = self._unplaced = 0
        self._progress_marker: object = None
        self._fruitless_deaths = 0
        self._cluster = Cluster(address)

    def start(self) -> None:
        """Start the actors. Raises WorkerError if the cluster has no place for any of them; DiskError."""
        if not self._cluster.capacity(self._resources):
            raise WorkerError(f"no actor can be placed: {self._explain_shortage()}")
        make_folders(self._driver_folder)
        self._stack.enter_context(FolderLock(self._stack.enter_context(Folder(self._driver_folder))))
        _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))  # a lent trajectory is three open files
        self._start_missing_actors()

    def watch(self, tracker: ProgressTracker) -> Iterator[tuple[StudyProgress, list[str]]]:
        """How far the study is, and what is to be told of its actors, twice a second until all has ended.

        Raises WorkerError, DiskError.
        """
        with closing(self):
            while True:
                progress = tracker.poll()
                messages = self._notes + self._backlog.problems
                self._notes, self._backlog.problems = [], []
                yield progress, messages
                if tracker.is_over:
                    return
                self._supervise(progress)
                self.run_for(tracker, POLL_SECONDS)

    def run_for(self, tracker: ProgressTracker, seconds: float) -> None:
        """Take in what actors tell, and hand them what is queued, for so long. Raises WorkerError, DiskError."""
        deadline = time.monotonic() + seconds
        while (seconds_left := deadline - time.monotonic()) > 0:
            if not self._slots:
                time.sleep(seconds_left)
                return
            slots = {slot.pending_call: slot for slot in self._slots}
            for call in self._cluster.wait([*slots], seconds_left):
                slot = slots[call]
                if self._receive(slot):
                    self._send(slot, self._next_command(slot, tracker))

    def close(self) -> None:
        """End the actors, and let go of what they have."""
        self._cluster.end([slot.actor for slot in self._slots if slot.incarnation])
        for slot in [*self._slots]:
            self._retire(slot, died=False)
        shutil.rmtree(self._driver_folder, ignore_errors=True)
        self._stack.close()
        self._cluster.close()

    def _explain_shortage(self) -> str:
        """What the cluster has, and why that is not enough."""
        kind = "GPU" if self._resources.gpus else "CPU"
        hint = "; --ray-cpus N puts actors on CPUs" if self._resources.gpus else ""
        total = self._cluster.describe_total(kind)
        return f"the cluster has {total}, and an actor needs {self._resources} of one node{hint}"

    def _start_missing_actors(self) -> None:
        """Start an actor for each place there can be; say how many never can be placed, whenever that changes."""
        capacity = self._cluster.capacity(self._resources)
        target = max(capacity, len(self._slots)) if self._target_count is None else self._target_count
        for _ in range(min(target, capacity) - len(self._slots)):
            actor = self._cluster.start(
                self._resources, self._runs, self._driver_folder, self._options, copies=self._copies
            )
            self._slots.append(slot := ActorSlot(actor))
            self._send(slot, DriverCommand(0))
        if capacity != self._capacity and target > capacity:
            self._notes.append(
                f"{target - capacity} of {target} actors can never be placed: {self._explain_shortage()}"
            )
        self._capacity = capacity

    def _send(self, slot: ActorSlot, command: DriverCommand) -> None:
        slot.pending_call, slot.command_number = self._cluster.send(slot.actor, command), command.number

    def _supervise(self, progress: StudyProgress) -> None:
        """Look at the cluster, if it is time to. Raises WorkerError if no actor is left, or nothing comes of them."""
        now = time.monotonic()
        if now - self._nodes_checked_at > NODE_CHECK_SECONDS:
            self._nodes_checked_at = now
            nodes = self._cluster.nodes()
            for slot in [*self._slots]:
                if slot.incarnation and slot.node not in nodes:
                    self._notes.append(f"the node of {slot} is gone; others compute what it had")
                    self._release(slot, died=False)
                elif slot.assignments and now - slot.last_reply_at > SILENCE_SECONDS:
                    self._notes.append(f"{slot} has said nothing for {SILENCE_SECONDS:.0f} s, and is replaced")
                    self._retire(slot, died=True)
            self._start_missing_actors()
            self._report_unplaced(now)
        marker = progress.done, progress.statuses.get(Status.DONE), len(progress.failed)
        if marker != self._progress_marker:
            self._progress_marker, self._fruitless_deaths = marker, 0
        if self._fruitless_deaths >= MAX_FRUITLESS_DEATHS:
            raise WorkerError(
                f"{self._fruitless_deaths} times an actor died, and nothing came of it; Ray's logs may say why"
            )
        if not self._slots:
            raise WorkerError(f"no actor is left: {self._notes[-1] if self._notes else self._explain_shortage()}")

    def _report_unplaced(self, now: float) -> None:
        unplaced = sum(not slot.incarnation and now - slot.last_reply_at > PLACEMENT_SECONDS for slot in self._slots)
        if unplaced > self._unplaced:
            self._notes.append(
                f"{unplaced} of {len(self._slots)} actors wait for a place: others use the cluster (`ray status`)"
            )
        self._unplaced = unplaced

    def _receive(self, slot: ActorSlot) -> bool:
        """Take in what an actor tells; whether it is there to be asked again. Raises WorkerError, DiskError."""
        try:
            slot.node, reply = self._cluster.get_reply(slot.pending_call)
        except WorkerError as error:
            self._notes.append(f"{slot} ended: {error}")
            self._target_count = (len(self._slots) if self._target_count is None else self._target_count) - 1
            self._retire(slot, died=bool(slot.incarnation))
            return False
        slot.last_reply_at = time.monotonic()
        if reply.incarnation != slot.incarnation:
            self._register(slot, reply)
            return True
        slot.live = reply.live
        if slot.registration is not None and reply.live is not None:
            slot.registration.publish(reply.live)
        for relative_path, delta in reply.deltas.items():
            if relative_path in slot.assignments and not self._backlog.save_delta(
                slot.assignments[relative_path], delta
            ):
                del slot.assignments[relative_path]
        for relative_path, final in reply.finished.items():
            if relative_path in slot.assignments:
                assignment = slot.assignments.pop(relative_path)
                self._backlog.finish(assignment, final=final)
                slot.write_log(f"{relative_path}: {_describe_outcome(assignment, final)}")
        for text in reply.problems:
            self._notes.append(f"{slot}: {text}")
            slot.write_log(text)
        return True

    def _register(self, slot: ActorSlot, reply: ActorReply) -> None:
        """A new actor, or one that died and was started again. Raises WorkerError for another version."""
        if slot.incarnation:
            self._notes.append(f"{slot} died; it is started again")
            self._fruitless_deaths += 1
            self._release(slot, died=True)
        if reply.record.version != __version__:
            raise WorkerError(
                f"host {reply.record.host} has riptui {reply.record.version}, this one {__version__}: install the same"
            )
        slot.incarnation, slot.shares_disk = reply.incarnation, reply.shares_disk
        record = msgspec.structs.replace(reply.record, study=self._study_file)
        slot.registration = slot.stack.enter_context(register(self._runs, record))
        slot.write_log(
            f"an actor of Ray on {record.host}: what its leader hears of it; what it prints is in Ray's logs"
        )

    def _retire(self, slot: ActorSlot, *, died: bool) -> None:
        """Let an actor go for good."""
        self._release(slot, died=died)
        self._slots.remove(slot)
        self._cluster.kill(slot.actor)

    def _release(self, slot: ActorSlot, *, died: bool) -> None:
        """What an actor had is free for others. died: its process died, perhaps of that. Raises DiskError."""
        lost, slot.assignments = [*slot.assignments.values()], {}
        slot.stack.close()
        slot.incarnation, slot.registration, slot.live = "", None, None
        self._backlog.give_back(lost, died=died)

    def _next_command(self, slot: ActorSlot, tracker: ProgressTracker) -> DriverCommand:
        """What an actor is told next: what is asked of what it has, and what it is handed. Raises DiskError."""
        changed = {
            relative_path: self._backlog.new_request(assignment)
            for relative_path, assignment in slot.assignments.items()
        }
        requests = {relative_path: request for relative_path, request in changed.items() if request is not None}
        assigned = {
            assignment.relative_path: assignment.lease.make_bundle() if assignment.lease else None
            for assignment in self._assign(slot, tracker)
        }
        return DriverCommand(slot.command_number + 1, slot.incarnation, assigned, requests)

    def _assign(self, slot: ActorSlot, tracker: ProgressTracker) -> list[Assignment]:
        """What an actor is handed now: so much that it never waits, and so little that all have their share."""
        if any(assignment.model_key == QUARANTINE for assignment in slot.assignments.values()):
            return []
        self._backlog.refresh(tracker, {relative_path for each in self._slots for relative_path in each.assignments})
        share = math.ceil((len(self._backlog) + sum(len(each.assignments) for each in self._slots)) / len(self._slots))
        batch_size = len(slot.live.jobs) if slot.live else 0
        limit = (
            batch_size + MAX_AHEAD if batch_size else INITIAL_GPU_ASSIGNMENTS if self._resources.gpus else 1 + MAX_AHEAD
        )
        actors_by_model = Counter(each.model_key for each in self._slots)
        assigned: list[Assignment] = []
        while len(slot.assignments) < min(limit, share):
            assignment = self._backlog.take(
                slot.model_key, actors_by_model, lend=not slot.shares_disk, is_idle=not slot.assignments
            )
            if assignment is None:
                break
            slot.assignments[assignment.relative_path], slot.model_key = assignment, assignment.model_key
            slot.write_log(f"{assignment.relative_path}: handed over")
            assigned.append(assignment)
            if assignment.model_key == QUARANTINE:
                break
        return assigned


def _describe_outcome(assignment: Assignment, final: bool) -> str:
    """What became of a trajectory, in a word."""
    if not final:
        return "left"
    return "failed" if assignment.trajectory.has_failed else "done"
