"""Mechanisms as rows: those of the store, and as flat values for tables and GeoJSON."""

from collections.abc import Iterable, Iterator, Mapping

from streamstress.outputs.json_view import iso_time
from streamstress.outputs.mechanisms_csv import COLUMNS, MechanismLine, mechanism_line
from streamstress.records import Mechanism, MechanismSolution

Value = str | float | int | bool | None
Flat = dict[str, Value]


def rows_of_records(records: Iterable[Mechanism]) -> Iterator[MechanismLine]:
    """Rows of records, one a solution; a record without a solution has none."""
    number = 1
    for record in records:
        for solution in record.solutions:
            number += 1
            yield _line(number, record, solution)


def flat_of(row: MechanismLine) -> Flat:
    """Named values of a row, then its extra columns."""
    values: tuple[Value, ...] = (
        row.event_id, None if row.time_ns is None else iso_time(row.time_ns), row.latitude_deg,
        row.longitude_deg, row.depth_km, row.magnitude, row.strike_deg, row.dip_deg, row.rake_deg,
        row.grade, row.plane_uncertainty_deg, row.probability,
    )  # fmt: skip
    return {**dict(zip(COLUMNS, values, strict=True)), **row.extra}


def row_of(number: int, flat: Mapping[str, Value]) -> MechanismLine:
    """Row of named values, as `flat_of` gives them.

    Raises
    ------
    ValueError
        A value is missing, no number or out of its bounds.
    """
    texts = {name.lower(): _text(value) for name, value in flat.items()}
    return mechanism_line(number, texts, tuple(texts))


def _text(value: Value) -> str:
    return "" if value is None else str(value)


def _line(number: int, record: Mechanism, solution: MechanismSolution) -> MechanismLine:
    extra = {
        "plane_uncertainty_aux_deg": solution.plane_uncertainty_aux_deg,
        "misfit": record.misfit,
        "stdr": record.stdr,
        "n_polarity": record.n_polarity,
        "n_sp": record.n_sp,
        "azimuth_gap_deg": record.azimuth_gap_deg,
        "takeoff_gap_deg": record.takeoff_gap_deg,
        "region": record.region,
        "status": record.status,
        "version": record.version,
        "model": record.model,
        "picker": record.picker,
        "stations": " ".join(record.stations),
        "stations_against": " ".join(record.stations_against),
        "backfilled": "yes" if record.flagged_backfill else "",
    }
    return MechanismLine(
        number,
        record.event_id,
        record.origin_time_ns,
        record.latitude_deg,
        record.longitude_deg,
        record.depth_km,
        record.magnitude,
        solution.strike_deg,
        solution.dip_deg,
        solution.rake_deg,
        record.grade,
        solution.plane_uncertainty_deg,
        solution.probability,
        {name: _text(value) for name, value in extra.items()},
    )
