"""Runs asynchronous functions from synchronous code, in a thread with an event loop of its own."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import wait
from typing import Any, TypeVar

import anyio
from anyio.from_thread import start_blocking_portal

AnswerT = TypeVar("AnswerT")

POLL_SECONDS = 0.05


def run_watched(function: Callable[[], Awaitable[AnswerT]], on_poll: Callable[[], None] = lambda: None) -> AnswerT:
    """What the function returns; until then `on_poll` is called twenty times a second.

    What `on_poll` raises cancels the function, with its open connections, and is raised when that has ended: at once,
    unless it shields something from cancellation.
    Works within a running event loop too, as in a notebook.
    """
    with start_blocking_portal() as portal:
        future = portal.start_task_soon(function)
        try:
            while not wait([future], POLL_SECONDS).done:
                on_poll()
        except BaseException:
            future.cancel()
            raise
    return future.result()


async def run_together(
    functions: Sequence[Callable[[], Awaitable[AnswerT]]], *, beside: Callable[[], Coroutine[Any, Any, None]]
) -> list[AnswerT]:
    """The results of functions that run at the same time. The first error of one ends the others, and is raised.

    beside: runs meanwhile, and is ended with them.
    """
    results: dict[int, AnswerT] = {}

    async def run(number: int) -> None:
        results[number] = await functions[number]()

    try:
        async with anyio.create_task_group() as meanwhile:
            meanwhile.start_soon(beside)
            async with anyio.create_task_group() as group:
                for number in range(len(functions)):
                    group.start_soon(run, number)
            meanwhile.cancel_scope.cancel()
    except BaseExceptionGroup as errors:
        raise _first_error(errors) from None
    return [results[number] for number in range(len(functions))]


def _first_error(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
