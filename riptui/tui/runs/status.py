"""What is being computed, in a line or two: texts, from what the disk says. The browser shows them."""

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from riptui.marks import MARKS
from riptui.store.workers import Worker
from riptui.terminal import printable
from riptui.tui.runs.outline import Totals

BAR = 20
GIB = 2**30
COUNTED = ("running", "queued", "paused", "failed", "interrupted", "done")


def counts(totals: Totals) -> Text:
    """● 2 running  ○ 3 queued  ✓ 118 done"""
    parts = [
        Text.assemble((MARKS[status][0], _colour(status)), f" {count} {status}")
        for status in COUNTED
        if (count := totals.statuses[status])
    ]
    return Text("  ").join(parts)


def device(workers: Sequence[Worker]) -> Text:
    """The busiest worker's device: cuda:0 71 % · 18/139 GB."""
    for worker in workers:
        live = worker.live
        if live is None:
            continue
        named = worker.device.partition(" (")[0]
        parts = [printable(named)] if named else []
        if live.load is not None:
            parts.append(f"{100 * live.load:.0f} %")
        if live.memory_used is not None and live.memory_total:
            parts.append(f"{live.memory_used / GIB:.0f}/{live.memory_total / GIB:.0f} GiB")
        if parts:
            return Text(" · ".join(parts))
    return Text()


def progress(workers: Sequence[Worker], chosen: str, width: int) -> Text:
    """What the worker is at: of the chosen trajectory if it is under way, else of the first that is."""
    busy = [worker for worker in workers if worker.live is not None]
    if not busy:
        return Text()
    worker = next((one for one in busy if one.live and any(job.path == chosen for job in one.live.jobs)), busy[0])
    live = worker.live
    assert live is not None
    if live.state != "working" or not live.jobs:
        note = f" {printable(live.inpainter)}" if live.state == "loading" else ""
        return Text(f"worker {worker.record.pid}: {live.state}{note}", "dim")
    job = next((job for job in live.jobs if job.path == chosen), live.jobs[0])
    done = (job.k + (job.step / job.steps if job.steps else 0)) / (job.iterations or 1)
    filled = round(done * BAR)
    text = Text(f"{printable(Path(job.path).name)}  iteration {min(job.k + 1, job.iterations)}/{job.iterations}")
    if job.steps:
        text.append(f"  step {job.step}/{job.steps}")
    if width >= 100:
        text.append("  " + "━" * filled, "bold")
        text.append("━" * (BAR - filled), "dim")
    if live.rate:
        text.append(f"  {speed(live.rate)}")
        text.append(f"  eta {clock((job.iterations - job.k) * len(live.jobs) / live.rate)}")
    if len(live.jobs) > 1:
        text.append(f"  {len(live.jobs)} together", "dim")
    if len(busy) > 1:
        text.append(f"  {len(busy)} workers", "dim")
    return text


def speed(rate: float) -> str:
    """Iterations a second, or seconds an iteration below one."""
    return f"{rate:.1f} it/s" if rate >= 1 else f"{1 / rate:.1f} s/it"


def clock(seconds: float) -> str:
    """mm:ss, or h:mm:ss."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def _colour(status: str) -> str:
    colour = MARKS[status][1]
    return "" if colour == "none" else colour
