"""Lead a study on a cluster: hand each trajectory to one actor, take in what comes of it, hand it on if the actor dies.

What an actor holds is known here and nowhere else; all else is on the disk, so that a leader that is killed and
started again goes on. An actor that does not reach the disk computes copies, and what grows is saved here.
"""

import math
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from riptui import __version__
from riptui.client import Wish
from riptui.errors import DiskError, HeldError, InputError, RiptuiError, WorkerError
from riptui.executors.ray_cluster import Cluster, Need
from riptui.store.claim import encode
from riptui.store.disk import Folder, make_folders
from riptui.store.lending import Growth, Lent, lent
from riptui.store.listing import changed
from riptui.store.lock import Lock, probe
from riptui.store.trajectory import Status, Trajectory
from riptui.store.wanted import to_do
from riptui.store.workers import Live, Registration, register, workers_folder
from riptui.study.definition import Study
from riptui.study.progress import Progress, Progressing
from riptui.turns import News, Order

POLL = 0.5  # seconds between two looks at the study
LOOK = 2.0  # seconds between two looks at the cluster, and at what waits
AHEAD = 3  # trajectories an actor is handed beyond those it computes together, so that it never waits for more
FIRST = 32  # handed to a GPU at first: it computes as many together as fit
AGAIN = 2.0  # seconds; what somebody else computes is offered again after so long
PLACED = 15.0  # seconds; an actor that has no place by then is told of
SILENT = 120.0  # seconds; an actor that says nothing for so long, on a node that lives, is replaced
FRUITLESS = 10  # actors that die, one after another, without anything having come of them


@dataclass
class Held:
    """A trajectory that an actor has."""

    trajectory: Trajectory
    lent: Lent | None
    """The folder here, if the actor computes a copy."""
    open: ExitStack
    """Holds the folder's lock, if so."""


@dataclass
class Post:
    """A place for an actor, and whoever fills it."""

    actor: Any
    turn: Any = None
    """The one that is not answered yet."""
    number: int = 0
    incarnation: str = ""
    """Of the actor: "" before it has said a word, or if it is known to be gone."""
    node: str = ""
    heard: float = 0.0
    """time.monotonic()"""
    shares: bool = True
    live: Live | None = None
    model: bytes = b""
    """What the last trajectory it was handed is computed with."""
    hand: dict[str, Held] = field(default_factory=dict)
    entry: Registration | None = None
    open: ExitStack = field(default_factory=ExitStack)
    """Holds the entry."""


class Leader:
    """actors: how many; None: as many as there is room for. cpus: of each, and no GPU; None: a GPU and a CPU, or only
    a CPU where no model is in the study.

    copies: send all results back, also from where the runs folder is reached. Raises MissingExtraError, WorkerError.
    """

    def __init__(
        self, study: Study, address: str, wish: Wish, *, actors: int | None, cpus: int | None, copies: bool
    ) -> None:
        self._file, self._runs, self._copies = str(study.file), Path(os.path.realpath(study.runs)), copies
        if not study.needs_weights:
            cpus = cpus or 1
        self._need = Need(0, cpus) if cpus else Need(1, 1)
        self._wish = asdict(wish) | {"device": "cpu" if cpus else "cuda"}
        self._wanted = actors
        self._cluster = Cluster(address)
        self._posts: list[Post] = []
        self._open = ExitStack()
        self._waiting: dict[bytes, list[str]] = {}
        """What nobody computes, by model; the next at the end."""
        self._models: dict[str, bytes] = {}
        self._returned: dict[str, int] = {}
        """When the folders of those that ended were changed last."""
        self._again: dict[str, float] = {}
        self._suspects: set[str] = set()
        """Copies of which one may have killed its actor: each is handed to an actor that has nothing else."""
        self._looked = self._gathered = 0.0
        self._notes: list[str] = []
        self._room: int | None = None
        self._unplaced = 0
        self._mark: object = None
        self._fruitless = 0
        self._reason = ""

    def close(self) -> None:
        """End the actors, and let go of what they have."""
        for post in [*self._posts]:
            self._vacate(post, blame=False)
        self._open.close()
        self._cluster.close()

    def watch(self, study: Progressing) -> Iterator[tuple[Progress, list[str]]]:
        """How far the study is, and what is to be told of its actors, twice a second until all has ended.

        Raises WorkerError, DiskError.
        """
        with closing(self):
            if study.left:
                self._muster()
            while True:
                progress = study.look()
                told, self._notes = self._notes, []
                yield progress, told
                if not study.left:
                    return
                self._see_to(progress)
                self.lead(study, POLL)

    def lead(self, study: Progressing, seconds: float) -> None:
        """Take in what actors tell, and hand them what is queued, for so long."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            turns = {post.turn: post for post in self._posts}
            if not turns:
                time.sleep(left)
            for turn in self._cluster.wait([*turns], left) if turns else []:
                post = turns[turn]
                if self._hear(post):
                    self._ask(post, self._order(post, study))

    # ---- the actors

    def _muster(self) -> None:
        """Raise WorkerError if the cluster has no place for any actor."""
        sign = workers_folder(self._runs) / f"leader-{os.getpid()}-{time.time():.0f}"
        make_folders(sign)
        self._open.enter_context(Lock(self._open.enter_context(Folder(sign))))
        self._sign = sign
        if not self._cluster.room(self._need):
            raise WorkerError(f"no actor can be placed: {self._lack()}")
        self._fill()

    def _lack(self) -> str:
        """What the cluster has, and why that is not enough."""
        kind = "GPU" if self._need.gpus else "CPU"
        hint = "; --ray-cpus N puts actors on CPUs" if self._need.gpus else ""
        return f"the cluster has {self._cluster.total(kind)}, and an actor needs {self._need} of one node{hint}"

    def _fill(self) -> None:
        """Start an actor for each place there can be; say once how many never can be placed."""
        room = self._cluster.room(self._need)
        wanted = max(room, len(self._posts)) if self._wanted is None else self._wanted
        for _ in range(min(wanted, room) - len(self._posts)):
            self._start()
        if room != self._room and wanted > room:
            self._notes.append(f"{wanted - room} of {wanted} actors can never be placed: {self._lack()}")
        self._room = room

    def _start(self) -> None:
        actor = self._cluster.start(self._need, self._runs, self._sign, self._wish, copies=self._copies)
        post = Post(actor, heard=time.monotonic())
        self._posts.append(post)
        self._ask(post, Order(0))

    def _ask(self, post: Post, order: Order) -> None:
        post.turn = post.actor.turn.remote(order)
        post.number = order.number

    def _see_to(self, progress: Progress) -> None:
        """Look at the cluster. Raises WorkerError if no actor is left, or nothing comes of them."""
        now = time.monotonic()
        if now - self._looked < LOOK:
            return
        self._looked = now
        nodes = self._cluster.nodes()
        for post in [*self._posts]:
            if post.incarnation and post.node not in nodes:
                self._notes.append(f"the node of {_name(post)} is gone; others compute what it had")
                self._lose(post, blame=False)
            elif post.hand and now - post.heard > SILENT:
                self._notes.append(f"{_name(post)} has said nothing for {SILENT:.0f} s; another one takes its place")
                self._vacate(post, blame=True)
        self._fill()
        self._tell_unplaced(now)
        mark = progress.done, progress.statuses.get(Status.DONE), len(progress.failed)
        if mark != self._mark:
            self._mark, self._fruitless = mark, 0
        if self._fruitless >= FRUITLESS:
            raise WorkerError(f"{self._fruitless} times an actor died, and nothing came of it; Ray's logs may say why")
        if not self._posts:
            raise WorkerError(f"no actor is left: {self._reason or self._lack()}")

    def _tell_unplaced(self, now: float) -> None:
        unplaced = sum(not post.incarnation and now - post.heard > PLACED for post in self._posts)
        if unplaced > self._unplaced:
            what = "none of the actors has" if unplaced == len(self._posts) else f"{unplaced} actors have no"
            self._notes.append(f"{what} place yet: others use the cluster, or it starts them slowly; `ray status`")
        self._unplaced = unplaced

    def _hear(self, post: Post) -> bool:
        """Take in what an actor tells; whether it is there to be asked again."""
        try:
            post.node, news = self._cluster.answer(post.turn)
        except WorkerError as error:
            self._reason = f"{_name(post)} ended: {error}"
            self._notes.append(self._reason)
            self._vacate(post, blame=bool(post.incarnation))
            if self._wanted is None:
                self._wanted = len(self._posts)
            else:
                self._wanted -= 1
            return False
        post.heard = time.monotonic()
        if news.incarnation != post.incarnation:
            self._welcome(post, news)
            return True
        post.live = news.live
        if post.entry is not None and news.live is not None:
            post.entry.tell(news.live)
        for place, growth in news.grown.items():
            self._receive(post, place, growth)
        for place, final in news.ended.items():
            self._end(post, place, final=final)
        self._notes += [f"{_name(post)}: {text}" for text in news.complaints]
        return True

    def _welcome(self, post: Post, news: News) -> None:
        """A new actor, or one that died and was started again. Raises WorkerError for another version."""
        if post.incarnation:
            self._notes.append(f"{_name(post)} died; it was started again")
            self._fruitless += 1
            self._lose(post, blame=True)
        if news.record.version != __version__:
            raise WorkerError(
                f"host {news.record.host} has riptui {news.record.version}, this one {__version__}: install the same"
            )
        post.incarnation, post.shares, post.live = news.incarnation, news.shares, None
        record = msgspec.structs.replace(news.record, study=self._file)
        post.entry = post.open.enter_context(register(self._runs, record))

    def _vacate(self, post: Post, *, blame: bool) -> None:
        """Let an actor go for good."""
        self._lose(post, blame=blame)
        self._posts.remove(post)
        self._cluster.kill(post.actor)

    def _lose(self, post: Post, *, blame: bool) -> None:
        """What an actor had is free for others. blame: its process died, perhaps of that."""
        for place, held in post.hand.items():
            if held.lent is not None and blame:
                self._suspects.add(place)
                if len(post.hand) == 1:
                    held.lent.blame()
            held.open.close()
        post.hand.clear()
        post.open.close()
        post.incarnation, post.entry, post.live = "", None, None
        self._gathered = 0.0

    # ---- the trajectories

    def _receive(self, post: Post, place: str, growth: Growth) -> None:
        held = post.hand.get(place)
        if held is None or held.lent is None:
            return
        try:
            held.lent.receive(growth)
        except DiskError:
            if held.trajectory.path.exists():
                raise
            post.hand.pop(place).open.close()  # somebody removed it
        if growth.rows:
            self._suspects.discard(place)

    def _end(self, post: Post, place: str, *, final: bool) -> None:
        held = post.hand.pop(place, None)
        if held is None:
            return
        if held.lent is not None:
            held.lent.forgive()
        held.open.close()
        self._suspects.discard(place)
        if final:
            self._returned[place] = changed(str(held.trajectory.path))
        else:
            self._again[place] = time.monotonic() + AGAIN

    def _order(self, post: Post, study: Progressing) -> Order:
        """What an actor is told next: what it is handed, and what is asked of what it has."""
        requests = {
            place: encode(request)
            for place, held in post.hand.items()
            if held.lent is not None and (request := held.lent.new_request()) is not None
        }
        given = {}
        for held in self._chosen(post, study):
            place = os.path.relpath(held.trajectory.path, self._runs)
            post.hand[place] = held
            given[place] = held.lent.parcel() if held.lent is not None else None
        return Order(post.number + 1, post.incarnation, given, requests)

    def _chosen(self, post: Post, study: Progressing) -> Iterator[Held]:
        """What an actor is handed now: so much that it does not wait, and so little that all have their share."""
        if self._suspects & post.hand.keys():
            return
        self._gather(study)
        waiting = sum(map(len, self._waiting.values()))
        total = waiting + sum(len(one.hand) for one in self._posts)
        together = len(post.live.jobs) if post.live and post.live.jobs else 0
        most = together + AHEAD if together else FIRST if self._need.gpus else 1 + AHEAD
        free = min(most, math.ceil(total / len(self._posts))) - len(post.hand)
        while free > 0 and (place := self._next(post)) is not None:
            held = self._hold(Trajectory(self._runs / place), lend=not post.shares)
            if held is not None:
                yield held
                free -= 1
                if place in self._suspects:
                    return

    def _gather(self, study: Progressing) -> None:
        """Find out what is queued, if it is time to."""
        now = time.monotonic()
        if now - self._gathered < (POLL if not self._waiting else LOOK):
            return
        self._gathered = now
        elsewhere = {place for post in self._posts for place in post.hand}
        self._waiting = {}
        for trajectory in reversed(study.of(Status.QUEUED)):
            place = os.path.relpath(trajectory.path, self._runs)
            if place in elsewhere or self._again.get(place, 0.0) > now or not self._is_new(place, trajectory):
                continue
            with suppress(RiptuiError):  # it was removed, or is damaged: `riptui check` says so
                model = b"" if place in self._suspects else self._model(place, trajectory)
                self._waiting.setdefault(model, []).append(place)

    def _is_new(self, place: str, trajectory: Trajectory) -> bool:
        """Whether it was not returned, or has changed since."""
        return place not in self._returned or changed(str(trajectory.path)) != self._returned[place]

    def _model(self, place: str, trajectory: Trajectory) -> bytes:
        """What a trajectory is computed with, and beside: those of one model go to one actor as far as possible."""
        if place not in self._models:
            spec = trajectory.spec
            self._models[place] = msgspec.json.encode([spec.inpainter, spec.parameters, spec.size], order="sorted")
        return self._models[place]

    def _next(self, post: Post) -> str | None:
        """A place that waits: of the actor's model, else of the one that waits for the fewest actors; suspects last."""
        if not self._waiting:
            return None
        if post.model not in self._waiting:
            models = [model for model in self._waiting if model] or [b""]
            post.model = min(models, key=lambda model: sum(one.model == model for one in self._posts))
        if not post.model and post.hand:
            return None
        place = self._waiting[post.model].pop()
        if not self._waiting[post.model]:
            del self._waiting[post.model]
        return place

    def _hold(self, trajectory: Trajectory, *, lend: bool) -> Held | None:
        """Make sure that a trajectory is to be computed and that nobody else is at it; with its lock if it is lent."""
        place = os.path.relpath(trajectory.path, self._runs)
        with ExitStack() as stack:
            try:
                wanted = trajectory.request.state == "run" and not trajectory.has_failed and to_do(trajectory)
                if not wanted:
                    return None
                if probe(trajectory.path)[0]:
                    raise HeldError("somebody else")
                folder = stack.enter_context(lent(trajectory)) if lend else None
            except HeldError:
                self._again[place] = time.monotonic() + AGAIN
                return None
            except DiskError:
                if trajectory.path.exists():
                    raise
                return None
            except RiptuiError as error:
                self._notes.append(f"{place}: {error}")
                self._returned[place] = changed(str(trajectory.path))
                return None
            return Held(trajectory, folder, stack.pop_all())


def require_led(devices: str, workers: int | None, *, detach: bool) -> None:
    """Raise InputError for options that do not go with a cluster."""
    if devices:
        raise InputError("--devices does not go with --ray: the cluster places the actors; --ray-cpus N for CPUs")
    if detach or workers == 0:
        raise InputError("with --ray this process leads the study: leave it running, e.g. under nohup or tmux")


def _name(post: Post) -> str:
    return f"actor {post.entry.record.id}" if post.entry is not None else "an actor"
