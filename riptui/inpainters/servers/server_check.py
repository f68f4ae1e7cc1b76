"""Checks, before any work, that a server answers and is what a spec asks for."""

from collections.abc import Mapping

from riptui.errors import InputError
from riptui.extras import import_target
from riptui.inpainters.servers.connection import ServerConnection, connect
from riptui.inpainters.servers.inpainting_api import InpaintingApi
from riptui.inpainters.servers.server_place import find_server
from riptui.inpainters.servers.waiting import run_watched
from riptui.spec import ParameterValue

APIS = {
    "iopaint": "riptui.inpainters.servers.iopaint:IOPaintApi",
    "a1111": "riptui.inpainters.servers.webui:WebuiApi",
    "comfyui": "riptui.inpainters.servers.comfyui:ComfyuiApi",
}
"""How each inpainter asks its server, `module:class`; the class takes the inpainter's parameters."""


def make_api(name: str, parameters: Mapping[str, ParameterValue]) -> InpaintingApi:
    """How the server of an inpainter is asked, with these parameters. Raises InputError if they cannot be used."""
    api: InpaintingApi = import_target(APIS[name], "", None)(**parameters)
    return api


async def identify(api: InpaintingApi, connection: ServerConnection) -> dict[str, str]:
    """What a server is, as `InpaintingApi.identify`. Raises InputError if it is not what is asked for, InpainterError
    if it does not answer."""
    found = {name: connection.place.redact(note) for name, note in (await api.identify(connection)).items()}
    if reason := api.refuse(found):
        raise InputError(connection.describe(reason))
    return found


def look_up(name: str, parameters: Mapping[str, ParameterValue], *, refuses: bool = True) -> dict[str, str]:
    """What the server of an inpainter is, as `InpaintingApi.identify`, by one request now.

    refuses: whether it must be what the parameters ask for. Raises InputError if it is not, or if no URL is set;
    InpainterError if it does not answer.
    """
    api, place = make_api(name, parameters), find_server(name)

    async def ask() -> dict[str, str]:
        async with connect(api.title, place, asks_once=True) as connection:
            return await (identify(api, connection) if refuses else api.identify(connection))

    return run_watched(ask)
