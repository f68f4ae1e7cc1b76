"""The servers as entries of the registry: their parameters, and why one cannot be used. HTTP is imported to ask one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from riptui.errors import InputError, RiptuiError
from riptui.extras import importing
from riptui.inpainters import servers
from riptui.inpainters.inpainter_info import InpainterInfo
from riptui.inpainters.parameters import NumberType, ParameterType, TextType
from riptui.inpainters.servers.comfyui_workflow import ComfyuiWorkflow
from riptui.inpainters.servers.json_object import JsonObjectType
from riptui.inpainters.servers.server_place import url_variable

if TYPE_CHECKING:  # msgspec takes longer to import than the names take to read
    from riptui.spec import ParameterValue

SERVER_PACKAGE = "httpx2"
"""The package of the extra that servers need."""
TARGET = "riptui.inpainters.servers.server_inpainter:load_server"
FILLS = {"fill": 0, "original": 1, "latent-noise": 2, "latent-nothing": 3}
"""What A1111 puts under the mask before the first step: names to its numbers."""
PARAMETER_TYPES: dict[str, ParameterType] = {
    "model": TextType(),
    "prompt": TextType(),
    "negative_prompt": TextType(),
    "steps": NumberType(above=0, maximum=1000, integer=True),
    "guidance": NumberType(above=-1, maximum=100),
    "strength": NumberType(above=0, maximum=1),
    "sampler": TextType(empty=False),
    "fill": TextType(tuple(FILLS)),
    "workflow": JsonObjectType("workflow.json", optional=True),
    "options": JsonObjectType('{"cv2_flag": "INPAINT_TELEA"}', optional=True),
}


def _server_info(summary: str, **parameters: ParameterValue) -> InpainterInfo:
    return InpainterInfo(
        TARGET,
        summary,
        parameters,
        extra="servers",
        parameter_types={name: kind for name, kind in PARAMETER_TYPES.items() if name in parameters},
        is_server=True,
        runs_in_worker=True,
    )


DENOISING: dict[str, ParameterValue] = {
    "model": "",
    "prompt": "",
    "negative_prompt": "",
    "steps": 50,
    "guidance": 7.5,
    "strength": 1.0,
}

SERVER_INFOS: dict[str, InpainterInfo] = {
    "iopaint": _server_info(
        "A server of IOPaint, by HTTP, with the model that it has loaded. Needs its URL.",
        **DENOISING,
        sampler="UniPC",
        options=None,
    ),
    "a1111": _server_info(
        "A server of A1111 or Forge, by HTTP, with the checkpoint that it has loaded. Needs its URL.",
        **DENOISING,
        sampler="Euler",
        fill="fill",
        options=None,
    ),
    "comfyui": _server_info(
        "A server of ComfyUI, by HTTP, with a workflow of yours. Needs its URL.",
        workflow=None,
    ),
}


def require_usable_server(name: str, parameters: Mapping[str, ParameterValue]) -> None:
    """Raise InputError for parameters that are certain to fail: no model, or a workflow without its named inputs."""
    if parameters.get("model") == "":
        raise InputError(f"{name} needs the model that its server has loaded: --set model=NAME; riptui doctor shows it")
    if "workflow" in parameters:
        if parameters["workflow"] is None:
            raise InputError(f"{name} needs a workflow in ComfyUI's API format: --set workflow=FILE")
        ComfyuiWorkflow(str(parameters["workflow"]))


def explain_url(name: str) -> str:
    """Why a URL is not a parameter, and where it belongs."""
    return (
        f"{name}'s url is not a parameter, since the same server elsewhere paints the same: set url in "
        f"[servers.{name}] of your settings (riptui config edit), or ${url_variable(name)}; riptui run takes "
        "--set url= too"
    )


def explain_unreachable(name: str, info: InpainterInfo, parameters: Mapping[str, ParameterValue]) -> RiptuiError | None:
    """Why the server of an inpainter cannot be used now: it does not answer, or has another model. Asks it once.

    None if it can be used, or if the inpainter is not a server.
    """
    if not info.is_server:
        return None
    try:
        with importing(f"the inpainter {name}", info.extra):
            server_check = servers.server_check
        server_check.look_up(name, parameters)
    except RiptuiError as error:
        return error
    return None
