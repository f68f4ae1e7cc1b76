"""What can be measured here as things are. Imports no metric; fetches nothing: that is its caller's decision."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec

from riptui.errors import MissingExtraError
from riptui.metrics import LpipsNet, find_metric, lpips_weights

DEFAULT_METRICS = ("ssim", "psnr", "lpips-squeeze", "lpips-alex", "lpips-vgg")


@dataclass(frozen=True)
class Unavailable:
    """Why a metric cannot be measured."""

    metric: str
    reason: str
    fetchable: LpipsNet | None = None
    """The trunk that `weights.fetch` could get, if that is all that is missing."""


@dataclass(frozen=True)
class Availability:
    """Metrics, sorted by whether they can be measured now."""

    available: tuple[str, ...]
    unavailable: tuple[Unavailable, ...]

    @property
    def fetchable(self) -> tuple[LpipsNet, ...]:
        """Trunks that would bring more metrics, each once."""
        return tuple(dict.fromkeys(item.fetchable for item in self.unavailable if item.fetchable))

    @property
    def note(self) -> str:
        """What is left out and why, for a person; empty if nothing is."""
        by_reason: dict[str, list[str]] = {}
        for item in self.unavailable:
            by_reason.setdefault(item.reason, []).append(item.metric)
        parts = (f"{', '.join(names)} ({reason})" for reason, names in by_reason.items())
        return f"left out: {'; '.join(parts)}" if by_reason else ""


def check_default_metrics() -> Availability:
    """SSIM, PSNR, and LPIPS with the nets whose packages and weights are here."""
    return check_availability(DEFAULT_METRICS)


def check_availability(names: Iterable[str]) -> Availability:
    """Sort metrics by whether they can be measured now. Raises InputError for a name that is none."""
    checked = {name: check_metric(name) for name in names}
    ready = tuple(name for name, found in checked.items() if found is None)
    return Availability(ready, tuple(found for found in checked.values() if found is not None))


def check_metric(name: str) -> Unavailable | None:
    """What a metric lacks: a package or its weights; None if nothing. Raises InputError for a name that is none."""
    info = find_metric(name)
    missing = missing_packages(name)
    if missing:
        return Unavailable(name, f"{', '.join(missing)} not installed: pip install 'riptui[{info.extra}]'")
    if info.net is None or lpips_weights.is_installed(info.net):
        return None
    path = lpips_weights.weights_path(info.net)
    if lpips_weights.is_offline():
        return Unavailable(name, f"no weights in {path.parent}, and offline")
    return Unavailable(name, f"no weights in {path.parent}", info.net)


def require_packages(names: Iterable[str]) -> None:
    """Raise MissingExtraError for the first metric whose packages are not installed."""
    for name in names:
        for package in missing_packages(name):
            raise MissingExtraError(f"the metric {name}", package, find_metric(name).extra or "")


def missing_packages(name: str) -> tuple[str, ...]:
    """The packages a metric needs that are not installed; found without importing them."""
    return tuple(package for package in find_metric(name).packages if find_spec(package) is None)
