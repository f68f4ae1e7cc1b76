"""Measure frames that are saved already."""

from collections.abc import Iterator, Mapping, Sequence

from riptui.arrays import Image
from riptui.events import Measured, Notice
from riptui.features.cpu_fallback import take_unsaid
from riptui.metrics import REPAINTS, Repaint, find_metric
from riptui.metrics.meter import Meter
from riptui.metrics.repaint_meter import RepaintMeter
from riptui.store.claim import Claim
from riptui.store.frames import read_frames, read_original, read_region
from riptui.store.requests import find_missing_measurements, find_missing_repaints


def measure_saved_frames(
    claimed: Claim, metrics: Sequence[str], iterations: Sequence[int], device: str = ""
) -> Iterator[Measured | Notice]:
    """Measure the saved frames that lack a metric; the values are exactly those of a run that had it from the start.
    A notice says what a GPU had no memory for.

    NAME@repaints are measured at all committed iterations. `iterations`: ascending, all of them committed. `device` as
    in `metrics.load`.
    Raises WeightsError, MissingExtraError, DiskError, DamagedError.
    """
    if missing := find_missing_measurements(claimed.trajectory, metrics, iterations):
        yield from _measure_frames(claimed, metrics, iterations, missing, device)
    if missing := find_missing_repaints(claimed.trajectory, metrics):
        yield from _measure_repaints(claimed, metrics, missing, device)
    yield from map(Notice, take_unsaid())


def _measure_frames(
    claimed: Claim,
    metrics: Sequence[str],
    iterations: Sequence[int],
    missing: Mapping[int, Sequence[str]],
    device: str,
) -> Iterator[Measured]:
    trajectory = claimed.trajectory
    previous = dict(zip(iterations[1:], iterations, strict=False))
    of_repaint = {k for k, names in missing.items() if any(find_metric(name).of_repaint for name in names)}
    needed = missing.keys() | {previous[k] for k in missing if k in previous} | {k - 1 for k in of_repaint}
    original = read_original(trajectory)
    meter = Meter.of_trajectory(metrics, original, trajectory.spec, device)
    measured_iterations = set(iterations)
    before: Image | None = None
    for k, image in read_frames(trajectory, needed):
        if k in missing:
            repaint = None
            if k in of_repaint and before is not None:
                repaint = Repaint(before, read_region(trajectory, k))
            values = meter.measure(image, missing[k], repaint)
            claimed.add_measurement(k, values, previous=previous.get(k), squares=meter.squares, profiles=meter.profiles)
            yield Measured(k, values)
        elif k in measured_iterations:
            meter.previous = image
        before = image


def _measure_repaints(
    claimed: Claim, metrics: Sequence[str], missing: Mapping[int, Sequence[str]], device: str
) -> Iterator[Measured]:
    trajectory = claimed.trajectory
    rows = trajectory.read_rows()
    meter = RepaintMeter(metrics, read_original(trajectory), device)
    for k, frame in read_frames(trajectory, missing):
        row = rows[k - 1]
        distances = meter.measure(frame, read_region(trajectory, k), missing[k])
        claimed.add_repaint(k, row.sha256, distances)
        yield Measured(k, {f"{name}{REPAINTS}": distance.square for name, distance in distances.items()})
