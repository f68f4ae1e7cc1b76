"""Which metrics and features can be measured on this machine. Downloads nothing; only `check_imports` imports them."""

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
    """A metric that cannot be measured, and why."""

    metric: str
    reason: str
    fetchable: LpipsNet | None = None
    """The trunk that `lpips_weights.fetch` can download, if only that is missing."""


@dataclass(frozen=True)
class Availability:
    """Metrics by whether they can be measured now."""

    available: tuple[str, ...]
    unavailable: tuple[Unavailable, ...]

    @property
    def fetchable(self) -> tuple[LpipsNet, ...]:
        """Trunks whose download would make more metrics available, each once."""
        return tuple(dict.fromkeys(item.fetchable for item in self.unavailable if item.fetchable))

    @property
    def note(self) -> str:
        """The metrics that are left out and why, for the user; empty if there are none."""
        by_reason: dict[str, list[str]] = {}
        for item in self.unavailable:
            by_reason.setdefault(item.reason, []).append(item.metric)
        parts = (f"{', '.join(names)} ({reason})" for reason, names in by_reason.items())
        return f"left out: {'; '.join(parts)}" if by_reason else ""


def check_default_metrics() -> Availability:
    """SSIM, PSNR, and LPIPS with the nets whose packages and weights are installed."""
    return check_availability(DEFAULT_METRICS)


def check_availability(names: Iterable[str]) -> Availability:
    """Sort metrics by whether they can be measured now. Raises InputError for an unknown name."""
    checked = {name: explain_unavailable(name) for name in names}
    ready = tuple(name for name, found in checked.items() if found is None)
    return Availability(ready, tuple(found for found in checked.values() if found is not None))


def explain_unavailable(name: str) -> Unavailable | None:
    """Why a metric cannot be measured: a missing package or missing weights; None if it can. Raises InputError."""
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
    """Sort metrics by whether their packages can be imported, by importing them. `device` as in `load`.

    Raises as `load`, but for packages that are broken.
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
    """Raise MissingExtraError for the first metric whose packages are not installed."""
    for name in names:
        for package in missing_packages(name):
            kind = "features" if is_features(name) else "metric"
            raise MissingExtraError(f"the {kind} {name}", package, _find_info(name).extra or "")


def missing_packages(name: str) -> tuple[str, ...]:
    """The packages that a metric needs and that are not installed; none is imported."""
    return tuple(package for package in _find_info(name).packages if find_spec(package) is None)


def _find_info(name: str) -> MetricInfo | ExtractorInfo:
    return find_extractor(name) if is_features(name) else find_metric(name)
