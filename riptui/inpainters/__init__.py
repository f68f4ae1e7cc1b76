"""The inpainters: one calling convention, and a registry of names. Importing this imports none of them.

An inpainter fills masks. Its own conventions (value range, channel order, mask polarity) stay in its file.

inpainter   the calling convention, with its optional parts
inpainter_info  what is known of one before it is imported; diffusion_info: of the diffusion models;
                whole_image_infos: of those of whole images
registry    the names, their parameters and defaults, and how they are loaded
parameters  the types of parameters
scheduled   parameters that change from one iteration to the next
batch_padding  the copies that pad a batch to its shape; returned_picture: a picture that a program or server gave back
import_trial  whether the packages of an inpainter can be imported
silence     keep the libraries' output off the terminal

The inpainters themselves:

opencv, biharmonic, baselines   classical ones, and painters without a model
controls    processes of the whole image with a known outcome: a codec, resampling, a blur
diffusion   a diffusion model of diffusers; pipeline: the package that loads and runs it
kandinsky   one of two checkpoints, by the same loading
repaint, latent_resampling   RePaint in pixels and in latents; resampling: the package of its steps
text_to_image, image_to_image   whole pictures from a prompt, or from another picture, by the same loading
lama, mat   networks of one pass: each a network_inpainter, loaded through spandrel_files
autoencoder a VAE of a latent diffusion model, over the whole picture
programs    the user's own programs
servers     inpainters by HTTP: IOPaint, A1111 and Forge, ComfyUI
returned_picture, batch_padding   what both of them share: the picture that comes back, and what needs none

What they stand on:

models      which model, and where its files are
devices     where networks are computed
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
