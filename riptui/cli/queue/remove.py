"""`riptui queue remove`: take what waits out of the queue."""

from pathlib import Path

from riptui.cli.console import print_line
from riptui.cli.queue.chosen import choose_queued
from riptui.supervision.reordering import take_out
from riptui.text.units import format_count


def remove(paths: tuple[Path, ...], runs: Path) -> int:
    found = choose_queued(paths, runs)
    if found.chosen:
        count = len(take_out(found.chosen))
        print_line(f"{format_count(count, 'trajectory')} taken out of the queue; riptui resume queues again")
    return found.exit_code
