"""Progress, where a server tells it: read from what its channel says, and never needed."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from riptui.recursion import ignore_step
from riptui.testing.inpainter_rules import make_images, make_masks
from tests.inpainters.servers.conftest import Serve
from tests.support.served import KINDS, PARAMETERS, SIZE, load_served

pytestmark = pytest.mark.needs("servers")


@dataclass
class ScriptedSocket:
    """A web socket that says some texts, and then nothing more."""

    texts: Sequence[str]
    said: list[str]

    def __post_init__(self) -> None:
        self._left = iter(self.texts)

    async def receive_text(self) -> str:
        try:
            return next(self._left)
        except StopIteration:
            raise EOFError from None

    async def receive(self) -> Any:
        return SimpleNamespace(data=await self.receive_text())

    async def send_text(self, text: str) -> None:
        self.said.append(text)


async def follow(kind: str, texts: Sequence[str], said: list[str]) -> list[tuple[int, int]]:
    """The steps that are told by what a socket says."""
    from riptui.inpainters import complete_parameters
    from riptui.inpainters.servers.server_check import make_api

    @asynccontextmanager
    async def open_socket(path: str) -> AsyncIterator[ScriptedSocket]:
        yield ScriptedSocket(texts, said)

    steps: list[tuple[int, int]] = []
    connection: Any = SimpleNamespace(open_socket=open_socket)
    api = make_api(kind, complete_parameters(kind, {**PARAMETERS[kind]}))
    with suppress(EOFError):
        await api.follow(connection, lambda *step: steps.append(step))
    return steps


async def test_iopaint_tells_steps_by_socket_io() -> None:
    said: list[str] = []
    texts = ['0{"sid":"x","pingInterval":25000}', '40{"sid":"y"}', "2", '42["diffusion_progress",{"step":3}]']
    assert await follow("iopaint", [*texts, '42["diffusion_finish"]'], said) == [(4, 50)]
    assert said == ["40", "3"]


async def test_comfyui_tells_steps_by_its_socket() -> None:
    texts = [{"type": "status", "data": {}}, {"type": "progress", "data": {"value": 3, "max": 20}}]
    assert await follow("comfyui", [json.dumps(text) for text in texts], []) == [(3, 20)]


def test_a1111_is_asked_for_its_steps(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = serve("a1111")
    inpaint = load_served("a1111")
    monkeypatch.setattr("riptui.inpainters.servers.webui.POLL_SECONDS", 0.01)
    stand_in.go.clear()
    steps: list[tuple[int, int]] = []

    def note(step: int, total: int) -> None:
        steps.append((step, total))
        if step:
            stand_in.go.set()

    inpaint(make_images(1, SIZE), make_masks(1, SIZE), seeds=[1], on_step=note)
    assert {*steps} <= {(0, 0), (5, 10)}
    assert steps[-1] == (5, 10)


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_tells_no_progress_paints_all_the_same(kind: str, serve: Serve) -> None:
    stand_in = serve(kind)
    inpaint = load_served(kind)
    inpaint(make_images(1, SIZE), make_masks(1, SIZE), seeds=[1], on_step=ignore_step)
    assert stand_in.bodies
