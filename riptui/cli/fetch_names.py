"""What the names given to `riptui fetch` stand for."""

from collections.abc import Iterable
from typing import NamedTuple

from riptui.cli.console import warn
from riptui.errors import InputError, with_choices
from riptui.features import REGISTRY as EXTRACTORS
from riptui.features.missing_models import NETWORK_FILES, chosen_model
from riptui.inpainters import REGISTRY
from riptui.inpainters.models import catalogue
from riptui.inpainters.models.catalogue import ModelRef
from riptui.inpainters.models.model_names import is_local, is_single_file
from riptui.inpainters.models.published_weights import PUBLISHED, published_for
from riptui.inpainters.registry import fetch_name
from riptui.metrics import LpipsNet, is_features

LPIPS_NAMES: dict[str, tuple[LpipsNet, ...]] = {
    "lpips": ("squeeze", "alex", "vgg"),
    "lpips-squeeze": ("squeeze",),
    "lpips-alex": ("alex",),
    "lpips-vgg": ("vgg",),
}


class Fetchable(NamedTuple):
    """What can be downloaded, each once."""

    nets: tuple[LpipsNet, ...]
    networks: tuple[str, ...]
    """Feature extractors whose weights are one file."""
    published: tuple[str, ...]
    models: dict[str, ModelRef]


def resolve_names(names: Iterable[str]) -> Fetchable:
    """What these names stand for. Raises InputError."""
    nets: dict[LpipsNet, None] = {}
    networks: dict[str, None] = {}
    published: dict[str, None] = {}
    models: dict[str, ModelRef] = {}
    for text in names:
        text = fetch_name(text) if text in REGISTRY else text
        if text in LPIPS_NAMES:
            nets.update(dict.fromkeys(LPIPS_NAMES[text]))
        elif weights := published_for(text):
            published[weights[0]] = None
        elif text in NETWORK_FILES:
            networks[text] = None
        elif is_features(text) and (model := chosen_model(text)):
            models[text] = catalogue.resolve_model(model)
        elif is_features(text) or (text in REGISTRY and not REGISTRY[text].needs_weights):
            warn(f"{text} needs no weights")
        elif "/" not in text and text not in catalogue.MODELS and not is_local(text):
            features = (name for name, info in EXTRACTORS.items() if info.size)
            choices = (
                *catalogue.MODELS,
                *(entry.inpainter for entry in PUBLISHED.values()),
                *LPIPS_NAMES,
                *features,
            )
            raise InputError(with_choices(f"unknown model {text!r}", text, choices) + ", or a hub id such as org/name")
        else:
            found = catalogue.resolve_model(text)
            if found.revision is None and not is_single_file(found.model):
                raise InputError(f"{text} is a local folder: there is nothing to download")
            if found.notice:
                warn(found.notice)
            models[found.name if found.name and text == found.name else text] = found
            if found.name and (prior := catalogue.MODELS[found.name].prior):
                models[prior] = catalogue.resolve_model(prior)
    return Fetchable(tuple(nets), tuple(networks), tuple(published), models)
