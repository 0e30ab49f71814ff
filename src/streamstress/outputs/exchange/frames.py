"""pandas tables and obspy catalogues of mechanisms, in and out, for work in a notebook."""

from collections.abc import Iterable

import pandas as pd
from obspy import Catalog

from streamstress.errors import InputFileError
from streamstress.outputs.exchange.catalogue import events_of_rows, rows_of_catalogue
from streamstress.outputs.exchange.mechanism_rows import flat_of, row_of
from streamstress.outputs.exchange.stress_point import StressPoint
from streamstress.outputs.json_view import json_view
from streamstress.outputs.mechanisms_csv import COLUMNS, NEEDED, MechanismLine


def mechanisms_frame(rows: Iterable[MechanismLine]) -> pd.DataFrame:
    """Table with the columns of the mechanisms CSV; ``time`` is a UTC timestamp."""
    table = pd.DataFrame([flat_of(row) for row in rows])
    for name in COLUMNS:
        if name not in table:
            table[name] = None
    table["time"] = pd.to_datetime(table["time"], utc=True)
    return table


def rows_of_frame(table: pd.DataFrame) -> list[MechanismLine]:
    """Rows of a table with at least strike, dip and rake; blanks may be None or NaN.

    Raises
    ------
    InputFileError
        A needed column is missing, or a value cannot be used; the row is named.
    """
    missing = [name for name in NEEDED if name not in table.columns]
    if missing:
        raise InputFileError(f"the table has no column {', '.join(missing)}")
    rows = []
    for number, values in enumerate(table.to_dict("records"), start=1):
        flat = {str(name): None if pd.isna(value) else value for name, value in values.items()}
        if "time" in flat and isinstance(flat["time"], pd.Timestamp):
            flat["time"] = flat["time"].isoformat()
        try:
            rows.append(row_of(number, flat))
        except ValueError as error:
            raise InputFileError(f"row {number} of the table: {error}") from error
    return rows


def stress_frame(points: Iterable[StressPoint]) -> pd.DataFrame:
    """Table with a row a stress estimate."""
    return pd.DataFrame([json_view(point) for point in points])


def obspy_catalogue(rows: Iterable[MechanismLine]) -> Catalog:
    """Obspy catalogue with origins, magnitudes and focal mechanisms."""
    return Catalog(list(events_of_rows(rows)))


def rows_of_obspy(catalogue: Catalog) -> list[MechanismLine]:
    """Rows of every focal mechanism of an obspy catalogue that has nodal planes."""
    return rows_of_catalogue(catalogue)[0]
