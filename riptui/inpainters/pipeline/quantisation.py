"""Denoising networks whose weights take 8 bits or fewer each: by bitsandbytes when loaded, or from a GGUF file.

Weights are kept as short codes, in blocks with a scale each, and are widened for each product. That changes the pixels,
so it is part of the spec.
"""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import diffusers
import torch

from riptui.errors import InputError, MissingExtraError, WeightsError, first_line
from riptui.inpainters import OffloadMode
from riptui.inpainters.models.checkpoint import describe_tensors
from riptui.inpainters.pipeline.components import load_network

EXTRA = "quantised"


def require_possible(quantise: str | None, gguf: object, offload: OffloadMode) -> None:
    """Raise InputError for options that exclude each other."""
    if quantise and gguf:
        raise InputError("give quantise or gguf: a GGUF file is quantised already")
    if quantise and offload == "sequential":
        raise InputError("offload=sequential moves no weights of bitsandbytes: use offload=model, or gguf=FILE")


def load_quantised(quantise: str, kind: Any, folder: Path, device: torch.device, **options: Any) -> Any:
    """The network of a folder with its products in "8bit" or "4bit" (NF4). `options`: those of `load_network`.

    Raises InputError if the device is not a GPU, MissingExtraError, WeightsError.
    """
    if device.type != "cuda":
        raise InputError(
            f"quantise={quantise}: bitsandbytes needs a GPU, and the device is {device}. On a CPU: gguf=FILE, of a "
            "network that was quantised before"
        )
    _require_package("bitsandbytes", f"quantise={quantise}")
    if quantise == "8bit":
        config = diffusers.BitsAndBytesConfig(load_in_8bit=True)
    else:
        four = {"bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": options["dtype"]}
        config = diffusers.BitsAndBytesConfig(load_in_4bit=True, **four)
    return load_network(kind, folder, **options, device_map={"": device}, quantization=config)


def load_gguf(file: Path, kind: Any, folder: Path, dtype: torch.dtype) -> Any:
    """The network of a GGUF file, on the CPU. kind: its class. folder: of its configuration. dtype: of the arithmetic.

    Raises MissingExtraError; InputError if diffusers reads no such network from a file; WeightsError if the file is
    damaged, incomplete, or of another network.
    """
    _require_package("gguf", f"gguf={file}")
    if not hasattr(kind, "from_single_file"):
        raise InputError(f"gguf={file}: diffusers reads no {kind.__name__} from such a file")
    config = diffusers.GGUFQuantizationConfig(compute_dtype=dtype)
    try:
        network = kind.from_single_file(
            str(file), quantization_config=config, config=str(folder), torch_dtype=dtype, local_files_only=True
        )
    except Exception as error:  # of any kind: how the libraries fail depends on the file
        raise WeightsError(
            f"{file} cannot be loaded as a {kind.__name__}: it is damaged, incomplete or of another network "
            f"({first_line(error)})"
        ) from error
    if lacking := [name for name, tensor in network.named_parameters() if tensor.is_meta]:
        raise WeightsError(f"{file} is an incomplete {kind.__name__}: it lacks {describe_tensors(lacking)}")
    return network.eval()


def describe(quantise: str | None, gguf: object) -> dict[str, str]:
    """The note for the session: the method, and the package that did it."""
    if gguf:
        return {"quantised": f"GGUF, gguf {version('gguf')}"}
    return {"quantised": f"{quantise}, bitsandbytes {version('bitsandbytes')}"} if quantise else {}


def _require_package(package: str, feature: str) -> None:
    if find_spec(package) is None:
        raise MissingExtraError(feature, package, EXTRA)
