"""What happens in a round of chaos. Each action returns its name for the count, or "" if it had nothing to act on."""

import errno
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from tests.tools.chaos import reader
from tests.tools.chaos.laboratory import Laboratory

OPTIONS = ("--size", "256", "--metrics", "psnr")
GROUPS = ("ann", "ben", "ben/deep")
ERRORS = (errno.ENOSPC, errno.EIO, errno.EROFS, errno.ESTALE, errno.EDQUOT, errno.EACCES, errno.ETIMEDOUT)
CALLS = ("w", "o", "s", "r", "m", "u", "wosrmu", "wosrmu", "d", "e", "l")
EXPIRY_SECONDS = 60.0  # seconds after which a lock file without a heartbeat counts as free
MAX_TRAJECTORIES = 60  # of a round; more are not begun

Action = Callable[[], str]
ChoiceT = TypeVar("ChoiceT")


class Actions:
    """The actions, with what they must remember."""

    def __init__(self, laboratory: Laboratory, rng: np.random.Generator) -> None:
        self.laboratory, self.rng = laboratory, rng
        self.stopped: dict[int, float] = {}
        """When a stopped process goes on, by pid (time.monotonic())."""
        self._disk_ends: list[tuple[float, Callable[[], None]]] = []
        self._count = 0
        self.table: list[tuple[float, Action]] = [
            (8, self.run_in_foreground),
            (6, self.run_detached),
            (4, self.run_study),
            (2, self.change_study),
            (5, self.resume),
            (4, self.start_worker),
            (4, self.pause_or_stop),
            (2, self.stop_workers),
            (3, self.measure),
            (3, self.export),
            (3, self.annotate),
            (4, self.look),
            (4, self.rename),
            (3, self.move_by_hand),
            (3, self.trash),
            (2, self.restore),
            (3, self.copy),
            (2, self.check),
            (14, self.kill),
            (6, self.terminate),
            (5, self.freeze),
            (3, self.fill_disk),
            (2, self.make_read_only),
            (5, self.fail_calls),
        ]

    def act(self) -> str:
        weights = np.array([weight for weight, _ in self.table])
        index = int(self.rng.choice(len(self.table), p=weights / weights.sum()))
        return self.table[index][1]()

    def end_due(self, *, all_of_them: bool = False) -> None:
        """Let stopped processes go on and the disk work again when their time has come."""
        now = time.monotonic()
        for pid, due in list(self.stopped.items()):
            if all_of_them or due <= now:
                del self.stopped[pid]
                self.laboratory.signal(pid, signal.SIGCONT)
        for entry in list(self._disk_ends):
            if all_of_them or entry[0] <= now:
                self._disk_ends.remove(entry)
                entry[1]()

    # commands

    def run_in_foreground(self) -> str:
        return self._run("run")

    def run_detached(self) -> str:
        return self._run("run-detached", "--detach")

    def _run(self, kind: str, *words: str) -> str:
        if self._is_full_house():
            return ""
        picture = self._choose(self.laboratory.picture_paths)
        inpainter = self._choose(("telea", "navier-stokes", "identity"))
        options = ["--mask", self._choose(("32", "64", "128", "32,64")), "-i", inpainter, "--group", self._group()]
        options += ["--seed", self._choose(("0", "1", "0-1", "9007199254740992"))]
        options += ["--amount", self._choose(("50", "100", "175", "400"))]
        options += ["--order", self._choose(("replacement", "replacement", "shuffle", "raster"))]
        options += ["--squares", self._choose(("own", "shared"))]
        options += [self._choose(("--paste", "--paste", "--paste", "--no-paste"))]
        options += ["--set", "radius=5"] if inpainter != "identity" and self._happens(0.3) else []
        options += ["--measure", self._choose(("every", "4"))] if self._happens(0.3) else []
        self.laboratory.start(kind, "run", picture, *options, *OPTIONS, *words)
        return kind

    def run_study(self) -> str:
        if self._is_full_house():
            return ""
        path = self.laboratory.folder / f"study{self.rng.integers(3)}.toml"
        if not path.exists():
            images = [path.name for path in self.laboratory.picture_paths[: int(self.rng.integers(1, 3))]]
            path.write_text(
                f"images = {images}\nruns = '{self.laboratory.runs}'\ngroup = '{path.stem}'\nmetrics = ['psnr']\n"
                f"[sweep]\ninpainter = ['telea', 'navier-stokes']\nmask = [64, {self._choose((32, 128))}]\n"
                f"seed = {self.rng.integers(9)}\namount = {self._choose((100, 200))}\nsize = 256\n"
            )
        words = self._choose(([], ["--detach"], ["--workers", "2"], ["--workers", "1", "--timeout", "20"]))
        self.laboratory.start("study", "study", "run", path, *words)
        return "study"

    def change_study(self) -> str:
        studies = sorted(self.laboratory.folder.glob("study*.toml"))
        if not studies:
            return ""
        verb = self._choose(("status", "pause", "resume", "retry", "stop"))
        self.laboratory.start(f"study-{verb}", "study", verb, self._choose(studies))
        return f"study-{verb}"

    def resume(self) -> str:
        words = ["--detach"] if self._happens(0.4) else []
        return self._on_trajectory("resume", "resume", or_group=True, words=words)

    def start_worker(self) -> str:
        self.laboratory.start("worker", "worker", "--idle", "1", "--batch", self._choose(("1", "2", "3")))
        return "worker"

    def pause_or_stop(self) -> str:
        verb = self._choose(("pause", "stop"))
        return self._on_trajectory(verb, verb, or_group=True)

    def stop_workers(self) -> str:
        self.laboratory.start("stop-workers", "stop", "--worker", "all")
        return "stop-workers"

    def measure(self) -> str:
        words = ["--metrics", "psnr", "--measure", self._choose(("half", "4"))]
        return self._on_trajectory("measure", "measure", words=words)

    def export(self) -> str:
        self._count += 1
        out = self.laboratory.disk / f"out{self._count % 5}"
        words = self._choose((["--gif", f"{out}.gif"], ["--strip", f"{out}.png"], ["--frames", str(out)]))
        return self._on_trajectory("export", "export", words=[*words, "--overwrite"])

    def annotate(self) -> str:
        if self._happens(0.5):
            return self._on_trajectory("tag", "tag", or_group=True, words=["--add", self._choose(("good", "odd"))])
        return self._on_trajectory("note", "note", words=["--append", "a line"])

    def look(self) -> str:
        words = self._choose((["ls"], ["ps"], ["results"], ["logs"], ["ls", "--json"], ["ps", "--json"]))
        arguments = [str(self.laboratory.runs)] if words[0] in ("ls", "results") else []
        self.laboratory.start(words[0], *words, *arguments)
        return words[0]

    def check(self) -> str:
        words = ["--repair"] if self._happens(0.5) else []
        return self._on_trajectory("check", "check", or_group=True, words=words)

    # folders

    def rename(self) -> str:
        return self._call_app("rename", lambda path: [path, f"n{self.rng.integers(20)}"])

    def trash(self) -> str:
        return self._call_app("trash", lambda path: [path])

    def restore(self) -> str:
        return self._call_app("restore", lambda path: [])

    def _call_app(self, call: str, words: Callable[[Path], list[str | Path]]) -> str:
        if (path := self._trajectory()) is None:
            return ""
        arguments = (call, self.laboratory.runs, *words(path))
        self.laboratory.start(call, *arguments, target="app")
        return call

    def move_by_hand(self) -> str:
        """Move a trajectory as `mv` does, also while it runs."""
        path = self._trajectory()
        target = self.laboratory.runs / self._group() / f"v{self.rng.integers(20)}"
        if path is None or target.exists() or not target.parent.is_dir():
            return ""
        try:
            path.rename(target)
        except OSError:
            return ""
        return "mv"

    def copy(self) -> str:
        """Copy a trajectory as `cp -r` does, also while it runs. What could not be copied whole is removed."""
        path = self._trajectory()
        target = self.laboratory.runs / self._group() / f"copy{self.rng.integers(20)}"
        if path is None or target.exists() or not target.parent.is_dir() or self._is_full_house():
            return ""
        temporary = self.laboratory.disk / "copying"
        if subprocess.run(["cp", "-r", path, temporary], capture_output=True).returncode:
            shutil.rmtree(temporary, ignore_errors=True)
            return ""
        try:
            temporary.rename(target)
        except OSError:
            shutil.rmtree(temporary, ignore_errors=True)
            return ""
        return "cp"

    # signals

    def kill(self) -> str:
        return self._signal("SIGKILL", signal.SIGKILL)

    def terminate(self) -> str:
        number = self._choose((signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
        return self._signal(signal.Signals(number).name, number)

    def freeze(self) -> str:
        is_long = self.laboratory.locks == "files" and self._happens(0.3)
        seconds = self.rng.uniform(1.05, 1.3) * EXPIRY_SECONDS if is_long else self.rng.uniform(0.1, 4)
        return self._signal("SIGSTOP", signal.SIGSTOP, seconds=float(seconds))

    def _signal(self, name: str, number: int, *, seconds: float | None = None) -> str:
        pids = self.laboratory.pids()
        if not pids:
            return ""
        pid = self._choose(pids)
        if seconds is not None:
            self.stopped[pid] = time.monotonic() + seconds
        self.laboratory.signal(pid, number)
        return name

    # the disk

    def fill_disk(self) -> str:
        if not self.laboratory.is_small_disk or self._disk_ends:
            return ""
        self.laboratory.fill_disk(leave=int(self.rng.choice([0, 0, 5_000, 50_000])))
        self._end_later(self.laboratory.free_disk)
        return "full-disk"

    def make_read_only(self) -> str:
        if not self.laboratory.is_small_disk or self._disk_ends:
            return ""
        for _ in range(20):
            if self.laboratory.make_read_only():
                self._end_later(self.laboratory.make_writable)
                return "read-only"
            time.sleep(0.01)
        return ""

    def fail_calls(self) -> str:
        if self.laboratory.library is None or self._disk_ends:
            return ""
        number, calls = self._choose(ERRORS), self._choose(CALLS)
        self.laboratory.let_calls_fail(number, self._choose((5, 30, 100)), calls)
        self._end_later(self.laboratory.let_calls_work)
        return f"failing-{errno.errorcode[number]}"

    def _end_later(self, end: Callable[[], None]) -> None:
        self._disk_ends.append((time.monotonic() + float(self.rng.uniform(0.1, 2)), end))

    # choices

    def _on_trajectory(self, kind: str, verb: str, *, or_group: bool = False, words: list[str] | None = None) -> str:
        path = self._trajectory()
        if path is None:
            return ""
        if or_group and self._happens(0.2):
            path = path.parent
        self.laboratory.start(kind, verb, path, *(words or []))
        return kind

    def _trajectory(self) -> Path | None:
        paths = reader.find_trajectories(self.laboratory.runs)
        return self._choose(paths) if paths else None

    def _is_full_house(self) -> bool:
        return len(reader.find_trajectories(self.laboratory.runs)) >= MAX_TRAJECTORIES

    def _group(self) -> str:
        return self._choose(GROUPS)

    def _happens(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def _choose(self, options: Sequence[ChoiceT]) -> ChoiceT:
        return options[int(self.rng.integers(len(options)))]
