"""Responses of instruments to ground velocity, from StationXML."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamstress.errors import InputFileError

Array = NDArray[np.float64]


def read_responses(path: Path, frequencies_hz: Array) -> dict[str, Array]:
    """Counts per m/s (n,) at frequencies by ``NET.STA.LOC.HH``; empty for a CSV, which knows none.

    From poles, zeros and filters where the file has them, else the one sensitivity for all
    frequencies (of an accelerometer, times frequency). Of several epochs the last counts.

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
                gain = channel.response and _gain(channel.response, frequencies_hz)
                if gain is not None:
                    key = (
                        f"{network.code}.{station.code}.{channel.location_code}.{channel.code[:2]}"
                    )
                    found[key] = gain
    return found


def _gain(response: Any, frequencies_hz: Array) -> Array | None:  # noqa: ANN401 - obspy has no types
    from obspy.core.util.obspy_types import ObsPyException

    if response.response_stages:
        try:
            gain = np.abs(
                response.get_evalresp_response_for_frequencies(frequencies_hz, output="VEL")
            )
        except (ObsPyException, ValueError, NotImplementedError):
            gain = np.zeros(0)
        if gain.size and np.isfinite(gain).all() and gain.max() > 0:
            return np.asarray(gain, float)
    told = response.instrument_sensitivity
    if not (told and told.value):
        return None
    velocity = _to_velocity(str(told.input_units), frequencies_hz)
    return np.asarray(abs(float(told.value)) * velocity, float)


def _to_velocity(units: str, frequencies_hz: Array) -> Array:
    """Units of ground motion in one m/s at frequencies."""
    turn = 2 * np.pi * frequencies_hz
    by_unit = {"M": 1.0 / turn, "M/S**2": turn, "M/S/S": turn, "M/S^2": turn}
    return np.asarray(by_unit.get(units.upper(), np.ones(turn.size)), float)
