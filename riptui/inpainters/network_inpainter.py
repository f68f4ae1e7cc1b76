"""A network that is called on pixels, as an inpainter: ranges, polarity, rounding, memory, what is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from riptui.arrays import Images, Masks
from riptui.errors import InpainterError
from riptui.inpainters import CompileMode, OnStep
from riptui.inpainters.devices import torch_device
from riptui.inpainters.inpainter import WEIGHTS_NOTE
from riptui.inpainters.models.file_digests import ReadFiles
from riptui.inpainters.models.identity import recorded_identity
from riptui.inpainters.models.model_parts import SINGLE_FILE
from riptui.inpainters.models.weights_places import read_weights_file
from riptui.inpainters.pipeline import gpu_tuning
from riptui.inpainters.pipeline.latent_images import quantise

PaintBatch = Callable[[torch.Tensor, torch.Tensor, Sequence[int], OnStep], torch.Tensor]
"""Paints images, float32 [b, 3, h, w] in [0, 1], with holes, float32 [b, 1, h, w], 1 = repaint, and a seed for each.
Returns pictures like the images, their holes filled; what lies outside [0, 1] is clipped. A network of several passes
calls `on_step` after each."""


@dataclass(frozen=True)
class Preparation:
    """What is settled before a network paints: its files, its device, notes for the session and for the user."""

    weights: ReadFiles
    device: torch.device
    notes: dict[str, str]
    notices: list[str] = field(default_factory=list)


def prepare_network(
    name: str,
    weights: str,
    *,
    device: str = "",
    compile: CompileMode = "auto",
    deterministic: bool = False,
    recorded: Mapping[str, str] | None = None,
) -> Preparation:
    """Find the file, choose the device and set torch's switches. name: the inpainter's, for messages. weights: the name
    of published weights, or a file. compile: not carried out, only a notice. The others: as `diffusion.load_parts`.

    Raises InputError, WeightsError.
    """
    notes = gpu_tuning.set_determinism(deterministic)
    chosen = torch_device.pick_device(device)
    found, notices = read_weights_file(weights, recorded_identity(recorded or {}).get(SINGLE_FILE, ""))
    if compile == "on":
        notices.append(f"{name} is not compiled: one pass of a network is too short to gain from it")
    notes |= {"dtype": "float32", f"{WEIGHTS_NOTE}{SINGLE_FILE}": found.sha256}
    notes |= gpu_tuning.set_tf32(torch.float32, chosen)
    return Preparation(found, chosen, notes, notices)


class NetworkInpainter:
    """An inpainter: a loaded network. name: the inpainter's, for messages."""

    def __init__(self, name: str, paint: PaintBatch, preparation: Preparation) -> None:
        self._name = name
        self._paint = paint
        self._weights = preparation.weights
        self._device = preparation.device
        self._bytes_by_size: dict[int, int] = {}
        self.device = torch_device.describe_device(preparation.device)
        self.notes: Mapping[str, str] = preparation.notes
        self.notices = preparation.notices

    def __call__(self, images: Images, masks: Masks, *, seeds: Sequence[int], on_step: OnStep) -> Images:
        """As `Inpainter`; pixels outside the masks come back as they were. A network of one pass calls no `on_step`.

        Raises InpainterError if it produced NaN or infinity, DeviceMemoryError.
        """
        batch, height, width, _ = images.shape
        task = f"{batch} x {width} x {height} px at once"
        return gpu_tuning.run_within_memory(lambda: self._inpaint(images, masks, seeds, on_step), self._device, task)

    @property
    def is_current(self) -> bool:
        """Whether the file that it was loaded from is unchanged."""
        return self._weights.is_unchanged

    def max_batch(self, size: int) -> int | None:
        """How many pictures of size x size px fit into the GPU's free memory at once, at most `gpu_tuning.MAX_BATCH`;
        None on a CPU. The first call inpaints one, to measure it. Raises DeviceMemoryError if not even one fits."""
        if self._device.type != "cuda":
            return None
        if size not in self._bytes_by_size:
            base = torch.cuda.memory_allocated(self._device)
            torch.cuda.reset_peak_memory_stats(self._device)
            blank = np.zeros((1, size, size, 3), np.uint8)
            self(blank, np.ones(blank.shape[:3], bool), seeds=[0], on_step=lambda step, steps: None)
            self._bytes_by_size[size] = torch.cuda.max_memory_allocated(self._device) - base
        return gpu_tuning.max_batch(gpu_tuning.free_memory(self._device), self._bytes_by_size[size], 0)

    @torch.inference_mode()
    def _inpaint(self, images: Images, masks: Masks, seeds: Sequence[int], on_step: OnStep) -> Images:
        pixels = torch.from_numpy(images).to(self._device).permute(0, 3, 1, 2).float() / 255
        holes = torch.from_numpy(masks).to(self._device)[:, None]
        painted = self._paint(pixels, holes.float(), seeds, on_step).clamp(0, 1)
        if not bool(painted.isfinite().all()):
            raise InpainterError(f"{self._name} produced NaN or infinity: look at its weights, {self._weights.path}")
        return quantise(torch.where(holes, painted, pixels), "float32")
