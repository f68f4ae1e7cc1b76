"""Which metrics and feature extractors can run on this machine. Downloads nothing; only `check_imports` imports them.

A name here is that of a metric or of an extractor.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec

from riptui.errors import BrokenExtraError, MissingExtraError
from riptui.features import ExtractorInfo, find_extractor, load_extractor
from riptui.features.missing_models import explain_missing_weights
from riptui.metrics import LpipsNet, MetricInfo, find_metric, is_features, load, load_repaint_metric, lpips_weights

DEFAULT_METRICS = ("ssim", "psnr", "lpips-squeeze", "lpips-alex", "lpips-vgg")


@dataclass(frozen=True)
class Unavailable:
    """A metric or extractor that cannot run, and why."""

    metric: str
    reason: str
    fetchable: LpipsNet | None = None
    """The LPIPS trunk that `lpips_weights.fetch` can download, if nothing else is missing."""


@dataclass(frozen=True)
class Availability:
    """Metrics and extractors, by whether they can run now."""

    available: tuple[str, ...]
    unavailable: tuple[Unavailable, ...]

    @property
    def fetchable(self) -> tuple[LpipsNet, ...]:
        """LPIPS trunks whose download would make more metrics available, each once."""
        return tuple(dict.fromkeys(item.fetchable for item in self.unavailable if item.fetchable))

    @property
    def note(self) -> str:
        """A message to the user: what is left out, and why; "" if nothing is."""
        by_reason: dict[str, list[str]] = {}
        for item in self.unavailable:
            by_reason.setdefault(item.reason, []).append(item.metric)
        parts = (f"{', '.join(names)} ({reason})" for reason, names in by_reason.items())
        return f"left out: {'; '.join(parts)}" if by_reason else ""


def check_default_metrics() -> Availability:
    """Which of SSIM, PSNR and the three LPIPS can run: those whose packages and weights are installed."""
    return check_availability(DEFAULT_METRICS)


def check_availability(names: Iterable[str]) -> Availability:
    """Split names by whether they can run now. Raises InputError for an unknown one."""
    checked = {name: explain_unavailable(name) for name in names}
    ready = tuple(name for name, found in checked.items() if found is None)
    return Availability(ready, tuple(found for found in checked.values() if found is not None))


def explain_unavailable(name: str) -> Unavailable | None:
    """Why a metric or extractor cannot run: a missing package, or missing weights; None if it can.

    Raises InputError for an unknown name.
    """
    if missing := missing_packages(name):
        extra = _find_info(name).extra
        fix = f"'riptui[{extra}]'" if extra else " ".join(missing)
        return Unavailable(name, f"{', '.join(missing)} not installed: pip install {fix}")
    if is_features(name):
        reason = explain_missing_weights(name)
        return Unavailable(name, reason) if reason else None
    info = find_metric(name)
    if info.net is None or lpips_weights.is_installed(info.net):
        return None
    path = lpips_weights.weights_path(info.net)
    if lpips_weights.is_offline():
        return Unavailable(name, f"no weights in {path.parent}, and offline")
    return Unavailable(name, f"no weights in {path.parent}", info.net)


def check_imports(names: Iterable[str], device: str = "") -> Availability:
    """Import and build each, and split names by whether their packages can be imported. `device` as in `load`.

    Raises what `load` raises, except BrokenExtraError.
    """
    ready, broken = [], []
    for name in names:
        try:
            if is_features(name):
                load_extractor(name, device)
            else:
                (load_repaint_metric if find_metric(name).of_repaint else load)(name, device)
            ready.append(name)
        except BrokenExtraError as error:
            broken.append(Unavailable(name, error.reason))
    return Availability(tuple(ready), tuple(broken))


def require_packages(names: Iterable[str]) -> None:
    """Raise MissingExtraError for the first name whose packages are not installed."""
    for name in names:
        for package in missing_packages(name):
            kind = "features" if is_features(name) else "metric"
            raise MissingExtraError(f"the {kind} {name}", package, _find_info(name).extra or "")


def missing_packages(name: str) -> tuple[str, ...]:
    """The packages that a metric or extractor needs and that are not installed. Imports none."""
    return tuple(package for package in _find_info(name).packages if find_spec(package) is None)


def _find_info(name: str) -> MetricInfo | ExtractorInfo:
    return find_extractor(name) if is_features(name) else find_metric(name)
