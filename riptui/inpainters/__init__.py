"""The inpainters: one calling convention, and a registry of names. Importing this imports none of them.

An inpainter fills masks. Its own conventions (value range, channel order, mask polarity) stay in its file.

inpainter   the calling convention, with its optional parts
registry    the names, their parameters and defaults, and how they are loaded
parameters  the types of parameters
catalogue   the known diffusion models: repositories, licences, sizes
opencv, biharmonic, baselines, diffusion    the inpainters themselves; diffusion loads a diffusion_inpainter
devices, nvidia_smi, visible_devices        which GPUs there are, and which CUDA shows to a process
placement, quantisation    for models that are larger than the GPU's memory
"""

from riptui.inpainters.inpainter import CompileMode, Inpainter, LoadedInpainter, OffloadMode, OnStep, add_defaults
from riptui.inpainters.registry import (
    CUSTOM,
    DEFAULT_INPAINTER,
    REGISTRY,
    InpainterInfo,
    complete_parameters,
    find_inpainter,
    load,
    parse_parameters,
    require_usable,
    resolve_inpainter,
    spec_parameters,
)

__all__ = [
    "CUSTOM",
    "DEFAULT_INPAINTER",
    "REGISTRY",
    "CompileMode",
    "Inpainter",
    "InpainterInfo",
    "LoadedInpainter",
    "OffloadMode",
    "OnStep",
    "add_defaults",
    "complete_parameters",
    "find_inpainter",
    "load",
    "parse_parameters",
    "require_usable",
    "resolve_inpainter",
    "spec_parameters",
]
