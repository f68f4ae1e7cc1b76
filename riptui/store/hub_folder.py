"""In whose cache of the hub a queued trajectory finds its model: that of whoever asked for it.

A worker of the same host with another cache would find no model, or another one, under the same name.
"""

import socket

import msgspec

from riptui.errors import RiptuiError
from riptui.inpainters import find_inpainter
from riptui.inpainters.models.lora_list import read_loras
from riptui.inpainters.models.model_names import is_local, is_single_file
from riptui.inpainters.parameters import ADDED_MODELS
from riptui.spec import Spec
from riptui.store.records import HubFolder, Request
from riptui.store.worker_environment import read_environment


def with_own_folder(request: Request, spec: Spec) -> Request:
    """The request, with the cache of this process if it asks for a model of the hub."""
    found = own_folder() if request.state == "run" and _uses_hub(spec) else msgspec.UNSET
    return msgspec.structs.replace(request, hub_folder=found)


def has_its_models(request: Request) -> bool:
    """Whether a model of this request is to be looked for in the cache of this process."""
    asked = request.hub_folder
    if asked is msgspec.UNSET:
        return True
    own = own_folder()
    return asked.host != own.host or asked.path == own.path


def own_folder() -> HubFolder:
    return HubFolder(socket.gethostname(), read_environment().hf_hub_cache)


def _uses_hub(spec: Spec) -> bool:
    try:
        if not find_inpainter(spec.inpainter).takes_record:
            return False
    except RiptuiError:  # it is not installed
        return False
    named = [spec.parameters.get(name) for name in ("model", "vae", "config", "embedding", *ADDED_MODELS)]
    named += [lora.file for lora in read_loras(spec.parameters.get("lora"))]
    texts = [text for text in named if isinstance(text, str) and text]
    has_no_configurations = is_single_file(str(spec.parameters.get("model"))) and not spec.parameters.get("config")
    return has_no_configurations or not all(is_local(text) for text in texts)
