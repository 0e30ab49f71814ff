"""Which part of the results is wanted: time, place, grades, region."""

from dataclasses import dataclass

from streamstress.errors import ConfigError
from streamstress.outputs.mechanisms_csv import time_ns_of


@dataclass(frozen=True, slots=True)
class Box:
    """Degrees; ``east_deg`` below ``west_deg`` means a box across 180 degrees."""

    west_deg: float
    south_deg: float
    east_deg: float
    north_deg: float

    def spans(self) -> list[tuple[float, float]]:
        """Ranges of longitude in [-180, 180], two where the box crosses 180 degrees."""
        if self.west_deg <= self.east_deg:
            return [(self.west_deg, self.east_deg)]
        return [(self.west_deg, 180.0), (-180.0, self.east_deg)]

    def holds(self, latitude_deg: float | None, longitude_deg: float | None) -> bool:
        """Whether a place lies in it; one that is not stated does not."""
        if latitude_deg is None or longitude_deg is None:
            return False
        within = any(low <= longitude_deg <= high for low, high in self.spans())
        return within and self.south_deg <= latitude_deg <= self.north_deg


@dataclass(frozen=True, slots=True)
class Selection:
    """All conditions must hold; None asks for nothing. The end of a time is not part of it."""

    since_ns: int | None = None
    until_ns: int | None = None
    box: Box | None = None
    grades: str | None = None
    region: str | None = None

    def holds(
        self,
        time_ns: int | None,
        latitude_deg: float | None,
        longitude_deg: float | None,
        grade: str | None = None,
    ) -> bool:
        """Whether a datum of a file is wanted; where a time is asked for, one without is not."""
        if self.since_ns is not None and (time_ns is None or time_ns < self.since_ns):
            return False
        if self.until_ns is not None and (time_ns is None or time_ns >= self.until_ns):
            return False
        if self.box is not None and not self.box.holds(latitude_deg, longitude_deg):
            return False
        return self.grades is None or grade is None or grade in self.grades


EVERYTHING = Selection()


def selection_of(
    since: str | None = None,
    until: str | None = None,
    box: str | None = None,
    grades: str | None = None,
    region: str | None = None,
) -> Selection:
    """Selection as a person writes it.

    Parameters
    ----------
    since, until
        ISO 8601, UTC unless an offset is named.
    box
        ``west,south,east,north`` in degrees.
    grades
        Letters, as ``ABC``.

    Raises
    ------
    ConfigError
        A part cannot be read.
    """
    try:
        begin, end = (None if text is None else time_ns_of(text) for text in (since, until))
    except ValueError as error:
        raise ConfigError(f"--from, --until: {error}; an example is 2011-03-11T05:46:24") from error
    if begin is not None and end is not None and end <= begin:
        raise ConfigError(f"--until {until} does not come after --from {since}")
    letters = None if grades is None else grades.upper()
    if letters is not None and (not letters or set(letters) - set("ABCDEF")):
        raise ConfigError(f"--grades {grades!r}: give letters A to F, as ABC")
    return Selection(begin, end, None if box is None else box_of(box), letters, region)


def box_of(text: str) -> Box:
    """Box of ``west,south,east,north``.

    Raises
    ------
    ConfigError
        The text is no such box.
    """
    message = f"--box {text!r}: give west,south,east,north in degrees, as 130,30,145,40"
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise ConfigError(message) from error
    if not (-90 <= south <= north <= 90 and abs(west) <= 180 and abs(east) <= 180):
        raise ConfigError(message)
    return Box(west, south, east, north)
