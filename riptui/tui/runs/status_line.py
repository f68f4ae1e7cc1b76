"""The texts of the status lines: counts, device, progress of the running iteration."""

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from riptui.store.sign_watch import find_silent
from riptui.store.worker_registry import Worker, find_skipped
from riptui.text.status_marks import STATUS_MARKS
from riptui.text.terminal import printable
from riptui.text.units import format_duration, format_rate, format_silence
from riptui.tui.runs.tree_model import GroupTotals

BAR_COLUMNS = 20
GIB = 2**30
MARKS = STATUS_MARKS | {"stopped": STATUS_MARKS["interrupted"]}
COUNTED_STATUSES = ("running", "queued", "paused", "failed", "interrupted", "stopped", "done")


def format_counts(totals: GroupTotals, workers: Sequence[Worker] = (), *, seconds_left: float | None = None) -> Text:
    """1 without a sign  ● 2 running  ○ 3 queued  41 min left  ✓ 118 done."""
    silent = len(find_silent(workers))
    counts = {status: totals[status] for status in COUNTED_STATUSES}
    counts["running"] = max(0, counts["running"] - silent)
    parts = [Text.assemble(MARKS[status], f" {count} {status}") for status, count in counts.items() if count]
    waiting = sum(bool(counts[status]) for status in ("running", "queued"))
    if seconds_left and waiting:
        parts.insert(waiting, Text(f"{format_duration(seconds_left)} left", "dim"))
    if silent:
        parts.insert(0, Text(f"{silent} without a sign", "yellow"))
    return Text("  ").join(parts)


def format_device(workers: Sequence[Worker]) -> Text:
    """The busiest worker's device: cuda:0 71 % · 18/139 GB."""
    for worker in workers:
        live = worker.live
        if live is None:
            continue
        device_name = worker.device.partition(" (")[0]
        parts = [printable(device_name)] if device_name else []
        if live.load is not None:
            parts.append(f"{100 * live.load:.0f} %")
        if live.memory_used is not None and live.memory_total:
            parts.append(f"{live.memory_used / GIB:.0f}/{live.memory_total / GIB:.0f} GiB")
        if parts:
            return Text(" · ".join(parts))
    return Text()


def format_progress(workers: Sequence[Worker], current_path: str, width: int) -> Text:
    """Progress of the current row's trajectory if it is running, or why it is skipped; else of the first that is."""
    if reason := find_skipped(workers).get(current_path):
        return Text(f"{printable(Path(current_path).name)}  skipped: {printable(reason)}", "yellow")
    busy = [(worker, worker.live) for worker in workers if worker.live is not None]
    if not busy:
        return Text()
    current = (pair for pair in busy if any(job.path == current_path for job in pair[1].jobs))
    worker, live = next(current, busy[0])
    silence = f"  {format_silence(worker.silent)}" if worker.silent else ""
    if live.state != "working" or not live.jobs:
        note = f" {printable(live.inpainter)}" if live.state == "loading" else ""
        skipped = f"  {live.skipped_count} skipped" if live.skipped_count else ""
        return Text(f"worker {worker.record.pid}: {live.state}{note}{skipped}{silence}", "yellow" if silence else "dim")
    job = next((job for job in live.jobs if job.path == current_path), live.jobs[0])
    fraction = (job.k + (job.step / job.steps if job.steps else 0)) / (job.iterations or 1)
    filled = round(fraction * BAR_COLUMNS)
    text = Text(f"{printable(Path(job.path).name)}  iteration {min(job.k + 1, job.iterations)}/{job.iterations}")
    if job.steps:
        text.append(f"  step {job.step}/{job.steps}")
    if width >= 100:
        text.append("  " + "━" * filled, "bold")
        text.append("━" * (BAR_COLUMNS - filled), "dim")
    text.append(silence, "yellow")
    if live.rate and not silence:
        text.append(f"  {format_rate(live.rate)}")
        text.append(f"  {format_duration((job.iterations - job.k) * len(live.jobs) / live.rate)} left")
    if len(live.jobs) > 1:
        text.append(f"  batch {len(live.jobs)}", "dim")
    if len(busy) > 1:
        text.append(f"  {len(busy)} workers", "dim")
    return text
