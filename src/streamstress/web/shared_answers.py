"""What several readers ask for at a time is made once."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")
HELD = 64
"""Answers kept: as many different pages as a control room has open."""


@dataclass(slots=True)
class _Held:
    lock: threading.Lock = field(default_factory=threading.Lock)
    answer: Any = None
    until_s: float | None = None


class SharedAnswers:
    """Answers by what was asked for; each is given to everybody for a moment, then made anew.

    Who asks while one is being made waits for it. A failure is nobody's answer: it is raised to
    the one who met it, and the next tries again.

    Parameters
    ----------
    last_s
        How long an answer is given after it was made.
    """

    def __init__(self, last_s: float = 0.0, now_s: Callable[[], float] = time.monotonic) -> None:
        self._last_s, self._now_s = last_s, now_s
        self._held: OrderedDict[Hashable, _Held] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, asked: Hashable, make: Callable[[], T]) -> T:
        """Give the answer that is held, or make one."""
        held = self._place_of(asked)
        with held.lock:
            if held.until_s is None or self._now_s() >= held.until_s:
                held.answer = make()
                held.until_s = self._now_s() + self._last_s
            answer: T = held.answer
            return answer

    def _place_of(self, asked: Hashable) -> _Held:
        with self._lock:
            held = self._held.setdefault(asked, _Held())
            self._held.move_to_end(asked)
            if len(self._held) > HELD:
                self._held.popitem(last=False)
            return held
