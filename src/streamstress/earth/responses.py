"""Sensitivities of instruments, from StationXML."""

from pathlib import Path

import numpy as np

from streamstress.errors import InputFileError


def read_sensitivities(path: Path) -> dict[str, float]:
    """Counts per m/s by ``NET.STA.LOC.HH``; empty for a CSV, which knows none.

    Of an accelerometer it is that at the frequency its sensitivity is given for. Of several epochs
    the last counts.

    Raises
    ------
    InputFileError
        The file is no StationXML though it begins like one.
    """
    with path.open("rb") as file:
        if not file.read(256).lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
            return {}
    from obspy import read_inventory

    try:
        inventory = read_inventory(str(path), format="STATIONXML", level="response")
    except (ValueError, TypeError, SyntaxError, AttributeError) as error:
        raise InputFileError(f"{path}: not a StationXML file ({error})") from error
    found = {}
    for network in inventory:
        for station in network:
            for channel in station:
                told = channel.response and channel.response.instrument_sensitivity
                if told and told.value:
                    key = (
                        f"{network.code}.{station.code}.{channel.location_code}.{channel.code[:2]}"
                    )
                    velocity = _to_velocity(str(told.input_units), float(told.frequency or 1.0))
                    found[key] = abs(float(told.value)) * velocity
    return found


def _to_velocity(units: str, frequency_hz: float) -> float:
    """Units of ground motion in one m/s at a frequency."""
    turn = 2 * np.pi * frequency_hz
    by_unit = {"M": 1.0 / turn, "M/S**2": turn, "M/S/S": turn, "M/S^2": turn}
    return float(by_unit.get(units.upper(), 1.0))
