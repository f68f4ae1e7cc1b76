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
from riptui.client import Wish
from riptui.errors import InputError, WorkerError
from riptui.executors.ray_cluster import Cluster, Need
from riptui.executors.stock import ALONE, Held, Stock
from riptui.store.disk import Folder, make_folders
from riptui.store.lock import Lock
from riptui.store.trajectory import Status
from riptui.store.workers import Live, Registration, register, workers_folder
from riptui.study.definition import Study
from riptui.study.progress import Progress, Progressing
from riptui.terminal import printable
from riptui.turns import News, Order

POLL = 0.5  # seconds between two looks at the study
LOOK = 2.0  # seconds between two looks at the cluster
AHEAD = 3  # trajectories an actor is handed beyond those it computes together, so that it never waits for more
FIRST = 32  # handed to a GPU at first: it computes as many together as fit
PLACED = 15.0  # seconds; an actor that has no place by then is told of
SILENT = 120.0  # seconds; an actor that says nothing for so long, on a node that lives, is replaced
FRUITLESS = 10  # actors that die, one after another, without anything having come of them


@dataclass(eq=False)
class Post:
    """A place for an actor, and whoever fills it."""

    actor: Any
    turn: Any = None
    """The one that is not answered yet."""
    number: int = 0
    incarnation: str = ""
    """Of the actor: "" before it has said a word, or if it is known to be gone."""
    node: str = ""
    heard: float = field(default_factory=time.monotonic)
    shares: bool = True
    live: Live | None = None
    model: bytes = ALONE
    """Of the last trajectory that it was handed."""
    hand: dict[str, Held] = field(default_factory=dict)
    """By place."""
    entry: Registration | None = None
    open: ExitStack = field(default_factory=ExitStack)
    """Holds the entry."""

    def note(self, text: str) -> None:
        """For the log of the actor, which may not reach it itself."""
        if self.entry is not None:
            self.entry.note(printable(text))

    def __str__(self) -> str:
        return f"actor {self.entry.record.id}" if self.entry else "an actor"


def require_led(devices: str, workers: int | None, *, detach: bool) -> None:
    """Raise InputError for options that do not go with a cluster."""
    if devices:
        raise InputError("--devices does not go with --ray: the cluster places the actors; --ray-cpus N: on CPUs")
    if detach or workers == 0:
        raise InputError("with --ray this process leads the study: leave it running, e.g. under nohup or tmux")


class Leader:
    """actors: how many; None: as many as there is room for. cpus: of each, and no GPU; None: a GPU and a CPU, or only
    a CPU where no model is in the study. copies: send all results back, also from where the runs folder is reached.

    Raises MissingExtraError, WorkerError.
    """

    def __init__(
        self, study: Study, address: str, wish: Wish, *, actors: int | None, cpus: int | None, copies: bool
    ) -> None:
        self._file, self._runs, self._copies = str(study.file), Path(os.path.realpath(study.runs)), copies
        self._need = Need(0, cpus or 1) if cpus or not study.needs_weights else Need(1, 1)
        self._wish = asdict(wish) | {"device": "cuda" if self._need.gpus else "cpu"}
        self._wanted = actors
        self._stock = Stock(self._runs)
        self._posts: list[Post] = []
        self._sign = workers_folder(self._runs) / f"leader-{os.getpid()}-{time.time():.0f}"
        self._open = ExitStack()
        self._looked = 0.0
        self._notes: list[str] = []
        self._room = self._unplaced = 0
        self._mark: object = None
        self._fruitless = 0
        self._cluster = Cluster(address)

    def muster(self) -> None:
        """Start the actors. Raises WorkerError if the cluster has no place for any of them; DiskError."""
        if not self._cluster.room(self._need):
            raise WorkerError(f"no actor can be placed: {self._lack()}")
        make_folders(self._sign)
        self._open.enter_context(Lock(self._open.enter_context(Folder(self._sign))))
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a lent trajectory is three open files
        self._fill()

    def watch(self, study: Progressing) -> Iterator[tuple[Progress, list[str]]]:
        """How far the study is, and what is to be told of its actors, twice a second until all has ended.

        Raises WorkerError, DiskError.
        """
        with closing(self):
            while True:
                progress = study.look()
                told = self._notes + self._stock.complaints
                self._notes, self._stock.complaints = [], []
                yield progress, told
                if study.is_over:
                    return
                self._see_to(progress)
                self.lead(study, POLL)

    def lead(self, study: Progressing, seconds: float) -> None:
        """Take in what actors tell, and hand them what is queued, for so long. Raises WorkerError, DiskError."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if not self._posts:
                time.sleep(left)
                return
            turns = {post.turn: post for post in self._posts}
            for turn in self._cluster.wait([*turns], left):
                post = turns[turn]
                if self._hear(post):
                    self._ask(post, self._order(post, study))

    def close(self) -> None:
        """End the actors, and let go of what they have."""
        self._cluster.end([post.actor for post in self._posts if post.incarnation])
        for post in [*self._posts]:
            self._vacate(post, blame=False)
        shutil.rmtree(self._sign, ignore_errors=True)
        self._open.close()
        self._cluster.close()

    def _lack(self) -> str:
        """What the cluster has, and why that is not enough."""
        kind = "GPU" if self._need.gpus else "CPU"
        hint = "; --ray-cpus N puts actors on CPUs" if self._need.gpus else ""
        return f"the cluster has {self._cluster.total(kind)}, and an actor needs {self._need} of one node{hint}"

    def _fill(self) -> None:
        """Start an actor for each place there can be; say how many never can be placed, whenever that changes."""
        room = self._cluster.room(self._need)
        wanted = max(room, len(self._posts)) if self._wanted is None else self._wanted
        for _ in range(min(wanted, room) - len(self._posts)):
            actor = self._cluster.start(self._need, self._runs, self._sign, self._wish, copies=self._copies)
            self._posts.append(post := Post(actor))
            self._ask(post, Order(0))
        if room != self._room and wanted > room:
            self._notes.append(f"{wanted - room} of {wanted} actors can never be placed: {self._lack()}")
        self._room = room

    def _ask(self, post: Post, order: Order) -> None:
        post.turn, post.number = self._cluster.ask(post.actor, order), order.number

    def _see_to(self, progress: Progress) -> None:
        """Look at the cluster, if it is time to. Raises WorkerError if no actor is left, or nothing comes of them."""
        now = time.monotonic()
        if now - self._looked > LOOK:
            self._looked = now
            nodes = self._cluster.nodes()
            for post in [*self._posts]:
                if post.incarnation and post.node not in nodes:
                    self._notes.append(f"the node of {post} is gone; others compute what it had")
                    self._lose(post, blame=False)
                elif post.hand and now - post.heard > SILENT:
                    self._notes.append(f"{post} has said nothing for {SILENT:.0f} s, and is replaced")
                    self._vacate(post, blame=True)
            self._fill()
            self._tell_unplaced(now)
        mark = progress.done, progress.statuses.get(Status.DONE), len(progress.failed)
        if mark != self._mark:
            self._mark, self._fruitless = mark, 0
        if self._fruitless >= FRUITLESS:
            raise WorkerError(f"{self._fruitless} times an actor died, and nothing came of it; Ray's logs may say why")
        if not self._posts:
            raise WorkerError(f"no actor is left: {self._notes[-1] if self._notes else self._lack()}")

    def _tell_unplaced(self, now: float) -> None:
        unplaced = sum(not post.incarnation and now - post.heard > PLACED for post in self._posts)
        if unplaced > self._unplaced:
            self._notes.append(
                f"{unplaced} of {len(self._posts)} actors wait for a place: others use the cluster (`ray status`)"
            )
        self._unplaced = unplaced

    def _hear(self, post: Post) -> bool:
        """Take in what an actor tells; whether it is there to be asked again. Raises WorkerError, DiskError."""
        try:
            post.node, news = self._cluster.answer(post.turn)
        except WorkerError as error:
            self._notes.append(f"{post} ended: {error}")
            self._wanted = (len(self._posts) if self._wanted is None else self._wanted) - 1
            self._vacate(post, blame=bool(post.incarnation))
            return False
        post.heard = time.monotonic()
        if news.incarnation != post.incarnation:
            self._welcome(post, news)
            return True
        post.live = news.live
        if post.entry is not None and news.live is not None:
            post.entry.tell(news.live)
        for place, growth in news.grown.items():
            if place in post.hand and not self._stock.grown(post.hand[place], growth):
                del post.hand[place]
        for place, final in news.ended.items():
            if place in post.hand:
                held = post.hand.pop(place)
                self._stock.end(held, final=final)
                post.note(f"{place}: {_outcome(held, final)}")
        for text in news.complaints:
            self._notes.append(f"{post}: {text}")
            post.note(text)
        return True

    def _welcome(self, post: Post, news: News) -> None:
        """A new actor, or one that died and was started again. Raises WorkerError for another version."""
        if post.incarnation:
            self._notes.append(f"{post} died; it is started again")
            self._fruitless += 1
            self._lose(post, blame=True)
        if news.record.version != __version__:
            raise WorkerError(
                f"host {news.record.host} has riptui {news.record.version}, this one {__version__}: install the same"
            )
        post.incarnation, post.shares = news.incarnation, news.shares
        record = msgspec.structs.replace(news.record, study=self._file)
        post.entry = post.open.enter_context(register(self._runs, record))
        post.note(f"an actor of Ray on {record.host}: what its leader hears of it; what it prints is in Ray's logs")

    def _vacate(self, post: Post, *, blame: bool) -> None:
        """Let an actor go for good."""
        self._lose(post, blame=blame)
        self._posts.remove(post)
        self._cluster.kill(post.actor)

    def _lose(self, post: Post, *, blame: bool) -> None:
        """What an actor had is free for others. blame: its process died, perhaps of that. Raises DiskError."""
        lost, post.hand = [*post.hand.values()], {}
        post.open.close()
        post.incarnation, post.entry, post.live = "", None, None
        self._stock.back(lost, blame=blame)

    def _order(self, post: Post, study: Progressing) -> Order:
        """What an actor is told next: what is asked of what it has, and what it is handed. Raises DiskError."""
        asked = {place: self._stock.asked(held) for place, held in post.hand.items()}
        requests = {place: request for place, request in asked.items() if request is not None}
        given = {held.place: held.lent.parcel() if held.lent else None for held in self._chosen(post, study)}
        return Order(post.number + 1, post.incarnation, given, requests)

    def _chosen(self, post: Post, study: Progressing) -> list[Held]:
        """What an actor is handed now: so much that it never waits, and so little that all have their share."""
        if any(held.model == ALONE for held in post.hand.values()):
            return []
        self._stock.gather(study, {place for one in self._posts for place in one.hand})
        share = math.ceil((len(self._stock) + sum(len(one.hand) for one in self._posts)) / len(self._posts))
        together = len(post.live.jobs) if post.live else 0
        most = together + AHEAD if together else FIRST if self._need.gpus else 1 + AHEAD
        crowds = Counter(one.model for one in self._posts)
        chosen: list[Held] = []
        while len(post.hand) < min(most, share):
            held = self._stock.take(post.model, crowds, lend=not post.shares, alone=not post.hand)
            if held is None:
                break
            post.hand[held.place], post.model = held, held.model
            post.note(f"{held.place}: handed over")
            chosen.append(held)
            if held.model == ALONE:
                break
        return chosen


def _outcome(held: Held, final: bool) -> str:
    """What became of a trajectory, in a word."""
    if not final:
        return "left"
    return "failed" if held.trajectory.has_failed else "done"
