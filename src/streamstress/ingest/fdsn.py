"""Waveforms of a past time from an FDSN dataselect service, as files."""

from collections.abc import Callable, Sequence
from pathlib import Path

from obspy import UTCDateTime
from obspy.clients.fdsn import Client
from obspy.clients.fdsn.header import FDSNException, FDSNNoDataException

from streamstress.errors import ConfigError, WaveformServiceError
from streamstress.ingest.time_span import TimeSpan

TIMEOUT_S = 120


def download(
    address: str,
    stations: Sequence[str],
    channels: Sequence[str],
    span: TimeSpan,
    folder: Path,
    show: Callable[[int, int], None] = lambda *_: None,
) -> int:
    """Fetch what a service has of stations ``NET.STA``, a file each; how many have data.

    A file that is there already is not fetched again. ``show`` is told how many of how many
    stations are done.

    Raises
    ------
    ConfigError
        The address cannot be one.
    WaveformServiceError
        The service does not answer, or refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        # What a server offers is not asked for: one service is wanted, at its standard place.
        client = Client(address, timeout=TIMEOUT_S, _discover_services=False)
    except ValueError as error:
        raise ConfigError(f"{address}: no address of an FDSN service ({error})") from error
    with_data = 0
    for number, code in enumerate(stations, start=1):
        with_data += _fetched(client, address, code, channels, span, folder / f"{code}.mseed")
        show(number, len(stations))
    return with_data


def _fetched(
    client: Client, address: str, code: str, channels: Sequence[str], span: TimeSpan, file: Path
) -> bool:
    if file.exists():
        return True
    network, _, station = code.partition(".")
    start, end = UTCDateTime(ns=span.start_ns), UTCDateTime(ns=span.end_ns)
    wanted = [(network, station, "*", channel, start, end) for channel in channels]
    partial = file.with_name(file.name + ".part")
    try:
        client.get_waveforms_bulk(wanted, filename=str(partial))
    except FDSNNoDataException:
        return False
    except (FDSNException, OSError, ValueError) as error:
        raise WaveformServiceError(
            f"{address}: no waveforms of {code} ({error}); is it a server with "
            "/fdsnws/dataselect/1, and does it answer from here?"
        ) from error
    # Some services answer that there is nothing with an empty file.
    if not partial.exists() or partial.stat().st_size == 0:
        return False
    partial.replace(file)
    return True
