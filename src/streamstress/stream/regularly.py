"""Something done again and again beside a worker's own work, and ended without cutting it off."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

END_WAIT_S = 6.0
"""How long the last time may take to come to its end."""


def start_regularly(
    work: Callable[[], Awaitable[None]], every_s: float
) -> Callable[[], Awaitable[None]]:
    """Start to do some work every so often; returns what ends it.

    It is not cancelled in the middle, where a client of Kafka would leave connections open.
    """
    ending = asyncio.Event()
    task = asyncio.create_task(_repeat(work, every_s, ending))

    async def end() -> None:
        ending.set()
        await asyncio.wait((task,), timeout=END_WAIT_S)
        task.cancel()

    return end


async def _repeat(
    work: Callable[[], Awaitable[None]], every_s: float, ending: asyncio.Event
) -> None:
    while not ending.is_set():
        await work()
        with suppress(TimeoutError):
            await asyncio.wait_for(ending.wait(), every_s)
