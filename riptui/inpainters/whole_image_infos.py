"""What is known of the inpainters of whole images before anything is imported."""

from dataclasses import replace

from riptui.inpainters.diffusion_info import diffusion_info
from riptui.inpainters.inpainter_info import InpainterInfo
from riptui.inpainters.parameters import ModelType, NumberType, SwitchType, TextType


def _image_to_image_info() -> InpainterInfo:
    """The info of any checkpoint as image to image: the parameters of one that inpaints, and half the strength."""
    info = diffusion_info("Image to image: noise up to the strength, and back, by any checkpoint: model=org/name.")
    parameters = {**info.parameters, "strength": 0.5}
    target = "riptui.inpainters.whole_image_diffusion:image_to_image"
    return replace(info, target=target, parameters=parameters, scope="image")


WHOLE_IMAGE_INFOS: dict[str, InpainterInfo] = {
    "jpeg": InpainterInfo(
        "riptui.inpainters.controls:jpeg",
        "The whole picture as JPEG and back, by Pillow. A control for autoencoders.",
        {"quality": 75, "subsampling": "4:4:4"},
        distributions=("pillow",),
        parameter_types={
            "quality": NumberType(above=0, maximum=100, integer=True),
            "subsampling": TextType(("4:4:4", "4:2:2", "4:2:0")),
        },
        scope="image",
    ),
    "resample": InpainterInfo(
        "riptui.inpainters.controls:resample",
        "The whole picture made smaller and as large again, by Pillow. A control for autoencoders.",
        {"factor": 2.0, "filter": "bicubic"},
        distributions=("pillow",),
        parameter_types={
            "factor": NumberType(above=0, maximum=64),
            "filter": TextType(("box", "bilinear", "bicubic", "lanczos")),
        },
        scope="image",
    ),
    "blur": InpainterInfo(
        "riptui.inpainters.controls:blur",
        "The whole picture blurred by a Gaussian of known spectrum. A control for autoencoders.",
        {"sigma": 1.0},
        distributions=("numpy", "scipy"),
        parameter_types={"sigma": NumberType(above=0, maximum=100)},
        scope="image",
    ),
    "autoencoder": InpainterInfo(
        "riptui.inpainters.autoencoder:autoencoder",
        "The whole picture through a VAE and back, without diffusion: vae=org/name, a folder, or a model's, e.g. sd2.",
        {"vae": "", "dtype": "float32", "latents": "mode", "passes": 1, "tiling": False, "allow_pickle": False},
        extra="diffusion",
        distributions=("diffusers", "torch"),
        parameter_types={
            "vae": ModelType(),
            "dtype": TextType(("float32", "float16", "bfloat16")),
            "latents": TextType(("mode", "sample")),
            "passes": NumberType(above=0, maximum=10_000, integer=True),
            "allow_pickle": SwitchType(),
        },
        scope="image",
        size_grid=8,
        needs_weights=True,
        takes_device=True,
        takes_record=True,
        runs_in_worker=True,
    ),
    "img2img": _image_to_image_info(),
}
