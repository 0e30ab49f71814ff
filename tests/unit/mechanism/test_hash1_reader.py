"""The phase format of HASH driver 1."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from streamstress.errors import InputFileError
from streamstress.mechanism.hash_files import read_hash1, read_reversals

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
    (event,) = read_hash1(path).events
    assert event.event_id == "3143312"
    when = datetime.fromtimestamp(event.origin_time_ns / 1e9, UTC)
    assert when.isoformat() == "1994-01-21T11:04:15.500000+00:00"
    assert (event.latitude_deg, event.longitude_deg) == pytest.approx(
        (34.2425, -118.61767), abs=1e-5
    )
    assert (event.depth_km, event.magnitude) == (18.13, 2.3)
    assert event.stations == ("IR2", "SWM", "BAR", "DIM")
    data = event.polarities
    np.testing.assert_array_equal(data.takeoff_deg, [121, 103, 110, 60])
    np.testing.assert_array_equal(data.azimuth_deg, [51, 3, 342, 216])
    np.testing.assert_array_equal(data.up_probability, [0, 1, 1, 0.5])
    np.testing.assert_array_equal(data.impulsive, [True, False, True, True])
    assert (data.takeoff_sigma_deg[0], data.azimuth_sigma_deg[0]) == (10, 1)


def test_a_reversed_station_changes_sign_on_its_days_only(tmp_path: Path):
    phases = write(tmp_path / "north", EVENT, *PICKS, " " * 72)
    lines = ("BAR  19940121 19940121", "IR2  19950101 0 ", "SWM  0        19940120")
    reversals = read_reversals(write(tmp_path / "reverse", *lines))
    (event,) = read_hash1(phases, reversals).events
    np.testing.assert_array_equal(event.polarities.up_probability, [0, 1, 0, 0.5])


def test_a_bad_line_is_set_aside_with_its_number(tmp_path: Path):
    broken = PICKS[1].replace("103", "1x3")
    path = write(tmp_path / "north", EVENT, PICKS[0], broken, PICKS[2], " " * 72, "garbage", "")
    content = read_hash1(path)
    assert content.events[0].stations == ("IR2", "BAR")
    assert [line.line_number for line in content.set_aside] == [3, 6]
    assert "1x3" in content.set_aside[0].reason


def test_files_that_are_no_phase_or_reversal_file_are_refused(tmp_path: Path):
    with pytest.raises(InputFileError, match="no event"):
        read_hash1(write(tmp_path / "none", "hello"))
    with pytest.raises(InputFileError, match="reverse:2: expected"):
        read_reversals(write(tmp_path / "reverse", "BAR 19940121 0", "BAR what 0"))
    with pytest.raises(InputFileError, match="cannot be read"):
        read_hash1(tmp_path / "missing")
