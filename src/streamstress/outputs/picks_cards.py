"""Picks of catalogues in fixed-width or spaced cards: HYPOINVERSE archives and SCEDC phase files.

HYPOINVERSE: station cards of the Y2000 archive (Klein 2002, USGS Open-File Report 02-171, table
"station archive format"). SCEDC: what its STP tool writes, an event line and a line a pick with
the seconds after the origin time.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from streamstress.errors import InputFileError
from streamstress.outputs.mechanisms_csv import time_ns_of
from streamstress.outputs.picks_csv import SIGNS, PickLine, PickTable

NS = 1_000_000_000
WEIGHT_PROBABILITY = (1.0, 0.75, 0.5, 0.25)
"""Of HYPOINVERSE's weight codes 0 to 3 (full weight to a quarter); higher codes carry no weight."""

_HEADER_LENGTH, _LEAST_CARD = 120, 46
_SCEDC_TOKENS = 13


def read_hypoinverse(path: Path) -> PickTable:
    """Picks of a HYPOINVERSE Y2000 archive; shadow cards (``$``) are passed over."""
    return _table(path, _hypoinverse, "HYPOINVERSE archive (Y2000)")


def read_scedc_phases(path: Path) -> PickTable:
    """Picks of an SCEDC phase file as STP writes it."""
    return _table(path, _scedc, "SCEDC phase file")


def _table(
    path: Path, parsed: Callable[[list[str]], Iterator["PickLine | ValueError"]], kind: str
) -> PickTable:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(f"{path}: cannot be read as UTF-8 text ({error})") from error
    rows, rejected = [], []
    for found in parsed(lines):
        if isinstance(found, PickLine):
            rows.append(found)
        else:
            number, reason = found.args
            rejected.append((number, reason))
    if not rows:
        number, reason = rejected[0] if rejected else (1, "no line with a pick")
        raise InputFileError(
            f"{path}: no {kind}: none of its {len(lines)} lines is a pick below an event line "
            f"(line {number}: {reason})"
        )
    return PickTable(tuple(rows), tuple(rejected), ("event_id",))


def _hypoinverse(lines: list[str]) -> Iterator["PickLine | ValueError"]:
    event_id = ""
    for number, line in enumerate(lines, start=1):
        if line.startswith("$"):
            continue
        if not line[:4].strip():
            # The terminator: a card behind it belongs to an event whose header was not read.
            event_id = ""
            continue
        if line[:12].isdigit() and len(line) >= _HEADER_LENGTH:
            event_id = line[136:146].strip() or line[:16].strip()
            continue
        try:
            yield from _station_card(number, line, event_id)
        except (ValueError, IndexError) as error:
            yield ValueError(number, f"station card {line[:30].strip()!r}: {error}")


def _station_card(number: int, line: str, event_id: str) -> Iterator[PickLine]:
    if len(line) < _LEAST_CARD:
        raise ValueError("too short")
    if not event_id:
        raise ValueError("no event line that can be read above it")
    stamp = f"{line[17:21]} {line[21:29].replace(' ', '0')}"
    minute = datetime.strptime(stamp, "%Y %m%d%H%M").replace(tzinfo=UTC)
    start_ns = int(minute.timestamp()) * NS
    common = {
        "line_number": number,
        "network": line[5:7].strip(),
        "station": line[:5].strip(),
        "location": line[111:113].strip().strip("-"),
        "channel": line[9:12].strip(),
        "event_id": event_id,
    }
    if line[14:15] in "Pp" and line[14:15].strip():
        time_ns = start_ns + _hundredths_ns(line[29:34])
        yield PickLine(
            **common,  # type: ignore[arg-type]
            phase="P",
            time_ns=time_ns,
            probability=_weight(line[16:17]),
            label=SIGNS.get(line[15:16].strip().lower()) if line[15:16].strip() else None,
        )
    if line[47:48] in "Ss" and line[47:48].strip():
        time_ns = start_ns + _hundredths_ns(line[41:46])
        yield PickLine(
            **common,  # type: ignore[arg-type]
            phase="S",
            time_ns=time_ns,
            probability=_weight(line[49:50]),
        )


def _hundredths_ns(text: str) -> int:
    """Fortran ``f5.2`` of seconds as nanoseconds."""
    if not text.strip():
        raise ValueError("no seconds")
    seconds = float(text) if "." in text else int(text) / 100.0
    return round(seconds * 100) * (NS // 100)


def _weight(code: str) -> float:
    index = int(code) if code.strip() else 0
    return WEIGHT_PROBABILITY[index] if index < len(WEIGHT_PROBABILITY) else 0.0


def _scedc(lines: list[str]) -> Iterator["PickLine | ValueError"]:
    event_id, origin_ns = "", 0
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            if words[0].isdigit():
                # An event whose time cannot be read must not leave its picks to the one before.
                event_id = ""
                origin_ns = _origin_ns(words)
                event_id = words[0]
            else:
                yield _scedc_pick(number, words, event_id, origin_ns)
        except (ValueError, OverflowError) as error:
            yield ValueError(number, str(error))


def _origin_ns(words: list[str]) -> int:
    for word in words:
        if "/" in word and "," in word:
            return time_ns_of(word.replace("/", "-").replace(",", "T"))
    raise ValueError("event line without a time such as 2019/07/06,03:19:53.040")


def _scedc_pick(number: int, words: list[str], event_id: str, origin_ns: int) -> PickLine:
    if len(words) != _SCEDC_TOKENS:
        raise ValueError(f"{len(words)} words; expected {_SCEDC_TOKENS}, as 'CI CCC HHZ -- ...'")
    if not event_id:
        raise ValueError("pick without an event line that can be read above it")
    network, station, channel, location = words[:4]
    phase, motion, weight, seconds = words[7], words[8], float(words[10]), float(words[12])
    return PickLine(
        line_number=number,
        network=network,
        station=station,
        location=location.strip("-"),
        channel=channel,
        phase=phase.upper()[:1],
        time_ns=origin_ns + round(seconds * 1000) * (NS // 1000),
        probability=min(max(weight, 0.0), 1.0),
        label=SIGNS.get(motion[:1].lower()) if motion[:1] != "." else None,
        event_id=event_id,
    )
