"""The inpainters: one calling convention, and a registry of names. Importing this imports none of them.

An inpainter fills masks. Its own conventions (value range, channel order, mask polarity) stay in its file.

inpainter   the calling convention, with its optional parts
inpainter_info  what is known of one before it is imported; diffusion_info: of the diffusion models
registry    the names, their parameters and defaults, and how they are loaded
parameters  the types of parameters
opencv, biharmonic, baselines, diffusion    the inpainters themselves; diffusion loads a diffusion_inpainter
text_to_image       whole pictures from a prompt, by the same loading
lama, mat   networks of one pass: each a network_inpainter, loaded through spandrel_files
external_program   an inpainter that starts a program of the user's settings; program_registry: finds it; program_files:
            the folder of its pictures; program_process: one run of it
devices     checks of a device's name, without torch
visible_devices, nvidia_smi     which GPUs CUDA shows to a process, and which there are

Which model, and where its files are. Imports no torch:

catalogue     the known diffusion models: repositories, licences, sizes; model_names: what else people call a model
locate        find a model's files; model_places: those that parameters name; hub_cache: the layout of the hub's cache
published_weights   single files that networks of one pass take their weights from; weights_places: where they are
download      download a model; weight_files: which of its files; hub_errors: what can go wrong, in one line
model_parts   the files of a model by its parts
checkpoint    what a folder has; single_file: what a model in one file has; pickled_header: its tensors, if pickled
vae_file      a VAE in a file of its own
preflight     values that cannot work with a checkpoint; scheduler_names: the schedulers that people name
import_trial  whether the packages of an inpainter can be imported
identity      digests of all files that decide pixels; file_digests: each computed once; json_cache: where they are kept
moved_weights find a model whose files were moved; weight_check: compare what a user names with a record
lora_list     the LoRAs that a spec names
verification  whether an installed model would load

Loading one, with torch and diffusers:

torch_device        device and precision; gpu_tuning: speed and repeatability; compilation: compiled networks
pipelines           the pipeline of a checkpoint; pipeline_tasks: what it is for; components: its parts
single_file_tensors the tensors of a model in one file
loras, embeddings   what is added to it; adapter_file: reads both; lora_layout, lora_family: what a LoRA is for
tokenizer_check     what a tokenizer must have
prompts             encode prompts; weighted_prompts: long ones with weights; prompt_length: how much is cut off
schedulers          set by name, and whether their noise is seeded
placement, quantisation    for models that are larger than the GPU's memory
latent_images       8-bit images to what a pipeline takes, and back
silence             keep the libraries' output off the terminal
"""

from riptui.inpainters.inpainter import CompileMode, Inpainter, LoadedInpainter, OffloadMode, OnStep, add_defaults
from riptui.inpainters.inpainter_info import InpainterInfo
from riptui.inpainters.registry import (
    CUSTOM,
    DEFAULT_INPAINTER,
    REGISTRY,
    TEXT_TO_IMAGE,
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
    "TEXT_TO_IMAGE",
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
