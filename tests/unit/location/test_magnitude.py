"""Magnitudes: local with known instruments, relative without, and the stations' terms."""

import numpy as np
import pytest
from obspy.core.inventory import Channel, Inventory, Network
from obspy.core.inventory import Station as XmlStation
from obspy.core.inventory.response import InstrumentSensitivity, Response

from streamstress.earth.responses import read_sensitivities
from streamstress.location.magnitude import (
    WOOD_ANDERSON,
    EventMagnitudes,
    MagnitudeSettings,
    SAmplitude,
)

SCALE = MagnitudeSettings()
SENSITIVITY = 4e8


def amplitudes(
    magnitude: float,
    rng: np.random.Generator,
    gains: dict[str, float],
    known: bool = True,
    scatter: float = 0.1,
) -> list[SAmplitude]:
    """Peaks in counts of an event of that magnitude; gains are factors of single stations."""
    found = []
    for name, gain in gains.items():
        distance = float(rng.uniform(8, 70))
        log_mm = magnitude - SCALE.path(distance) + rng.normal(0, scatter)
        velocity = 10**log_mm / 1000 / WOOD_ANDERSON * 2 * np.pi * SCALE.frequency_hz
        counts = float(velocity * SENSITIVITY * gain)
        found.append(SAmplitude(name, counts, distance, SENSITIVITY if known else None))
    return found


def test_a_wood_anderson_millimetre_at_100_km_is_magnitude_3():
    """Richter's (1935) definition, which Hutton & Boore (1987) keep at 100 km."""
    velocity = 1e-3 / WOOD_ANDERSON * 2 * np.pi * SCALE.frequency_hz
    same = [SAmplitude(f"S{n}", velocity * SENSITIVITY, 100.0, SENSITIVITY) for n in range(3)]
    found = EventMagnitudes().estimate(same)
    assert found is not None
    assert (found.kind, found.n_stations) == ("ML", 3)
    assert found.value == pytest.approx(3.0, abs=1e-9)


def test_local_magnitudes_are_right_though_a_station_reads_too_large():
    rng = np.random.default_rng(1)
    gains = {f"XX.S{n}..HH": 1.0 for n in range(9)} | {"XX.BAD..HH": 30.0}
    for true in (0.5, 2.0, 3.7):
        found = EventMagnitudes().estimate(amplitudes(true, rng, gains))
        assert found is not None
        assert found.value == pytest.approx(true, abs=0.2)
        assert 0.1 <= found.sigma < 0.2


def test_stations_terms_are_learned():
    rng = np.random.default_rng(2)
    gains = {f"S{n}": float(10 ** rng.normal(0, 0.3)) for n in range(12)}
    scale = EventMagnitudes()
    before = after = 0.0
    for number in range(80):
        read = amplitudes(2.0, rng, gains, scatter=0.05)
        # Each event is heard by five of the twelve, so that terms matter.
        heard = [read[k] for k in rng.permutation(12)[:5]]
        found = scale.estimate(heard)
        assert found is not None
        error = abs(found.value - 2.0)
        before, after = (before + error, after) if number < 20 else (before, after + error)
        scale.learn(heard)
    assert after / 60 < 0.7 * before / 20


def test_without_responses_differences_are_right_and_the_kind_says_so():
    rng = np.random.default_rng(3)
    gains = {f"S{n}": 1.0 for n in range(10)}
    scale = EventMagnitudes()
    small, large = (
        scale.estimate(amplitudes(true, rng, gains, known=False)) for true in (1.0, 2.5)
    )
    assert small is not None
    assert large is not None
    assert small.kind == large.kind == "Mrel"
    assert large.value - small.value == pytest.approx(1.5, abs=0.2)
    assert scale.estimate(amplitudes(1.0, rng, {"S1": 1.0, "S2": 1.0}, known=False)) is None


def test_sensitivities_come_from_stationxml_in_velocity(tmp_path):
    def channel(code: str, value: float, units: str) -> Channel:
        told = InstrumentSensitivity(value, 2.0, units, "COUNTS")
        return Channel(
            code, "", 35.0, 139.0, 0.0, 0.0, response=Response(instrument_sensitivity=told)
        )

    station = XmlStation(
        "A", 35.0, 139.0, 0.0, channels=[channel("HHZ", 5e8, "M/S"), channel("HNZ", 1e5, "M/S**2")]
    )
    path = tmp_path / "stations.xml"
    Inventory([Network("XX", stations=[station])]).write(str(path), format="STATIONXML")
    found = read_sensitivities(path)
    assert found["XX.A..HH"] == pytest.approx(5e8)
    assert found["XX.A..HN"] == pytest.approx(1e5 * 4 * np.pi)
    csv = tmp_path / "stations.csv"
    csv.write_text("network,station,latitude,longitude\n")
    assert read_sensitivities(csv) == {}
