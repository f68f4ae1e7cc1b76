"""Stand-in servers that inpaint, and short waits."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import pytest

from riptui.inpainters.servers.server_place import url_variable
from tests.support.stand_in_servers import StandIn, serve_stand_in


class Serve(Protocol):
    def __call__(self, kind: str, **settings: Any) -> StandIn: ...


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """`serve("iopaint", model="lama")`: a stand-in that the environment names."""
    monkeypatch.setattr("riptui.inpainters.servers.connection.FIRST_PAUSE_SECONDS", 0.01)
    with ExitStack() as stack:

        def start(kind: str, **settings: Any) -> StandIn:
            stand_in = stack.enter_context(serve_stand_in(kind, **settings))
            monkeypatch.setenv(url_variable(kind), stand_in.url)
            return stand_in

        yield start
