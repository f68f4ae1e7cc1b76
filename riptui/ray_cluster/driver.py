"""Driver of a study on a Ray cluster: assigns each trajectory to one actor, and to another one if the actor dies.

The assignments are known only here, and all results are on the disk: a driver that is killed and started again resumes.
An actor that cannot reach the disk computes copies, and what they gain is saved here.
"""

import math
import os
import resource
import secrets
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import msgspec

from riptui import __version__
from riptui.errors import InputError, WorkerError
from riptui.ray_cluster.actor_slot import ActorSlot
from riptui.ray_cluster.backlog import QUARANTINE, Assignment, Backlog
from riptui.ray_cluster.cluster import ActorResources, Cluster
from riptui.ray_cluster.messages import ActorReply, DriverCommand
from riptui.store.disk import Folder, make_folders_inside
from riptui.store.lock import FolderLock
from riptui.store.trust import Trust
from riptui.store.worker_environment import variables_to_pass_on
from riptui.store.worker_record import WorkerOptions
from riptui.store.worker_registry import Worker, register, workers_folder
from riptui.study.study_file import Study
from riptui.supervision.hang_watch import HangWatch
from riptui.supervision.progress import ProgressTracker, StudyProgress
from riptui.supervision.restart_policy import RestartPolicy

POLL_SECONDS = 0.5  # seconds between two looks at the study
NODE_CHECK_SECONDS = 2.0  # seconds between two looks at the cluster
MAX_AHEAD = 3  # trajectories assigned to an actor beyond those it computes together, so that it never waits
INITIAL_GPU_ASSIGNMENTS = 32  # trajectories assigned to a GPU at first: it computes as many together as fit
PLACEMENT_SECONDS = 15.0  # seconds; an actor that the cluster has not placed by then is reported
SILENCE_SECONDS = 120.0  # seconds; an actor that has not replied for this long, on a running node, is replaced


def require_ray_options(devices: str, workers: int | None, *, detach: bool) -> None:
    """Raise InputError for options that exclude --ray."""
    if devices:
        raise InputError(
            "--devices cannot be combined with --ray: Ray places the actors; --ray-cpus N puts them on CPUs"
        )
    if detach or workers == 0:
        raise InputError("with --ray this process is the driver and must keep running: start it under nohup or tmux")


class RayDriver:
    """Runs a study on the actors of a Ray cluster.

    actors: how many; None: as many as the cluster can place. cpus: CPUs per actor, without a GPU; None: a GPU and a
    CPU, or one CPU if the study has no model. copies: actors send all results back, even if they reach the runs folder.
    timeout: seconds that an iteration may take; an actor that takes longer is started again. resume_command: what a
    user types to continue. Raises MissingExtraError, WorkerError.
    """

    def __init__(
        self,
        study: Study,
        address: str,
        options: WorkerOptions,
        *,
        actors: int | None,
        cpus: int | None,
        copies: bool,
        timeout: float | None = None,
        resume_command: str = "",
    ) -> None:
        self._study_file, self._runs, self._copies = str(study.file), Path(os.path.realpath(study.runs)), copies
        self._resources = ActorResources(0, cpus or 1) if cpus or not study.needs_weights else ActorResources(1, 1)
        self._options = msgspec.structs.replace(options, device="cuda" if self._resources.gpus else "cpu")
        self._target_count = actors
        self._timeout, self._resume_command = timeout, resume_command
        self._slots: list[ActorSlot] = []
        self._driver_folder = workers_folder(self._runs) / f"leader-{os.getpid()}-{secrets.token_hex(8)}"
        self._stack = ExitStack()
        self._nodes_checked_at = 0.0
        self._notes: list[str] = []
        self._capacity = self._unplaced = 0
        self._policy = RestartPolicy()
        self._restarted: list[ActorSlot] = []
        """Slots whose actor died and was started again by Ray since the last look at the study."""
        self._deaths: list[str] = []
        self._cluster = Cluster(address)

    def start(self) -> None:
        """Start the actors. Raises WorkerError if the cluster cannot place any of them; DiskError."""
        if not self._cluster.capacity(self._resources):
            raise WorkerError(f"no actor can be placed: {self._explain_shortage()}")
        make_folders_inside(self._runs, self._driver_folder)
        self._backlog = Backlog(self._runs, Trust.of_worker(self._driver_folder, "own", self._options.trust))
        self._stack.enter_context(FolderLock(self._stack.enter_context(Folder(self._driver_folder))))
        _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))  # a leased trajectory has three open files
        self._start_missing_actors()

    def watch(self, tracker: ProgressTracker) -> Iterator[tuple[StudyProgress, list[str]]]:
        """The progress of the study, and notices about its actors, twice a second until all trajectories have ended.

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
                self._supervise(tracker)
                self.run_for(tracker, POLL_SECONDS)

    def run_for(self, tracker: ProgressTracker, seconds: float) -> None:
        """Receive the actors' replies and assign queued trajectories for this long. Raises WorkerError, DiskError."""
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
        """End the actors and release their trajectories."""
        self._cluster.end([slot.actor for slot in self._slots if slot.incarnation])
        for slot in [*self._slots]:
            self._retire(slot, died=False)
        shutil.rmtree(self._driver_folder, ignore_errors=True)
        self._stack.close()
        self._cluster.close()

    def _explain_shortage(self) -> str:
        """What the cluster has and what an actor needs."""
        kind = "GPU" if self._resources.gpus else "CPU"
        hint = "; to use CPUs: --ray-cpus N" if self._resources.gpus else ""
        total = self._cluster.describe_total(kind)
        return f"the cluster has {total}, but an actor needs {self._resources} on one node{hint}"

    def _start_missing_actors(self) -> None:
        """Start as many actors as the cluster can place; report how many it never can, whenever that changes."""
        capacity = self._cluster.capacity(self._resources)
        target = max(capacity, len(self._slots)) if self._target_count is None else self._target_count
        for _ in range(min(target, capacity) - len(self._slots)):
            arguments = self._runs, self._driver_folder, self._options
            options = {"copies": self._copies, "variables": variables_to_pass_on()}
            slot = ActorSlot(self._cluster.start(self._resources, *arguments, **options))
            if self._timeout is not None:
                slot.hang_watch = HangWatch(self._timeout, partial(self._restart, slot))
            self._slots.append(slot)
            self._send(slot, DriverCommand(0))
        if capacity != self._capacity and target > capacity:
            reason = self._explain_shortage()
            self._notes.append(f"{target - capacity} of {target} actors can never be placed: {reason}")
        self._capacity = capacity

    def _send(self, slot: ActorSlot, command: DriverCommand) -> None:
        slot.pending_call, slot.command_number = self._cluster.send(slot.actor, command), command.number

    def _supervise(self, tracker: ProgressTracker) -> None:
        """Check the nodes and the actors. Raises WorkerError if no actor is left or the restart policy gives up."""
        now = time.monotonic()
        if now - self._nodes_checked_at > NODE_CHECK_SECONDS:
            self._nodes_checked_at = now
            if not self._has_head():
                return
            self._check_nodes(now)
        if not self._slots and self._has_head():
            raise WorkerError(f"no actor is left: {self._notes[-1] if self._notes else self._explain_shortage()}")
        restarted, self._restarted = self._restarted, []
        if restarted:
            tracker.poll(full=True)
        idle = all(slot.incarnation and not slot.assignments for slot in self._slots)
        work = tracker.work_state(with_attempts=bool(restarted))
        decision = self._policy.decide(restarted, work, idle=idle, now=now)
        if decision.action == "give up":
            raise WorkerError(f"gave up: {decision.reason}; see the logs in {workers_folder(self._runs)}")

    def take_deaths(self) -> list[str]:
        """The deaths of actors since the last call, a text each, which the notices tell too."""
        deaths, self._deaths = self._deaths, []
        return deaths

    def _tell_death(self, text: str) -> None:
        self._notes.append(text)
        self._deaths.append(text)

    def _restart(self, slot: ActorSlot, worker: Worker) -> str:
        self._cluster.restart(slot.actor)
        return "it is started again"

    def _has_head(self) -> bool:
        """Whether the head answers. Raises WorkerError if it has not done so for long."""
        head = self._cluster.head
        if head.answers():
            return True
        if head.is_lost:
            raise WorkerError(
                f"the head of the Ray cluster at {head.address} is gone: it has not answered for "
                f"{head.silent_seconds:.0f} s. What was committed is saved. Start a cluster again (ray start --head), "
                f"then continue with: {self._resume_command}"
            )
        return False

    def _check_nodes(self, now: float) -> None:
        """Release trajectories of nodes that are gone, replace actors that do not reply, start missing ones."""
        nodes = self._cluster.nodes()
        for slot in [*self._slots]:
            if slot.incarnation and slot.node not in nodes:
                self._tell_death(f"the node of {slot} is gone; other actors compute its trajectories")
                self._release(slot, died=False)
            elif slot.assignments and now - slot.last_reply_at > SILENCE_SECONDS:
                self._tell_death(f"{slot} has not replied for {SILENCE_SECONDS:.0f} s and is replaced")
                self._retire(slot, died=True)
            elif slot.hang_watch and (worker := slot.as_worker()) and (text := slot.hang_watch.check(worker)):
                self._notes.append(text)
        self._start_missing_actors()
        self._report_unplaced(now)

    def _report_unplaced(self, now: float) -> None:
        unplaced = sum(not slot.incarnation and now - slot.last_reply_at > PLACEMENT_SECONDS for slot in self._slots)
        if unplaced > self._unplaced:
            count = f"{unplaced} of {len(self._slots)}"
            self._notes.append(f"{count} actors wait for others to free the cluster (`ray status`)")
        self._unplaced = unplaced

    def _receive(self, slot: ActorSlot) -> bool:
        """Receive an actor's reply. Returns whether the actor takes further commands. Raises WorkerError, DiskError."""
        try:
            slot.node, reply = self._cluster.get_reply(slot.pending_call)
        except WorkerError as error:
            self._tell_death(f"{slot} ended: {error}{slot.describe_end()}")
            self._target_count = (len(self._slots) if self._target_count is None else self._target_count) - 1
            self._retire(slot, died=bool(slot.incarnation))
            return False
        slot.last_reply_at = time.monotonic()
        if reply.incarnation != slot.incarnation:
            self._register(slot, reply)
            return True
        slot.live = reply.live
        slot.write_output(reply)
        if slot.registration is not None and reply.live is not None:
            slot.registration.publish(reply.live)
        for path, delta in reply.deltas.items():
            if path in slot.assignments and not self._backlog.save_delta(slot.assignments[path], delta):
                del slot.assignments[path]
        for path, final in reply.finished.items():
            if path in slot.assignments:
                assignment = slot.assignments.pop(path)
                self._backlog.finish(assignment, final=final)
                slot.write_log(f"{path}: {_describe_outcome(assignment, final)}")
        for text in reply.problems:
            self._notes.append(f"{slot}: {text}")
            slot.write_log(text)
        return True

    def _register(self, slot: ActorSlot, reply: ActorReply) -> None:
        """Register a new actor, or one that died and was started again. Raises WorkerError for another version."""
        if slot.incarnation:
            self._tell_death(f"{slot} died and was started again{slot.describe_end()}")
            self._restarted.append(slot)
            self._release(slot, died=True)
        if reply.record.version != __version__:
            versions = f"riptui {reply.record.version}, this host {__version__}"
            raise WorkerError(f"host {reply.record.host} has {versions}: install the same version")
        slot.incarnation, slot.shares_disk = reply.incarnation, reply.shares_disk
        record = msgspec.structs.replace(reply.record, study=self._study_file)
        slot.registration = slot.stack.enter_context(register(self._runs, record))
        slot.write_log(f"Ray actor on {record.host}: messages of its driver, and what it prints")
        slot.write_output(reply)

    def _retire(self, slot: ActorSlot, *, died: bool) -> None:
        """End an actor for good."""
        self._release(slot, died=died)
        self._slots.remove(slot)
        self._cluster.kill(slot.actor)

    def _release(self, slot: ActorSlot, *, died: bool) -> None:
        """Give an actor's trajectories back to the backlog. died: perhaps one of them killed it. Raises DiskError."""
        lost, slot.assignments = [*slot.assignments.values()], {}
        slot.forget()
        self._backlog.give_back(lost, died=died)

    def _next_command(self, slot: ActorSlot, tracker: ProgressTracker) -> DriverCommand:
        """The next command: changed requests of the actor's trajectories, and new assignments. Raises DiskError."""
        changed = {path: self._backlog.new_request(assignment) for path, assignment in slot.assignments.items()}
        requests = {path: request for path, request in changed.items() if request is not None}
        assigned = {
            assignment.relative_path: assignment.lease.make_bundle() if assignment.lease else None
            for assignment in self._assign(slot, tracker)
        }
        return DriverCommand(slot.command_number + 1, slot.incarnation, assigned, requests)

    def _assign(self, slot: ActorSlot, tracker: ProgressTracker) -> list[Assignment]:
        """Assign trajectories to an actor: enough that it never waits, at most its share of all."""
        if any(assignment.model_key == QUARANTINE for assignment in slot.assignments.values()):
            return []
        self._backlog.refresh(tracker, {path for each in self._slots for path in each.assignments})
        share = math.ceil((len(self._backlog) + sum(len(each.assignments) for each in self._slots)) / len(self._slots))
        batch_size = len(slot.live.jobs) if slot.live else 0
        initial = INITIAL_GPU_ASSIGNMENTS if self._resources.gpus else 1 + MAX_AHEAD
        limit = batch_size + MAX_AHEAD if batch_size else initial
        actors_by_model = Counter(each.model_key for each in self._slots)
        assigned: list[Assignment] = []
        while len(slot.assignments) < min(limit, share):
            is_idle, lend = not slot.assignments, not slot.shares_disk
            assignment = self._backlog.take(slot.model_key, actors_by_model, lend=lend, is_idle=is_idle)
            if assignment is None:
                break
            slot.assignments[assignment.relative_path], slot.model_key = assignment, assignment.model_key
            slot.write_log(f"{assignment.relative_path}: assigned")
            assigned.append(assignment)
            if assignment.model_key == QUARANTINE:
                break
        return assigned


def _describe_outcome(assignment: Assignment, final: bool) -> str:
    """The outcome of a trajectory for the log."""
    if not final:
        return "returned"
    return "failed" if assignment.trajectory.has_failed else "done"
