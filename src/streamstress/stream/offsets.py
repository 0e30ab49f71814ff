"""Acknowledging messages in strict offset order.

A message is acknowledged when everything it caused has been acknowledged by the broker and its
role needs it no more. Acknowledging out of order is not safe: committing by gaps can pass over an
open message.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Message = TypeVar("Message")


@dataclass(slots=True)
class InOrderAcks(Generic[Message]):
    """Open messages of one partition, acknowledged from the oldest on."""

    acknowledge: Callable[[Message], None]
    _open: deque[tuple[int, Message]] = field(default_factory=deque)

    def __len__(self) -> int:
        return len(self._open)

    def add(self, offset: int, message: Message) -> None:
        """Take a message that has been processed; offsets must rise."""
        if self._open and offset <= self._open[-1][0]:
            raise ValueError(f"offset {offset} after {self._open[-1][0]}: not in order")
        self._open.append((offset, message))

    def release(self, needed_from: int | None) -> int:
        """Acknowledge all messages below ``needed_from`` (None: all); returns how many."""
        released = 0
        while self._open and (needed_from is None or self._open[0][0] < needed_from):
            self.acknowledge(self._open.popleft()[1])
            released += 1
        return released
