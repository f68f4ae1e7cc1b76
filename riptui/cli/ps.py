"""`riptui ps`: the running workers of a runs folder."""

from pathlib import Path
from typing import Any

import msgspec
from rich.text import Text

from riptui.cli.console import out, print_json, print_line, warn
from riptui.store.worker_registry import Worker, WorkerStatus
from riptui.supervision.client import list_running_workers
from riptui.text.terminal import printable
from riptui.text.units import format_rate

GIB = 2**30


def ps(runs: Path, as_json: bool) -> int:
    workers = list_running_workers(runs)
    if as_json:
        print_json([as_dict(worker) for worker in workers])
    elif not workers:
        warn(f"no running workers in {runs}; start one with `riptui worker` or `riptui run --detach`")
    for worker in [] if as_json else workers:
        _print_worker(worker)
    return 0


def as_dict(worker: Worker) -> dict[str, Any]:
    """The JSON of one worker."""
    return {**msgspec.to_builtins(worker.record), "log": str(worker.log), "live": msgspec.to_builtins(worker.live)}


def _print_worker(worker: Worker) -> None:
    record, live = worker.record, worker.live
    state = live.state if live else "starting"
    facts = " · ".join([state, *_worker_facts(worker)])
    out.print(Text.assemble(("● ", "cyan"), (printable(record.id), "bold"), f"  {facts}"))
    for job in live.jobs if live else ():
        step = f"  step {job.step}/{job.steps}" if job.steps else ""
        print_line(f"    {job.path}  {job.k}/{job.iterations}{step}")


def _worker_facts(worker: Worker) -> list[str]:
    record, live = worker.record, worker.live
    facts = [f"riptui {printable(record.command)}"] if record.command else []
    facts += [f"pid {record.pid}", printable(worker.device or "best device")]
    if record.batch:
        facts.append(f"batch {record.batch}")
    return facts + (_live_facts(live) if live else [])


def _live_facts(live: WorkerStatus) -> list[str]:
    facts = [printable(live.inpainter)] if live.inpainter else []
    if live.rate:
        facts.append(format_rate(live.rate))
    if live.memory_used is not None and live.memory_total is not None:
        facts.append(f"{live.memory_used / GIB:.1f} of {live.memory_total / GIB:.0f} GiB")
    if live.load is not None:
        facts.append(f"GPU {live.load:.0%}")
    return [*facts, f"{live.queued} queued", *([printable(live.note)] if live.note else [])]
