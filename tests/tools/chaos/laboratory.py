"""A runs folder on a disk of its own, the processes that work in it, and the faults of that disk."""

import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from tests.support.command import ROOT
from tests.tools.chaos.launcher import LaunchedProcess, Launcher
from tests.tools.chaos.reader import Pixels

DISK_MB = 96
SIZE = 256  # px
PICTURES = 6
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
ALLOWED_CODES = {0, 1, 2, 129, 130, 143, *(-number for number in SIGNALS)}
TRACE = b"Traceback (most recent call last)"
LIBRARY_SOURCE = Path(__file__).with_name("failing_calls.c")


@dataclass
class Command:
    """A process that a user started, and what it says."""

    kind: str
    words: list[str]
    process: LaunchedProcess
    output: Path
    interrupted: bool = False
    """Whether it was sent a signal: Python itself may answer with a traceback while it starts."""


class Laboratory:
    """Use it as a context: leaving it kills what is left, and unmounts the disk. Nothing outside `folder` changes.

    locks: the setting of riptui, system or files.
    """

    def __init__(self, folder: Path, rng: np.random.Generator, *, locks: str = "system") -> None:
        self.folder, self.locks = folder, locks
        self.disk, self.home, self.outputs = folder / "disk", folder / "home", folder / "outputs"
        for path in [self.disk, self.home, self.outputs]:
            path.mkdir(parents=True)
        self.is_small_disk: bool = self._mount()
        self.runs = self.disk / "runs"
        self.pictures: dict[str, Pixels] = {}
        """Pixels by the SHA-256 of the file."""
        self.picture_paths = [self._draw(rng, number) for number in range(PICTURES)]
        self._token = secrets.token_hex(8)
        self._switch = folder / "switch"
        self.library = self._build_library()
        self._launcher = Launcher(self.environment(), folder)
        self.running: list[Command] = []
        self.faults: list[str] = []
        self._count = 0

    def __enter__(self) -> "Laboratory":
        return self

    def __exit__(self, *_: object) -> None:
        while pids := self.pids():
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.reap()
            time.sleep(0.05)
        try:
            self._launcher.close()
        finally:
            if self.is_small_disk:
                subprocess.run(["umount", "--lazy", self.disk], check=False)

    # processes

    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        own = {
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
            "HOME": str(self.home),
            "OMP_NUM_THREADS": "1",
            "RIPTUI_OFFLINE": "1",
            "RIPTUI_CHAOS": self._token,
            "RIPTUI_RUNS": str(self.runs),
            "RIPTUI_LOCKS": self.locks,
        }
        failing = {"FAILING_PATH": str(self.runs), "FAILING_SWITCH": str(self._switch)}
        return kept | own | (failing | {"LD_PRELOAD": str(self.library)} if self.library else {})

    def start(self, kind: str, *words: str | Path, target: str = "riptui") -> Command:
        """Start `riptui WORDS` in the background; target: as in `Launcher.start`."""
        self._count += 1
        output = self.outputs / f"{self._count:05}-{kind}.txt"
        texts = [str(word) for word in words]
        command = Command(kind, texts, self._launcher.start(target, texts, output), output)
        self.running.append(command)
        return command

    def run(self, kind: str, *words: str | Path, target: str = "riptui", patience: float = 300) -> tuple[int, str]:
        """Run `riptui WORDS` to its end; its exit code and what it printed."""
        command = self.start(kind, *words, target=target)
        try:
            code = command.process.wait(patience)
        except TimeoutError:
            self.faults.append(
                f"`{kind} {' '.join(command.words)}` did not end within {patience:g} s: {command.output}"
            )
            os.kill(command.process.pid, signal.SIGKILL)
            code = command.process.wait(patience)
        self.reap()
        return code, command.output.read_text(errors="replace")

    def reap(self) -> None:
        """Look at the commands that have ended."""
        for command in list(self.running):
            if (code := command.process.poll()) is None:
                continue
            self.running.remove(command)
            said = f"`{command.kind} {' '.join(command.words)}`, {command.output}"
            if code not in ALLOWED_CODES:
                self.faults.append(f"exit code {code} of {said}")
            if TRACE in command.output.read_bytes() and not command.interrupted:
                self.faults.append(f"traceback of {said}")

    def pids(self) -> list[int]:
        """All processes that came of the commands, also detached ones. Those that have ended do not count."""
        mark = f"RIPTUI_CHAOS={self._token}".encode()
        found = set()
        for path in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if mark in path.read_bytes():
                    found.add(int(path.parent.name))
        return sorted(found - {self._launcher.pid})

    def signal(self, pid: int, number: int) -> None:
        for command in self.running:
            command.interrupted |= command.process.pid == pid
        with suppress(ProcessLookupError):
            os.kill(pid, number)

    # the disk

    def fill_disk(self, *, leave: int = 0) -> None:
        """Leave so many bytes free."""
        free = shutil.disk_usage(self.disk).free - leave
        with suppress(OSError), (self.disk / "ballast").open("ab") as ballast:
            while free > 0:
                free -= ballast.write(b"\0" * min(free, 2**20))
                ballast.flush()

    def free_disk(self) -> None:
        (self.disk / "ballast").unlink(missing_ok=True)

    def make_read_only(self) -> bool:
        """Whether it worked: a disk on which files are being written refuses."""
        return not subprocess.run(["mount", "-o", "remount,ro", self.disk], capture_output=True).returncode

    def make_writable(self) -> None:
        subprocess.run(["mount", "-o", "remount,rw", self.disk], check=True)

    def let_calls_fail(self, number: int, percent: int, calls: str) -> None:
        """See failing_calls.c."""
        temporary = self._switch.with_suffix(".new")
        temporary.write_text(f"{number} {percent} {calls}")
        temporary.rename(self._switch)

    def let_calls_work(self) -> None:
        self._switch.unlink(missing_ok=True)

    def _mount(self) -> bool:
        if shutil.which("mount") is None:
            return False
        command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=755", "tmpfs", str(self.disk)]
        return not subprocess.run(command, capture_output=True).returncode

    def _build_library(self) -> Path | None:
        """Compile the library of failing calls; None where there is no compiler."""
        compiler = shutil.which("gcc") or shutil.which("cc")
        if compiler is None:
            return None
        library = self.folder / "failing_calls.so"
        command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(LIBRARY_SOURCE), "-ldl"]
        return None if subprocess.run(command, capture_output=True).returncode else library

    def _draw(self, rng: np.random.Generator, number: int) -> Path:
        """A smooth picture of the size of a frame."""
        coarse = rng.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        pixels = np.asarray(cv2.resize(coarse, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC), np.uint8)
        path = self.folder / f"p{number}.png"
        cv2.imwrite(str(path), pixels)
        self.pictures[hashlib.sha256(path.read_bytes()).hexdigest()] = pixels[..., ::-1].copy()
        return path
