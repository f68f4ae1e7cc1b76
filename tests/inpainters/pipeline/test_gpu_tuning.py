"""Diffusion models on a GPU, as far as that can be tested without one: compiling, memory, precision, order of sums."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("diffusers", reason="needs riptui[diffusion]")

import numpy as np
import torch

from riptui import inpainters
from riptui.errors import DeviceMemoryError, InpainterError, InputError
from riptui.inpainters.pipeline import compilation, gpu_tuning
from riptui.inpainters.pipeline.diffusion_inpainter import DiffusionInpainter
from tests.inpainters.test_diffusion import STEPS, loaded, paint, squares, told
from tests.support.tiny_checkpoints import FAMILIES, Checkpoints, checkpoints, one_thread_and_no_network
from tests.support.trajectories import picture

__all__ = ["checkpoints", "one_thread_and_no_network"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread_and_no_network")]


def load(checkpoints: Checkpoints, family: str = "sd2", **given: Any) -> DiffusionInpainter:
    made = inpainters.load(family, told(checkpoints[family], family), device="cpu", **given)
    assert isinstance(made, DiffusionInpainter)
    return made


def paint_three(inpaint: Any) -> Any:
    images = np.stack([picture(), 255 - picture(), picture()[::-1]])
    return inpaint(images, squares((0, 0), (64, 128), (192, 192)), seeds=(1, 2, 3), on_step=lambda step, steps: None)


# --- compiling


@pytest.mark.exhaustive
def test_torch_can_trace_the_networks_and_they_paint_the_same(
    checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        gpu_tuning, "BACKEND", "eager"
    )  # it traces the networks as ever; code for them would take minutes
    monkeypatch.setattr(gpu_tuning, "MAX_GRAPH_BATCH", 0)
    plain, compiled = load(checkpoints, compile="off"), load(checkpoints, compile="on")
    assert "compile" not in plain.notes
    assert compiled.notes["compile"].startswith("torch.compile")
    assert np.array_equal(paint(compiled), paint(plain))


class FakeCompiler:
    """Stands in for torch.compile: counts, and keeps outputs where a CUDA graph does, in the same memory each time."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int]] = []
        self.outputs: dict[tuple[int, ...], torch.Tensor] = {}

    def __call__(self, forward: Any, *, mode: str = "default", **_: Any) -> Any:
        def call(*args: Any, **named: Any) -> Any:
            output = forward(*args, **named)
            tensor = output[0] if isinstance(output, tuple) else output
            self.calls.append((mode, len(tensor)))
            if mode == "default":
                return output
            assert isinstance(output, tuple)
            return (self.outputs.setdefault(tensor.shape, tensor.clone()).copy_(tensor),)

        return call


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch) -> FakeCompiler:
    fake = FakeCompiler()
    monkeypatch.setattr(torch, "compile", fake)
    return fake


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.exhaustive
def test_few_rows_are_painted_through_graphs_whose_output_is_overwritten_at_each_step(
    family: str, checkpoints: Checkpoints, compiler: FakeCompiler
) -> None:
    plain, compiled = load(checkpoints, family, compile="off"), load(checkpoints, family, compile="on")
    assert np.array_equal(paint_three(compiled), paint_three(plain))
    graphs = [call for call in compiler.calls if call == ("reduce-overhead", 3)]
    decoded = [call for call in compiler.calls if call == ("default", 1)]
    assert len(graphs) >= STEPS
    assert len(decoded) == 3  # row by row
    assert len(graphs) + len(decoded) == len(compiler.calls)


def test_many_rows_are_painted_without_graphs(
    checkpoints: Checkpoints, compiler: FakeCompiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu_tuning, "MAX_GRAPH_BATCH", 2)
    paint_three(load(checkpoints, compile="on"))
    assert {mode for mode, _ in compiler.calls} == {"default"}


def test_auto_compiles_for_much_work_on_a_gpu_and_says_what_it_took(
    checkpoints: Checkpoints, compiler: FakeCompiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = load(checkpoints)
    made.prepare(10 * compilation.MIN_INPAINTINGS_TO_COMPILE, batch=2, size=256)
    assert "compile" not in made.notes  # on a CPU it never pays
    monkeypatch.setattr(DiffusionInpainter, "on_gpu", True)
    made.prepare(compilation.MIN_INPAINTINGS_TO_COMPILE - 1, batch=2, size=256)
    assert "compile" not in made.notes
    assert made.notices == []
    assert compiler.calls == []
    made.prepare(compilation.MIN_INPAINTINGS_TO_COMPILE, batch=2, size=256)
    made.prepare(compilation.MIN_INPAINTINGS_TO_COMPILE, batch=2, size=256)
    assert "compile" in made.notes
    (notice,) = made.notices
    assert notice.startswith("compiling for batches of 2 took ")


@pytest.mark.parametrize("wanted", ["auto", "on"])
def test_where_the_compiler_fails_auto_goes_on_without_it_and_on_is_an_error(
    wanted: str, checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("backend='inductor' raised:\nno working C compiler found")

    monkeypatch.setattr(torch, "compile", lambda *_, **__: broken)
    monkeypatch.setattr(DiffusionInpainter, "on_gpu", True)
    made = load(checkpoints, compile=wanted)
    if wanted == "on":
        with pytest.raises(InpainterError, match=r"torch.compile failed: .* no working C compiler found.*compile=off"):
            made.prepare(1, batch=1, size=256)
        return
    made.prepare(compilation.MIN_INPAINTINGS_TO_COMPILE, batch=1, size=256)
    assert "compile" not in made.notes
    assert "Continuing without" in made.notices[0]
    assert np.array_equal(paint(made), paint(loaded(checkpoints["sd2"])))


# --- memory


OUT_OF_MEMORY = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nMore lines."),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
]


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=lambda error: str(error)[-30:])
def test_out_of_memory_is_an_error_of_its_own_and_the_next_call_works(
    error: RuntimeError, checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = load(checkpoints)
    before = paint(made)

    def full(*_: Any, **__: Any) -> Any:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(made.pipeline.unet, "forward", full)
        with pytest.raises(DeviceMemoryError, match=r"not enough memory for 3 x 256 x 256 px at once: ") as raised:
            paint_three(made)
    assert raised.value.__context__ is None  # or its traceback would hold on to the memory
    assert "\n" not in str(raised.value)
    assert np.array_equal(paint(made), before)


def test_another_error_of_the_network_stays_what_it_is(
    checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = load(checkpoints)

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(made.pipeline.unet, "forward", broken)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        paint(made)


def test_on_a_cpu_room_is_unknown(checkpoints: Checkpoints) -> None:
    assert load(checkpoints).max_batch(256) is None


GIB = 2**30


class FakeMemory:
    """Stands in for torch.cuda's counters: the VAE peaks at 3 GiB, a step of denoising at 0.5."""

    def __init__(self) -> None:
        self.asked = 0
        self.free = 12 * GIB
        self.peaks = iter([5 * GIB, 2 * GIB + GIB // 2, 4 * GIB, 4 * GIB])

    def mem_get_info(self, device: object) -> tuple[int, int]:
        return self.free, 80 * GIB

    def memory_allocated(self, device: object) -> int:
        return 2 * GIB

    def memory_reserved(self, device: object) -> int:
        return 3 * GIB

    def reset_peak_memory_stats(self, device: object) -> None:
        pass

    def max_memory_allocated(self, device: object) -> int:
        self.asked += 1
        return next(self.peaks)


@pytest.fixture
def fake_memory(monkeypatch: pytest.MonkeyPatch) -> FakeMemory:
    fake = FakeMemory()
    for name in ("mem_get_info", "memory_allocated", "memory_reserved", "reset_peak_memory_stats"):
        monkeypatch.setattr(torch.cuda, name, getattr(fake, name))
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", fake.max_memory_allocated)
    monkeypatch.setattr(DiffusionInpainter, "on_gpu", True)
    return fake


def test_room_is_what_one_row_took_in_the_memory_that_is_free(
    checkpoints: Checkpoints, fake_memory: FakeMemory
) -> None:
    made = load(checkpoints)
    # 80 % of 12 + 1 GiB, less 3 for the VAE, in halves
    assert made.max_batch(256) == int((0.8 * 13 - 3) / 0.5) == 14
    asked = fake_memory.asked
    fake_memory.free = 0
    assert made.max_batch(256) == 1
    fake_memory.free = 80 * GIB
    assert made.max_batch(256) == gpu_tuning.MAX_BATCH
    assert fake_memory.asked == asked


# --- precision, layout, order


@pytest.fixture
def restored() -> Iterator[None]:
    """torch's switches belong to the process."""
    order, cudnn = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.deterministic
    precision = torch.backends.cudnn.allow_tf32
    yield
    torch.use_deterministic_algorithms(order)
    torch.backends.cudnn.deterministic = cudnn
    torch.backends.cudnn.allow_tf32 = precision


def test_deterministic_is_noted_and_paints_the_same_and_is_undone_by_the_next_model(
    checkpoints: Checkpoints, restored: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    expected = paint(load(checkpoints))
    made = load(checkpoints, deterministic=True)
    assert made.notes["deterministic"] == "yes"
    assert torch.are_deterministic_algorithms_enabled()
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    assert np.array_equal(paint(made), expected)
    assert "deterministic" not in load(checkpoints).notes
    assert not torch.are_deterministic_algorithms_enabled()


def test_deterministic_is_never_compiled(
    checkpoints: Checkpoints, restored: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DiffusionInpainter, "on_gpu", True)
    made = load(checkpoints, deterministic=True)
    made.prepare(10 * compilation.MIN_INPAINTINGS_TO_COMPILE, batch=1, size=256)
    assert "compile" not in made.notes
    with pytest.raises(InputError, match="cannot be combined with deterministic"):
        load(checkpoints, deterministic=True, compile="on")


def test_on_a_gpu_float32_is_float32_if_it_was_asked_for(restored: None) -> None:
    gpu = torch.device("cuda")
    assert gpu_tuning.set_tf32(torch.float16, gpu) == {"tf32": "in convolutions of float32"}
    assert torch.backends.cudnn.allow_tf32
    assert gpu_tuning.set_tf32(torch.float32, gpu) == {"tf32": "off"}
    assert not torch.backends.cudnn.allow_tf32
    assert gpu_tuning.set_tf32(torch.float32, torch.device("cpu")) == {}


@pytest.mark.parametrize(("family", "convolutional"), [("sd2", ["unet", "vae"]), ("flux-fill", ["vae"])])
def test_on_a_gpu_what_convolves_lies_channels_last_and_paints_the_same(
    family: str, convolutional: list[str], checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = load(checkpoints, family)
    expected = paint(made)
    assert gpu_tuning.set_memory_format(made.pipeline, torch.device("cuda")) == {"layout": "channels_last"}
    for name in convolutional:
        weight = next(layer.weight for layer in getattr(made.pipeline, name).modules() if is_wide(layer))
        assert weight.is_contiguous(memory_format=torch.channels_last)
    assert abs(paint(made).astype(int) - expected).max() <= 1


def is_wide(layer: torch.nn.Module) -> bool:
    return isinstance(layer, torch.nn.Conv2d) and layer.in_channels > 1 and layer.kernel_size > (1, 1)
