"""Which records may enter the stream: a check of the header, without unpacking samples."""

from dataclasses import dataclass

from pymseed import MiniSEEDError, MS3Record, sourceid2nslc

from streamstress.clock import Clock
from streamstress.errors import CorruptRecordError, FutureRecordError

_EARLIEST_NS = 0  # 1970: no digital record is older, a clock without GPS lock often is


@dataclass(frozen=True, slots=True)
class RecordHeader:
    """What a miniSEED header says; times are the first and the last sample's, ns UTC."""

    network: str
    station: str
    location: str
    channel: str
    start_ns: int
    end_ns: int
    sampling_rate_hz: float
    n_samples: int

    @property
    def station_code(self) -> str:
        """Station key "NET.STA"."""
        return f"{self.network}.{self.station}"


def read_header(payload: bytes) -> RecordHeader:
    """Read the header of one miniSEED record (version 2 or 3).

    Raises
    ------
    CorruptRecordError
        The bytes are no whole record, or the header makes no sense (no samples, no sampling
        rate, a start before 1970); text records of a data logger are among these.
    """
    try:
        record = MS3Record.parse(payload)
        header = header_of(record)
        if record.reclen != len(payload):
            raise ValueError(f"the record in them has {record.reclen}")
    except (MiniSEEDError, ValueError, BufferError) as error:
        raise CorruptRecordError(f"{len(payload)} bytes are no miniSEED record: {error}") from error
    if header.n_samples <= 0 or header.sampling_rate_hz <= 0.0 or header.start_ns < _EARLIEST_NS:
        raise CorruptRecordError(
            f"record of {header.station_code} {header.channel} has {header.n_samples} samples at "
            f"{header.sampling_rate_hz} Hz from {header.start_ns} ns: no waveform"
        )
    return header


def header_of(record: MS3Record) -> RecordHeader:
    """Copy the header out of a parsed pymseed record."""
    network, station, location, channel = sourceid2nslc(record.sourceid)
    return RecordHeader(
        network,
        station,
        location,
        channel,
        int(record.starttime),
        int(record.endtime),
        float(record.samprate),
        int(record.samplecnt),
    )


def require_past(header: RecordHeader, clock: Clock, tolerance_ns: int) -> None:
    """Refuse data that cannot have been recorded yet.

    Raises
    ------
    FutureRecordError
        The last sample is later than the clock's now by more than ``tolerance_ns``. One such
        record would move every watermark, so it must not enter.
    """
    ahead_ns = header.end_ns - clock.now_ns()
    if ahead_ns > tolerance_ns:
        raise FutureRecordError(
            f"record of {header.station_code} {header.channel} ends {ahead_ns / 1e9:.1f} s in the "
            f"future (allowed {tolerance_ns / 1e9:.1f} s): check the clock of the data logger"
        )


class DuplicateTracker:
    """Remembers the last records seen, by channel, start and end.

    The memory is bounded: the oldest of ``capacity`` records is forgotten first (200,000 take
    about 20 MB and cover four minutes of 800 stations).
    """

    def __init__(self, capacity: int = 200_000) -> None:
        self._capacity = capacity
        # A dict keeps the order of insertion; hashes keep it small.
        self._seen: dict[int, None] = {}

    def is_duplicate(self, header: RecordHeader) -> bool:
        """Tell whether this record was seen before, and remember it."""
        key = hash(
            (
                header.network,
                header.station,
                header.location,
                header.channel,
                header.start_ns,
                header.end_ns,
            )
        )
        if key in self._seen:
            return True
        self._seen[key] = None
        if len(self._seen) > self._capacity:
            del self._seen[next(iter(self._seen))]
        return False

    def __len__(self) -> int:
        return len(self._seen)
