"""What can be measured here as things are. Imports no metric; fetches nothing: that is its caller's decision."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec

from riptui.errors import MissingExtraError
from riptui.metrics import Net, entry, weights

DEFAULT = ("ssim", "psnr", "lpips-squeeze", "lpips-alex", "lpips-vgg")


@dataclass(frozen=True)
class Lack:
    """Why a metric cannot be measured."""

    metric: str
    reason: str
    fetchable: Net | None = None
    """The trunk that `weights.fetch` could get, if that is all that is missing."""


@dataclass(frozen=True)
class Choice:
    """Metrics, sorted by whether they can be measured now."""

    names: tuple[str, ...]
    left_out: tuple[Lack, ...]

    @property
    def fetchable(self) -> tuple[Net, ...]:
        """Trunks that would bring more metrics, each once."""
        return tuple(dict.fromkeys(lack.fetchable for lack in self.left_out if lack.fetchable))

    @property
    def note(self) -> str:
        """What is left out and why, for a person; empty if nothing is."""
        by_reason: dict[str, list[str]] = {}
        for lack in self.left_out:
            by_reason.setdefault(lack.reason, []).append(lack.metric)
        parts = (f"{', '.join(names)} ({reason})" for reason, names in by_reason.items())
        return f"left out: {'; '.join(parts)}" if by_reason else ""


def default_metrics() -> Choice:
    """SSIM, PSNR, and LPIPS with the nets whose packages and weights are here."""
    return choice(DEFAULT)


def choice(names: Iterable[str]) -> Choice:
    """Sort metrics by whether they can be measured now. Raises InputError for a name that is none."""
    lacks = {name: lack(name) for name in names}
    ready = tuple(name for name, found in lacks.items() if found is None)
    return Choice(ready, tuple(found for found in lacks.values() if found is not None))


def lack(name: str) -> Lack | None:
    """What a metric lacks: a package or its weights; None if nothing. Raises InputError for a name that is none."""
    wanted = entry(name)
    absent = missing_packages(name)
    if absent:
        return Lack(name, f"{', '.join(absent)} not installed: pip install 'riptui[{wanted.extra}]'")
    if wanted.net is None or weights.present(wanted.net):
        return None
    path = weights.weights_path(wanted.net)
    if weights.offline():
        return Lack(name, f"no weights in {path.parent}, and offline")
    return Lack(name, f"no weights in {path.parent}", wanted.net)


def require_packages(names: Iterable[str]) -> None:
    """Raise MissingExtraError for the first metric whose packages are not installed."""
    for name in names:
        for package in missing_packages(name):
            raise MissingExtraError(f"the metric {name}", package, entry(name).extra or "")


def missing_packages(name: str) -> tuple[str, ...]:
    """The packages a metric needs that are not installed; found without importing them."""
    return tuple(package for package in entry(name).packages if find_spec(package) is None)
