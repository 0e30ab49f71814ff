"""Work beside the stream: what is sent, and what is not."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence

import pytest

from streamstress.records import Progress
from streamstress.stream.background import Background
from streamstress.stream.role import Deferred, Outgoing
from streamstress.wire.topics import STRESS

WAIT_S = 10.0


def made(key: str) -> list[Outgoing]:
    return [Outgoing(STRESS, key, Progress(source="x", done_until_ns=0, sent_ns=0), 0)]


class Held:
    """Work that begins, and goes on when it is let."""

    def __init__(self, key: str) -> None:
        self.key, self.begun, self.let = key, threading.Event(), threading.Event()

    def __call__(self) -> list[Outgoing]:
        self.begun.set()
        assert self.let.wait(WAIT_S)
        return made(self.key)

    async def has_begun(self) -> None:
        assert await asyncio.to_thread(self.begun.wait, WAIT_S)


def sent_by(story: Callable[[Background], Awaitable[None]]) -> tuple[list[str], int]:
    """Keys that were sent, and failures, when all that was put is done."""
    sent: list[str] = []
    failures: list[None] = []

    async def send(outgoing: Sequence[Outgoing]) -> None:
        sent.extend(out.key for out in outgoing)

    async def told() -> None:
        background = Background(send, lambda: failures.append(None))
        await story(background)
        assert background._task is not None
        await asyncio.wait_for(background._task, WAIT_S)

    asyncio.run(told())
    return sent, len(failures)


def test_messages_go_on_while_work_is_done():
    async def story(background: Background) -> None:
        work = Held("slow")
        background.put({"a": work})
        await work.has_begun()
        async with background.order:
            # What the role answers now is sent now, and the work comes after it.
            await background.send(made("answer"))
        work.let.set()

    assert sent_by(story) == (["answer", "slow"], 0)


def test_work_that_is_put_again_is_sent_once_and_newest():
    async def story(background: Background) -> None:
        first, other = Held("first"), Held("other")
        background.put({"a": first, "b": other})
        await first.has_begun()
        background.put({"a": lambda: made("second"), "b": lambda: made("other anew")})
        for work in (first, other):
            work.let.set()

    keys, failures = sent_by(story)
    assert sorted(keys) == ["other anew", "second"]
    assert failures == 0


def test_nothing_is_sent_for_partitions_that_were_lost():
    async def story(background: Background) -> None:
        work = Held("lost")
        background.put({"a": work, "b": lambda: made("lost too")})
        await work.has_begun()
        background.forget()
        work.let.set()

    assert sent_by(story) == ([], 0)


@pytest.mark.parametrize("error", [ValueError, ZeroDivisionError])
def test_work_that_fails_is_counted_and_ends_nothing(error: type[Exception]):
    async def story(background: Background) -> None:
        def fails() -> list[Outgoing]:
            raise error("wrong")

        work: dict[str, Deferred] = {"a": fails, "b": lambda: made("b")}
        background.put(work)
        assert not work

    assert sent_by(story) == (["b"], 1)
