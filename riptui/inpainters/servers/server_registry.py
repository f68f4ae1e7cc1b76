"""Why a server cannot be used. Imports HTTP only when a server is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from riptui.errors import RiptuiError
from riptui.extras import importing
from riptui.inpainters import servers
from riptui.inpainters.inpainter_info import InpainterInfo

if TYPE_CHECKING:  # msgspec takes longer to import than the names take to read
    from riptui.spec import ParameterValue

SERVER_PACKAGE = "httpx2"
"""The package of the extra that servers need."""


def explain_unreachable(name: str, info: InpainterInfo, parameters: Mapping[str, ParameterValue]) -> RiptuiError | None:
    """Why the server of an inpainter cannot be used now: it does not answer, or has another model. Asks it once.

    None if it can be used, or if the inpainter is not a server.
    """
    if not info.is_server:
        return None
    try:
        with importing(f"the inpainter {name}", info.extra or ""):
            server_check = servers.server_check
        server_check.look_up(name, parameters)
    except RiptuiError as error:
        return error
    return None
