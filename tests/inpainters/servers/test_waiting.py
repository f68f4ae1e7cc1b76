"""Asynchronous code that is called from code that is not."""

import asyncio
import tempfile
from functools import partial
from pathlib import Path
from threading import Event

import pytest

from tests.inpainters.servers.conftest import Serve
from tests.support.served import load_served, paint

pytestmark = pytest.mark.needs("servers")


def test_it_is_ended_by_what_a_poll_raises() -> None:
    from riptui.inpainters.servers.waiting import run_watched

    ended = Event()

    async def wait_for_ever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    def stop() -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        run_watched(wait_for_ever, stop)
    assert ended.is_set()


async def test_the_first_error_ends_all_and_is_raised_itself() -> None:
    from riptui.inpainters.servers.waiting import run_together

    async def wait_for_ever() -> None:
        await asyncio.Event().wait()

    async def fail(number: int) -> int:
        if number:
            await asyncio.Event().wait()
        raise ValueError(f"picture {number}")

    with pytest.raises(ValueError, match="picture 0"):
        await run_together([partial(fail, 0), partial(fail, 1)], beside=wait_for_ever)


async def test_a_server_paints_within_a_running_event_loop(serve: Serve) -> None:
    serve("iopaint")
    images, outputs = paint(load_served("iopaint"))
    assert (images != outputs).any()


async def test_turns_at_a_server_are_taken_one_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from riptui.inpainters.servers import iopaint

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(iopaint, "POLL_SECONDS", 0.001)
    inside = [0]
    seen = []

    async def visit(url: str) -> None:
        async with iopaint.take_turn(url):
            inside[0] += 1
            seen.append(inside[0])
            await asyncio.sleep(0.005)
            inside[0] -= 1

    await asyncio.gather(*(visit("http://one") for _ in range(4)))
    assert seen == [1, 1, 1, 1]
    async with iopaint.take_turn("http://one"):
        await visit("http://two")
    assert len(seen) == 5
