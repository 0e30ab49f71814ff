"""What is wrong with the system that feeds the store, in sentences."""

import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from streamstress.outputs.alarm_text import short_time
from streamstress.outputs.rows import FeedStatus, StageStatus
from streamstress.records import Control
from streamstress.records.controls import waiting_proposals
from streamstress.web.site import Site
from streamstress.web.words import span

ASK_EVERY_S = 5.0
CONNECT_S = 1.0
STALE_AFTER_S = 900.0
"""Wall time; a window of data waits up to about ten minutes for a station that fell silent, so
results this old mean that something stands still."""

STAGE_SILENT_S = 60.0
LATE_AFTER_S, SILENT_AFTER_S = 60.0, 300.0
"""Of a station: records of the slowest loggers come every half minute; five are missing then."""

STATES = ("ok", "late", "silent", "muted", "unknown")


@dataclass(slots=True)
class BrokerWatch:
    """Whether any address of the broker takes connections, asked now and then."""

    addresses: Callable[[], str]
    _said: str | None = None
    _since_s: float | None = None
    _asked_s: float = -ASK_EVERY_S
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def trouble(self) -> str | None:
        """A sentence while none answers."""
        with self._lock:
            if time.monotonic() - self._asked_s >= ASK_EVERY_S:
                self._ask()
                self._asked_s = time.monotonic()
            return self._said

    def _ask(self) -> None:
        listed = self.addresses()
        if any(_answers(address.strip()) for address in listed.split(",")):
            self._said = self._since_s = None
            return
        self._since_s = self._since_s or time.time()
        since = short_time(round(self._since_s * 1e9))
        self._said = (
            f"Kafka does not answer at {listed} (first noticed {since} UTC). Nothing new comes in; "
            "what you see is the store."
        )


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_S):
            return True
    except (OSError, ValueError):
        return False


def data_age_s(site: Site) -> float | None:
    """Data clock less what is done or, where nobody tells, the newest event; None before any."""
    done = list(site.reader.system.progress().values())
    if not done:
        done = [row.time_ns for row in site.reader.latest_events(limit=1)]
    if not done:
        return None
    return max(0.0, (site.clock.now_ns() - max(done)) / 1e9)


def troubles(site: Site, stages: Sequence[StageStatus], age_s: float | None) -> list[str]:
    """Sentences on what keeps results from coming; none while all is well."""
    said = []
    broker = site.broker_trouble()
    if broker is not None:
        said.append(broker)
    if age_s is not None and age_s > STALE_AFTER_S * site.speed:
        said.append(
            f"Results end {span(age_s)} before now: nothing on this page tells what happened since."
        )
    silent = [s.stage for s in stages if _silence_s(site, s.updated_ns) > STAGE_SILENT_S]
    if silent and len(silent) < len(stages):
        names = ", ".join(sorted(silent))
        said.append(f"No word from {names} for over a minute: are these workers up?")
    elif silent:
        longest = min(_silence_s(site, s.updated_ns) for s in stages)
        said.append(
            f"No word from any worker for {span(longest)}: what you see is the store, and may be "
            "old. First: streamstress doctor."
        )
    return said


def _silence_s(site: Site, updated_ns: int) -> float:
    return (site.wall_ns() - updated_ns) / 1e9


@dataclass(frozen=True, slots=True)
class StationHealth:
    """How a station does."""

    code: str
    state: str
    """One of `STATES`."""
    sentence: str
    data_age_s: float | None
    silence_s: float | None
    newest_reading_ns: int | None
    is_reversed: bool
    seems_reversed: bool


def station_health(site: Site, controls: Sequence[Control]) -> dict[str, StationHealth]:
    """Health of every station, by ``NET.STA``."""
    feeds = site.reader.stations.feeds()
    newest = site.reader.stations.newest_readings_ns(list(site.stations))
    now_ns = site.clock.now_ns()
    obeyed = [c for c in controls if c.is_obeyed and c.holds_at(now_ns)]
    muted = {c.target for c in obeyed if c.action == "mute"}
    turned = {c.target for c in obeyed if c.action == "reverse-polarity"}
    suspected = {c.target for c in waiting_proposals(controls)}
    return {
        code: _health(site, code, feeds, newest, code in muted, code in turned, code in suspected)
        for code in site.stations
    }


def _health(
    site: Site,
    code: str,
    feeds: Mapping[str, FeedStatus],
    newest: Mapping[str, int],
    muted: bool,
    turned: bool,
    suspected: bool,
) -> StationHealth:
    feed = feeds.get(code)
    age_s = silence_s = None
    if feed is not None:
        since_s = max(0.0, _silence_s(site, feed.updated_ns))
        age_s, silence_s = feed.data_age_s + since_s * site.speed, feed.silence_s + since_s
    state, sentence = _state(age_s, silence_s, site.speed, muted)
    return StationHealth(
        code, state, sentence, age_s, silence_s, newest.get(code), turned, suspected
    )


def _state(
    age_s: float | None, silence_s: float | None, speed: float, muted: bool
) -> tuple[str, str]:
    if muted:
        return "muted", "muted by an operator"
    if age_s is None or silence_s is None:
        return "unknown", "no word on its waveforms"
    if silence_s > SILENT_AFTER_S:
        return "silent", f"no record for {span(silence_s)}"
    if age_s > LATE_AFTER_S * speed:
        return "late", f"data {span(age_s)} old"
    return "ok", f"data {span(age_s)} old"
