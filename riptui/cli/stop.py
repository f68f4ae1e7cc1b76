"""`riptui stop`: stop trajectories, or shut down workers."""

from pathlib import Path

import rich_click as click

from riptui.cli.console import print_line
from riptui.cli.logs import find_worker
from riptui.cli.request_all import request_all
from riptui.supervision.client import list_running_workers, shut_down


def stop(paths: tuple[Path, ...], worker: str | None, runs: Path) -> int:
    if not paths and worker is None:
        raise click.UsageError("nothing to stop: give a PATH, --worker ID or --worker all")
    if worker is not None:
        _shut_down(runs, worker)
    return request_all(paths, "stop", "stopped") if paths else 0


def _shut_down(runs: Path, worker_id: str) -> None:
    running = list_running_workers(runs)
    workers = running if worker_id == "all" else [find_worker(running, worker_id, runs)]
    for worker in workers:
        shut_down(worker)
        print_line(f"worker {worker.record.id} exits after the current iteration")
    if not workers:
        print_line(f"no running workers in {runs}")
