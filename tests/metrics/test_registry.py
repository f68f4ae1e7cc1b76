"""The registry, the metrics of pixels, the meter, and what is left out when something is missing."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from riptui import metrics
from riptui.arrays import Image, Images
from riptui.errors import InputError, MetricError, MissingExtraError
from riptui.metrics import availability, meter
from riptui.metrics.meter import Meter, MeteredFrame
from tests.support.trajectories import picture

pytest_plugins = ["tests.support.random_trunks"]

PIXELS = ("ssim", "psnr", "delta-e", "entropy")
needs_torch = pytest.mark.needs("diffusion")
LPIPS = ("lpips-squeeze", "lpips-alex", "lpips-vgg")


@pytest.fixture(scope="module")
def original() -> Image:
    return picture()


def grainy(image: Image, spread: int, seed: int = 1) -> Image:
    grain = np.random.default_rng(seed).integers(-spread, spread + 1, image.shape)
    return np.clip(image + grain, 0, 255).astype(np.uint8)


def value(name: str, reference: Image, frame: Image) -> float:
    metric = metrics.load(name)
    return float(metric.measure(metric.prepare(reference), frame[None])[0])


def flat(*colour: int, size: int = 32) -> Image:
    return np.full((size, size, 3), colour, np.uint8)


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """`without("lpips")`: as if a package were not installed."""

    def remove(*packages: str) -> None:
        for name in [*packages, *sys.modules]:
            if name.partition(".")[0] in packages:
                monkeypatch.setitem(sys.modules, name, None)
        for module in ("lpips", "ms_ssim"):
            monkeypatch.delitem(sys.modules, f"riptui.metrics.{module}", raising=False)

    metrics.loading.load_cached.cache_clear()
    yield remove
    metrics.loading.load_cached.cache_clear()


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_the_registry_is_read_without_importing_any_numeric_package() -> None:
    heavy = {"numpy", "skimage", "scipy", "cv2", "torch", "torchvision", "lpips", "torchmetrics"}
    code = (
        "import sys, riptui.metrics as m, riptui.metrics.availability as a, riptui.metrics.lpips_weights;"
        "m.check_names([*m.REGISTRY, 'ssim@previous']); a.check_default_metrics();"
        f"print(*({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_every_name_has_a_target_that_exists() -> None:
    for name, entry in metrics.REGISTRY.items():
        module, _, factory = entry.target.partition(":")
        source = Path(*module.split(".")).with_suffix(".py")
        assert f"def {factory}(" in (Path(metrics.__file__).parents[2] / source).read_text(), name


def test_names_keep_their_order_and_come_once() -> None:
    asked = ["psnr", "ssim", "lpips-vgg@previous", "psnr", "lpips-vgg"]
    assert metrics.check_names(asked) == ("psnr", "ssim", "lpips-vgg@previous", "lpips-vgg")
    assert metrics.check_names([]) == ()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lpips-vg", "Did you mean lpips-vgg?"),
        ("sim", "Did you mean ssim?"),
        ("lpips-vg@previous", "unknown metric 'lpips-vg'. Did you mean lpips-vgg?"),
        ("fréchet", f"Available: {', '.join(metrics.REGISTRY)}; "),
        ("", "unknown metric"),
        (
            "ssim@original",
            "Use ssim, ssim@previous (against the previous measured frame), ssim@content (without blank bands)",
        ),
        ("ssim@", "unknown ending"),
        ("ssim@previous@previous", "unknown ending"),
        ("entropy@previous", "use entropy"),
        ("seam@previous", "seam measures iterations and has no @previous"),
        ("seam@content", "seam measures iterations and has no @content"),
        ("ssim@content@previous", "unknown ending"),
        ("ssim@squares", "Available: lpips-squeeze@squares, lpips-alex@squares, lpips-vgg@squares, delta-e@squares"),
        ("seam@squares", "seam has no @squares"),
    ],
)
def test_a_name_that_is_no_metric_is_refused_in_one_line(name: str, said: str) -> None:
    for refuse in (lambda: metrics.check_names(["ssim", name]), lambda: metrics.load(name)):
        with pytest.raises(InputError) as refusal:
            refuse()
        assert said in str(refusal.value)
        assert "\n" not in str(refusal.value)


def test_a_metric_is_built_once_and_shared_with_its_previous_form() -> None:
    assert metrics.load("ssim") is metrics.load("ssim") is metrics.load("ssim@previous")


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "same"),
    [("ssim", 1.0), ("psnr", np.inf), ("delta-e", 0.0), pytest.param("ms-ssim", 1.0, marks=needs_torch)],
)
@pytest.mark.parametrize("kind", ["picture", "noise", "flat"])
def test_equal_pictures_are_at_no_distance(name: str, same: float, kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    image = {"picture": picture(), "noise": noise, "flat": flat(90, 30, 200, size=256)}[kind]
    assert value(name, image, image.copy()) == pytest.approx(same, abs=1e-6 if name == "ms-ssim" else 0)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*PIXELS[:3], pytest.param("ms-ssim", marks=needs_torch)])
def test_more_grain_is_farther(name: str, original: Image) -> None:
    values = [value(name, original, grainy(original, spread)) for spread in (2, 10, 50)]
    assert values == sorted(values, reverse=metrics.find_metric(name).higher_means == "closer")
    assert len(set(values)) == 3


@pytest.mark.parametrize("name", [*PIXELS, pytest.param("ms-ssim", marks=needs_torch)])
def test_a_batch_gives_what_single_frames_give(name: str, original: Image) -> None:
    frames = np.stack([grainy(original, spread) for spread in (0, 5, 20)])
    metric = metrics.load(name)
    prepared = metric.prepare(original)
    values = metric.measure(prepared, frames)
    assert values.dtype == np.float64
    assert values.shape == (3,)
    assert values.tolist() == [metric.measure(prepared, frame[None])[0] for frame in frames]


@pytest.mark.needs("diffusion")
def test_measuring_changes_no_picture(original: Image) -> None:
    before, frame = original.copy(), grainy(original, 9)
    kept = frame.copy()
    Meter([*PIXELS, "ms-ssim"], original).measure(frame)
    assert np.array_equal(original, before)
    assert np.array_equal(frame, kept)


def window_means(luma: np.ndarray) -> np.ndarray:
    """Weighted means over an 11x11 Gaussian window of sigma 1.5, written out, where the window fits."""
    bell = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    window = np.outer(bell, bell) / bell.sum() ** 2
    return (np.lib.stride_tricks.sliding_window_view(luma, (11, 11)) * window).sum(axis=(2, 3))


def test_ssim_is_wang_et_als_formula(original: Image) -> None:
    pair = (original[:48, :64], grainy(original, 25)[:48, :64])
    x, y = (0.299 * i[..., 0] + 0.587 * i[..., 1] + 0.114 * i[..., 2] for i in pair)
    mean_x, mean_y = window_means(x), window_means(y)
    var_x, var_y = window_means(x * x) - mean_x**2, window_means(y * y) - mean_y**2
    covariance = window_means(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similarity = ((2 * mean_x * mean_y + c1) * (2 * covariance + c2)) / (
        (mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2)
    )
    assert 0.2 < similarity.mean() < 0.95
    assert value("ssim", *pair) == pytest.approx(similarity.mean(), abs=1e-5)


def test_psnr_is_the_closed_form() -> None:
    frame = flat(100, 100, 100)
    frame[..., 0] += 6  # mean squared error 36 / 3
    assert value("psnr", flat(100, 100, 100), frame) == pytest.approx(10 * np.log10(255**2 / 12), abs=1e-12)
    assert value("psnr", flat(0, 0, 0), flat(255, 255, 255)) == 0


def test_psnr_is_that_of_scikit_image_to_the_last_bit() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        pair = rng.integers(0, 256, (2, *rng.integers(16, 300, 2), 3), np.uint8)
        assert value("psnr", *pair) == peak_signal_noise_ratio(*pair, data_range=255)


def test_delta_e_of_black_and_white_is_100_and_of_primary_colours_as_published() -> None:
    assert value("delta-e", flat(0, 0, 0), flat(255, 255, 255)) == pytest.approx(100, abs=1e-3)
    assert value("delta-e", flat(255, 0, 0), flat(0, 255, 0)) == pytest.approx(86.6, abs=0.1)
    assert value("delta-e", flat(0, 0, 255), flat(255, 255, 255)) == pytest.approx(64.2, abs=0.2)


def test_entropy_is_0_of_one_level_and_8_bits_of_all_levels_alike() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16)[..., None], 3, axis=-1)
    assert value("entropy", ramp, flat(7, 7, 7)) == 0
    assert value("entropy", flat(7, 7, 7), ramp) == 8


def lightness(grey: int) -> float:
    """CIE L* of a grey level of sRGB, by the closed form."""
    return 116 * (((grey / 255 + 0.055) / 1.055) ** 2.4) ** (1 / 3) - 16


def test_a_shift_in_lab_has_a_sign_for_each_coordinate() -> None:
    grey = flat(128, 128, 128)
    shifts = {
        frame: [value(name, grey, flat(*frame)) for name in ("lab-l", "lab-a", "lab-b")]
        for frame in ((90, 90, 90), (160, 110, 110), (130, 130, 100))
    }
    assert shifts[90, 90, 90] == pytest.approx([lightness(90) - lightness(128), 0, 0], abs=0.01)
    assert shifts[160, 110, 110][1] > 15, "redder"
    assert shifts[130, 130, 100][2] > 10, "yellower"
    assert value("lab-a", flat(160, 110, 110), grey) == -shifts[160, 110, 110][1]
    half = grey.copy()
    half[:16] = 90
    assert value("lab-l", grey, half) == pytest.approx(shifts[90, 90, 90][0] / 2)


@pytest.mark.slow
@pytest.mark.needs("diffusion")
def test_ms_ssim_is_torchmetrics_on_the_luma(original: Image) -> None:
    import torch
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

    pair = (original, grainy(original, 30))
    first, second = [torch.tensor(image @ np.array([0.299, 0.587, 0.114]))[None, None] for image in pair]
    expected = float(multiscale_structural_similarity_index_measure(first, second, data_range=255.0))
    assert 0.5 < expected < 0.99
    assert value("ms-ssim", *pair) == pytest.approx(expected, abs=1e-5)


# ── the meter ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Together:
    """A metric of the frame's mean, that can measure several frames at once; and fails where it is told to."""

    def __init__(self, bad: int = -1) -> None:
        self.bad = bad
        self.batches: list[int] = []

    def prepare(self, reference: Image) -> float:
        return float(reference.mean())

    def measure(self, prepared: float, frames: Images) -> Any:
        return self.measure_each([prepared] * len(frames), frames)

    def measure_each(self, prepared: list[float], frames: Images) -> Any:
        self.batches.append(len(frames))
        if any(int(frame.flat[0]) == self.bad for frame in frames):
            raise RuntimeError("that one")
        return np.array([frame.mean() - mean for mean, frame in zip(prepared, frames, strict=True)])


def test_frames_of_several_trajectories_are_measured_at_once_where_a_metric_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    metric = Together()
    monkeypatch.setattr(meter, "load", lambda name, device: metric)
    first, second, third = (
        Meter(["psnr"], flat(1, 1, 1)),
        Meter(["ssim", "psnr"], flat(2, 2, 2)),
        Meter([], flat(3, 3, 3)),
    )
    frames = [
        MeteredFrame(first, flat(10, 10, 10)),
        MeteredFrame(second, flat(20, 20, 20)),
        MeteredFrame(third, flat(30, 30, 30)),
    ]
    measured = meter.measure_together(frames)
    assert measured == [{"psnr": 9.0}, {"psnr": 18.0, "ssim": 18.0}, {}]
    assert metric.batches == [2, 1]
    assert second.previous is not None
    assert np.array_equal(second.previous, flat(20, 20, 20))


def test_a_frame_that_cannot_be_measured_takes_no_other_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "load", lambda name, device: Together(bad=20))
    meters = [Meter(["psnr", "ssim"], flat(0, 0, 0)) for _ in range(3)]
    first, second, third = meter.measure_together(
        [MeteredFrame(one, flat(level, level, level)) for one, level in zip(meters, (10, 20, 30), strict=True)]
    )
    assert (first, third) == ({"psnr": 10.0, "ssim": 10.0}, {"psnr": 30.0, "ssim": 30.0})
    assert isinstance(second, MetricError)
    assert "psnr failed: RuntimeError: that one" in str(second)


def test_previous_is_the_frame_measured_before(original: Image) -> None:
    frames = [original, grainy(original, 10), grainy(original, 30)]
    meter = Meter(["psnr", "psnr@previous", "entropy"], original)
    first, second, third = (meter.measure(frame) for frame in frames)
    assert list(first) == ["psnr", "entropy"]
    assert list(second) == list(third) == ["psnr", "psnr@previous", "entropy"]
    assert second["psnr@previous"] == second["psnr"]
    assert third["psnr@previous"] == value("psnr", frames[1], frames[2]) != third["psnr"]


def test_a_meter_goes_on_from_a_previous_frame_that_it_is_given(original: Image) -> None:
    before, frame = grainy(original, 10), grainy(original, 30)
    meter = Meter(["ssim@previous"], original)
    meter.previous = before
    assert meter.measure(frame) == {"ssim@previous": value("ssim", before, frame)}
    assert Meter(["ssim@previous"], original, before).measure(frame) == {"ssim@previous": value("ssim", before, frame)}


def test_a_meter_without_names_measures_nothing(original: Image) -> None:
    assert Meter([], original).measure(original) == {}


def test_values_are_plain_floats_and_the_original_is_prepared_once(
    original: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    metric = metrics.load("delta-e")
    prepared = []
    monkeypatch.setattr(type(metric), "prepare", lambda self, image: prepared.append(image) or self.features(image))
    meter = Meter(["delta-e"], original)
    values = [meter.measure(grainy(original, spread)) for spread in (1, 2, 3)]
    assert {type(one["delta-e"]) for one in values} == {float}
    assert len(prepared) == 1


# ── what is missing ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.needs("diffusion")
@pytest.mark.parametrize(
    ("name", "package"), [*((name, "lpips") for name in LPIPS), ("ms-ssim", "torchmetrics"), ("ms-ssim", "torch")]
)
def test_a_missing_package_names_the_extra_to_install(name: str, package: str, without: Callable[..., None]) -> None:
    without(package)
    for refuse in (
        lambda: metrics.load(name),
        lambda: Meter([f"{name}@previous"], picture()),
        lambda: availability.require_packages(["ssim", name]),
    ):
        with pytest.raises(MissingExtraError, match=rf"{name} .*{package}.*riptui\[diffusion\]"):
            refuse()
    lack = availability.explain_unavailable(name)
    assert lack
    assert lack.fetchable is None
    assert package in lack.reason


def test_packages_that_do_not_import_are_an_error_and_not_a_traceback(
    without: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    without()
    (tmp_path / "lpips.py").write_text("raise RuntimeError('operator torchvision::nms\\ndoes not exist')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "lpips", raising=False)
    with pytest.raises(InputError, match=r"nms does not exist.*pip install"):
        metrics.load("lpips-vgg")


@pytest.mark.slow
def test_the_default_has_every_net_whose_weights_are_there(torch_home: Path) -> None:
    choice = availability.check_default_metrics()
    assert choice == availability.Availability(("ssim", "psnr", *LPIPS), ())
    assert (choice.note, choice.fetchable) == ("", ())
    availability.require_packages(choice.available)


@pytest.mark.needs("diffusion")
def test_the_default_without_weights_says_what_is_left_out_and_what_could_be_fetched(
    empty_torch_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offline = availability.check_default_metrics()
    assert (offline.available, offline.fetchable) == (("ssim", "psnr"), ())
    monkeypatch.delenv("RIPTUI_OFFLINE")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    online = availability.check_default_metrics()
    assert (online.available, online.fetchable) == (("ssim", "psnr"), ("squeeze", "alex", "vgg"))
    for name in LPIPS:
        assert name in offline.note
        assert name in online.note
    assert str(empty_torch_home) in online.note
    assert "offline" in offline.note


@pytest.mark.needs("diffusion")
def test_the_default_without_the_extra_says_so_once(without: Callable[..., None]) -> None:
    without("torch", "lpips")
    choice = availability.check_default_metrics()
    assert (choice.available, choice.fetchable) == (("ssim", "psnr"), ())
    assert choice.note.count("riptui[diffusion]") == 1
    assert "lpips-squeeze, lpips-alex, lpips-vgg (torch, lpips not installed" in choice.note


def test_a_choice_of_unknown_names_is_refused() -> None:
    with pytest.raises(InputError, match="unknown metric 'fib'"):
        availability.check_availability(["ssim", "fib"])


@pytest.mark.parametrize("name", ["ssim", "psnr", "delta-e"])
def test_frames_measured_each_against_its_own_reference_have_the_values_of_single_calls(
    original: Image, name: str
) -> None:
    metric = metrics.load(name)
    references = [original, grainy(original, 5), grainy(original, 9)]
    frames = [grainy(original, spread, seed=2) for spread in (3, 12, 40)]
    values = metrics.measure_each(metric, [metric.prepare(one) for one in references], np.stack(frames))
    assert values == [value(name, *pair) for pair in zip(references, frames, strict=True)]
