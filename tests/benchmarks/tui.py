"""What the app costs: time to the first paint, memory, a key's way to the screen, bytes on the wire.

    python tests/benchmarks/tui.py                 all but huge, three minutes
    python tests/benchmarks/tui.py start keys      some: start, light, lists, keys, scrub, pictures, quiet, workers
    python tests/benchmarks/tui.py huge            lists of 100,000: 3 GB in the temporary folder, ten minutes

Everything is seen through a pseudo-terminal of 140x40, as over SSH: what arrives, and when. Times stand beside a bare
Textual app with one Label in the same run; those of lists are processor seconds of the whole command. Prints each
figure beside its bar, and exits 1 if one is missed.
"""

import json
import os
import pty
import re
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

import msgspec
from cost import missed, photograph, report  # type: ignore[import-not-found]  # beside this file

from riptui.planning.submit import submit
from riptui.planning.sweep import Sweep
from riptui.spec import encode_spec
from riptui.store.layout import SPEC
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory
from tests.support.many_trajectories import add_copies
from tests.support.running import run_trajectory

COLUMNS, ROWS = 140, 40
SILENCE = 0.4  # seconds without a byte: it has drawn all there is
HEAVY = ("torch", "diffusers", "lpips", "scipy.special", "scipy.stats", "matplotlib", "cv2", "skimage")
"""SciPy itself is small, and loads its parts when they are used."""
BARE = """
from textual.app import App
from textual.widgets import Label

class Bare(App):
    def compose(self):
        yield Label("painted")

Bare().run()
"""
BARE_KEYS = """
from textual.app import App
from textual.widgets import Label

class Bare(App):
    BINDINGS = [("down", "count(1)"), ("up", "count(-1)")]
    presses = 0

    def compose(self):
        yield Label("painted")

    def action_count(self, presses):
        self.presses += presses
        self.query_one(Label).update(f"painted {self.presses}")

Bare().run()
"""
RIPTUI = """
import sys
from riptui.cli import main
sys.exit(main())
"""
NOTED = """
import atexit, json, os, sys
from pathlib import Path
atexit.register(lambda: Path(os.environ["SEEN"]).write_text(json.dumps(list(sys.modules))))
from riptui.cli import main
sys.exit(main(sys.argv[1:]))
"""
UP, DOWN, RIGHT, ESCAPE = b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\x1b"
HALF_BLOCK = "▀".encode()
BARE_SECONDS = 0.15  # of the bare app on a machine like that for which seconds were asked: there a list took 1.1 then
CELLS_60X30 = 60 * 30


class Seen:
    """A program on a terminal of its own; answers the one question that every terminal answers."""

    def __init__(self, command: list[str], **environment: str) -> None:
        self.started = time.perf_counter()
        usual = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(Path.cwd())}
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, {**os.environ, **usual, **environment})
        ioctl(self._fd, TIOCSWINSZ, struct.pack("4H", ROWS, COLUMNS, 0, 0))

    def read(self, patience: float) -> bytes:
        """What arrives within so many seconds; b"" if nothing does, or nothing will."""
        if not select.select([self._fd], [], [], patience)[0]:
            return b""
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:
            return b""
        if b"\x1b[c" in data:
            os.write(self._fd, b"\x1b[?62;22c")
        return data

    def until(self, *texts: str, patience: float = 60.0) -> float:
        """Seconds from the start until all of these were drawn."""
        arrived, wanted = b"", [text.encode() for text in texts]
        while not all(text in arrived for text in wanted):
            data = self.read(patience)
            assert data, f"never drew {texts}: {arrived[-2000:]!r}"
            arrived += data
        return time.perf_counter() - self.started

    def settle(self, silence: float = SILENCE, limit: float = 30.0) -> bytes:
        """All that arrives until there is silence."""
        arrived, until = b"", time.perf_counter() + limit
        while (data := self.read(silence)) and time.perf_counter() < until:
            arrived += data
        return arrived

    def watch(self, duration: float) -> bytes:
        """All that arrives in so many seconds."""
        arrived, until = b"", time.perf_counter() + duration
        while (left := until - time.perf_counter()) > 0:
            arrived += self.read(left)
        return arrived

    def press(self, key: bytes) -> None:
        os.write(self._fd, key)

    def memory(self) -> float:
        """MiB at the most so far."""
        text = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", text)[1]) / 1024

    def processor_seconds(self) -> float:
        """Of the program and the system for it, so far: also of one that has ended, until it is closed."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        os.kill(self.pid, signal.SIGTERM)
        while self.read(2.0):
            pass
        os.waitpid(self.pid, 0)
        os.close(self._fd)


@contextmanager
def app(runs: Path, *command: str, **environment: str) -> Iterator[Seen]:
    seen = Seen([sys.executable, *(command or ("-c", RIPTUI)), str(runs)], **environment)
    try:
        yield seen
    finally:
        seen.close()


def many(scratch: Path, count: int = 10_000) -> Path:
    """So many trajectories in groups of a hundred; the frames of the first are whole."""
    runs = scratch / f"many-{count}"
    if not runs.exists():
        model = computed(scratch / f"model-{count}", 256)
        shutil.copytree(model.path, runs / "group0" / "m256-s0")
        add_copies(model, runs, range(1, count))
    return runs


def computed(runs: Path, mask: int) -> Trajectory:
    [trajectory] = queued(runs, mask)
    for _ in run_trajectory(trajectory):
        pass
    return trajectory


def queued(runs: Path, mask: int, seeds: range = range(1), amount: float = 400.0) -> list[Trajectory]:
    sweep = Sweep(["navier-stokes"], [mask], seeds, {}, amount=amount, fit="crop")
    return submit(runs, [photograph()], sweep, Request("run", ("ssim", "psnr")))


def in_background(*arguments: str) -> subprocess.Popen[bytes]:
    """riptui as a process that computes, whose progress is not part of what is printed here."""
    command = [sys.executable, "-m", "riptui", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def start(scratch: Path) -> None:
    """First full paint: a row of the tree, and the footer below it."""
    runs = many(scratch)
    bare, ours = [], []
    for _ in range(5):
        with closing(Seen([sys.executable, "-c", BARE])) as seen:
            bare.append(seen.until("painted"))
        with app(runs, RIPTUI_GRAPHICS="halfblock") as seen:
            ours.append(seen.until("group0", "Quit"))
    print(f"      bare app {statistics.median(bare):.2f} s, riptui {statistics.median(ours):.2f} s")
    report(
        "first full paint with 10,000 trajectories / bare app", statistics.median(ours) / statistics.median(bare), 1.5
    )


def lists(scratch: Path) -> None:
    report_list(many(scratch), "10,000", 0.5)


def huge(scratch: Path) -> None:
    """Not among those that run if none is named."""
    runs = many(scratch, 100_000)
    report_list(runs, "100,000", 3.0)
    with app(runs, RIPTUI_GRAPHICS="halfblock") as seen:
        seen.until("100000 done", patience=120.0)
        tree = seen.processor_seconds()
    report("the whole tree of 100,000 / bare app", tree / bare_processor_seconds(), 3.0 / BARE_SECONDS)


def report_list(runs: Path, count: str, seconds: float) -> None:
    """The first list makes the index, and is not counted. A list is one thread: it takes as long on an idle machine."""
    units, ours = [], []
    for is_counted in (False, *[True] * 5):
        with closing(Seen([sys.executable, "-m", "riptui", "ls", str(runs)])) as seen:
            seen.settle(silence=300.0)
            taken = seen.processor_seconds()
        if is_counted:
            ours.append(taken)
            units.append(bare_processor_seconds())
    print(f"      riptui ls of {count}: {min(ours):.2f} s, a bare app {min(units):.2f} s")
    report(f"riptui ls of {count} / bare app", min(ours) / min(units), seconds / BARE_SECONDS)


def bare_processor_seconds() -> float:
    with closing(Seen([sys.executable, "-c", BARE])) as seen:
        seen.until("painted")
        return seen.processor_seconds()


@contextmanager
def closing(seen: Seen) -> Iterator[Seen]:
    try:
        yield seen
    finally:
        seen.close()


def light(scratch: Path) -> None:
    """Memory once all is read and drawn, and what was imported."""
    seen_modules = scratch / "modules.json"
    with app(many(scratch), "-c", NOTED, SEEN=str(seen_modules), RIPTUI_GRAPHICS="halfblock") as seen:
        seen.until("10000 done")
        seen.settle()
        for _ in range(5):
            seen.press(RIGHT)
            seen.settle(0.1)
        report("memory with 10,000 trajectories", seen.memory(), 90, " MiB")
    heavy = [name for name in HEAVY if name in json.loads(seen_modules.read_text())]
    report(f"heavy packages imported {heavy or ''}", len(heavy), 0, "")


def keys(scratch: Path) -> None:
    """From a cursor key to the row that it paints, alone and beside a process that computes; and of a bare app."""
    bare = Seen([sys.executable, "-c", BARE_KEYS])
    with closing(bare), app(many(scratch), RIPTUI_GRAPHICS="halfblock") as seen:
        bare.until("painted")
        seen.until("10000 done")
        seen.settle()
        report("cursor key to paint, p99", 1000 * slowest(seen), 20, " ms")
        runs = scratch / "busy"
        queued(runs, 64, range(4), amount=100_000.0)
        busy = in_background("resume", str(runs))
        report("the same beside a computing process, p99", 1000 * slowest(seen), 20, " ms")
        print(f"      a bare app's key beside it, p99: {1000 * slowest(bare):.1f} ms")
        assert busy.poll() is None, "it ended before the keys did"
        busy.kill()
        busy.wait()


def slowest(seen: Seen, presses: int = 100) -> float:
    """The 99th percentile of the seconds from a key to the first byte that it causes: down the rows, and up again."""
    waits = []
    for key in ([DOWN] * presses + [UP] * presses) * 2:
        pressed = time.perf_counter()
        seen.press(key)
        assert seen.read(5.0)
        waits.append(time.perf_counter() - pressed)
        seen.settle(0.05)
    return statistics.quantiles(waits, n=100)[-1]


def scrub(scratch: Path) -> None:
    """Frames drawn a second while → is held: 30 keys a second, in half blocks."""
    trajectory = computed(scratch / "scrubbed", 64)
    frames = trajectory.spec.iterations
    with app(trajectory.path.parents[1], RIPTUI_GRAPHICS="halfblock") as seen:
        seen.until("Quit")
        seen.settle(1.0)
        seen.press(b"0")
        seen.settle(1.0)
        drawn, duration, began = b"", 4.0, time.perf_counter()
        while time.perf_counter() - began < duration:
            seen.press(RIGHT)
            drawn += seen.watch(1 / 30)
        shown = {int(k) for k in re.findall(rb"(\d+)/%d" % frames, re.sub(rb"\x1b\[[0-9;]*m", b"", drawn))}
        report("frames a second while scrubbing, as seconds for 15", 15 * duration / max(1, len(shown)), 1.0, " s")


def pictures(scratch: Path) -> None:
    """From the key to the half blocks of the gallery and of the large picture; bytes of pictures in pixels."""
    seen_runs, model = scratch / "seen", computed(scratch / "seen-model", 256)
    for seed in range(300):
        folder = seen_runs / "group" / f"m256-s{seed}"
        shutil.copytree(model.path, folder, copy_function=os.link)
        (folder / SPEC).unlink()
        (folder / SPEC).write_bytes(encode_spec(msgspec.structs.replace(model.spec, seed=seed)))
    with closing(Seen([sys.executable, "-c", BARE])) as bare:
        unit = bare.until("painted")
    for name, path in (("gallery of 300", "group"), ("large picture", "group/m256-s0")):
        with app(seen_runs, "-m", "riptui", "--select", path, RIPTUI_GRAPHICS="halfblock") as seen:
            seen.until("300 done")
            seen.settle(1.5)
            waits = [seconds_to_half_blocks(seen) for _ in range(10)]
        print(f"      {name}: {1000 * statistics.median(waits):.0f} ms, a bare app {1000 * unit:.0f} ms")
        report(f"key to half blocks, {name}, / bare app", statistics.median(waits) / unit, 0.15 / BARE_SECONDS)
    played = computed(scratch / "played", 64)
    variables = {"RIPTUI_GRAPHICS": "kitty", "SSH_CONNECTION": "10.0.0.1 50000 10.0.0.2 22"}
    with app(played.path.parents[1], **variables) as seen:
        seen.until("Quit")
        seen.settle(1.5)
        sizes = []
        for _ in range(8):
            seen.press(UP[:2] + b"D")
            sizes.append(len(seen.settle(1.0)))
        report("a frame more in pixels: its square in two pictures", statistics.median(sizes), 20_000, " B")
        seen.press(b"f")
        cells = 2 * (ROWS - 2) ** 2
        report(
            "the large picture over SSH, per 60x30 cells", len(seen.settle(2.0)) * CELLS_60X30 / cells, 150_000, " B"
        )


def seconds_to_half_blocks(seen: Seen) -> float:
    """From the key f; afterwards the tree is back."""
    pressed = time.perf_counter()
    seen.press(b"f")
    arrived = b""
    while HALF_BLOCK not in arrived:
        data = seen.read(20.0)
        assert data, "no picture"
        arrived += data
    waited = time.perf_counter() - pressed
    seen.settle()
    seen.press(ESCAPE)
    seen.settle()
    return waited


def quiet(scratch: Path) -> None:
    """Bytes: nothing while nothing changes, little while something runs, little for a cursor key."""
    with app(many(scratch), RIPTUI_GRAPHICS="off") as seen:
        seen.until("10000 done")
        seen.settle(3.0)
        report("idle", len(seen.watch(10.0)) / 10, 0, " B/s")
        sizes = []
        for _ in range(10):
            seen.press(DOWN)
            sizes.append(len(seen.settle(0.03)))
            seen.settle(1.0)
        report("a cursor key, until the row is painted", statistics.median(sizes), 700, " B")
    runs = scratch / "live"  # the heading names it: it must not be the word that is waited for
    queued(runs, 64, range(2), amount=100_000.0)
    running = in_background("resume", str(runs))
    with app(runs, RIPTUI_GRAPHICS="off") as seen:
        seen.until("running")
        seen.watch(4.0)
        report("while a trajectory runs, without pictures", len(seen.watch(10.0)) / 10, 3000, " B/s")
    running.kill()
    running.wait()


def workers(scratch: Path) -> None:
    """Bytes of the screen of workers: nothing while nobody computes, little beside one that runs."""
    runs = scratch / "shared"
    queued(runs, 64, range(30), amount=100_000.0)
    with app(runs, RIPTUI_GRAPHICS="off") as seen:
        seen.until("30 queued")
        seen.settle(3.0)
        seen.press(b"W")
        seen.until("30 wait")
        seen.settle(3.0)
        report("workers: idle", len(seen.watch(10.0)) / 10, 0, " B/s")
        seen.press(b"\t")
        sizes = []
        for _ in range(10):
            seen.press(DOWN)
            sizes.append(len(seen.settle(1.0)))
        report("workers: a cursor key in the queue", statistics.median(sizes), 1000, " B")
        running = in_background("worker", "--runs", str(runs), "--batch", "1")
        seen.until("29 wait")
        seen.settle(1.0, limit=6.0)
        report("workers: while one computes", len(seen.watch(10.0)) / 10, 3000, " B/s")
        running.kill()
        running.wait()


PARTS: dict[str, Callable[[Path], None]] = {
    "start": start,
    "light": light,
    "lists": lists,
    "keys": keys,
    "scrub": scrub,
    "pictures": pictures,
    "quiet": quiet,
    "workers": workers,
}
ONLY_IF_NAMED = {"huge": huge}


def main(names: list[str]) -> int:
    scratch = Path(tempfile.mkdtemp(prefix="riptui-tui-"))
    os.environ["RIPTUI_CONFIG"] = str(scratch / "settings.toml")
    os.environ["XDG_CACHE_HOME"] = str(scratch / "cache")
    (scratch / "settings.toml").touch()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a bare app's modules are compiled, and so are riptui's for users
    try:
        for name in names or PARTS:
            (PARTS | ONLY_IF_NAMED)[name](scratch)
    finally:
        shutil.rmtree(scratch)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
