"""Fixed-width files: bytes to lines, lines to blocks, columns to numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from streamstress.errors import InputFileError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NS_PER_MICROSECOND = 1000


class FieldError(ValueError):
    """A line that cannot be used; ``reason`` is the name to count it by."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its number; ``text`` is None where its bytes are no UTF-8."""

    number: int
    text: str | None
    loose: str
    """The text with one character a byte, so that columns hold."""


@dataclass(frozen=True, slots=True)
class Block:
    """The lines of one event: the first is the event's, the others are picks."""

    event: Line
    picks: tuple[Line, ...]
    bytes_read: int


def blocks(path: Path, blank: slice) -> Iterator[Block]:
    """Events of a file, one at a time.

    Parameters
    ----------
    blank
        Columns that are blank in the line that closes an event.

    Raises
    ------
    InputFileError
        The file cannot be read.
    """
    held: list[Line] = []
    bytes_read = 0
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                bytes_read += len(raw)
                line = _line(number, raw)
                if line.loose[blank].strip():
                    held.append(line)
                elif held:
                    yield Block(held[0], tuple(held[1:]), bytes_read)
                    held = []
    except OSError as error:
        raise InputFileError(f"{path}: cannot be read ({error.strerror})") from error
    if held:
        yield Block(held[0], tuple(held[1:]), bytes_read)


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines that are not blank, one character a byte: for lists of stations.

    Raises
    ------
    InputFileError
        The file cannot be read.
    """
    try:
        with path.open(encoding="latin-1") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except OSError as error:
        raise InputFileError(f"{path}: cannot be read ({error.strerror})") from error


def readable(line: Line) -> str:
    """Text of a line.

    Raises
    ------
    FieldError
        Its bytes are no UTF-8.
    """
    if line.text is None:
        raise FieldError("not-utf-8", f"the line is not UTF-8: {line.loose.strip()[:60]!r}")
    return line.text


def integer(text: str) -> int:
    """Fortran ``i``: a blank is 0.

    Raises
    ------
    ValueError
        The columns hold something else.
    """
    try:
        return int(text) if text.strip() else 0
    except ValueError as error:
        raise ValueError(f"{text!r} stands where a whole number is expected") from error


def implied(text: str, decimals: int) -> float:
    """Fortran ``f``: without a point the last ``decimals`` digits are behind it; blank is 0.

    Raises
    ------
    ValueError
        The columns hold something else.
    """
    if not text.strip():
        return 0.0
    try:
        return float(text) if "." in text else int(text) / 10.0**decimals
    except ValueError as error:
        raise ValueError(f"{text!r} stands where a number is expected") from error


def angle(text: str, name: str) -> float:
    """Whole degrees of a column that must not be blank.

    Raises
    ------
    FieldError
        It is blank or no number.
    """
    if not text.strip():
        raise FieldError("blank-angle", f"the {name} is blank")
    try:
        return float(int(text))
    except ValueError as error:
        raise FieldError("unreadable-angle", f"the {name} is {text!r}, not a number") from error


def time_ns_of(moment: datetime) -> int:
    """Nanoseconds UTC since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * NS_PER_MICROSECOND


def _line(number: int, raw: bytes) -> Line:
    raw = raw.rstrip(b"\r\n")
    try:
        text: str | None = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    return Line(number, text, raw.decode("latin-1"))
