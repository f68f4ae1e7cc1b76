"""The whole picture through a VAE's encoder and decoder: what a latent diffusion model loses without any diffusion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch

from riptui.errors import InpainterError
from riptui.inpainters import CompileMode, OnStep
from riptui.inpainters.devices import torch_device
from riptui.inpainters.inpainter import WEIGHTS_NOTE
from riptui.inpainters.models import catalogue, locate
from riptui.inpainters.models.vae_folder import VAE_PART, read_vae
from riptui.inpainters.network_inpainter import NetworkInpainter, Preparation
from riptui.inpainters.pipeline import gpu_tuning, placement
from riptui.inpainters.pipeline.components import load_decoder
from riptui.inpainters.silence import silence_libraries

Latents = Literal["mode", "sample"]


def autoencoder(
    vae: str,
    dtype: str = "float32",
    latents: Latents = "mode",
    passes: int = 1,
    tiling: bool = False,
    allow_pickle: bool = False,
    device: str = "",
    compile: CompileMode = "auto",
    deterministic: bool = False,
    recorded: Mapping[str, str] | None = None,
) -> NetworkInpainter:
    """Load a VAE. vae: its hub id or folder, or those of a model, whose VAE it then is.

    dtype: float32, float16 or bfloat16. latents: the mode of the encoder's distribution, or a sample of it, drawn from
    the picture's seed. passes: how often one iteration encodes and decodes; between passes the picture stays in
    floating point, clipped to the range of colours, and only the last is rounded to 8 bits. compile: ignored. The
    others: as `diffusion.load_parts`.
    Raises InputError, WeightsError, MissingExtraError, DeviceMemoryError; its calls also InpainterError, if a pass
    gives NaN or infinity.
    """
    parameters: dict[str, str | bool] = {"vae": vae, "allow_pickle": allow_pickle}
    notes = gpu_tuning.set_determinism(deterministic)
    chosen, torch_dtype = torch_device.pick_device(device), getattr(torch, dtype)
    with silence_libraries():
        folder, notices = read_vae(parameters, recorded or {})
        ref = catalogue.resolve_model(folder.name)
        hint = locate.repair_hint(ref.model, ref.revision)
        network = load_decoder(folder.path, folder.name, hint, dtype=torch_dtype, allow_pickle=allow_pickle)
        if tiling:
            placement.enable_tiling(network)
        gpu_tuning.run_within_memory(lambda: network.to(chosen), chosen, vae).eval()
    notes |= {"vae": folder.place, "dtype": dtype, f"{WEIGHTS_NOTE}{VAE_PART}": folder.sha256}
    notes |= gpu_tuning.set_tf32(torch_dtype, chosen)

    def paint(images: torch.Tensor, holes: torch.Tensor, seeds: Sequence[int], on_step: OnStep) -> torch.Tensor:
        rows = images.to(torch_dtype) * 2 - 1
        generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
        for number in range(1, passes + 1):
            pairs = zip(rows, generators, strict=True)
            rows = torch.cat([pass_through(network, row[None], latents, generator) for row, generator in pairs])
            if not bool(rows.isfinite().all()):
                half = ": use dtype=float32 or bfloat16, as for the VAE of SDXL" if dtype == "float16" else ""
                raise InpainterError(f"{vae} produced NaN or infinity in {dtype}{half}")
            rows = rows.clamp(-1, 1)
            on_step(number, passes)
        return rows.float() / 2 + 0.5

    return NetworkInpainter("autoencoder", paint, Preparation(folder, chosen, notes, notices))


def pass_through(network: Any, row: torch.Tensor, latents: Latents, generator: torch.Generator) -> torch.Tensor:
    """One picture [1, 3, h, w] in [-1, 1], encoded and decoded; about [-1, 1]. Alone, so that no batch matters."""
    found = network.encode(row).latent_dist
    z = found.mode() if latents == "mode" else found.sample(generator)
    decoded: torch.Tensor = network.decode(z).sample
    return decoded
