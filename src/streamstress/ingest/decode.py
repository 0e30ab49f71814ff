"""One miniSEED record, version 2 or 3, to samples with their time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymseed import MiniSEEDError, MS3Record, sourceid2nslc

from streamstress.errors import CorruptRecordError

Samples = NDArray[np.floating[Any]]

# Whole numbers up to here are exact in single precision.
_EXACT_IN_FLOAT32 = 1 << 24


@dataclass(frozen=True, slots=True)
class TraceSegment:
    """An unbroken run of samples of one channel.

    ``samples`` has shape ``(n,)``: float32 where that is exact for the recorded counts, else
    float64. ``start_ns`` is the time of the first sample (integer ns UTC). ``clipped`` says that
    the digitiser or amplifier flagged saturation.
    """

    network: str
    station: str
    location: str
    channel: str
    start_ns: int
    sampling_rate_hz: float
    samples: Samples
    clipped: bool = False

    @property
    def code(self) -> str:
        """Station key ``NET.STA``."""
        return f"{self.network}.{self.station}"

    @property
    def end_ns(self) -> int:
        """Time one sampling interval after the last sample, integer ns UTC."""
        return self.start_ns + round(len(self.samples) * 1e9 / self.sampling_rate_hz)


def decode(record: bytes) -> TraceSegment:
    """Decode one raw miniSEED record (version 2 or 3).

    Parameters
    ----------
    record : bytes
        Exactly one record.

    Raises
    ------
    CorruptRecordError
        The bytes are no complete record, hold more than one, or hold no usable samples.
    """
    try:
        parsed = MS3Record.parse(record, unpack_data=True)
        network, station, location, channel = sourceid2nslc(parsed.sourceid)
    except (MiniSEEDError, ValueError) as error:
        raise CorruptRecordError(f"{len(record)} bytes are no miniSEED record: {error}") from error
    name = f"{network}.{station}.{location}.{channel}"
    _check_header(parsed, len(record), name)
    return TraceSegment(
        network,
        station,
        location,
        channel,
        int(parsed.starttime),
        float(parsed.samprate),
        _samples(parsed, name),
        _is_clipped(parsed),
    )


def _check_header(parsed: MS3Record, n_bytes: int, name: str) -> None:
    if parsed.reclen != n_bytes:
        raise CorruptRecordError(
            f"{name}: the record is {parsed.reclen} bytes long, {n_bytes} came; send one record"
        )
    if not 0 < parsed.samprate < 1e6:
        raise CorruptRecordError(f"{name}: no waveform, its sampling rate is {parsed.samprate} Hz")
    if parsed.numsamples == 0 or parsed.numsamples != parsed.samplecnt:
        raise CorruptRecordError(
            f"{name}: the header promises {parsed.samplecnt} samples, {parsed.numsamples} decoded"
        )
    if parsed.sampletype not in ("i", "f", "d"):
        raise CorruptRecordError(f"{name}: the samples are {parsed.sampletype_str}, not numbers")


def _samples(parsed: MS3Record, name: str) -> Samples:
    raw: NDArray[Any] = parsed.np_datasamples
    # The view dies with the record, so every branch copies.
    if parsed.sampletype == "i":
        exact = max(int(raw.max()), -int(raw.min())) <= _EXACT_IN_FLOAT32
        return raw.astype(np.float32 if exact else np.float64)
    if not np.isfinite(raw).all():
        raise CorruptRecordError(
            f"{name}: {np.count_nonzero(~np.isfinite(raw))} samples not finite"
        )
    return raw.copy()


def _is_clipped(parsed: MS3Record) -> bool:
    if parsed.extralength == 0:
        return False
    # libmseed turns the data quality flags of version 2 into these version 3 headers.
    return bool(
        parsed.get_extra_header("/FDSN/Flags/DigitizerClipping")
        or parsed.get_extra_header("/FDSN/Flags/AmplifierSaturation")
    )
