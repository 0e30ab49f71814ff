"""What is done again and again ends after its last time, not in the middle of it."""

import asyncio

import pytest

from streamstress.stream.regularly import start_regularly


@pytest.mark.asyncio
async def test_the_work_in_hand_comes_to_its_end():
    done: list[str] = []

    async def work() -> None:
        done.append("begun")
        await asyncio.sleep(0.05)
        done.append("ended")

    end = start_regularly(work, 0.001)
    await asyncio.sleep(0.12)
    await end()
    assert done
    count = len(done)
    assert done == ["begun", "ended"] * (count // 2)
    await asyncio.sleep(0.06)
    assert len(done) == count
