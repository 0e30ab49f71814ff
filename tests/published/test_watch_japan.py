"""The watch over ten years of mechanisms off Japan, and over the same with a turn put in.

Mechanisms of NIED from the ISC Bulletin, 2000-09 to 2010-09, 35-39 N, 139-143 E
(https://doi.org/10.31905/D808B830): shallow offshore events, 676 of them. No change of stress is
published for this decade and place; the Tohoku-Oki earthquake came half a year later.
"""

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from streamstress.cli.catalogue_events import catalogue_events
from streamstress.cli.watch import WatchOptions, settings_of, watch_events
from streamstress.outputs.mechanisms_csv import (
    MechanismLine,
    read_mechanisms,
    time_ns_of,
    write_mechanisms,
)
from streamstress.records import StressChange

FILE = (
    Path(__file__).parents[2] / "../shared/data/japan_isc_2000_2010/Japan2000_2010.csv"
).resolve()
ID, AUTHOR, DAY, TIME, LATITUDE, LONGITUDE, DEPTH, SOLVER, STRIKE, DIP, RAKE = (
    0, 1, 2, 3, 4, 5, 6, 8, 19, 20, 21,
)  # fmt: skip


def offshore() -> list[MechanismLine]:
    """NIED's mechanisms east of 141.5 E and not deeper than 40 km, in order of time."""
    if not FILE.exists():
        pytest.skip("the ISC mechanisms of Japan are not beside the checkout")
    lines = FILE.read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(" EVENT_ID"))
    rows = ([cell.strip() for cell in cells] for cells in csv.reader(lines[start + 1 :]))
    chosen = [
        MechanismLine(
            0, row[ID], time_ns_of(f"{row[DAY]}T{row[TIME]}"), float(row[LATITUDE]),
            float(row[LONGITUDE]), float(row[DEPTH]), None, float(row[STRIKE]), float(row[DIP]),
            float(row[RAKE]),
        )
        for row in rows
        if len(row) > RAKE and row[SOLVER] == "NIED" and row[STRIKE]
        and float(row[LONGITUDE]) > 141.5 and float(row[DEPTH]) <= 40.0
    ]  # fmt: skip
    return sorted(chosen, key=lambda row: row.time_ns or 0)


def turned(rows: Sequence[MechanismLine], turn_deg: float, first: int) -> list[MechanismLine]:
    """The rows, from one on with their mechanisms turned clockwise about the vertical."""
    return [
        replace(row, strike_deg=(row.strike_deg + turn_deg) % 360.0) if place >= first else row
        for place, row in enumerate(rows)
    ]


def watched(rows: Sequence[MechanismLine], folder: Path) -> list[StressChange]:
    file = folder / "mechanisms.csv"
    write_mechanisms(file, rows)
    events = catalogue_events(read_mechanisms(file), "ABC").events
    options = WatchOptions(learn=150)
    return watch_events(events, settings_of(events, options, file), "off Japan").changes


def test_ten_quiet_years_give_one_alarm_at_most(tmp_path):
    rows = offshore()
    assert len(rows) == 676
    assert len([line for line in watched(rows, tmp_path) if line.state == "open"]) <= 1


@pytest.mark.parametrize("turn_deg", [20.0, -20.0])
def test_a_turn_of_twenty_degrees_in_the_last_third_is_found(tmp_path, turn_deg: float):
    rows = offshore()
    first = len(rows) * 2 // 3
    lines = watched(turned(rows, turn_deg, first), tmp_path)
    after = [line for line in lines if line.state == "open" and line.time_ns > rows[first].time_ns]
    assert after
    assert after[0].shmax_change_deg == pytest.approx(turn_deg, abs=10.0)
