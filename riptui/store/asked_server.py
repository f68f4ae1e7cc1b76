"""Which server a queued trajectory is to be painted by, where its user chose one for it: as `--set url=` does.

A worker with another one leaves it. No worker contacts a URL that it read in a runs folder, which others may write.
"""

import os

import msgspec

from riptui.errors import InputError, RiptuiError
from riptui.inpainters import find_inpainter
from riptui.inpainters.servers.server_place import find_named_server, url_variable
from riptui.spec import Spec
from riptui.store.records import AskedServer, Request


def with_own_server(request: Request, spec: Spec) -> Request:
    """The request, with the URL that the environment of this process gives for its inpainter."""
    return msgspec.structs.replace(request, server=_find_asked(spec) if request.state == "run" else msgspec.UNSET)


def has_its_server(request: Request) -> bool:
    """Whether this process would ask the server that was chosen for a request."""
    if request.server is msgspec.UNSET:
        return True
    try:
        place = find_named_server(request.server.inpainter)
    except InputError:
        return False
    return place is not None and place.url == request.server.url


def _find_asked(spec: Spec) -> AskedServer | msgspec.UnsetType:
    try:
        if not find_inpainter(spec.inpainter).is_server or not os.environ.get(url_variable(spec.inpainter)):
            return msgspec.UNSET
        place = find_named_server(spec.inpainter)
    except RiptuiError:  # it is not installed, or told when it is used
        return msgspec.UNSET
    return AskedServer(spec.inpainter, place.url) if place else msgspec.UNSET
