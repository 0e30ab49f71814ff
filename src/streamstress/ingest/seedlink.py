"""Raw records from a SeedLink server, resumed after every interruption."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Literal

from seedlink_client import AsyncSeedLink, Protocol, SeedLinkPacket
from seedlink_client import SeedLinkAuthError as _AuthError
from seedlink_client import SeedLinkError as _ClientError

from streamstress.errors import SeedLinkError
from streamstress.ingest.resume import ResumePoints
from streamstress.ingest.stations_wanted import (
    has_wildcard,
    literal_stations,
    offered_stations,
    parse_selector,
)

_FIRST_DELAY_S = 1.0
_LONGEST_DELAY_S = 30.0
_LAST_SEQUENCE_V3 = 0xFFFFFF
_PROTOCOLS = {"auto": None, "v3": Protocol.V3, "v4": Protocol.V4}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SeedLinkSource:
    """A SeedLink server and what is wanted of it.

    ``selectors`` are ``NET.STA`` or ``NET.STA:CHANNELS`` with ``?`` and ``*``. A station without
    a resume point starts with the newest data, or with ``from_earliest`` at the oldest that the
    server holds (version 4, and the replay server; other version 3 servers may ignore it). The
    connection is renewed after ``idle_timeout_s`` without any data.
    """

    host: str
    port: int = 18000
    selectors: tuple[str, ...] = ("*.*",)
    protocol: Literal["auto", "v3", "v4"] = "auto"
    tls: bool = False
    login: tuple[str, str] | None = field(default=None, repr=False)
    """Name and password, of version 4 alone."""
    from_earliest: bool = False
    connect_timeout_s: float = 15.0
    idle_timeout_s: float = 120.0

    @property
    def server(self) -> str:
        """Name of the server, "host:port"."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class SeedLinkRecord:
    """One raw miniSEED record as it came, with its SeedLink sequence."""

    network: str
    station: str
    sequence: int
    payload: bytes

    @property
    def station_code(self) -> str:
        """Station key "NET.STA"."""
        return f"{self.network}.{self.station}"


async def stream_records(
    source: SeedLinkSource,
    resume: ResumePoints,
    notify: Callable[[str], None] = _log.warning,
    on_link: Callable[[bool], None] = lambda _: None,
) -> AsyncIterator[SeedLinkRecord]:
    """Receive records for ever; connect again, with growing pauses, whenever the line breaks.

    Within one run a new connection goes on after the last record that was yielded; a new run goes
    on at the resume points. Wildcards are resolved anew at each connection.

    Parameters
    ----------
    source
        Where from, and what.
    resume
        Points of earlier runs; they are read here, the caller moves them on.
    notify
        Told in words of each connection, loss and retry.
    on_link
        Told True when a connection streams, False when it is lost.

    Raises
    ------
    SeedLinkError
        The server refuses at the first connection: no wanted station, authentication, protocol.
        A server that cannot be reached is waited for.
    ConfigError
        A selector cannot be understood.
    """
    for selector in source.selectors:
        parse_selector(selector)
    delivered: dict[str, int] = {}
    delay_s, connected_before = _FIRST_DELAY_S, False
    while True:
        try:
            async with _client(source) as client:
                n_stations = await _subscribe(client, source, resume, delivered)
                notify(f"SeedLink {source.server}: streaming {n_stations} stations")
                delay_s, connected_before = _FIRST_DELAY_S, True
                on_link(True)
                async with aclosing(client.collect(reconnect=False)) as packets:
                    async for packet in packets:
                        if packet.seqnum is not None:
                            delivered[packet.station_id] = packet.seqnum
                            yield _record(packet, packet.seqnum)
            reason = "the server ended the connection"
        except (_ClientError, SeedLinkError, OSError) as error:
            _raise_if_refused(error, source, connected_before)
            reason = str(error) or type(error).__name__
        on_link(False)
        notify(f"SeedLink {source.server}: {reason}; trying again in {delay_s:.0f} s")
        await asyncio.sleep(delay_s)
        delay_s = min(2.0 * delay_s, _LONGEST_DELAY_S)


def _client(source: SeedLinkSource) -> AsyncSeedLink:
    return AsyncSeedLink(
        source.host,
        source.port,
        timeout=source.connect_timeout_s,
        tls=source.tls,
        auth=source.login,
        protocol=_PROTOCOLS[source.protocol],
        keepalive=source.idle_timeout_s / 4.0,
        idle_timeout=source.idle_timeout_s,
        clientname="streamstress",
    )


async def _subscribe(
    client: AsyncSeedLink,
    source: SeedLinkSource,
    resume: ResumePoints,
    delivered: dict[str, int],
) -> int:
    """Ask for the wanted stations, each after its last record; return how many they are."""
    offered: tuple[str, ...] = ()
    if any(has_wildcard(parse_selector(text)[0]) for text in source.selectors):
        offered = offered_stations(await client.info_dict("STATIONS"))
    wanted = literal_stations(source.selectors, offered)
    if not wanted:
        raise SeedLinkError(
            f"SeedLink {source.server} offers {len(offered)} stations, none of which matches "
            f"{', '.join(source.selectors)}"
        )
    for name, channels in wanted.items():
        sequence = _last_sequence(name, resume, delivered)
        if sequence is None and source.from_earliest and client.protocol is Protocol.V3:
            sequence = -1
        elif sequence == _LAST_SEQUENCE_V3 and client.protocol is Protocol.V3:
            sequence = -1  # the next of 24 bits is 0
        client.add_stream(
            name,
            list(channels),
            seqnum=sequence,
            all_data=source.from_earliest and sequence is None,
        )
    await client.negotiate()
    return len(wanted)


def _last_sequence(name: str, resume: ResumePoints, delivered: dict[str, int]) -> int | None:
    if name in delivered:
        return delivered[name]
    point = resume.point(name.replace("_", ".", 1))
    return point.sequence if point else None


def _record(packet: SeedLinkPacket, sequence: int) -> SeedLinkRecord:
    network, _, station = packet.station_id.partition("_")
    return SeedLinkRecord(network, station, sequence, packet.payload)


def _raise_if_refused(error: Exception, source: SeedLinkSource, connected_before: bool) -> None:
    """Raise what waiting cannot mend; a line that is down is not among it."""
    if isinstance(error, _AuthError):
        raise SeedLinkError(f"SeedLink {source.server} refuses the login: {error}") from error
    if connected_before:
        return
    if isinstance(error, SeedLinkError):
        raise error
    text = str(error)
    if "No stations accepted" in text or "does not support" in text or "No supported" in text:
        raise SeedLinkError(
            f"SeedLink {source.server} refuses: {text}; wanted {', '.join(source.selectors)} by "
            f"protocol {source.protocol}"
        ) from error
