"""The coverage null of a measured curve: exact where each repaint paints alike, and less noisy than from one amount."""

from pathlib import Path

import numpy as np
import pytest

from riptui import load_metric
from riptui.arrays import Image
from riptui.metrics.running_ssim import RunningSsim
from riptui.results.coverage_null import NullSource, describe_sources, excess_over_coverage, patch_names
from riptui.results.curves import Curve, extract_curves
from riptui.results.exposure import DELTA_E, SSIM
from riptui.results.patch_errors import read_square_errors
from riptui.store import layout
from riptui.store.frames import paste_patch, read_original, read_patches
from riptui.store.listing import summarize
from riptui.store.records import RepaintMeasurement, encode_line
from riptui.store.trajectory import Trajectory
from tests.support.recursed import bundled_pictures, lose_a_little, paint_grey, save_recursion
from tests.support.simulated_studies import null_errors


def frames_of(trajectory: Trajectory) -> list[Image]:
    found = [read_original(trajectory)]
    rows = trajectory.read_rows()
    for row, patch in zip(rows, read_patches(trajectory, rows), strict=True):
        found.append(found[-1].copy())
        paste_patch(found[-1], row, patch)
    return found


def measured(trajectory: Trajectory, metric: str, *, every: bool = False) -> Curve:
    """Its curve, as riptui would measure it."""
    frames, ready = frames_of(trajectory), load_metric(metric)
    numbers = range(len(frames)) if every else trajectory.spec.point_iterations()
    values = ready.measure(ready.prepare(frames[0]), np.stack([frames[k] for k in numbers]))
    lines = [encode_line({"k": k, metric: value}) for k, value in zip(numbers, values.tolist(), strict=True)]
    (trajectory.path / layout.METRICS).write_bytes(b"".join(lines))
    [curve] = extract_curves([summarize(trajectory)], metric)
    return curve


def grey(folder: Path) -> Trajectory:
    return save_recursion(folder, bundled_pictures(1)[0], paint_grey())


@pytest.mark.parametrize("metric", [SSIM, DELTA_E])
@pytest.mark.exhaustive
def test_no_excess_where_each_repaint_of_a_square_is_alike(metric: str, tmp_path: Path) -> None:
    """SSIM sees 5 px beyond a square, so D1 x coverage cannot be exact for it; what first repaints added is."""
    trajectory = grey(tmp_path / "grey")
    curve = measured(trajectory, metric)
    squares = read_square_errors(trajectory, patch_names(metric))
    excess, source = excess_over_coverage(curve, squares)
    assert source is NullSource.FIRST_REPAINTS
    assert excess.values == pytest.approx(0, abs=1e-6 * max(1, curve.values.max()))
    rough, source = excess_over_coverage(curve)
    assert source is NullSource.FIRST_AMOUNT
    assert np.abs(rough.values).max() > 0.01 * np.ptp(curve.values)


@pytest.mark.exhaustive
def test_a_metric_measured_at_every_iteration_needs_no_patches(tmp_path: Path) -> None:
    trajectory = grey(tmp_path / "grey")
    curve = measured(trajectory, SSIM, every=True)
    (trajectory.path / layout.PATCHES).unlink()
    excess, source = excess_over_coverage(curve)
    assert source is NullSource.FIRST_REPAINTS
    assert excess.values == pytest.approx(0, abs=1e-6)


@pytest.mark.slow
def test_what_is_stored_of_repaints_gives_the_null_of_a_metric(tmp_path: Path) -> None:
    trajectory = grey(tmp_path / "grey")
    found = read_square_errors(trajectory, [DELTA_E])
    rows, frames = trajectory.read_rows(), found.frame_errors(DELTA_E)
    lines = [
        encode_line(RepaintMeasurement(row.k, row.sha256, {"lpips-vgg": (2 * error, 2 * frame)}))  # type: ignore[dict-item]
        for row, error, frame in zip(rows, found.errors[DELTA_E].tolist(), frames[1:].tolist(), strict=True)
    ]
    (trajectory.path / layout.REPAINTS).write_bytes(b"".join(lines))
    halves = trajectory.spec.point_iterations()
    values = [encode_line({"k": k, "lpips-vgg": 2 * float(frames[k])}) for k in halves]
    (trajectory.path / layout.METRICS).write_bytes(b"".join(values))
    [curve] = extract_curves([summarize(trajectory)], "lpips-vgg")
    squares = read_square_errors(trajectory, ())
    assert squares.errors["lpips-vgg"] == pytest.approx(2 * found.errors[DELTA_E])
    excess, source = excess_over_coverage(curve, squares)
    assert source is NullSource.FIRST_REPAINTS
    assert excess.values == pytest.approx(0, abs=1e-12)
    (trajectory.path / layout.REPAINTS).write_bytes(b"".join(lines[:-1]))
    assert "lpips-vgg" not in read_square_errors(trajectory, ()).errors, "of all rows or of none"


@pytest.mark.slow
def test_ssim_kept_up_square_by_square_is_that_of_the_metric(tmp_path: Path) -> None:
    original = bundled_pictures(1)[0]
    trajectory = save_recursion(tmp_path / "a", original, lose_a_little(), amount=100.0)
    frames, metric = frames_of(trajectory), load_metric(SSIM)
    expected = metric.measure(metric.prepare(original), np.stack(frames))
    running = RunningSsim(original)
    rows = trajectory.read_rows()
    found = [running.repaint(row.box, frame[row.box.window]) for row, frame in zip(rows, frames[1:], strict=True)]
    assert found == pytest.approx(expected[1:], abs=1e-6)
    assert 1 - np.array(found) == pytest.approx(read_square_errors(trajectory, [SSIM]).frame_errors(SSIM)[1:])


@pytest.mark.parametrize(("mask", "at_least"), [(64, 1.5), (128, 2.0), (256, 3.0)])
def test_first_repaints_give_a_null_with_a_smaller_error_than_the_first_amount(mask: int, at_least: float) -> None:
    first_amount, first_repaints = null_errors(np.random.default_rng(mask), mask, 60)
    assert first_amount > at_least * first_repaints


def test_the_sources_of_several_nulls_are_counted() -> None:
    assert describe_sources({NullSource.FIRST_REPAINTS: 3}) == "what each square's first repaint added"
    both = describe_sources({NullSource.FIRST_REPAINTS: 3, NullSource.FIRST_AMOUNT: 1})
    assert both.endswith(
        "at the first measured amount (1 trajectory), what each square's first repaint added (3 trajectories)"
    )
