"""What saving, measuring and reading cost, each against a peer in the same run.

    python tests/benchmarks/cost.py            all of it, a minute
    python tests/benchmarks/cost.py loop ls    some: loop, bytes, start, ls, results

Prints each figure beside its bar, and exits 1 if one is missed. Times are medians of runs in turn: peer, riptui, peer.
"""

import io
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path

import cv2
import numpy as np
import PIL.Image

sys.path.append(str(Path(__file__).parents[2]))
from riptui import masks
from riptui.images import PreparedImage, encode_png, pixels_sha256, prepare_original
from riptui.planning.submit import build_specs, submit
from riptui.planning.sweep import Sweep
from riptui.spec import Spec
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory
from tests.support.made import made_spec, write
from tests.support.many_trajectories import add_copies
from tests.support.running import run_trajectory

missed: list[str] = []


def report(what: str, value: float, bar: float, unit: str = "x") -> None:
    good = value <= bar
    print(f"{'ok  ' if good else 'MISS'}  {what:<72} {value:8.3f}{unit}   bar {bar:g}{unit}", flush=True)
    if not good:
        missed.append(what)


def photograph() -> PreparedImage:
    with as_file(files("riptui") / "pictures" / "coffee.jpg") as file:
        return prepare_original(file, fit="crop")


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def processor_seconds(work: Callable[[], object]) -> float:
    """Of the processes that it runs."""
    before = os.times()
    work()
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def bare_loop(picture: PreparedImage, spec: Spec) -> None:
    """400 % with OpenCV alone, nothing saved, nothing measured."""
    image = picture.image
    for k in range(1, spec.iterations + 1):
        repaint = np.zeros(image.shape[:2], np.uint8)
        repaint[masks.draw_box(spec, k).window] = 255
        image = cv2.inpaint(image, repaint, 3, cv2.INPAINT_NS)


def run(picture: PreparedImage, mask: int, runs: Path, metrics: tuple[str, ...] = ("ssim", "psnr")) -> Trajectory:
    """400 % as `riptui run` does it: saved with fsync, measured every 50 %."""
    [trajectory] = submit(
        runs, [picture], Sweep(["navier-stokes"], [mask], [0], {}, fit="crop"), Request("run", metrics)
    )
    for _ in run_trajectory(trajectory):
        pass
    return trajectory


def loop(scratch: Path) -> None:
    """A whole trajectory against the bare loop of its inpaintings."""
    picture = photograph()
    run(picture, 256, scratch / "warm-up")

    def pair(mask: int, turn: int) -> float:
        [spec] = build_specs(Sweep(["navier-stokes"], [mask], [0], {}, fit="crop"), picture)
        bare = seconds(lambda: bare_loop(picture, spec))
        return seconds(lambda: run(picture, mask, scratch / f"{mask}-{turn}")) / bare

    for mask, bar in ((128, 1.25), (64, 1.6)):
        ratios = [pair(mask, turn) for turn in range(7)]
        report(f"400 % at mask {mask}: run, saved and measured / bare cv2.inpaint loop", statistics.median(ratios), bar)


def size_on_disk(scratch: Path) -> None:
    """A trajectory folder against one PNG a frame."""
    picture = photograph()
    for mask, bar in ((64, 1 / 15), (16, 1 / 200)):
        trajectory = run(picture, mask, scratch / f"bytes-{mask}", metrics=())
        ours = sum(path.stat().st_size for path in trajectory.path.rglob("*") if path.is_file())
        spec, image, theirs = trajectory.spec, picture.image, len(pillow_png(picture.image))
        for k in range(1, spec.iterations + 1):
            repaint = masks.draw_mask(spec, k).astype(np.uint8)
            image = cv2.inpaint(image, repaint, 3, cv2.INPAINT_NS)
            theirs += len(encode_png(image))
        assert pixels_sha256(image) == trajectory.read_rows()[-1].sha256
        print(f"      mask {mask}: {ours / 1e6:.2f} MB, one PNG a frame {theirs / 1e6:.1f} MB")
        report(f"bytes on disk at mask {mask}: trajectory / one PNG a frame", 1 / (theirs / ours), bar)


def pillow_png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    PIL.Image.fromarray(image).save(file, "png")
    return file.getvalue()


def start(scratch: Path) -> None:
    """Importing the command line, over the interpreter's own start."""

    def python(code: str) -> float:
        return statistics.median(
            seconds(lambda: subprocess.run([sys.executable, "-c", code], check=True)) for _ in range(9)
        )

    python("import riptui.cli.commands")
    bare = python("pass")
    report(
        "import riptui.cli.commands, beyond the interpreter's start",
        python("import riptui.cli.commands") - bare,
        0.15,
        " s",
    )


def ls(scratch: Path) -> None:
    """Listing 10,000 trajectories, as a whole process: the first time, and again, by the summaries kept of them."""
    runs = scratch / "many"
    add_copies(run(photograph(), 256, scratch / "model"), runs, range(10_000))

    def listing() -> None:
        done = subprocess.run(
            [sys.executable, "-m", "riptui", "ls", str(runs)], capture_output=True, text=True, check=True
        )
        assert done.stdout.count("✓") == 10_000, done.stdout[-300:]

    shutil.rmtree(scratch / "cache", ignore_errors=True)
    report("riptui ls of 10,000 trajectories, first time", seconds(listing), 2.5, " s")
    report("riptui ls of 10,000 trajectories, again", statistics.median(seconds(listing) for _ in range(5)), 0.5, " s")


def results(scratch: Path) -> None:
    """Statistics of 10,000 trajectories of three mask sizes, nine points each, warm, as a whole process."""
    runs = scratch / "measured"
    for number in range(10_000):
        image, variant = divmod(number, 30)
        spec = made_spec(image, mask=(64, 128, 256)[variant % 3], seed=variant // 3)
        write(
            runs / f"image{image}" / f"m{spec.mask}-s{spec.seed}",
            spec,
            {"lpips-vgg": lambda inpainted: inpainted / (100 + inpainted)},
        )

    def table() -> None:
        done = subprocess.run(
            [sys.executable, "-m", "riptui", "results", str(runs)], capture_output=True, text=True, check=True
        )
        assert done.stdout.count("navier-stokes") == 3, done.stdout

    def scipy() -> None:
        subprocess.run([sys.executable, "-c", "import scipy.optimize, scipy.special"], check=True)

    table()
    pairs = [(processor_seconds(scipy), processor_seconds(table)) for _ in range(5)]
    peer, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"      importing SciPy's parts {peer:.2f} s, riptui results {ours:.2f} s of processor")
    report("riptui results of 10,000 trajectories, warm / importing SciPy's parts that it uses", ours / peer, 4.5)


PARTS = {"loop": loop, "bytes": size_on_disk, "start": start, "ls": ls, "results": results}


def main(names: list[str]) -> int:
    scratch = Path(tempfile.mkdtemp(prefix="riptui-cost-"))
    os.environ["XDG_CACHE_HOME"] = str(scratch / "cache")
    try:
        for name in names or PARTS:
            PARTS[name](scratch)
    finally:
        shutil.rmtree(scratch)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
