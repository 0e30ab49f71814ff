"""Stations whose clock is wrong, watched as picks and earthquakes come."""

from collections import deque

from streamstress.location.clocks import REACH_S, ClockError, wrong_clocks
from streamstress.location.finder import EventFinder
from streamstress.location.hypocentre import Hypocentre
from streamstress.location.readings import PhaseReading

NS = 1_000_000_000

REMEMBERED = 30
"""Newest earthquakes that are looked at."""

EVERY = 5
"""Earthquakes between two looks."""


class ClockWatch:
    """Picks and origins of one zone in, clocks that seem wrong out.

    It remembers an hour of P picks, and nothing over a restart: what it says comes back with the
    next earthquakes.
    """

    def __init__(self, finder: EventFinder) -> None:
        self._finder = finder
        self._picks: deque[PhaseReading] = deque()
        self._origins: deque[Hypocentre] = deque(maxlen=REMEMBERED)
        self._unseen = 0

    def add(self, reading: PhaseReading) -> None:
        """Take a pick, also one that is too late for the association."""
        if reading.phase == "P" and reading.station in self._finder.stations:
            self._picks.append(reading)

    def note(self, origin: Hypocentre) -> list[ClockError] | None:
        """Take a located earthquake; every `EVERY` of them tells all clocks that seem wrong."""
        self._origins.append(origin)
        self._unseen += 1
        if self._unseen < EVERY:
            return None
        self._unseen = 0
        oldest_ns = self._origins[0].origin_time_ns - round(REACH_S * NS)
        while self._picks and self._picks[0].time_ns < oldest_ns:
            self._picks.popleft()
        return wrong_clocks(self._finder, list(self._origins), list(self._picks))
