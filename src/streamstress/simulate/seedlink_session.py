"""The commands of one SeedLink client, up to the moment when data flow."""

from collections.abc import Callable
from typing import Protocol

from streamstress.clock import ReplayClock
from streamstress.simulate.seedlink_info import (
    CAPABILITIES,
    ORGANIZATION,
    SOFTWARE,
    Holding,
    info_v3,
    info_v4,
)
from streamstress.simulate.seedlink_requests import (
    StationRequest,
    StreamId,
    Wanted,
    parse_time,
    record_number,
    resolve,
)

_OK = b"OK\r\n"


class _Records(Protocol):
    @property
    def streams(self) -> tuple[StreamId, ...]: ...


class _Server(Protocol):
    clock: ReplayClock

    @property
    def records(self) -> _Records: ...
    @property
    def n_available(self) -> int: ...
    def holding(self) -> Holding: ...


class Session:
    """Understands command lines and keeps what they ask for.

    ``wanted`` is set once the client has asked for data to flow; ``fetch`` says that it wants
    only what there is (dial-up); ``ended`` that it said BYE.
    """

    def __init__(self, server: _Server) -> None:
        self.version = 3
        self.wanted: Wanted | None = None
        self.fetch = False
        self.ended = False
        self._server = server
        self._quiet = False
        self._stations: list[StationRequest] = []
        # Selectors before any STATION: uni-station mode, which here means all stations.
        self._current = StationRequest("*")
        self._commands: dict[str, Callable[[list[str]], bytes]] = {
            "HELLO": self._hello,
            "SLPROTO": self._slproto,
            "CAPABILITIES": lambda _: _OK,
            "USERAGENT": lambda _: _OK,
            "BATCH": self._batch,
            "CAT": self._cat,
            "STATION": self._station,
            "SELECT": self._select,
            "DATA": self._data,
            "FETCH": self._fetch,
            "TIME": self._time,
            "END": self._end,
            "ENDFETCH": self._end_fetch,
            "INFO": self._info,
            "BYE": self._bye,
        }

    def answer(self, line: str) -> bytes:
        """Carry out one command line and return what to send back."""
        name, *arguments = line.split() or [""]
        command = self._commands.get(name.upper())
        if command is None:
            return self._error("UNSUPPORTED", f"{name} is not known here")
        try:
            return command(arguments)
        except (ValueError, IndexError) as error:
            return self._error("ARGUMENTS", f"{line}: {error}")

    def _hello(self, _: list[str]) -> bytes:
        return f"{SOFTWARE} :: {CAPABILITIES}\r\n{ORGANIZATION}\r\n".encode()

    def _slproto(self, arguments: list[str]) -> bytes:
        major = int(arguments[0].partition(".")[0])
        if major not in (3, 4):
            return self._error("UNSUPPORTED", f"protocol {arguments[0]}: 3.1 and 4.0 are spoken")
        self.version = major
        return _OK

    def _batch(self, _: list[str]) -> bytes:
        self._quiet = True
        return _OK

    def _cat(self, _: list[str]) -> bytes:
        stations = sorted({stream[:2] for stream in self._server.records.streams})
        lines = "".join(f"{network:2} {name:5} {name}\r\n" for network, name in stations)
        return lines.encode() + b"END\r\n"

    def _station(self, arguments: list[str]) -> bytes:
        if self.version == 4:
            pattern = arguments[0]
        else:
            pattern = f"{arguments[1] if len(arguments) > 1 else '*'}_{arguments[0]}"
        request = StationRequest(pattern)
        if not any(request.wants(stream) for stream in self._server.records.streams):
            return self._error("ARGUMENTS", f"no station {pattern} here")
        self._stations.append(request)
        self._current = request
        return self._ok()

    def _select(self, arguments: list[str]) -> bytes:
        if arguments:
            self._current.selectors += arguments
        else:
            self._current.selectors.clear()
        return self._ok()

    def _data(self, arguments: list[str]) -> bytes:
        if not arguments:
            self._current.first = None
        elif arguments[0].upper() == "ALL":
            self._current.first = 0
        else:
            sequence = int(arguments[0], 16 if self.version == 3 else 10)
            self._current.first = record_number(
                sequence, self._server.n_available, wraps=self.version == 3
            )
        # Version 3 sends the time of the record with its sequence; the sequence is enough here.
        if self.version == 4 and len(arguments) > 1:
            self._set_window(arguments[1:])
        return self._flow_or_ok()

    def _fetch(self, arguments: list[str]) -> bytes:
        self.fetch = True
        return self._data(arguments or ["0"])

    def _time(self, arguments: list[str]) -> bytes:
        self._current.first = 0
        self._set_window(arguments)
        return self._flow_or_ok()

    def _set_window(self, arguments: list[str]) -> None:
        start_ns = parse_time(arguments[0])
        end_ns = parse_time(arguments[1]) if len(arguments) > 1 else self._current.window_ns[1]
        self._current.window_ns = (start_ns, end_ns)

    def _flow_or_ok(self) -> bytes:
        """Without any STATION the data flow at once, and there is no reply."""
        if self._stations or self.version == 4:
            return self._ok()
        return self._flow([self._current])

    def _end(self, _: list[str]) -> bytes:
        return self._flow(self._stations)

    def _end_fetch(self, _: list[str]) -> bytes:
        self.fetch = True
        return self._flow(self._stations)

    def _flow(self, requests: list[StationRequest]) -> bytes:
        self.wanted = resolve(requests, self._server.records.streams, self._server.n_available)
        return b""

    def _info(self, arguments: list[str]) -> bytes:
        level = arguments[0].upper()
        holding = self._server.holding()
        if self.version == 4:
            return info_v4(level, holding)
        return info_v3(level, holding, self._server.clock.wall_start_ns)

    def _bye(self, _: list[str]) -> bytes:
        self.ended = True
        return b""

    def _ok(self) -> bytes:
        return b"" if self._quiet else _OK

    def _error(self, code: str, message: str) -> bytes:
        if self._quiet:
            return b""
        return f"ERROR {code} {message}\r\n".encode() if self.version == 4 else b"ERROR\r\n"
