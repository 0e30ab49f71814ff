"""Magnitudes: local with known instruments, relative without, and the stations' terms."""

import numpy as np
import pytest
from obspy.core.inventory import Channel, Inventory, Network
from obspy.core.inventory import Station as XmlStation
from obspy.core.inventory.response import InstrumentSensitivity, Response

from streamstress.earth.responses import read_responses
from streamstress.location.magnitude import EventMagnitudes, MagnitudeSettings, SAmplitude
from streamstress.location.wood_anderson import (
    FREQUENCIES_HZ,
    band_response,
    displacement_spectrum,
    mm_per_count,
    wood_anderson_response,
)

SCALE = MagnitudeSettings()
BAND_HZ = (1.0, 15.0)
GAIN = np.full(FREQUENCIES_HZ.size, 4e8)


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
        counts = 10**log_mm / mm_per_count(magnitude, distance, BAND_HZ, GAIN) * gain
        found.append(SAmplitude(name, float(counts), distance, GAIN if known else None, BAND_HZ))
    return found


def test_a_wood_anderson_millimetre_at_100_km_is_magnitude_3():
    """Richter's (1935) definition, which Hutton & Boore (1987) keep at 100 km."""
    counts = 1.0 / mm_per_count(3.0, 100.0, BAND_HZ, GAIN)
    same = [SAmplitude(f"S{n}", counts, 100.0, GAIN, BAND_HZ) for n in range(3)]
    found = EventMagnitudes().estimate(same)
    assert found is not None
    assert (found.kind, found.n_stations) == ("ML", 3)
    assert found.value == pytest.approx(3.0, abs=1e-3)


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
    frequencies = np.array([0.5, 2.0, 10.0])
    found = read_responses(path, frequencies)
    assert found["XX.A..HH"] == pytest.approx(5e8)
    assert found["XX.A..HN"] == pytest.approx(1e5 * 2 * np.pi * frequencies)
    csv = tmp_path / "stations.csv"
    csv.write_text("network,station,latitude,longitude\n")
    assert read_responses(csv, frequencies) == {}


def test_poles_and_zeros_tell_where_a_geophone_is_deaf(tmp_path):
    """Of 4.5 Hz: flat above, falling with the square of frequency below."""
    own = 2 * np.pi * 4.5
    poles = [own * complex(-0.7, 0.7), own * complex(-0.7, -0.7)]
    response = Response.from_paz(
        [0j, 0j], poles, 30.0, stage_gain_frequency=20.0, normalization_frequency=20.0,
        input_units="M/S", output_units="V",
    )  # fmt: skip
    channel = Channel("EHZ", "", 35.0, 139.0, 0.0, 0.0, response=response)
    station = XmlStation("A", 35.0, 139.0, 0.0, channels=[channel])
    path = tmp_path / "stations.xml"
    Inventory([Network("XX", stations=[station])]).write(str(path), format="STATIONXML")
    gain = read_responses(path, np.array([0.45, 0.9, 20.0]))["XX.A..EH"]
    assert gain[2] == pytest.approx(30.0, rel=0.02)
    assert gain[1] / gain[0] == pytest.approx(4.0, rel=0.05)


@pytest.mark.parametrize("magnitude", [0.5, 2.0, 3.5, 5.0])
def test_a_wood_anderson_is_told_from_the_band_of_the_picks(magnitude: float):
    """Stochastic S waves (Boore 1983), read in 1 to 15 Hz and by a Wood-Anderson."""
    rng = np.random.default_rng(5)
    errors = [_stochastic_error(magnitude, float(rng.uniform(10, 80)), rng) for _ in range(60)]
    assert abs(np.median(errors)) < 0.1
    assert np.std(errors) < 0.2


def _stochastic_error(magnitude: float, distance_km: float, rng: np.random.Generator) -> float:
    """Magnitude from the band's peak less that from the Wood-Anderson's, of one random S."""
    rate, size = 200.0, 2048
    frequency = np.fft.rfftfreq(size, 1 / rate)
    spectrum = np.interp(frequency, FREQUENCIES_HZ, displacement_spectrum(magnitude, distance_km))
    envelope = np.zeros(size)
    envelope[:400] = np.hanning(400)
    random = np.fft.rfft(rng.normal(size=size) * envelope)
    shape = random * spectrum * (frequency > 0.3)
    read = np.fft.irfft(
        shape * 2 * np.pi * frequency * _at(band_response(BAND_HZ), frequency), size
    )
    shown = np.fft.irfft(shape * _at(wood_anderson_response(), frequency), size)
    scale = SCALE.path(distance_km)
    true_mm = 10.0 ** (magnitude - scale)
    factor = true_mm / (1000.0 * np.abs(shown).max())
    counts = float(np.abs(read).max() * factor * GAIN[0])
    told = EventMagnitudes(MagnitudeSettings(min_stations=1)).estimate(
        [SAmplitude("S", counts, distance_km, GAIN, BAND_HZ)]
    )
    assert told is not None
    return told.value - magnitude


def _at(response: np.ndarray, frequency: np.ndarray) -> np.ndarray:
    return np.interp(frequency, FREQUENCIES_HZ, response)
