"""What a study costs beside its computing: 10,000 trajectories of an inpainter that changes nothing, two workers.

    python tests/benchmarks/study.py               10,000 trajectories, some minutes
    python tests/benchmarks/study.py 500 /scratch  fewer, below another folder

A trajectory is one iteration on a picture of one colour, so that nearly all of its time is riptui's own. The peer
computes such trajectories with the engine alone, in two processes at once, as the workers do; what the workers need
beyond that is the overhead of scheduling: finding, choosing, claiming, reporting, being started and being watched by
`riptui study run`. Making the folders is timed by itself. It all lies in memory where there is a /dev/shm, for a disk
takes longer to make a trajectory durable than everything else together, in the study as alone. Prints each figure
beside its bar, and exits 1 if one is missed.
"""

import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path

from PIL import Image

from riptui.store.listing import find_trajectories
from riptui.store.worker_registry import workers_folder
from riptui.study import manifest
from riptui.study.study_file import Study, read_study
from riptui.study.submission import Submission
from riptui.supervision.client import list_running_workers
from riptui.supervision.progress import ProgressTracker
from tests.support.running import run_trajectory

WORKERS = 2
PICTURES = 10
ALONE = 400  # trajectories that the peer computes
RIPTUI = [sys.executable, "-m", "riptui"]
missed: list[str] = []


def report(what: str, value: float, bar: float, unit: str) -> None:
    good = value <= bar
    print(f"{'ok  ' if good else 'MISS'}  {what:<72} {value:8.3f} {unit:<3} bar {bar:g} {unit}", flush=True)
    if not good:
        missed.append(what)


def study(folder: Path, trajectories: int) -> Study:
    folder.mkdir()
    for number in range(PICTURES):
        Image.new("RGB", (256, 256), (number, 128, 64)).save(folder / f"{number}.png")
    file = folder / "many.toml"
    file.write_text(f"""\
images = ["*.png"]
runs = "runs"
metrics = []
[sweep]
inpainter = "identity"
mask = 64
size = 256
amount = 6.25
seed = "0-{trajectories // PICTURES - 1}"
""")
    return read_study(file)


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def some(folder: Path) -> None:
    for trajectory in islice(find_trajectories(folder), 5):
        for _ in run_trajectory(trajectory):
            pass


def computed(group: Path) -> float:
    """Seconds a trajectory takes by the engine alone."""
    all_of = list(find_trajectories(group))

    def work() -> None:
        for trajectory in all_of:
            for _ in run_trajectory(trajectory):
                pass

    return seconds(work) / len(all_of)


def alone(scratch: Path) -> float:
    """Seconds a trajectory takes by the engine alone, while the other processes do the same."""
    groups = []
    for number in range(WORKERS):
        one = study(scratch / f"alone{number}", ALONE)
        for _ in Submission(one, ()):
            pass
        groups.append(one.folder)
    with ProcessPoolExecutor(WORKERS) as processes:
        return statistics.mean(processes.map(computed, groups))


def cpu(pid: int) -> float:
    """Seconds that a process has computed; 0 if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """MiB that a process holds; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), 0.0)


class Run:
    """`riptui study run`, watched: how long it took, and what its processes held when."""

    def __init__(self, one: Study, count: int) -> None:
        self.held: dict[int, list[tuple[float, float]]] = {}
        """By process: share of the study that was done, MiB."""
        self.computed: dict[int, float] = {}
        """By process: seconds."""
        command = [*RIPTUI, "study", "run", str(one.file), "--workers", str(WORKERS), "--devices", "cpu"]
        started = time.perf_counter()
        process = subprocess.Popen([*command, "--display", "none"], env={**os.environ, "RIPTUI_IDLE": "0"})
        progressing = ProgressTracker(one.folder, one.runs, manifest.read(one).trajectories)
        while process.poll() is None:
            time.sleep(1)  # often enough, for looking takes time that the workers would have
            done = progressing.poll().done / count
            for pid in (process.pid, *(worker.record.pid for worker in list_running_workers(one.runs))):
                self.held.setdefault(pid, []).append((done, memory(pid)))
                self.computed[pid] = max(self.computed.get(pid, 0.0), cpu(pid))
        self.seconds = time.perf_counter() - started
        assert process.returncode == 0
        self.driver = process.pid

    def growth(self, pid: int) -> float:
        """MiB that a process holds more at the end than when a fifth of the study was done."""
        held = [mib for done, mib in self.held[pid] if done >= 0.2 and mib]
        return max(held) - held[0] if held else 0.0


def status(one: Study) -> float:
    """Seconds of the command, the interpreter's start among them: the least of five."""

    def ask() -> None:
        subprocess.run([*RIPTUI, "study", "status", str(one.file)], check=True, capture_output=True)

    ask()
    return min(seconds(ask) for _ in range(5))


def measure(scratch: Path, count: int) -> None:
    engine = alone(scratch)
    one = study(scratch / "many", count)
    made = seconds(lambda: [*Submission(one, ())])
    report(f"making a trajectory's folder, of {count:,}", 1000 * made / count, 5, "ms")
    report("riptui study status, all queued", status(one), 1, "s")
    ran = Run(one, count)
    each = WORKERS * ran.seconds / count
    print(f"      of a process, a trajectory: {1000 * engine:.2f} ms by the engine, {1000 * each:.2f} ms in the study")
    busy = sum(ran.computed.values()) / count
    print(f"      processor time of all its processes: {1000 * busy:.2f} ms a trajectory")
    report("overhead of scheduling a trajectory", 1000 * (each - engine), 5, "ms")
    for pid in ran.held:
        who = "riptui study run" if pid == ran.driver else "a worker"
        report(f"memory that {who} grew by, from a fifth on", ran.growth(pid), 8, "MiB")
    report("riptui study status, all done", status(one), 1, "s")
    again = seconds(lambda: Run(one, count))
    report("riptui study run again with nothing to do, a trajectory", 1000 * again / count, 5, "ms")


def main(words: list[str]) -> int:
    usual = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None
    scratch = Path(tempfile.mkdtemp(prefix="riptui-study-", dir=words[1] if len(words) > 1 else usual))
    try:
        measure(scratch, int(words[0]) if words else 10_000)
    finally:
        for folder in scratch.glob("*/runs"):
            if workers_folder(folder).is_dir():
                for worker in list_running_workers(folder):
                    os.kill(worker.record.pid, signal.SIGKILL)
        shutil.rmtree(scratch)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
