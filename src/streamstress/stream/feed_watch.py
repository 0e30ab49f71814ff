"""How old and how silent each station's feed is, computed when Prometheus asks."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from streamstress.clock import Clock
from streamstress.outputs.metrics import Metrics

LEAVES_AFTER_S = 7 * 86400.0
"""A station silent for a week has left the network, and its series with it."""


@dataclass(slots=True)
class _Feed:
    newest_end_ns: int
    came_s: float


@dataclass(slots=True)
class FeedWatch:
    """Stations heard, each with the end of its newest record and its arrival."""

    metrics: Metrics
    clock: Clock
    monotonic_s: Callable[[], float] = time.monotonic
    _feeds: dict[str, _Feed] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Export the lead of the data over the clock."""
        self.metrics.feed.clock_skew.set_function(self.lead_s)

    def heard(self, station: str, end_ns: int) -> None:
        """Note a record that the broker has acknowledged."""
        feed = self._feeds.get(station)
        if feed is None:
            self._feeds[station] = _Feed(end_ns, self.monotonic_s())
            self._export(station)
            return
        feed.newest_end_ns = max(feed.newest_end_ns, end_ns)
        feed.came_s = self.monotonic_s()

    def expect(self, station: str, end_ns: int) -> None:
        """Go on with a station heard before a restart: silent since its newest record, about."""
        silent_s = max(0.0, (self.clock.now_ns() - end_ns) / 1e9)
        if station not in self._feeds and silent_s < LEAVES_AFTER_S:
            self._feeds[station] = _Feed(end_ns, self.monotonic_s() - silent_s)
            self._export(station)

    def lead_s(self) -> float:
        """How far the newest data are ahead of the clock, 0 where they are not."""
        newest_ns = max((feed.newest_end_ns for feed in list(self._feeds.values())), default=0)
        return max(0.0, (newest_ns - self.clock.now_ns()) / 1e9)

    def drop_gone(self) -> None:
        """Forget the stations that have left."""
        for station, feed in list(self._feeds.items()):
            if self.monotonic_s() - feed.came_s > LEAVES_AFTER_S:
                del self._feeds[station]
                self.metrics.forget_station(station)

    def _export(self, station: str) -> None:
        feed = self._feeds[station]
        feeds = self.metrics.feed
        feeds.data_age.labels(station).set_function(
            lambda: (self.clock.now_ns() - feed.newest_end_ns) / 1e9
        )
        feeds.silence.labels(station).set_function(lambda: self.monotonic_s() - feed.came_s)
