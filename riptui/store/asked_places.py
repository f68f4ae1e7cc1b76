"""Where a queued trajectory finds its model, and by which server it is painted: what whoever asked for it chose.

A worker of the same host with another cache of the hub would find no model, or another one, under the same name, and
one with another server would ask that one: both leave it. No worker contacts a URL that it read in a runs folder, which
others may write.
"""

import os
import socket

import msgspec

from riptui.errors import InputError, RiptuiError
from riptui.inpainters import find_inpainter
from riptui.inpainters.models.lora_list import read_loras
from riptui.inpainters.models.model_names import is_local, is_single_file
from riptui.inpainters.parameters import ADDED_MODELS
from riptui.inpainters.servers.server_place import find_named_server, url_variable
from riptui.spec import Spec
from riptui.store.records import AskedServer, HubFolder, Request
from riptui.store.worker_environment import read_environment


def with_own_places(request: Request, spec: Spec) -> Request:
    """The request; if it is to run, with the cache of this process if it asks for a model of the hub, and with the URL
    that the environment of this process gives for its inpainter, as `--set url=` does."""
    is_wanted = request.state == "run"
    return msgspec.structs.replace(
        request,
        hub_folder=own_folder() if is_wanted and _uses_hub(spec) else msgspec.UNSET,
        server=_find_asked(spec) if is_wanted else msgspec.UNSET,
    )


def has_its_places(request: Request) -> bool:
    """Whether this process would look for the models of a request where it says, and ask the server that it says."""
    return _has_its_models(request.hub_folder) and _has_its_server(request.server)


def own_folder() -> HubFolder:
    return HubFolder(socket.gethostname(), read_environment().hf_hub_cache)


def _has_its_models(asked: HubFolder | msgspec.UnsetType) -> bool:
    if asked is msgspec.UNSET:
        return True
    own = own_folder()
    return asked.host != own.host or asked.path == own.path


def _has_its_server(asked: AskedServer | msgspec.UnsetType) -> bool:
    if asked is msgspec.UNSET:
        return True
    try:
        place = find_named_server(asked.inpainter)
    except InputError:
        return False
    return place is not None and place.url == asked.url


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


def _find_asked(spec: Spec) -> AskedServer | msgspec.UnsetType:
    try:
        if not find_inpainter(spec.inpainter).is_server or not os.environ.get(url_variable(spec.inpainter)):
            return msgspec.UNSET
        place = find_named_server(spec.inpainter)
    except RiptuiError:  # it is not installed, or told when it is used
        return msgspec.UNSET
    return AskedServer(spec.inpainter, place.url) if place else msgspec.UNSET
