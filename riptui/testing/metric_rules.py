"""The rules of `riptui.metrics.Metric`, checked on small pictures."""

import numpy as np

from riptui.arrays import Images, Mask
from riptui.metrics import Metric, MetricInfo, Repaint, RepaintMetric, measure_each, measure_map, measure_profile
from riptui.region import Region
from riptui.spec import Box
from riptui.testing.inpainter_rules import make_images


def check_metric(metric: Metric, info: MetricInfo | None = None, *, size: int = 256, tolerance: float = 0.0) -> None:
    """Raise AssertionError if a metric breaks a rule: see the functions below, in this order.

    info: what it claims, for the checks of its range and direction. size: of the pictures, px. tolerance: by which a
    batch may differ from single frames.
    """
    frames = make_images(3, size)
    check_values(metric, frames)
    check_batch_of_frames(metric, frames, tolerance)
    if info is not None:
        check_claims(metric, info, frames)
    if info is not None and info.spatial:
        check_map(metric, frames)
    if info is not None and info.has_profile:
        check_profile(metric, frames)


def check_profile(metric: Metric, frames: Images) -> None:
    """A metric with `has_profile` has one as long for each frame, without NaN, and the same each time."""
    prepared = metric.prepare(frames[0])
    profiles = [measure_profile(metric, prepared, frame) for frame in (*frames, frames[0])]
    shapes = {profile.shape for profile in profiles}
    is_right = len(shapes) == 1 and profiles[0].ndim == 1
    assert is_right, f"profiles must be 1D and of one length, not {shapes}"
    assert np.isfinite(profiles).all(), "a profile is not finite"
    assert np.array_equal(profiles[0], profiles[-1]), "measuring the same frame again gave another profile"


def check_values(metric: Metric, frames: Images) -> None:
    """It gives one float64 per frame, the same each time, and leaves its arguments alone."""
    reference, frame_copies = frames[0].copy(), frames.copy()
    prepared = metric.prepare(reference)
    values = metric.measure(prepared, frame_copies)
    assert isinstance(values, np.ndarray), f"measure must return an array, not {type(values).__name__}"
    got = f"{values.dtype} {values.shape}"
    is_right = values.dtype == np.float64 and values.shape == (len(frames),)
    assert is_right, f"it returned {got}, not float64 (3,)"
    assert np.array_equal(frame_copies, frames), "it changed the frames that it was given"
    assert np.array_equal(reference, frames[0]), "it changed the reference that it was given"
    again = metric.measure(prepared, frames)
    assert np.array_equal(values, again), "measuring the same frames again gave different values"


def check_batch_of_frames(metric: Metric, frames: Images, tolerance: float = 0.0) -> None:
    """A frame's value depends on no other frame, and `measure_each` agrees with `measure`."""
    prepared = metric.prepare(frames[0])
    batch = metric.measure(prepared, frames)
    singles = np.array([metric.measure(prepared, frames[i : i + 1])[0] for i in range(len(frames))])
    assert np.allclose(batch, singles, rtol=0, atol=tolerance), f"a batch gave {batch}, its frames one by one {singles}"
    references = [metric.prepare(frame) for frame in frames[::-1]]
    each = measure_each(metric, references, frames)
    alone = [float(metric.measure(reference, frames[i : i + 1])[0]) for i, reference in enumerate(references)]
    assert np.allclose(each, alone, rtol=0, atol=tolerance), f"measure_each gave {each}, measure gives {alone}"


def check_claims(metric: Metric, info: MetricInfo, frames: Images) -> None:
    """Values are in the claimed range; for a metric that compares, no frame is closer to a picture than the picture."""
    values = metric.measure(metric.prepare(frames[0]), frames)
    low, high = info.range
    assert ((low <= values) & (values <= high)).all(), f"{values} are not all in the claimed range {info.range}"
    if not info.pairwise:
        return
    same, *others = -values if info.higher_means == "closer" else values
    if info.higher_means == "neither":  # a signed shift
        assert abs(same) < 1e-6, f"equal pictures have a shift of {same}, not 0"
        return
    assert all(same <= other for other in others), f"{values}: the first frame is the reference itself, and not closest"
    if info.higher_means == "farther":
        assert abs(same - low) < 1e-6, f"equal pictures have a distance of {same}, not {low}"


def check_map(metric: Metric, frames: Images) -> None:
    """A spatial metric gives a distance for each pixel: 0 everywhere for equal pictures, not below it for others."""
    prepared = metric.prepare(frames[0])
    same, other = (measure_map(metric, prepared, frame) for frame in frames[:2])
    assert same.shape == other.shape == frames.shape[1:3], f"the map is {same.shape}, not {frames.shape[1:3]}"
    assert abs(same).max() < 1e-6, f"equal pictures have a distance of {same.max()} at a pixel, not 0"
    assert other.min() >= -1e-6, f"a pixel has a distance of {other.min()}, below 0"


def check_repaint_metric(metric: RepaintMetric, info: MetricInfo | None = None, *, size: int = 256) -> None:
    """Raise AssertionError if a metric of iterations breaks a rule: it gives one float, the same each time and for any
    mask, leaves its arguments alone, is in its claimed range, and is 0 for an iteration that changed nothing.
    """
    before, frame, original = make_images(3, size)
    half = size // 2
    boxes = (Box(half // 2, half // 2, half, half), Box(0, half, half, half), Box(0, 0, size, size))
    for region in (*map(Region, boxes), Region.of(_two_parts(size))):
        frame_copy, before_copy = frame.copy(), before.copy()
        prepared, repaint = metric.prepare(original.copy()), Repaint(before_copy, region)
        value = metric.measure(prepared, frame_copy, repaint)
        assert isinstance(value, float), f"measure must return a float, not {type(value).__name__}"
        assert np.array_equal(frame_copy, frame), "it changed the frame that it was given"
        assert np.array_equal(before_copy, before), "it changed the frame before"
        assert metric.measure(prepared, frame, repaint) == value, (
            "measuring the same iteration again gave another value"
        )
        if info is not None:
            low, high = info.range
            assert low <= value <= high, f"{value} is not in the claimed range {info.range}"
        unchanged = metric.measure(metric.prepare(before), before, Repaint(before, region))
        assert abs(unchanged) < 1e-6, f"an iteration that changed nothing has the value {unchanged}, not 0"


def _two_parts(size: int) -> Mask:
    """A mask whose parts are at opposite edges."""
    mask = np.zeros((size, size), np.bool_)
    mask[size // 4 : size // 2, : size // 8] = True
    mask[size // 4 : size // 2, -size // 8 :] = True
    return mask
