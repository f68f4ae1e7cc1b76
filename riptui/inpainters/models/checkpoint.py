"""Inspects a checkpoint's folder: which pipeline it is for, and whether its weights are complete and safe to read.

Done before anything is loaded, so that an error comes at once and names the file. Imports no torch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from safetensors import SafetensorError, safe_open

from riptui.errors import InputError, WeightsError, first_line
from riptui.filesystem import open_regular
from riptui.inpainters.inpainter import JOINT_VARIANT
from riptui.inpainters.models import locate, weight_files
from riptui.inpainters.models.weight_files import WEIGHT_FILE, Variant
from riptui.text.units import format_count

if TYPE_CHECKING:
    from riptui.inpainters.models.single_file import FileHeader

SHARD_INDEX = re.compile(r"\.safetensors\.index(\.fp16)?\.json$")

PICKLE_SUFFIXES = (".bin", ".ckpt", ".pt", ".pth")
COMPONENT_CONFIG = "config.json"
"""The configuration of a network; in the root of a checkpoint only where that is a single component, or little more."""
SCHEDULER = "scheduler"
SCHEDULER_CONFIG = "scheduler_config.json"

JsonObject = dict[str, Any]
HalfPrecision = Literal["float16", "bfloat16"]


@dataclass(frozen=True)
class ComponentFiles:
    """The files of one component that decide what it computes."""

    variant: str | None
    """"fp16" if its weights exist in that variant only."""
    paths: tuple[Path, ...]
    """Weights, configurations, vocabularies: what is loaded and nothing else."""
    in_file: bool = False
    """Whether its weights are in the model's single file."""


@dataclass(frozen=True)
class Checkpoint:
    """A complete checkpoint."""

    folder: Path
    pipeline: str
    """The pipeline's class in diffusers, from model_index.json."""
    classes: Mapping[str, tuple[str, str]]
    """Component to the library and the class that load it, from model_index.json."""
    components: Mapping[str, ComponentFiles]
    unused: tuple[str, ...]
    """The components that its index names and riptui does not load, such as the safety checker."""
    commit: str | None
    """Of the hub's repository; None for a folder."""
    half_dtype: HalfPrecision
    """The half precision that it was trained or stored in."""
    repair_hint: str
    """What to do about a missing or damaged file, a sentence."""
    has_joint_variant: bool = False
    """Whether fp16 was preferred for all components, because one exists in nothing else."""
    header: FileHeader | None = None
    """Of the single file that has the weights; the folder then has the configurations."""
    added: Mapping[str, Path] = field(default_factory=dict)
    """Components of other models that are used with it (`added_models`): name to folder."""

    @property
    def place(self) -> str:
        """Where it is, for the record of a session: the file, the commit of the hub's repository, or the folder."""
        return str(self.header.path) if self.header else self.commit or str(self.folder)

    def folder_of(self, component: str) -> Path:
        """The folder that has a component's files."""
        return self.added.get(component) or component_folder(self.folder, component)

    @property
    def denoiser(self) -> str:
        """The component that is called at each step."""
        return "unet" if "unet" in self.classes else "transformer"

    @property
    def variants(self) -> str:
        """The components that are not loaded in full precision, e.g. "fp16 of text_encoder"; "" if there are none."""
        if self.has_joint_variant:
            return JOINT_VARIANT
        found = [key for key, files in self.components.items() if files.variant]
        return f"fp16 of {', '.join(found)}" if found else ""


def inspect_checkpoint(
    folder: Path,
    name: str,
    *,
    repair_hint: str,
    allow_pickle: bool = False,
    replaced: Collection[str] = (),
    joint_variant: bool = False,
) -> Checkpoint:
    """Inspect a checkpoint. `name` and `repair_hint` (a sentence: what to do) are for error messages.

    replaced: components whose weights come from elsewhere; of these only the configurations are looked at.
    joint_variant: whether one component that exists only as fp16 makes all others load their fp16 files if they have
    any, as in older releases; otherwise each has the best that it has.
    Raises WeightsError if something is missing, damaged, or exists only as pickle; InputError for an invalid index.
    """
    index = read_json(folder / locate.MODEL_INDEX, name)
    pipeline = index.get("_class_name")
    if not isinstance(pipeline, str):
        raise InputError(
            f"{name}'s {locate.MODEL_INDEX} names no diffusers pipeline, and riptui never runs code from a checkpoint"
        )
    classes = {key: (str(index[key][0]), str(index[key][-1])) for key in weight_files.list_components(index)}
    options = (name, repair_hint, allow_pickle)
    folders = {key: component_folder(folder, key) for key in classes}
    components = {key: require_config(folders[key], name, repair_hint) for key in classes if key in replaced}
    read = [key for key in classes if key not in replaced]
    components |= {key: require_component(folders[key], *options) for key in read}
    is_joint = joint_variant and any(files.variant for files in components.values())
    if is_joint:
        components |= {key: require_component(folders[key], *options, prefer="fp16") for key in read}
    for key in read:
        if folders[key] == folder:
            components[key] = _own_files(components[key], key)
    return Checkpoint(
        folder,
        pipeline,
        classes,
        components,
        weight_files.list_unused(index),
        locate.snapshot_commit(folder),
        _half_dtype(folders),
        repair_hint,
        is_joint,
    )


def has_weights(folder: Path) -> bool:
    """Whether a checkpoint's folder has any weights, and not its configurations alone."""
    found = [*folder.glob("*/*"), *(folder.glob("*") if (folder / COMPONENT_CONFIG).is_file() else ())]
    return any(path.suffix in (".safetensors", *PICKLE_SUFFIXES) for path in found)


def component_folder(folder: Path, component: str) -> Path:
    """Where a checkpoint has the files of a component: in a folder of its name; or beside its index, where there is no
    such folder, as in diffusers' first checkpoints, of one network and its scheduler."""
    own = folder / component
    return folder if not own.is_dir() and (folder / COMPONENT_CONFIG).is_file() else own


def _own_files(files: ComponentFiles, component: str) -> ComponentFiles:
    """Of the files beside the index, those of one component: a scheduler's configuration, or all of the network's."""
    if component == SCHEDULER:
        return ComponentFiles(None, tuple(path for path in files.paths if path.name == SCHEDULER_CONFIG))
    others = (locate.MODEL_INDEX, SCHEDULER_CONFIG)
    return ComponentFiles(files.variant, tuple(path for path in files.paths if path.name not in others))


def read_json(path: Path, name: str) -> JsonObject:
    """Read a JSON object. Raises WeightsError if the file does not contain one."""
    try:
        with open_regular(path) as opened:
            content = json.loads(opened.read())
    except (OSError, ValueError) as error:
        raise WeightsError(f"{name}: {path} cannot be read: {first_line(error)}") from error
    if not isinstance(content, dict):
        raise WeightsError(f"{name}: {path} does not contain a JSON object")
    return content


def _half_dtype(folders: Mapping[str, Path]) -> HalfPrecision:
    """The half precision that the denoising network is stored in. If that is float32: float16 for UNets; bfloat16 for
    transformers, whose values may exceed float16's range, 65504, as those of Flux are said to."""
    kind = "transformer" if "transformer" in folders else "unet"
    for path in sorted(folders[kind].glob("*.safetensors")) if kind in folders else ():
        with safe_open(path, framework="numpy") as weights:
            stored = {weights.get_slice(name).get_dtype() for name in weights.keys()}  # noqa: SIM118
        if "BF16" in stored:
            return "bfloat16"
        if "F16" in stored:
            return "float16"
    return "bfloat16" if kind == "transformer" else "float16"


def _require_intact(path: Path, name: str, repair_hint: str) -> None:
    """Raise WeightsError unless a safetensors file has a header and the length that this states."""
    try:
        with safe_open(path, framework="numpy"):
            pass
    except (SafetensorError, OSError) as error:
        size = path.stat().st_size if path.exists() else 0
        raise WeightsError(
            f"{name}: {path.parent.name}/{path.name} ({size:,} bytes) is damaged or truncated: "
            f"{first_line(error)}. Delete {path.resolve()}. {repair_hint}"  # in the hub's cache a link
        ) from error


def require_component(
    folder: Path, name: str, repair_hint: str, allow_pickle: bool, *, prefer: Variant = "full"
) -> ComponentFiles:
    """Check one component's folder; return the files that are loaded from it, of the preferred variant if it is there.

    Raises WeightsError as `inspect_checkpoint`, InputError if the weights exist only in a variant that is not loaded.
    """
    files = {path.name: path for path in folder.iterdir() if path.is_file()} if folder.is_dir() else {}
    if not files:
        raise WeightsError(f"{name} is incomplete: {folder} is missing or empty. {repair_hint}")
    companions = [files[file] for file in weight_files.list_companions(files)]
    if "config.json" not in files:  # a tokenizer, a scheduler: no weights
        return ComponentFiles(None, tuple(companions))
    safe = [file for file in files if file.endswith(".safetensors")]
    pickles = [file for file in files if file.endswith(PICKLE_SUFFIXES)]
    if not safe and not pickles:
        raise WeightsError(f"{name} is incomplete: {folder} contains no weights. {repair_hint}")
    if not safe and not allow_pickle:
        raise weight_files.pickle_error(name, folder.name, pickles[0], "set allow_pickle=true")
    for file in safe:
        _require_intact(files[file], name, repair_hint)
    _require_shards(folder, files, name, repair_hint)
    variant, weights = _select_weights(files, safe or pickles, folder, name, prefer)
    return ComponentFiles(variant, (*companions, *(files[file] for file in sorted(weights))))


def require_config(folder: Path, name: str, repair_hint: str) -> ComponentFiles:
    """The configuration of a component whose weights are elsewhere. Raises WeightsError."""
    path = folder / "config.json"
    if not path.is_file():
        raise WeightsError(f"{name} is incomplete: {path} is missing. {repair_hint}")
    return ComponentFiles(None, (path,))


def _select_weights(
    files: Mapping[str, Path], weights: list[str], folder: Path, name: str, prefer: Variant
) -> tuple[str | None, list[str]]:
    """The variant to load, None for full precision, and its files: those that the libraries choose."""
    kinds = {"safetensors"} if weights[0].endswith(".safetensors") else {"bin"}
    matches = [match for file in files if (match := WEIGHT_FILE.fullmatch(file)) and match["kind"] in kinds]
    if not matches:
        raise weight_files.no_variant_error(weights, folder.name, name)
    indexed = {weight_files.variant_of(match) for match in matches if match["index"] and match["kind"] != "bin"}
    if matches[0].string.startswith("diffusion_"):  # diffusers prefers shards to a single file, transformers does not
        matches = [match for match in matches if match["shard"] or weight_files.variant_of(match) not in indexed]
    variant, chosen = weight_files.select_variant(matches, folder.name, name, prefer)
    return (None if variant == "full" else variant), chosen


def _require_shards(folder: Path, files: dict[str, Path], name: str, repair_hint: str) -> None:
    """Raise WeightsError unless each shard that an index names is there, and has the tensors that it is said to have.

    diffusers does not check that.
    """
    for index in (path for file, path in files.items() if SHARD_INDEX.search(file)):
        shard_of_tensor = read_json(index, name).get("weight_map", {})
        missing = sorted(set(shard_of_tensor.values()) - files.keys())
        if missing:
            raise WeightsError(f"{name} is incomplete: {folder / missing[0]} is missing. {repair_hint}")
        for shard in sorted(set(shard_of_tensor.values())):
            expected = {tensor for tensor, file in shard_of_tensor.items() if file == shard}
            with safe_open(files[shard], framework="numpy") as weights:
                lacking = sorted(expected - set(weights.keys()))
            if lacking:
                raise WeightsError(
                    f"{name}: {folder.name}/{shard} lacks {describe_tensors(lacking)}, which {index.name} says it has. "
                    f"{repair_hint}"
                )


def describe_shape(name: str, found: Iterable[int], wanted: Iterable[int]) -> str:
    """A tensor of another shape than the one that is needed."""
    return f"{name} (shape {[*found]}, not {[*wanted]})"


def describe_tensors(names: Iterable[str]) -> str:
    """The first of these names, and how many more there are."""
    first, *rest = sorted(names)
    return f"{first} and {format_count(len(rest), 'other tensor')}" if rest else first
