"""Which metrics a command measures, and fetching the weights they lack."""

from collections.abc import Iterable
from contextlib import suppress

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from riptui.cli.console import err, note
from riptui.errors import WeightsError
from riptui.metrics import Net, entry, parse, weights
from riptui.metrics.availability import default_metrics, require_packages


def choose(names: tuple[str, ...] | None, *, fetch: bool = True) -> tuple[str, ...]:
    """The metrics to measure: those named, with what they lack fetched, or the default ones that can be had.

    Raises InputError, MissingExtraError, WeightsError for named ones; what the default lacks is said, once.
    """
    if names is not None:
        named = parse(names)
        require_packages(named)
        _fetch(net for name in named if (net := entry(name).net) and not weights.present(net))
        return named
    chosen = default_metrics()
    if fetch and chosen.fetchable:
        with suppress(WeightsError):
            _fetch(chosen.fetchable)
        chosen = default_metrics()
    if chosen.note:
        note(f"{chosen.note}; `riptui measure` adds them later, from the saved frames")
    return chosen.names


def _fetch(nets: Iterable[Net]) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        for net in dict.fromkeys(nets):
            task = progress.add_task(f"weights of lpips-{net}", total=None)
            weights.fetch(net, lambda done, total, task=task: progress.update(task, completed=done, total=total))  # type: ignore[misc]
