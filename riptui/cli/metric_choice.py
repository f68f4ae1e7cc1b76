"""Which metrics a command measures; downloads the weights they lack."""

from collections.abc import Iterable
from contextlib import suppress

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from riptui.cli.console import err, warn
from riptui.errors import WeightsError
from riptui.metrics import LpipsNet, check_names, find_metric, lpips_weights
from riptui.metrics.availability import check_default_metrics, require_packages


def choose_metrics(names: tuple[str, ...] | None, *, fetch: bool = True) -> tuple[str, ...]:
    """The named metrics, or the default ones that are available; downloads their weights if `fetch`.

    Raises InputError, MissingExtraError, WeightsError for named ones. Missing default ones cause a warning.
    """
    if names is not None:
        named = check_names(names)
        require_packages(named)
        _fetch_weights(net for name in named if (net := find_metric(name).net) and not lpips_weights.is_installed(net))
        return named
    available = check_default_metrics()
    if fetch and available.fetchable:
        with suppress(WeightsError):
            _fetch_weights(available.fetchable)
        available = check_default_metrics()
    if available.note:
        warn(f"{available.note}; add them later with `riptui measure`, from the saved frames")
    return available.available


def _fetch_weights(nets: Iterable[LpipsNet]) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        for net in dict.fromkeys(nets):
            task = progress.add_task(f"weights of lpips-{net}", total=None)
            lpips_weights.fetch(net, lambda done, total, task=task: progress.update(task, completed=done, total=total))  # type: ignore[misc]
