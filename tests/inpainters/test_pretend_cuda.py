"""A trajectory's whole way over a GPU, one that is pretended: what is where, in which precision, and who says so."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import lpips
import torch
from diffusers import UNet2DConditionModel

from riptui import inpainters
from riptui.engine import BatchRunner
from riptui.errors import DeviceMemoryError
from riptui.events import Event, Notice
from riptui.inpainters.devices import torch_device
from riptui.metrics import LpipsNet
from riptui.metrics.lpips import load_lpips
from riptui.store.trajectory import Status, Trajectory
from riptui.store.worker_record import WorkerOptions
from riptui.store.worker_registry import read_worker, register
from riptui.worker.loop import new_worker_record, serve
from tests.inpainters.test_diffusion import GUIDANCE, paint, told
from tests.support.pretend_cuda import pretend_cuda
from tests.support.tiny_checkpoints import FAMILIES, Checkpoints, checkpoints, one_thread_and_no_network
from tests.support.trajectories import MakeTrajectory, picture

__all__ = ["checkpoints", "one_thread_and_no_network"]

pytest_plugins = ["tests.support.random_trunks"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread_and_no_network")]

HALF = {"sd2": "float16", "sdxl": "float16", "sd3": "bfloat16", "flux-fill": "bfloat16"}
"""Of checkpoints that are stored in float32."""


@pytest.fixture
def gpu() -> Iterator[None]:
    with pretend_cuda():
        yield


def load(folder: Path, family: str, device: str = "cuda", **given: Any) -> Any:
    return inpainters.load(family, told(folder, family, **given), device=device, compile="off")


# --- what is pretended


@pytest.mark.usefixtures("gpu")
def test_it_refuses_what_a_gpu_refuses_and_computes_the_rest() -> None:
    there, here = torch.ones(2, 3, device="cuda"), torch.ones(2, 3)
    assert there.device == torch.device("cuda:0")
    with pytest.raises(RuntimeError, match="expected all tensors on cuda:0"):
        _ = there + here
    with pytest.raises(RuntimeError, match="expected a generator of cuda:0"):
        torch.randn(2, generator=torch.Generator("cpu"), device="cuda")
    with pytest.raises((RuntimeError, TypeError)):
        there.numpy()
    layer = torch.nn.Linear(3, 1)
    with pytest.raises(RuntimeError, match="expected all tensors on cuda:0"):
        layer(there)
    inside = layer.weight.detach().sum().item() + layer.bias.item()
    assert layer.to("cuda")(there).cpu().flatten().tolist() == pytest.approx([inside, inside])


# --- inpainters


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.exhaustive
def test_a_model_paints_there_what_it_paints_on_a_cpu(family: str, checkpoints: Checkpoints) -> None:
    given: dict[str, Any] = {"prompt": "a cat", "guidance": GUIDANCE[family], "steps": 2}
    expected = paint(load(checkpoints[family], family, "cpu", **given)).astype(int)
    with pretend_cuda():
        exact = load(checkpoints[family], family, dtype="float32", **given)
        assert exact.device == "cuda:0 (Pretended)"
        difference = abs(paint(exact) - expected)
    assert difference.max() <= 1  # channels_last sums in another order
    assert (difference > 0).mean() < 0.002


@pytest.mark.parametrize("family", HALF)
@pytest.mark.exhaustive
def test_by_itself_a_model_is_in_its_half_precision(family: str, checkpoints: Checkpoints) -> None:
    expected = paint(load(checkpoints[family], family, "cpu", dtype=HALF[family], steps=1)).astype(int)
    with pretend_cuda():
        half = load(checkpoints[family], family, steps=1)
        painted = paint(half)
    assert half.notes["dtype"] == HALF[family]
    assert abs(painted - expected).mean() < 1


@pytest.mark.parametrize(("asked", "current"), [("cuda:0", [torch.device("cuda:0")]), ("", [])])
def test_a_gpu_that_is_named_is_the_one_for_all_that_names_none(
    asked: str, current: list[torch.device], gpu: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[torch.device] = []
    monkeypatch.setattr(torch.cuda, "set_device", made.append)
    assert torch_device.pick_device(asked).type == "cuda"
    assert made == current


# --- metrics


@pytest.mark.usefixtures("torch_home")
@pytest.mark.parametrize("net", ["squeeze", "alex", "vgg"])
@pytest.mark.exhaustive
def test_lpips_measured_there_is_that_of_a_cpu(net: LpipsNet) -> None:
    frames = 255 - picture(128)[None]

    def measured(device: str) -> float:
        metric = load_lpips(net, device)
        return float(metric.measure(metric.prepare(picture(128)), frames)[0])

    expected = measured("cpu")
    with pretend_cuda():
        assert measured("") == pytest.approx(expected, rel=1e-6)


@pytest.mark.usefixtures("torch_home")
@pytest.mark.parametrize(
    ("owner", "name", "error"),
    [
        (lpips.LPIPS, "to", torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")),
        (lpips, "normalize_tensor", RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED")),
    ],
)
def test_lpips_that_finds_no_memory_there_is_measured_on_the_cpu(
    owner: Any, name: str, error: RuntimeError, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = 255 - picture(128)[None]
    cpu = load_lpips("squeeze", "cpu")
    [expected] = cpu.measure(cpu.prepare(picture(128)), frames)

    there_is_room = getattr(owner, name)

    def cramped(given: Any, *device: str) -> Any:
        if "cuda" in str(device or given.device):
            raise error
        return there_is_room(given, *device)

    monkeypatch.setattr(owner, name, cramped)
    with pretend_cuda():
        metric = load_lpips("squeeze")
        [value] = metric.measure(metric.prepare(picture(128)), frames)
    assert value == expected


# --- the bench


def computed(bench: BatchRunner, trajectories: Sequence[Trajectory]) -> list[Event]:
    waiting = iter(trajectories)
    return [event for _, event in bench.run(lambda _: next(waiting, None))]


@pytest.mark.usefixtures("torch_home", "gpu")
@pytest.mark.exhaustive
def test_as_many_trajectories_as_fit_advance_together_and_fewer_where_memory_runs_out(
    checkpoints: Checkpoints, make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {"inpainter": "sd2", "parameters": told(checkpoints["sd2"], "sd2", steps=1), "amount": 6.25}
    made = [make_trajectory(f"cat/s{seed}", seed=seed, metrics=("lpips-alex",), **given) for seed in range(4)]
    forward = UNet2DConditionModel.forward

    def cramped(network: Any, rows: torch.Tensor, *args: Any, **named: Any) -> Any:
        if len(rows) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return forward(network, rows, *args, **named)

    monkeypatch.setattr(UNet2DConditionModel, "forward", cramped)
    bench = BatchRunner(device="cuda", slots=None, compile="off")
    events = computed(bench, made)
    events += computed(bench, [one for one in made if one.read_status() is not Status.DONE])  # had no place
    notes = [event.text for event in events if isinstance(event, Notice)]
    assert notes == ["out of memory at batch size 4: continuing with 2"]
    for trajectory in made:
        session = trajectory.read_sessions()[-1]
        assert (session.device, session.batch) == ("cuda:0 (Pretended)", 2)
        assert session.notes["layout"] == "channels_last"
        assert trajectory.read_metrics()[1]["lpips-alex"] > 0
        assert trajectory.read_log() == ""


@pytest.mark.usefixtures("gpu")
@pytest.mark.exhaustive
def test_a_model_too_large_for_the_memory_fails_its_trajectories_with_a_line(
    checkpoints: Checkpoints, make_trajectory: MakeTrajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(UNet2DConditionModel, "forward", full)
    given: dict[str, Any] = {"inpainter": "sd2", "parameters": told(checkpoints["sd2"], "sd2", steps=1)}
    made = [make_trajectory(f"cat/s{seed}", seed=seed, **given) for seed in range(2)]
    computed(BatchRunner(device="cuda", slots=None, compile="off"), made)
    for trajectory in made:
        assert trajectory.failure is not None
        said = "cuda:0 (Pretended) has not enough memory for 1 x 256 x 256 px at once: CUDA out of memory"
        assert said in trajectory.failure.error


@pytest.mark.usefixtures("gpu")
def test_a_model_too_large_to_be_loaded_is_said_in_a_line(
    checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nMore lines.")

    monkeypatch.setattr(UNet2DConditionModel, "to", full)
    with pytest.raises(DeviceMemoryError) as refusal:
        load(checkpoints["sd2"], "sd2", "cuda:0")
    said = f"cuda:0 (Pretended) has not enough memory for {checkpoints['sd2']}: CUDA out of memory"
    assert str(refusal.value).startswith(said)
    assert "\n" not in str(refusal.value)


@pytest.mark.usefixtures("torch_home", "gpu")
@pytest.mark.exhaustive
def test_a_worker_computes_there_and_tells_which_card_it_is_and_how_full(
    checkpoints: Checkpoints, make_trajectory: MakeTrajectory, tmp_path: Path
) -> None:
    parameters = told(checkpoints["sd2"], "sd2", steps=1)
    trajectory = make_trajectory(inpainter="sd2", parameters=parameters, amount=6.25, metrics=("lpips-squeeze",))
    with register(tmp_path / "runs", new_worker_record(WorkerOptions(device="cuda:0", compile="off"))) as entry:
        list(serve(entry, tmp_path / "runs", idle_seconds=0, should_stop=lambda: False))
        worker = read_worker(entry.path)
    assert trajectory.read_status() == Status.DONE
    assert trajectory.read_metrics()[1]["lpips-squeeze"] > 0
    assert worker is not None
    assert worker.live is not None
    assert (worker.device, worker.live.memory_total) == ("cuda:0 (Pretended)", 16 * 2**30)
