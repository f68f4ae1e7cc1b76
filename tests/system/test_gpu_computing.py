"""A batch on a real GPU, with tiny random weights: precision, determinism, every family, and too little memory.

`pytest -m gpu tests` runs all that needs a GPU; RIPTUI_TEST_DEVICE=cpu tries there what needs none.
"""

import gc
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from riptui import inpainters
from riptui.arrays import Images
from riptui.engine import BatchRunner
from riptui.events import Event, Notice
from riptui.store import layout
from riptui.store.frames import read_frames
from riptui.store.provenance import describe_mixed_sessions
from riptui.store.trajectory import Status, Trajectory
from tests.support.real_device import NEEDS_DIFFUSION, card, checkpoints, cuda, device
from tests.support.trajectories import MakeTrajectory, picture

__all__ = ["card", "checkpoints", "cuda", "device"]

pytest_plugins = ["tests.support.random_trunks"]
pytestmark = [pytest.mark.gpu, pytest.mark.slow, pytest.mark.filterwarnings("default")]

SQUARE = 100 / 16
"""% of the picture that one iteration repaints."""
DTYPES = {"sd2": "float16", "sd1.5": "float16", "sdxl": "float16", "sd3": "bfloat16", "flux-fill": "bfloat16"}
"""Family to the precision that it has on a GPU by itself."""


def model(checkpoints: Mapping[str, Path], family: str = "sd2", **given: Any) -> dict[str, Any]:
    """The fields of a spec for a tiny checkpoint."""
    own = {"model": str(checkpoints[family]), "revision": None, "steps": 2, **given}
    return {"inpainter": family, "parameters": inpainters.spec_parameters(family, own)}


def compute(
    trajectories: Sequence[Trajectory], device: str, slots: int = 1, *, deterministic: bool = False
) -> list[Event]:
    """Compute them to their ends. Those that left the batch for want of memory come again."""
    runner = BatchRunner(device=device, slots=slots, compile="off", deterministic=deterministic)
    events: list[Event] = []
    for _ in trajectories:
        waiting = iter([each for each in trajectories if each.read_status() not in (Status.DONE, Status.FAILED)])
        events += [event for _, event in runner.run(lambda _, waiting=waiting: next(waiting, None))]
    return events


def compute_some(trajectory: Trajectory, device: str, iterations: int) -> None:
    """Compute so many iterations of it, in a batch of 1."""
    waiting, asked = iter([trajectory]), itertools.count(1)
    runner = BatchRunner(device=device, compile="off")
    list(runner.run(lambda _: next(waiting, None), should_stop=lambda: next(asked) == iterations))


def frames_of(trajectory: Trajectory) -> Images:
    numbers = range(len(trajectory.read_rows()) + 1)
    return np.stack([frame for _, frame in read_frames(trajectory, numbers)])


def content(trajectory: Trajectory) -> tuple[list[str], bytes]:
    """What was computed, to the byte."""
    rows = trajectory.read_rows()
    return [row.sha256 for row in rows], (trajectory.path / layout.PATCHES).read_bytes()


def require_painted(trajectory: Trajectory) -> None:
    """Fail unless it is done, each iteration changed its square only, and painted something there, not one colour."""
    assert trajectory.read_status() == Status.DONE, trajectory.read_log()
    frames = frames_of(trajectory)
    for row, before, after in zip(trajectory.read_rows(), frames, frames[1:], strict=False):
        x, y, width, height = row.box
        inside = np.zeros(after.shape[:2], bool)
        inside[y : y + height, x : x + width] = True
        assert np.array_equal(after[~inside], before[~inside])
        assert (after[inside] != before[inside]).any()
        assert after[inside].std() > 0.5


def describe_differences(one: Images, other: Images) -> tuple[float, int]:
    """The mean and the largest difference, in levels of 255."""
    difference = abs(one.astype(int) - other)
    return float(difference.mean()), int(difference.max())


# --- precision


def test_half_precision_stays_near_full_precision(
    device: str, checkpoints: Mapping[str, Path], make_trajectory: MakeTrajectory, capsys: pytest.CaptureFixture[str]
) -> None:
    full, half = (
        make_trajectory(f"sd2/{dtype}", **model(checkpoints, dtype=dtype, steps=3)) for dtype in ("float32", "float16")
    )
    for trajectory in (full, half):
        compute([trajectory], device)
        require_painted(trajectory)
    mean, largest = describe_differences(frames_of(full)[1:], frames_of(half)[1:])
    with capsys.disabled():
        print(f"\nfloat16 against float32, 16 iterations on {device}: mean {mean:.3f}, largest {largest} levels")
    assert mean < 0.5  # on a CPU 0.035, and 1 at most
    assert largest < 16


@pytest.mark.parametrize("family", DTYPES)
def test_a_family_paints_in_half_precision(
    family: str, device: str, checkpoints: Mapping[str, Path], make_trajectory: MakeTrajectory
) -> None:
    dtype = {"dtype": DTYPES[family]} if device == "cpu" else {}
    trajectory = make_trajectory(f"half/{family}", amount=2 * SQUARE, **model(checkpoints, family, **dtype))
    compute([trajectory], device)
    require_painted(trajectory)
    require_recorded(trajectory, device, DTYPES[family])


def test_an_autoencoder_paints_in_half_precision(
    device: str, checkpoints: Mapping[str, Path], make_trajectory: MakeTrajectory
) -> None:
    parameters = inpainters.spec_parameters("autoencoder", {"vae": str(checkpoints["sd2"]), "dtype": "float16"})
    trajectory = make_trajectory("vae/t", inpainter="autoencoder", parameters=parameters, amount=2 * SQUARE)
    compute([trajectory], device)
    require_painted(trajectory)
    require_recorded(trajectory, device, "float16")


def test_lama_paints(device: str, wide_lama: dict[str, Any], make_trajectory: MakeTrajectory) -> None:
    trajectory = make_trajectory("lama/t", amount=2 * SQUARE, **wide_lama)
    compute([trajectory], device)
    require_painted(trajectory)
    require_recorded(trajectory, device, "float32")


def require_recorded(trajectory: Trajectory, device: str, dtype: str) -> None:
    """Fail unless the session names the device, with the card's name, and the precision."""
    [session] = trajectory.read_sessions()
    assert session.device.startswith(f"{device} (")
    assert session.notes["dtype"] == dtype


# --- determinism


def test_what_is_computed_deterministically_has_the_same_bytes_each_time(
    device: str, checkpoints: Mapping[str, Path], make_trajectory: MakeTrajectory
) -> None:
    def computed(group: str, *seeds: int) -> list[Trajectory]:
        fields = {"amount": 4 * SQUARE, **model(checkpoints)}
        made = [make_trajectory(f"{group}/s{seed}", seed=seed, **fields) for seed in seeds]
        compute(made, device, 3, deterministic=True)
        return made

    first = computed("first", 0, 1, 2)
    assert [content(trajectory) for trajectory in computed("again", 0, 1, 2)] == [content(each) for each in first]
    other_slot, _ = computed("others", 2, 7)  # the third slot is empty
    assert content(other_slot) == content(first[2])
    for trajectory in first:
        require_painted(trajectory)
        assert trajectory.read_sessions()[-1].notes["deterministic"] == "yes"


def test_another_batch_size_differs_little_and_is_recorded(
    device: str, checkpoints: Mapping[str, Path], make_trajectory: MakeTrajectory, capsys: pytest.CaptureFixture[str]
) -> None:
    fields = {"amount": 4 * SQUARE, **model(checkpoints)}
    alone, padded, both = (make_trajectory(f"batch/{name}", **fields) for name in ("alone", "padded", "both"))
    compute([alone], device, 1)
    compute([padded], device, 3)
    compute_some(both, device, 2)
    compute([both], device, 3)
    mean, largest = describe_differences(frames_of(alone)[1:], frames_of(padded)[1:])
    with capsys.disabled():
        print(f"\nbatch 3 against 1, 4 iterations on {device}: mean {mean:.3f}, largest {largest} levels")
    assert mean < 0.5  # on a CPU, in float32: none
    assert largest < 16
    assert [describe_mixed_sessions(each) for each in (alone, padded, both)] == ["", "", "batch 1, then 3"]


# --- memory


@pytest.fixture
def wide_lama(device: str, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The fields of a spec for a LaMa of few blocks, as wide as the real one. Its memory grows with the batch; that of
    a tiny diffusion model hardly does, since most is its VAE's, which works picture by picture."""
    pytest.importorskip("spandrel", reason="needs riptui[lama]")
    networks: Any = pytest.importorskip("tests.support.tiny_networks", reason=NEEDS_DIFFUSION)
    with networks.shrink_lama(64):
        weights = networks.save_lama(tmp_path / "lama.pt")
        yield {"inpainter": "lama", "parameters": inpainters.spec_parameters("lama", {"weights": str(weights)})}


def free_unused(cuda: Any) -> None:
    gc.collect()
    cuda.empty_cache()


def allow_bytes(cuda: Any, card: str, limit: int) -> None:
    """Let this process have no more of the card's memory."""
    free_unused(cuda)
    cuda.set_per_process_memory_fraction(limit / cuda.get_device_properties(card).total_memory, card)


def test_where_memory_runs_out_the_batch_is_halved_and_all_are_completed(
    card: str, cuda: Any, wide_lama: dict[str, Any], make_trajectory: MakeTrajectory, capsys: pytest.CaptureFixture[str]
) -> None:
    def made(group: str) -> list[Trajectory]:
        return [make_trajectory(f"{group}/s{seed}", seed=seed, amount=2 * SQUARE, **wide_lama) for seed in range(8)]

    def peak_bytes(batch: int, trajectories: Sequence[Trajectory]) -> int:
        free_unused(cuda)
        cuda.reset_peak_memory_stats(card)
        compute(trajectories, card, batch, deterministic=True)
        return int(cuda.max_memory_allocated(card))

    by_four = made("four")
    peaks = {1: peak_bytes(1, made("one")[:1]), 4: peak_bytes(4, by_four), 8: peak_bytes(8, made("eight"))}
    with capsys.disabled():
        print("\nLaMa of 2 blocks, MB at batch 1, 4, 8:", *(peak // 10**6 for peak in peaks.values()))
    assert peaks[1] < peaks[4] < peaks[8]

    cramped = made("cramped")
    allow_bytes(cuda, card, (peaks[4] + peaks[8]) // 2)
    events = compute(cramped, card, 8, deterministic=True)
    notes = [event.text for event in events if isinstance(event, Notice)]
    assert notes == ["out of memory at batch size 8: continuing with 4"]
    for trajectory, unrestrained in zip(cramped, by_four, strict=True):
        require_painted(trajectory)
        assert [session.batch for session in trajectory.read_sessions()] == [4]
        assert content(trajectory) == content(unrestrained)


def test_a_model_that_does_not_fit_fails_with_a_line_and_is_computed_once_it_does(
    card: str, cuda: Any, wide_lama: dict[str, Any], checkpoints: Mapping[str, Path], make_trajectory: MakeTrajectory
) -> None:
    vae = inpainters.spec_parameters("autoencoder", {"vae": str(checkpoints["sd2"])})
    models = {"sd2": model(checkpoints), "lama": wide_lama, "vae": {"inpainter": "autoencoder", "parameters": vae}}
    made = {name: {"amount": SQUARE, **fields} for name, fields in models.items()}
    allow_bytes(cuda, card, 0)
    for name, fields in made.items():
        failed = make_trajectory(f"{name}/full", **fields)
        compute([failed], card)
        assert failed.failure is not None
        assert f"{card} (" in failed.failure.error
        assert "has not enough memory for" in failed.failure.error
        assert "\n" not in failed.failure.error
    cuda.set_per_process_memory_fraction(1.0, card)
    for name, fields in made.items():
        compute([fitting := make_trajectory(f"{name}/free", **fields)], card)
        require_painted(fitting)


@pytest.mark.usefixtures("torch_home")
@pytest.mark.parametrize("net", ["squeeze", "alex", "vgg"])
def test_lpips_is_measured_on_the_cpu_while_the_card_is_full(net: str, card: str, cuda: Any) -> None:
    load: Any = pytest.importorskip("riptui.metrics.lpips", reason=NEEDS_DIFFUSION).load_lpips

    def measured(device: str) -> float:
        metric = load(net, device)
        return float(metric.measure(metric.prepare(picture()), 255 - picture()[None])[0])

    on_cpu = measured("cpu")
    allow_bytes(cuda, card, 0)
    assert measured(card) == on_cpu
    cuda.set_per_process_memory_fraction(1.0, card)
    cuda.reset_peak_memory_stats(card)
    assert measured(card) == pytest.approx(on_cpu, rel=1e-3)
    assert cuda.max_memory_allocated(card) > 0
