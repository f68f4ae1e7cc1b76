"""Speed, memory and repeatability of a pipeline on a GPU: layouts, precision, compilation, batch size.

Settings that decide pixels are returned as notes for the session's record. All are set once, when a model is loaded:
torch's switches belong to the process, and changed later they would make pixels depend on the timing of threads.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import diffusers
import torch

from riptui.errors import DeviceMemoryError, first_line
from riptui.inpainters.devices.out_of_memory import is_out_of_memory
from riptui.inpainters.devices.torch_device import describe_device
from riptui.inpainters.pipeline.assembly import denoiser

ComputedT = TypeVar("ComputedT")

BACKEND = "inductor"

MAX_GRAPH_BATCH = 4
"""Pictures of a batch up to which CUDA graphs are used: launching the network's 1,500 kernels then takes longer than
their work."""

MAX_BATCH = 32
"""Pictures. At 512 px a call of Stable Diffusion 2's network is then 26 TFLOP, far more than fills any GPU: with more,
an iteration, and a stop that waits for it, only takes longer."""

MEMORY_SHARE = 0.8
"""How much of the free memory a batch may fill; the rest is for fragments, workspaces and the metrics' networks."""

CUBLAS_WORKSPACES = (":4096:8", ":16:8")
"""The workspaces with which cuBLAS sums in a fixed order."""


def set_memory_format(pipeline: Any, device: torch.device) -> dict[str, str]:
    """Choose the memory layout of a pipeline for its device; returns the note. Call it before anything is compiled.

    Attention is left to torch: every attention of these pipelines ends in its scaled_dot_product_attention, which takes
    the fastest kernel that the chip has (flash or cuDNN's). diffusers' other backends are packages of their own or
    code fetched from the hub. Its fused projections are left out as well: query, key and value are 1.5 % of the work
    at the level where one product instead of three saves memory traffic, and LoRA does not go with them.
    """
    vae: Any = getattr(pipeline, "vae", None)
    if type(vae) is diffusers.AutoencoderKL:
        # Row by row: a row of 512 px fills a GPU by itself (2.5 TFLOP), its pixels then depend on no batch size, and
        # the memory of decoding, far more a row than denoising takes, is that of one row.
        vae.enable_slicing()
    if device.type != "cuda":
        return {}
    notes = {}
    for network in filter(None, (denoiser(pipeline), vae)):
        if any(isinstance(layer, torch.nn.Conv2d) for layer in network.modules()):
            network.to(memory_format=torch.channels_last)  # as tensor cores read them: no transposing around each
            notes["layout"] = "channels_last"
    return notes


def set_tf32(dtype: torch.dtype, device: torch.device) -> dict[str, str]:
    """Set the precision of float32 on a GPU; returns the note. dtype: the model's.

    Full for a model in float32. Of a model in half precision, what is kept in float32, such as the VAE of SDXL, has its
    convolutions in TF32, four times faster, as in any diffusers script.
    """
    if device.type != "cuda":
        return {}
    full = dtype is torch.float32
    torch.backends.cuda.matmul.allow_tf32 = False  # torch's default
    torch.backends.cudnn.allow_tf32 = not full
    return {"tf32": "off" if full else "in convolutions of float32"}


def set_determinism(deterministic: bool) -> dict[str, str]:
    """Enable or disable deterministic algorithms (sums in a fixed order); returns the note. Call it before CUDA is
    used, since cuBLAS reads its environment variable once."""
    if deterministic and os.environ.get("CUBLAS_WORKSPACE_CONFIG") not in CUBLAS_WORKSPACES:
        os.environ["CUBLAS_WORKSPACE_CONFIG"] = CUBLAS_WORKSPACES[0]
    torch.use_deterministic_algorithms(deterministic)
    torch.backends.cudnn.deterministic = deterministic
    torch.backends.cudnn.benchmark = False  # it picks kernels by timing them, so pixels would differ between runs
    return {"deterministic": "yes"} if deterministic else {}


def forget_compiled() -> None:
    """Forget what was compiled for models that are gone: CUDA graphs hold memory, and compiled versions count towards
    torch.compile's limit. A network that is still in use is compiled again."""
    if "torch._dynamo" in sys.modules:  # importing it takes a second
        torch.compiler.reset()


def compile_networks(pipeline: Any) -> Callable[[], None]:
    """Have the denoising network and the VAE's decoder compiled at their next call, and again for each new shape.

    Returns a function that undoes it.
    """
    networks = [denoiser(pipeline)]
    if isinstance(vae := getattr(pipeline, "vae", None), diffusers.AutoencoderKL):
        networks.append(vae.decoder)
    forwards = [network.forward for network in networks]
    for network, forward in zip(networks, forwards, strict=True):
        network.forward = _compile_forward(forward)

    def undo() -> None:
        for network, forward in zip(networks, forwards, strict=True):
            network.forward = forward

    return undo


def _compile_forward(forward: Callable[..., Any]) -> Callable[..., Any]:
    graph_options: dict[str, Any] = {"mode": "reduce-overhead"} if BACKEND == "inductor" else {}
    fused = torch.compile(forward, backend=BACKEND, dynamic=False)
    graphed = torch.compile(forward, backend=BACKEND, dynamic=False, **graph_options)

    def call(*args: Any, **kwargs: Any) -> Any:
        first = next(value for value in (*args, *kwargs.values()) if isinstance(value, torch.Tensor))
        if len(first) > MAX_GRAPH_BATCH or kwargs.get("return_dict", True):
            return fused(*args, **kwargs)
        # A graph writes its output to the same memory each time, and PNDM looks back at the last four outputs.
        torch.compiler.cudagraph_mark_step_begin()
        return tuple(output.clone() for output in graphed(*args, **kwargs))

    return call


class PeakMemory:
    """Measures the GPU memory that an inpainting of one picture takes. Pass `on_step` to the inpainting."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._base_bytes = torch.cuda.memory_allocated(device)
        self._peak_bytes = self._denoising_bytes = 0
        torch.cuda.reset_peak_memory_stats(device)

    def on_step(self, step: int, steps: int) -> None:
        """The first step ends the preparation, in which the VAE encodes; the second is denoising alone."""
        peak = torch.cuda.max_memory_allocated(self.device) - self._base_bytes
        if step == 2:
            resident = torch.cuda.memory_allocated(self.device) - self._base_bytes  # of a network moved there to work
            self._denoising_bytes = peak - max(0, resident)
        if step <= 2:
            self._peak_bytes = max(self._peak_bytes, peak)
            torch.cuda.reset_peak_memory_stats(self.device)

    def finish(self) -> tuple[int, int]:
        """Bytes per picture of the batch; and bytes that do not grow, since the VAE works picture by picture."""
        peak = torch.cuda.max_memory_allocated(self.device) - self._base_bytes
        return self._denoising_bytes, max(self._peak_bytes, peak)


def max_batch(free_bytes: int, row_bytes: int, fixed_bytes: int) -> int:
    """How many pictures fit in `free_bytes`; at least 1, at most `MAX_BATCH`. The others: as `PeakMemory.finish`."""
    return max(1, min(MAX_BATCH, int(MEMORY_SHARE * free_bytes - fixed_bytes) // max(row_bytes, 1)))


def free_memory(device: torch.device) -> int:
    """Bytes that torch can still take on a GPU: those that are free, and those that it has reserved and not used."""
    free, _ = torch.cuda.mem_get_info(device)
    return int(free) + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


def run_within_memory(compute: Callable[[], ComputedT], device: torch.device, task: str, hint: str = "") -> ComputedT:
    """What `compute` returns. Raises DeviceMemoryError if the device runs out of memory; `task`: what for, and `hint`:
    what to do, for its message."""
    try:
        return compute()
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        cause = first_line(error)
    # Outside the except block: the traceback no longer keeps the failed step's tensors in memory.
    if device.type == "cuda":
        torch.cuda.empty_cache()
    raise DeviceMemoryError(f"{describe_device(device)} has not enough memory for {task}: {cause}{hint}")
