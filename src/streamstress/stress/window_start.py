"""Where a window of the latest events begins, by their number, their age and half-life."""

from bisect import bisect_left
from collections.abc import Sequence

Key = tuple[int, str]
"""Origin time in nanoseconds and id of an event: the order of a window."""

FORGOTTEN_HALF_LIVES = 10
"""An event this many half-lives older than the newest counts a thousandth, and is left out."""


def window_start(
    order: Sequence[Key], lengths: int, events: int | None, limits_ns: Sequence[int | None]
) -> int:
    """Index of the first event within so many window lengths of the newest.

    Parameters
    ----------
    order
        Events, oldest first.
    events, limits_ns
        Largest number of events and ages in one window length; None for no limit.
    """
    start = 0 if events is None else max(0, len(order) - lengths * events)
    for limit in limits_ns:
        if limit is not None and order:
            oldest = order[-1][0] - lengths * limit
            start = max(start, bisect_left(order, (oldest + 1, "")))
    return start


def memory_ns(half_life_ns: int | None) -> int | None:
    """Age at which an event is left out by a half-life; None without one."""
    return None if half_life_ns is None else FORGOTTEN_HALF_LIVES * half_life_ns
