"""Where to go on after a restart: per station, the last record that the broker has for sure."""

import json
import os
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from streamstress.errors import InputFileError


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """The last acknowledged record of a station: SeedLink sequence and time of its last sample."""

    sequence: int
    end_ns: int


@dataclass(slots=True)
class _OpenRecord:
    sequence: int
    end_ns: int = 0
    done: bool = False


class ResumePoints:
    """Sequences of one SeedLink server, moved on only by acknowledgements, in order.

    A record is ``opened`` when it is received and ``acknowledged`` when the broker has it (or
    when it was set aside for good). A station's point moves past a record only when every
    earlier one of that station is acknowledged, so a restart loses nothing.

    Parameters
    ----------
    path
        File to keep the points in (JSON); None keeps them in memory only.
    server
        "host:port" the sequences belong to. Points of another server are dropped: its sequences
        mean nothing here.

    Raises
    ------
    InputFileError
        The file exists but is no resume file.
    """

    def __init__(self, path: Path | None, server: str) -> None:
        self._path = path
        self._server = server
        self._points = _load(path, server) if path and path.exists() else {}
        self._open: dict[str, deque[_OpenRecord]] = {}
        self._changed = False

    def point(self, station: str) -> ResumePoint | None:
        """Last acknowledged record of station "NET.STA", or None if there is none."""
        return self._points.get(station)

    def ends_ns(self) -> dict[str, int]:
        """End of the last acknowledged record of every station."""
        return {station: point.end_ns for station, point in self._points.items()}

    def opened(self, station: str, sequence: int) -> None:
        """Note that a record was received and is on its way."""
        self._open.setdefault(station, deque()).append(_OpenRecord(sequence))

    def acknowledged(self, station: str, sequence: int, end_ns: int) -> None:
        """Note that a record is safe; the point moves when all before it are safe too.

        Raises
        ------
        ValueError
            The record was never opened.
        """
        records = self._open.get(station, deque())
        for record in records:
            if record.sequence == sequence and not record.done:
                record.end_ns, record.done = end_ns, True
                break
        else:
            raise ValueError(f"record {sequence} of {station} is acknowledged but was not opened")
        while records and records[0].done:
            done = records.popleft()
            self._points[station] = ResumePoint(done.sequence, done.end_ns)
            self._changed = True

    def open_count(self) -> int:
        """Return how many records are on their way."""
        return sum(map(len, self._open.values()))

    def save(self) -> None:
        """Write the points if they moved; the file is whole at every moment."""
        if self._path is None or not self._changed:
            return
        points = {name: [point.sequence, point.end_ns] for name, point in self._points.items()}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_name(self._path.name + ".tmp")
        with temporary.open("w") as file:
            json.dump({"server": self._server, "stations": points}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
        self._changed = False


def _load(path: Path, server: str) -> dict[str, ResumePoint]:
    try:
        content = json.loads(path.read_text())
        points = {name: ResumePoint(int(s), int(e)) for name, (s, e) in content["stations"].items()}
        return points if content["server"] == server else {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputFileError(
            f"{path}: not a resume file of streamstress ({error}); delete it to start without "
            "resuming"
        ) from error
