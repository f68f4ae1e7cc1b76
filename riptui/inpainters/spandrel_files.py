"""Loads a network from one file of weights through spandrel. The file decides the weights, and never the network."""

from typing import Any

import torch
from spandrel import Architecture, ArchRegistry, ArchSupport, ModelLoader
from spandrel import UnsupportedModelError as OtherArchitecture

from riptui.errors import WeightsError, first_line
from riptui.inpainters.models.file_digests import ReadFiles
from riptui.inpainters.pipeline import gpu_tuning
from riptui.inpainters.silence import silence_libraries


def load_network(weights: ReadFiles, architecture: Architecture[Any], device: torch.device) -> torch.nn.Module:
    """The network in float32 on its device, ready to paint.

    A .pth or .ckpt is read by spandrel's restricted unpickler, which runs no code of the file; a .pt as TorchScript, of
    which only the tensors are taken, or else like a .pth; a .safetensors by its library. Raises WeightsError, one line,
    for a file that is damaged or of another network, and if it changed while it was read; DeviceMemoryError.
    """
    registry, path, name = ArchRegistry(), weights.path, architecture.name
    registry.add(ArchSupport.from_architecture(architecture))
    try:
        with silence_libraries():  # torch deprecates TorchScript
            state = ModelLoader().load_state_dict_from_file(path)
    except Exception as error:  # of many kinds: torch's, pickle's, safetensors', an OSError
        reason = first_line(error).partition(". ")[0]  # torch adds four sentences of advice
        raise WeightsError(
            f"{path} cannot be read as weights ({reason}): it is damaged or no such file; get it anew"
        ) from error
    try:
        network = registry.load(state)
    except OtherArchitecture as error:
        raise WeightsError(f"{path} has the weights of another network than {name}: give a file of {name}") from error
    except Exception as error:  # what a network says of tensors that lack or have other shapes
        raise WeightsError(
            f"{path} does not fit {name}: tensors are missing or have other shapes ({_problem(error)}); "
            f"give a file of {name}"
        ) from error
    if not weights.is_unchanged:
        raise WeightsError(f"{path} changed while it was loaded: run the command again")
    model: torch.nn.Module = network.model
    return gpu_tuning.run_within_memory(lambda: model.to(device, torch.float32), device, str(path)).eval()


def _problem(error: Exception) -> str:
    """The line of torch's list of misfits that names the first one."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[1] if len(lines) > 1 else first_line(error))[:200]
