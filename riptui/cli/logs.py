"""`riptui logs`: what a worker had to say, or what went wrong with a trajectory."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from riptui.cli.options import folders_below, runs_option

if TYPE_CHECKING:
    from riptui.store.workers import Worker

POLL = 0.25  # seconds between two looks at a log that is followed


@click.command(short_help="The log of a worker, or of a trajectory.")
@click.argument("what", required=False, metavar="[WORKER|PATH]", shell_complete=folders_below)
@click.option("--follow", "-f", is_flag=True, help="Go on with what is added, until Ctrl-C.")
@click.option("--lines", "-n", type=click.IntRange(0), default=40, show_default=True, help="So many of the last lines.")
@runs_option
def logs(what: str | None, follow: bool, lines: int, runs: Path) -> int:
    """Show the log of a worker (its id or the beginning of it; by default the newest) or of a trajectory (its path)."""
    from riptui.terminal import printable

    log = _log(runs, what)
    for line in _lines(log, lines, follow):
        sys.stdout.write(f"{printable(line)}\n")
        sys.stdout.flush()
    return 0


def named(workers: Sequence[Worker], start: str, runs: Path) -> Worker:
    """The one worker whose id begins so. Raises InputError."""
    from riptui.errors import InputError

    found = [one for one in workers if one.record.id == start] or [
        one for one in workers if one.record.id.startswith(start)
    ]
    if len(found) == 1:
        return found[0]
    known = ", ".join(one.record.id for one in workers) or "none"
    raise InputError(
        f"{'several workers are' if found else 'no worker is'} called {start} in {runs}: there are {known}"
    )


def _log(runs: Path, what: str | None) -> Path:
    from riptui.errors import InputError
    from riptui.store import layout
    from riptui.store.trajectory import Trajectory
    from riptui.store.workers import registered

    if what is not None and (Path(what).exists() or "/" in what):
        log = Trajectory.at(Path(what)).path / layout.LOG
        if not log.exists():
            raise InputError(f"{what} has no log: nothing went wrong there")
        return log
    workers = registered(runs)
    if what is not None:
        return named(workers, what, runs).log
    if not workers:
        raise InputError(f"no worker has been in {runs}; `riptui run --detach` or `riptui worker` starts one")
    return max(workers, key=lambda one: (one.alive, one.record.started)).log


def _lines(log: Path, count: int, follow: bool) -> Iterator[str]:
    """The last lines of a log, and with `follow` those to come: for ever."""
    from riptui.store.disk import read_file, size

    data = read_file(log) or b""
    end = len(data)
    whole = data.decode(errors="replace").splitlines()
    yield from whole[-count:] if count else ()
    while follow:
        time.sleep(POLL)
        if (now := size(log)) < end:  # it was cut, to stay small
            end = 0
        if now > end:
            more = read_file(log, start=end) or b""
            more = more[: more.rfind(b"\n") + 1]
            end += len(more)
            yield from more.decode(errors="replace").splitlines()
