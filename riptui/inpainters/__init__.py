"""The inpainters: one calling convention, and a registry of names. Importing this package imports none of them.

An inpainter fills masks. Its own conventions (value range, channel order, mask polarity) stay in its file.

The convention and the registry:

inpainter        how an inpainter is called, and its optional parts
inpainter_info   what is known of an inpainter before it is imported
diffusion_info, whole_image_infos   the same of diffusion models, and of the inpainters of whole images
registry         the names, with parameters and defaults, and how they are loaded
parameters       the types of parameters
scheduled        parameters that change from one iteration to the next
import_trial     whether the packages of an inpainter can be imported

The inpainters:

opencv, biharmonic   classical ones
baselines        references: nothing changes, or noise from the seed
controls         processes of the whole image with a known outcome: a codec, resampling, a blur
diffusion        any diffusion model of diffusers; pipeline: the package that loads and runs it
kandinsky        Kandinsky 2.2: two checkpoints, loaded in the same way
repaint, latent_resampling   RePaint in pixels and in latents; resampling_scheduler: their steps
whole_image_diffusion   whole pictures from a prompt, or from another picture
lama, mat        networks of one pass; network_inpainter: what they share; spandrel_files: reads their weights
autoencoder      the VAE of a latent diffusion model, over the whole picture
programs         the user's own programs
servers          inpainters by HTTP: IOPaint, A1111 and Forge, ComfyUI

What several of them use:

batch_padding    how many pictures of a batch are there to be painted, and not to fill it
returned_picture checks a picture that a program or a server gave back
silence          keeps the libraries' output off the terminal
models           which model, and where its files are
devices          where networks are computed
"""

from riptui.lazy_modules import lazy_names

TYPE_CHECKING = False
if TYPE_CHECKING:
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

__getattr__ = lazy_names(
    __name__,
    {
        "inpainter": ("CompileMode", "Inpainter", "LoadedInpainter", "OffloadMode", "OnStep", "add_defaults"),
        "inpainter_info": ("InpainterInfo",),
        "registry": (
            *("CUSTOM", "DEFAULT_INPAINTER", "REGISTRY", "TEXT_TO_IMAGE", "complete_parameters", "find_inpainter"),
            *("load", "parse_parameters", "require_usable", "resolve_inpainter", "spec_parameters"),
        ),
    },
)
