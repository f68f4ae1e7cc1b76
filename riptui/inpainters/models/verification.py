"""Whether an installed model would load: its tensors compared with its configurations, once while its files stay.

The comparison needs torch and takes seconds to import; its outcome is kept, so that a list of models needs neither.
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from riptui.inpainters.models import locate
from riptui.inpainters.models.checkpoint import Checkpoint
from riptui.inpainters.models.file_digests import file_state
from riptui.inpainters.models.json_cache import add_to_cache, read_cache
from riptui.inpainters.models.model_names import is_single_file
from riptui.inpainters.models.model_parts import find_checkpoint

CACHE = "verified"
LIBRARIES = ("diffusers", "transformers")
"""Their versions decide which tensors a model must have."""


def verify_model(
    place: Path, model: str, revision: str | None, *, allow_pickle: bool = False, config: str | None = None
) -> None:
    """Raise WeightsError or InputError if the model at a place, or a single component such as a VAE, would not load.

    config: for a model in one file, the model that has its configurations; None: that of its kind.

    Imports torch, unless these files were verified before. Raises ImportError if what it needs is not installed.
    """
    checkpoint, fingerprint = None, ""
    if not place.is_dir() or (place / locate.MODEL_INDEX).is_file():  # else it is a single component
        parameters = {"model": model, "revision": revision, "allow_pickle": allow_pickle}
        checkpoint = find_checkpoint(parameters | ({"config": config} if config and is_single_file(model) else {}))
        fingerprint = _fingerprint(checkpoint)
        if fingerprint in read_cache(CACHE):
            return
    from riptui.inpainters.pipeline import components  # imports torch

    if checkpoint is None:
        hint = locate.repair_hint(model, revision)
        components.verify_model(place, model, repair_hint=hint, allow_pickle=allow_pickle)
        return
    components.verify_checkpoint(checkpoint, model, allow_pickle=allow_pickle)
    add_to_cache(CACHE, fingerprint, model)


def _fingerprint(checkpoint: Checkpoint) -> str:
    """What changes when a file of a checkpoint is replaced, or when the libraries are."""
    paths = [path for files in checkpoint.components.values() for path in files.paths]
    paths += [checkpoint.folder / locate.MODEL_INDEX, *([checkpoint.header.path] if checkpoint.header else [])]
    states = [[str(path.absolute()), file_state(path)] for path in sorted(paths)]
    return hashlib.sha256(json.dumps([states, [version(name) for name in LIBRARIES]]).encode()).hexdigest()
