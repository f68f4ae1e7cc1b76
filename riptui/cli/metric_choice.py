"""Which metrics a command measures; downloads the weights they lack."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from riptui.cli.console import err, warn
from riptui.errors import WeightsError
from riptui.features.missing_models import NETWORK_FILES, require_model
from riptui.metrics import LpipsNet, check_names, find_metric, lpips_weights, split_names
from riptui.metrics.availability import check_default_metrics, require_packages
from riptui.remote_file import OnDownloadProgress


def choose_metrics(names: tuple[str, ...] | None, *, fetch: bool = True) -> tuple[str, ...]:
    """The named metrics, or the default ones that are available; downloads their weights if `fetch`.

    Raises InputError, MissingExtraError, WeightsError for named ones. Missing default ones cause a warning.
    """
    if names is not None:
        named = check_names(names)
        require_packages(named)
        by_kind = split_names(named)
        metrics = (*by_kind.frames, *by_kind.repaints)
        _fetch_weights(
            net for name in metrics if (net := find_metric(name).net) and not lpips_weights.is_installed(net)
        )
        _fetch_networks(by_kind.features)
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
    for net in dict.fromkeys(nets):
        _show_fetch(f"lpips-{net}", partial(lpips_weights.fetch, net))


def _fetch_networks(extractors: Iterable[str]) -> None:
    """Download networks of one file; raise WeightsError for a model of the hub that is missing, which is gigabytes."""
    for name in extractors:
        file = NETWORK_FILES.get(name)
        if file and not file.is_installed:
            _show_fetch(name, file.fetch)
        require_model(name)


def _show_fetch(name: str, fetch: Callable[[OnDownloadProgress], object]) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(f"weights of {name}", total=None)
        fetch(lambda done, total: progress.update(task, completed=done, total=total))
