"""Acknowledgements never pass over an open message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamstress.stream.offsets import InOrderAcks


@given(st.lists(st.integers(1, 5), max_size=40), st.lists(st.integers(0, 120), max_size=40))
def test_nothing_at_or_behind_what_is_needed_is_ever_acknowledged(
    gaps: list[int], needs: list[int]
):
    acknowledged: list[int] = []
    acks: InOrderAcks[int] = InOrderAcks(acknowledged.append)
    offsets = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    added = 0
    for needed_from in needs:
        if added < len(offsets):
            acks.add(offsets[added], offsets[added])
            added += 1
        before = len(acknowledged)
        released = acks.release(needed_from)
        assert released == len(acknowledged) - before
        assert all(offset < needed_from for offset in acknowledged[before:])
        assert acknowledged == offsets[: len(acknowledged)]
        assert len(acks) == added - len(acknowledged)


def test_an_open_message_holds_back_the_finished_ones_behind_it():
    acknowledged: list[str] = []
    acks: InOrderAcks[str] = InOrderAcks(acknowledged.append)
    for offset, message in ((10, "open"), (11, "done"), (12, "done too")):
        acks.add(offset, message)
    assert acks.release(10) == 0
    assert acks.release(11) == 1
    assert acknowledged == ["open"]


def test_all_are_acknowledged_when_none_is_needed():
    acknowledged: list[int] = []
    acks: InOrderAcks[int] = InOrderAcks(acknowledged.append)
    for offset in (3, 4, 9):
        acks.add(offset, offset)
    assert acks.release(None) == 3
    assert acknowledged == [3, 4, 9]


@pytest.mark.parametrize("offset", [5, 4])
def test_a_message_out_of_order_is_an_error(offset: int):
    acks: InOrderAcks[int] = InOrderAcks(lambda _: None)
    acks.add(5, 5)
    with pytest.raises(ValueError, match="not in order"):
        acks.add(offset, offset)
