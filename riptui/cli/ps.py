"""`riptui ps`: the running workers of a runs folder."""

import os
import socket
from pathlib import Path
from typing import Any

import msgspec
from rich.text import Text

from riptui.cli.console import out, print_json, print_line, warn
from riptui.cli.unlisted import UnlistedFolders
from riptui.filesystem import user_name
from riptui.store.sign_watch import watch_once
from riptui.store.worker_record import WorkerStatus
from riptui.store.worker_registry import Worker
from riptui.supervision.client import list_running_workers
from riptui.supervision.progress import worker_rate
from riptui.text.terminal import printable
from riptui.text.units import format_rate, format_silence

GIB = 2**30


def ps(runs: Path, as_json: bool) -> int:
    unlisted = UnlistedFolders()
    workers = watch_once(list_running_workers(runs, on_error=unlisted))
    if as_json:
        print_json([as_dict(worker) for worker in workers])
    elif not workers and not unlisted.count:
        missing = "" if runs.exists() else ", which does not exist"
        warn(f"no running workers in {runs}{missing}; start one with `riptui worker` or `riptui run --detach`")
    for worker in [] if as_json else workers:
        _print_worker(worker)
    return unlisted.exit_code


def as_dict(worker: Worker) -> dict[str, Any]:
    """The JSON of one worker."""
    record, live = msgspec.to_builtins(worker.record), msgspec.to_builtins(worker.live)
    user = None if worker.user is None else user_name(worker.user)
    return {**record, "user": user, "log": str(worker.log), "silent": worker.silent, "live": live}


def _print_worker(worker: Worker) -> None:
    record, live = worker.record, worker.live
    state = live.state if live else "starting"
    silence = (f"{format_silence(worker.silent)} · ", "yellow") if worker.silent else ""
    facts = " · ".join([state, *_worker_facts(worker)])
    out.print(Text.assemble(("● ", "cyan"), (printable(record.id), "bold"), "  ", silence, facts))
    for job in live.jobs if live else ():
        step = f"  step {job.step}/{job.steps}" if job.steps else ""
        print_line(f"    {job.path}  {job.k}/{job.iterations}{step}")
    for skipped in live.skipped if live else ():
        print_line(f"    {skipped.path}  skipped: {skipped.reason}", "yellow")
    if live and (more := live.skipped_count - len(live.skipped)) > 0:
        print_line(f"    and {more} more skipped", "yellow")


def _worker_facts(worker: Worker) -> list[str]:
    record, live = worker.record, worker.live
    facts = [f"riptui {printable(record.command)}"] if record.command else []
    facts += [f"SLURM job {printable(record.slurm_job)}"] if record.slurm_job else []
    facts += [] if worker.user in (None, os.geteuid()) else [f"of {printable(user_name(worker.user))}"]
    facts += [locate(worker), printable(worker.device or "best device")]
    if record.batch:
        facts.append(f"batch {record.batch}")
    return facts + (_live_facts(worker, live) if live else [])


def locate(worker: Worker) -> str:
    """Its process, with the host or container unless that is this one: a pid means nothing elsewhere."""
    record = worker.record
    if worker.is_here:
        return f"pid {record.pid}"
    same_name = record.host == socket.gethostname()
    return f"pid {record.pid} {'in another container or machine named' if same_name else 'on'} {printable(record.host)}"


def _live_facts(worker: Worker, live: WorkerStatus) -> list[str]:
    facts = [printable(live.inpainter)] if live.inpainter else []
    if rate := worker_rate(worker):
        facts.append(format_rate(rate))
    if live.memory_used is not None and live.memory_total is not None:
        facts.append(f"{live.memory_used / GIB:.1f} of {live.memory_total / GIB:.0f} GiB")
    if live.load is not None:
        facts.append(f"GPU {live.load:.0%}")
    return [*facts, f"{live.queued} queued", *([printable(live.note)] if live.note else [])]
