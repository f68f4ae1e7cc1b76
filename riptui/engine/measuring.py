"""Measure frames that are saved already."""

from collections.abc import Iterator, Sequence

from riptui.events import Measured
from riptui.metrics.meter import Meter
from riptui.store.claim import Claim
from riptui.store.frames import frames, original
from riptui.store.wanted import unmeasured


def measure(claimed: Claim, metrics: Sequence[str], at: Sequence[int], device: str = "") -> Iterator[Measured]:
    """Measure saved frames where a metric is missing: exactly what the run would have measured.

    `at`: iterations, ascending, all of them computed. `device` as in `metrics.load`.
    Raises WeightsError, MissingExtraError, DiskError, DamagedError.
    """
    trajectory = claimed.trajectory
    missing = unmeasured(trajectory, metrics, at)
    if not missing:
        return
    before = dict(zip(at[1:], at, strict=False))
    needed = missing.keys() | {before[k] for k in missing if k in before}
    meter = Meter(metrics, original(trajectory), device=device)
    for k, image in frames(trajectory, needed):
        if k in missing:
            values = meter.measure(image, missing[k])
            claimed.add_measurement(k, values, previous=before.get(k))
            yield Measured(k, values)
        else:
            meter.previous = image
