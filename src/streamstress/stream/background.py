"""Work beside the stream, in a thread of its own: no message waits for it.

What it makes is never sent behind something newer: work that is put again under the same name, or
forgotten, loses what it made. A crash loses it too; a role defers it again when it next answers.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import structlog
from aiokafka.errors import KafkaError

from streamstress.errors import StoreError, StreamstressError
from streamstress.stream.role import Deferred, Outgoing

NUMERICAL = (StreamstressError, ArithmeticError, LookupError, ValueError)
"""What data can do to a computation; any other is the program's fault and ends the worker."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Background:
    """The newest work of each name, one after another.

    Attributes
    ----------
    send
        Sends what work made; a failure of it ends the worker.
    failed
        Told of work that failed; what it would have refined stands as it was.
    order
        Held while anything of the role is sent, so that older and newer keep their order.
    """

    send: Callable[[Sequence[Outgoing]], Awaitable[None]]
    failed: Callable[[], None]
    order: asyncio.Lock = field(default_factory=asyncio.Lock)
    _waiting: dict[str, Deferred] = field(default_factory=dict)
    _doing: str | None = None
    _task: asyncio.Task[None] | None = None
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    def put(self, work: dict[str, Deferred]) -> None:
        """Take all work out of a mapping; it replaces what has the same names."""
        if self._doing in work:
            self._doing = None
        self._waiting.update(work)
        work.clear()
        if self._waiting and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._work())
            self._task.add_done_callback(end_worker_on_failure)

    def forget(self) -> None:
        """Drop all work; what is being done is not sent."""
        self._waiting.clear()
        self._doing = None

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            self._doing = name = next(iter(self._waiting))
            made = await loop.run_in_executor(
                self._thread, self._attempt, name, self._waiting.pop(name)
            )
            async with self.order:
                if self._doing == name:
                    await self.send(made)
            self._doing = None

    def _attempt(self, name: str, work: Deferred) -> Sequence[Outgoing]:
        try:
            return work()
        except NUMERICAL:
            log.exception("work beside the stream failed", name=name)
            self.failed()
            return ()


def end_worker_on_failure(task: asyncio.Task[None]) -> None:
    """A worker that cannot send must not go on acknowledging: end it at once."""
    if task.cancelled():
        return
    error = task.exception()
    if error is not None:
        # A broker or a disk that fails is no fault of this program: where that showed is no news.
        where = None if isinstance(error, KafkaError | StoreError) else error
        log.error("worker ends; its supervisor starts it again", error=repr(error), exc_info=where)
        os._exit(3)
