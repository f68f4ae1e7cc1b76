"""How fast the paper's experiment goes on a GPU: the paper's way, riptui's, and the limit, all in one run.

    python tests/benchmarks/gpu.py             Stable Diffusion 2 inpainting at full size, random weights; < 10 minutes
    python tests/benchmarks/gpu.py --tiny      the same on the CPU with a tiny checkpoint, against the bare calls
    ... --batches 1,16,32 --compile off,on --seconds 540 --json FILE

Each line is printed when it is known, so that a run that is cut short is still of use. Mask 128, three LPIPS nets at
each 50 %, every iteration saved durably. Exits 1 if a bar is missed.
"""

import argparse
import contextlib
import gc
import io
import json
import os
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import diffusers
import lpips
import numpy as np
import torch
from PIL import Image as Pictures

sys.path.insert(0, str(Path(__file__).parents[2]))  # a checkout will do; nothing need be installed
from riptui import inpainters, masks
from riptui.arrays import Image
from riptui.engine import BatchRunner
from riptui.events import Failed, Notice
from riptui.inpainters.pipeline.assembly import denoiser
from riptui.inpainters.silence import silence_libraries
from riptui.recursion import ignore_step
from riptui.spec import Spec
from riptui.store.creation import create_or_open
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory
from tests.benchmarks.full_size import full_checkpoint
from tests.support.random_trunks import write_trunks
from tests.support.tiny_checkpoints import tiny_checkpoint
from tests.support.trajectories import make_spec, picture

NETS = ("squeeze", "alex", "vgg")
EXPERIMENT = 33_600  # inpaintings: 100 paintings, masks 64, 128 and 256, 400 %
TFLOP = 0.804 * 51 + 1.117 + 2.515  # an inpainting at 512 px: 51 calls of the UNet for 50 steps, VAE in and out
STARTED = time.perf_counter()


@dataclass(frozen=True)
class Scale:
    device: str
    size: int
    steps: int
    mask: int
    cycle: int
    """Iterations a 50 % of the pixels."""


FULL = Scale("cuda", size=512, steps=50, mask=128, cycle=8)
TINY = Scale("cpu", size=256, steps=10, mask=128, cycle=2)


@dataclass
class Results:
    """What goes to --json."""

    device: str
    versions: dict[str, str]
    figures: dict[str, float] = field(default_factory=dict)
    cells: list[dict[str, Any]] = field(default_factory=list)
    bars: dict[str, bool] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        print(f"{time.perf_counter() - STARTED:6.0f} s  {text}", flush=True)

    def figure(self, name: str, value: float, unit: str) -> float:
        self.figures[name] = value
        self.say(f"{name:<64} {value:10.3f} {unit}")
        return value

    def bar(self, name: str, value: float, bar: float, unit: str, *, most: bool) -> None:
        met = value <= bar if most else value >= bar
        self.bars[name] = met
        self.say(f"{'met ' if met else 'MISS'}  {name:<58} {value:10.3f} {unit}  bar {'<=' if most else '>='} {bar:g}")


# --- time on the device


class Clock:
    """The time between the hooks of some networks: by CUDA events where there is CUDA."""

    def __init__(self, device: str) -> None:
        self.on_gpu = device == "cuda"
        self.spans: list[tuple[Any, Any]] = []
        self._open: list[Any] = []

    def follow(self, network: torch.nn.Module) -> None:
        network.register_forward_pre_hook(lambda *_: self._open.append(self._now()))
        network.register_forward_hook(lambda *_: self.spans.append((self._open.pop(), self._now())))

    def seconds(self, spans: slice) -> float:
        synchronize(self.on_gpu)
        if self.on_gpu:
            return sum(start.elapsed_time(end) for start, end in self.spans[spans]) / 1000
        return sum(end - start for start, end in self.spans[spans])

    def _now(self) -> Any:
        if not self.on_gpu:
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record()
        return event


def synchronize(on_gpu: bool = True) -> None:
    if on_gpu and torch.cuda.is_available():
        torch.cuda.synchronize()


def seconds(work: Callable[[], object]) -> float:
    synchronize()
    started = time.perf_counter()
    work()
    synchronize()
    return time.perf_counter() - started


# --- (a) the paper's way


def paint_plainly(pipeline: Any, image: Image, spec: Spec, iterations: range, steps: int) -> Image:
    """A script as anyone would write it: PIL in and out, guidance 7.5, one iteration after another."""
    current = Pictures.fromarray(image)
    for k in iterations:
        box, size = masks.draw_box(spec, k), spec.size
        repaint = Pictures.new("L", (size, size), 0)
        repaint.paste(255, (box.x, box.y, box.x + box.width, box.y + box.height))
        with silence_libraries():
            painted = pipeline(
                prompt="",
                negative_prompt="",
                image=current,
                mask_image=repaint,
                height=size,
                width=size,
                num_inference_steps=steps,
                guidance_scale=7.5,
                generator=torch.Generator("cpu").manual_seed(masks.draw_noise_seed(spec, k)),
            ).images[0]
        current = Pictures.composite(painted, current, repaint)
    return np.asarray(current)


def plain_lpips(device: str) -> Callable[[Image, Image], list[float]]:
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        models = [lpips.LPIPS(net=net).to(device) for net in NETS]

    def distances(one: Image, other: Image) -> list[float]:
        with torch.no_grad():
            pair = [lpips.im2tensor(image).to(device) for image in (one, other)]
            return [float(model(*pair)) for model in models]

    return distances


def papers_way(folder: Path, scale: Scale, results: Results) -> float:
    """Inpaintings a second over one cycle, its measuring included."""
    half = torch.float16 if scale.device == "cuda" else torch.float32
    with silence_libraries():
        pipeline = diffusers.StableDiffusionInpaintPipeline.from_pretrained(folder, torch_dtype=half).to(scale.device)
    pipeline.set_progress_bar_config(disable=True)
    distances = plain_lpips(scale.device)
    original, spec = picture(scale.size), spec_of(folder, scale, 0, scale.cycle + 1)
    image = paint_plainly(pipeline, original, spec, range(1, 2), scale.steps)
    distances(original, image)

    def cycle() -> None:
        last = paint_plainly(pipeline, image, spec, range(2, scale.cycle + 2), scale.steps)
        distances(original, last)

    took = seconds(cycle)
    results.figure(
        "(a) LPIPS by the plain package, a frame, three nets", 1000 * seconds(lambda: distances(original, image)), "ms"
    )
    return results.figure("(a) the paper's way", scale.cycle / took, "inpaintings/s")


# --- (b) riptui


def spec_of(folder: Path, scale: Scale, seed: int, iterations: int) -> Spec:
    cells = (scale.size // scale.mask) ** 2
    parameters = inpainters.spec_parameters("sd2", {"model": str(folder), "revision": None, "steps": scale.steps})
    return make_spec(
        picture(scale.size),
        inpainter="sd2",
        parameters=parameters,
        mask=scale.mask,
        seed=seed,
        amount=100 * iterations / cells,
    )


@contextlib.contextmanager
def watched(scale: Scale) -> Iterator[tuple[Clock, Clock, list[Any]]]:
    """Clocks for the denoiser and for the VAE of the inpainters loaded in this context, and those inpainters."""
    denoising, coding, made = Clock(scale.device), Clock(scale.device), []
    load = inpainters.load

    def follow(*arguments: Any, **named: Any) -> Any:
        inpaint: Any = load(*arguments, **named)
        denoising.follow(denoiser(inpaint.pipeline))
        coding.follow(inpaint.pipeline.vae.encoder)
        coding.follow(inpaint.pipeline.vae.decoder)
        made.append(inpaint)
        return inpaint

    with mock.patch.object(inpainters, "load", follow):
        yield denoising, coding, made


class Window:
    """What is timed: all after the first iteration's last step, so one decoding more than whole iterations."""

    def __init__(self, *clocks: Clock) -> None:
        self.clocks = clocks
        self.opened = 0.0
        self._from: list[int] = []

    def on_step(self, step: int, steps: int) -> None:
        if step == steps and not self._from:
            synchronize()
            self.opened = time.perf_counter()
            self._from = [len(clock.spans) for clock in self.clocks]

    def seconds(self) -> list[float]:
        return [clock.seconds(slice(first, None)) for clock, first in zip(self.clocks, self._from, strict=True)]


def riptuis_way(folder: Path, scale: Scale, batch: int, compile: Any, results: Results) -> dict[str, Any]:
    """So many trajectories through a bench, saved and measured; all but their first iteration is timed."""
    gc.collect()
    if scale.device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    with tempfile.TemporaryDirectory() as runs, watched(scale) as (denoising, coding, made):
        waiting = trajectories(Path(runs), folder, scale, batch)
        bench = BatchRunner(device=scale.device, slots=batch, compile=compile)
        started, window = time.perf_counter(), Window(denoising, coding)
        for _, event in bench.run(lambda spec: waiting.pop() if waiting else None, on_step=window.on_step):
            if isinstance(event, Failed):
                raise event.error
            if isinstance(event, Notice):
                results.say(f"      {event.text}")
        took = time.perf_counter() - window.opened
        inside, vae = window.seconds()
        notes = made[0].notes
        room = made[0].max_batch(scale.size) if compile == "off" else None  # one row more would be compiled for
        del bench, made
    cell: dict[str, Any] = {
        "batch": batch,
        "compile": compile,
        "rate": batch * scale.cycle / took,
        "outside_unet": 1 - inside / took,
        "besides": 1 - (inside + vae) / took,
        "first": window.opened - started,
        "notes": notes,
        "room": room,
    }
    if scale.device == "cuda":
        cell["memory_gb"] = torch.cuda.max_memory_allocated() / 1e9
    results.cells.append(cell)
    memory = f"  {cell['memory_gb']:5.1f} GB" if "memory_gb" in cell else ""
    results.say(
        f"(b) batch {batch:>2}, compile {compile:<3}: {cell['rate']:8.3f} inpaintings/s  outside the UNet "
        f"{cell['outside_unet']:6.1%}, and outside the VAE {cell['besides']:6.1%}  loading and first iteration "
        f"{cell['first']:4.0f} s{memory}"
    )
    return cell


def trajectories(runs: Path, folder: Path, scale: Scale, count: int) -> list[Trajectory]:
    """Each to be measured at 0, 50 % and at its end, one iteration later."""
    request = Request(metrics=tuple(f"lpips-{net}" for net in NETS))
    original = picture(scale.size)
    return [
        create_or_open(runs, f"gpu/s{seed}", spec_of(folder, scale, seed, scale.cycle + 1), original, request)
        for seed in range(count)
    ]


def loop_against_bare_calls(folder: Path, scale: Scale, rounds: int, results: Results) -> None:
    """A trajectory on a bench, against the pipeline calls that it makes, in turn; the median of the pairs' ratios."""
    with watched(scale) as (_, _, made), tempfile.TemporaryDirectory() as runs:
        bench = BatchRunner(device=scale.device, slots=1, compile="off")

        def loop(number: int) -> float:
            spec = spec_of(folder, scale, number, scale.cycle + 1)
            waiting = [create_or_open(Path(runs), f"loop/s{number}", spec, picture(scale.size), Request())]
            return seconds(lambda: [*bench.run(lambda _: waiting.pop() if waiting else None)])

        loop(0)
        calls: list[dict[str, Any]] = []
        pipeline = made[0].pipeline
        with mock.patch.object(made[0], "pipeline", Recorder(pipeline, calls)):
            loop(1)

        def bare() -> float:
            with silence_libraries():
                return seconds(lambda: [pipeline(**call) for call in calls])

        def pair(number: int) -> float:
            if number % 2:
                return loop(number) / bare()
            alone = bare()
            return loop(number) / alone

        ratio = statistics.median(pair(number) for number in range(2, 2 + rounds))
    results.bar("riptui's loop / the bare pipeline calls it makes", ratio, 1.1, "x", most=True)


class Recorder:
    """A pipeline that writes down what it is called with."""

    def __init__(self, pipeline: Any, calls: list[dict[str, Any]]) -> None:
        self._pipeline, self._calls = pipeline, calls

    def __call__(self, **given: Any) -> Any:
        self._calls.append({**given, "callback_on_step_end": None})
        return self._pipeline(**given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pipeline, name)


def neighbours(folder: Path, scale: Scale, rows: int, results: Results) -> None:
    """Values of one row that change with its slot and its neighbours at one batch shape; and with the shape."""
    parameters = spec_of(folder, scale, 0, 1).parameters
    inpaint = inpainters.load("sd2", parameters, device=scale.device, compile="off")
    rng = np.random.default_rng(0)

    def row(slot: int, among: int) -> Image:
        images = rng.integers(0, 256, (among, scale.size, scale.size, 3), np.uint8)
        repaint = np.zeros((among, scale.size, scale.size), bool)
        for mask, (y, x) in zip(
            repaint, rng.integers(0, scale.size // scale.mask, (among, 2)) * scale.mask, strict=True
        ):
            mask[y : y + scale.mask, x : x + scale.mask] = True
        seeds = [int(seed) for seed in rng.integers(0, 2**53, among)]
        images[slot], repaint[slot], seeds[slot] = picture(scale.size), False, 5
        repaint[slot, : scale.mask, : scale.mask] = True
        return inpaint(images, repaint, seeds=seeds, on_step=ignore_step)[slot]

    first, other, alone = row(0, rows), row(rows - 1, rows), row(0, 1)
    for name, image in ((f"other slot and neighbours among {rows}", other), ("alone, at batch 1", alone)):
        difference = abs(image.astype(int) - first)
        results.figure(f"(d) {name}: values that differ", 100 * float((difference > 0).mean()), "%")
        results.figure(f"(d) {name}: by at most", float(difference.max()), "of 255")


# --- (c) the limit


def matmul_rate(scale: Scale) -> float:
    """TFLOP/s of a bf16 product of random matrices, large enough to fill the device."""
    size = 8192 if scale.device == "cuda" else 512
    one, other = (torch.randn(size, size, device=scale.device, dtype=torch.bfloat16) for _ in range(2))
    for _ in range(3):
        one @ other
    times = [seconds(lambda: one @ other) for _ in range(20)]
    return 2 * size**3 / statistics.median(times) / 1e12


def report(results: Results, plain: float, limit: float, lpips_ms: float) -> None:
    best = max(results.cells, key=lambda cell: cell["rate"])
    results.say(f"best: batch {best['batch']}, compile {best['compile']}")
    results.bar("b / a", best["rate"] / plain, 6, "x", most=False)
    results.bar("share of the matmul rate", 100 * best["rate"] * TFLOP / limit, 45, "%", most=False)
    results.bar("time outside UNet and VAE: LPIPS, store, host", 100 * best["besides"], 5, "%", most=True)
    results.figure(
        "LPIPS by riptui, of the time (24 frames in 336 inpaintings)", 100 * lpips_ms / 1000 * best["rate"] / 14, "%"
    )
    hours = EXPERIMENT / best["rate"] / 3600
    results.bar("the paper's first experiment, 33,600 inpaintings", hours, 1, "h", most=True)


def our_lpips(scale: Scale, results: Results) -> float:
    """ms a frame; three nets."""
    from riptui.metrics.meter import Meter

    meter = Meter([f"lpips-{net}" for net in NETS], picture(scale.size))
    frame = 255 - picture(scale.size)
    times = [seconds(lambda: meter.measure(frame)) for _ in range(6)][1:]
    return results.figure("(b) LPIPS by riptui, a frame, three nets", 1000 * statistics.median(times), "ms")


def trunks(home: Path) -> None:
    """Random trunks for LPIPS; nothing is fetched."""
    os.environ["TORCH_HOME"] = str(home)
    write_trunks(home)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--batches", type=lambda text: [int(one) for one in text.split(",")])
    parser.add_argument("--compile", type=lambda text: text.split(","))
    parser.add_argument("--rounds", type=int, default=15, help="of --tiny's loop and bare calls")
    parser.add_argument("--seconds", type=float, default=540, help="begin nothing that would not end by then")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    scale = TINY if given.tiny else FULL
    if scale.device == "cuda" and not torch.cuda.is_available():
        parser.error("torch sees no CUDA device; --tiny needs none")
    batches = given.batches or ([1, 3] if given.tiny else [16, 32, 8, 1])
    modes = given.compile or (["off"] if given.tiny else ["off", "on"])
    device = torch.cuda.get_device_name() if scale.device == "cuda" else "cpu"
    results = Results(device, {"torch": torch.__version__, "diffusers": diffusers.__version__})
    with tempfile.TemporaryDirectory() as home:
        try:
            run(Path(home), scale, batches, modes, given.seconds, given.rounds, results)
        finally:
            if given.json:
                given.json.write_text(json.dumps(asdict(results), indent=1))
    return 0 if all(results.bars.values()) else 1


def run(
    home: Path, scale: Scale, batches: list[int], modes: list[str], limit_s: float, rounds: int, results: Results
) -> None:
    trunks(home / "torch")
    results.say(f"{results.device}, {results.versions}")
    limit = results.figure("(c) bf16 matrix product", matmul_rate(scale), "TFLOP/s")
    folder = home / "sd2"
    _ = tiny_checkpoint("sd2", folder) if scale is TINY else full_checkpoint(folder, scale.device)
    results.say("checkpoint made")
    plain = papers_way(folder, scale, results)
    lpips_ms = our_lpips(scale, results)
    neighbours(folder, scale, 3 if scale is TINY else 16, results)
    longest = 0.0
    for compile, batch in ((mode, batch) for batch in batches for mode in modes):
        if time.perf_counter() - STARTED + longest > limit_s:
            results.skipped.append(f"batch {batch}, compile {compile}")
            results.say(f"(b) batch {batch}, compile {compile}: skipped, {limit_s:.0f} s would not be enough")
            continue
        longest = max(longest, seconds(lambda b=batch, c=compile: riptuis_way(folder, scale, b, c, results)))
        if scale is FULL:
            report(results, plain, limit, lpips_ms)
    if scale is TINY:
        report_tiny(results, plain)
        loop_against_bare_calls(folder, scale, rounds, results)


def report_tiny(results: Results, plain: float) -> None:
    """The bars of a GPU mean nothing here."""
    best = max(results.cells, key=lambda cell: cell["rate"])
    results.figure("b / a, of which skipped guidance is up to 2", best["rate"] / plain, "x")


if __name__ == "__main__":
    sys.exit(main())
