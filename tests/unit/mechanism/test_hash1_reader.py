"""The phase format of HASH driver 1."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from streamstress.errors import InputFileError
from streamstress.mechanism.readers.events import PickedEvent, RefusedEvent
from streamstress.mechanism.readers.hash1 import read_hash1
from streamstress.mechanism.readers.reversals import read_reversals
from streamstress.mechanism.traced_rays import polarity_data

EVENT = "94 1211104155034 1455118 3706 181323".ljust(122) + "         3143312 230"


def pick(station: str, letter: str, quality: int, distance: int, takeoff: int, azimuth: int) -> str:
    head = f"{station:<4}IP{letter}{quality}".ljust(58)
    return f"{head}{distance:4d}{takeoff:3d}".ljust(75) + f"{azimuth:3d}  10   1     X   VHZ"


PICKS = [
    pick("IR2", "D", 0, 258, 121, 51),
    pick("SWM", "U", 1, 528, 103, 3),
    pick("BAR", "U", 0, 379, 110, 342),
    pick("FAR", "U", 0, 1378, 86, 216),
    pick("BAD", "U", 2, 100, 86, 216),
    pick("DIM", "?", 0, 100, 60, 216),
]


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def test_event_and_picks_are_read_with_takeoff_from_down(tmp_path: Path):
    path = write(tmp_path / "north", EVENT, *PICKS, " " * 72)
    (event,) = read_hash1(path)
    assert isinstance(event, PickedEvent)
    assert event.event_id == "3143312"
    origin = event.origin
    when = datetime.fromtimestamp((origin.time_ns or 0) / 1e9, UTC)
    assert when.isoformat() == "1994-01-21T11:04:15.500000+00:00"
    assert (origin.latitude_deg, origin.longitude_deg) == pytest.approx(
        (34.2425, -118.61767), abs=1e-5
    )
    assert (origin.depth_km, origin.magnitude) == (18.13, 2.3)
    assert [pick.station for pick in event.picks] == ["IR2", "SWM", "BAR"]
    data = polarity_data(event, None, 30, np.random.default_rng(0))
    np.testing.assert_array_equal(data.takeoff_deg, [121, 103, 110])
    np.testing.assert_array_equal(data.azimuth_deg, [51, 3, 342])
    np.testing.assert_array_equal(data.up_probability, [0, 1, 1])
    np.testing.assert_array_equal(data.impulsive, [True, False, True])
    assert (data.takeoff_sigma_deg[0], data.azimuth_sigma_deg[0]) == (10, 1)
    reasons = [entry.reason for entry in event.set_aside]
    assert reasons == ["beyond-distance", "low-quality", "no-polarity"]


def test_a_reversed_station_changes_sign_on_its_days_only(tmp_path: Path):
    phases = write(tmp_path / "north", EVENT, *PICKS, " " * 72)
    lines = ("BAR  19940121 19940121", "IR2  19950101 0 ", "SWM  0        19940120")
    reversals = read_reversals(write(tmp_path / "reverse", *lines))
    (event,) = read_hash1(phases, reversals)
    assert isinstance(event, PickedEvent)
    assert [pick.up_probability for pick in event.picks] == [0, 1, 0]


def test_a_bad_line_is_set_aside_with_its_number(tmp_path: Path):
    broken = PICKS[1].replace("103", "1x3")
    path = write(tmp_path / "north", EVENT, PICKS[0], broken, PICKS[2], " " * 72, "garbage", "")
    event, refused = read_hash1(path)
    assert isinstance(event, PickedEvent)
    assert isinstance(refused, RefusedEvent)
    assert [pick.station for pick in event.picks] == ["IR2", "BAR"]
    (entry,) = event.set_aside
    assert (entry.line_number, entry.station, entry.reason) == (3, "SWM", "unreadable-angle")
    assert "1x3" in entry.detail
    assert (refused.set_aside.line_number, refused.set_aside.reason) == (6, "unreadable-event")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda line: line[:62] + "   " + line[65:], "blank-angle"),
        (lambda line: line[:75] + "   " + line[78:], "blank-angle"),
        (lambda line: line[:62] + "200" + line[65:], "impossible-angle"),
        (lambda line: line[:75] + "999" + line[78:], "impossible-angle"),
    ],
)
def test_a_blank_or_impossible_angle_is_set_aside(
    tmp_path: Path, change: Callable[[str], str], reason: str
):
    path = write(tmp_path / "north", EVENT, PICKS[0], change(PICKS[2]), " " * 72)
    (event,) = read_hash1(path)
    assert isinstance(event, PickedEvent)
    assert [pick.station for pick in event.picks] == ["IR2"]
    assert [(e.station, e.reason) for e in event.set_aside] == [("BAR", reason)]


def test_a_station_that_is_there_twice_counts_once(tmp_path: Path):
    path = write(tmp_path / "north", EVENT, *PICKS[:3], PICKS[1], " " * 72)
    (event,) = read_hash1(path)
    assert isinstance(event, PickedEvent)
    assert [pick.station for pick in event.picks] == ["IR2", "SWM", "BAR"]
    assert [(e.station, e.reason) for e in event.set_aside] == [("SWM", "duplicate-pick")]


def test_a_station_that_contradicts_itself_does_not_count(tmp_path: Path):
    opposite = PICKS[2].replace("IPU", "IPD")
    for order in ((PICKS[2], opposite), (opposite, PICKS[2])):
        (event,) = read_hash1(write(tmp_path / "north", EVENT, PICKS[0], *order, " " * 72))
        assert isinstance(event, PickedEvent)
        assert [pick.station for pick in event.picks] == ["IR2"]
        assert [e.reason for e in event.set_aside] == ["conflicting-picks"] * 2


def test_a_line_that_is_not_utf8_is_set_aside_and_the_next_event_is_read(tmp_path: Path):
    path = tmp_path / "north"
    lines = [EVENT, PICKS[0], PICKS[2] + " caf\xe9", " " * 72, EVENT, PICKS[1], " " * 72]
    path.write_bytes("\n".join(lines).encode("latin-1"))
    first, second = read_hash1(path)
    assert isinstance(first, PickedEvent)
    assert isinstance(second, PickedEvent)
    assert [(e.station, e.reason) for e in first.set_aside] == [("BAR", "not-utf-8")]
    assert [pick.station for pick in second.picks] == ["SWM"]


def test_files_that_are_no_reversal_file_or_not_there_are_refused(tmp_path: Path):
    with pytest.raises(InputFileError, match="reverse:2: expected"):
        read_reversals(write(tmp_path / "reverse", "BAR 19940121 0", "BAR what 0"))
    with pytest.raises(InputFileError, match="cannot be read"):
        list(read_hash1(tmp_path / "missing"))
