"""Networks that record blasts, teleseisms, tremor and noise."""

import numpy as np

from streamstress.simulate.kind_scenes import N_SAMPLES, positions_km, scenes
from streamstress.simulate.kinds import (
    SAMPLING_HZ,
    blast_velocity,
    random_blast,
    random_teleseism,
    random_tremor,
    teleseism_velocity,
    tremor_velocity,
)
from streamstress.simulate.terms import PathTerm, SiteTerm, source_term
from streamstress.simulate.waveforms import ground_velocity

PATH = PathTerm(
    distance_km=25.0,
    azimuth_deg=40.0,
    takeoff_p_deg=95.0,
    takeoff_s_deg=95.0,
    incidence_p_deg=20.0,
    incidence_s_deg=20.0,
    travel_p_s=4.5,
    travel_s_s=7.8,
    t_star_p_s=0.015,
    t_star_s_s=0.026,
    vp_km_s=5.6,
    vs_km_s=3.2,
)
N = 3000


def high_share(record: np.ndarray) -> float:
    """Part of the power above 8 Hz."""
    power = (np.abs(np.fft.rfft(record, axis=1)) ** 2).sum(axis=0)
    return float(power[np.fft.rfftfreq(record.shape[1], 1 / SAMPLING_HZ) > 8.0].sum() / power.sum())


def test_a_blast_pushes_first_in_every_direction():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        record = blast_velocity(random_blast(rng), PATH, SiteTerm(), 0.0, N, rng)
        onset = record[0, round(4.5 * SAMPLING_HZ) : round(4.5 * SAMPLING_HZ) + 3]
        assert onset.sum() > 0.0


def test_tremor_lacks_the_high_frequencies_of_an_earthquake():
    rng = np.random.default_rng(1)
    source = source_term(2.0, 30.0, 60.0, 90.0)
    quake = high_share(ground_velocity(source, PATH, SiteTerm(), 0.0, N, rng))
    slow = [
        high_share(tremor_velocity(random_tremor(rng), PATH, SiteTerm(), 0.0, N, rng))
        for _ in range(5)
    ]
    assert max(slow) < 0.3 * quake


def test_a_teleseism_crosses_the_network_at_its_slowness():
    rng = np.random.default_rng(2)
    wave = random_teleseism(rng)
    azimuth = np.radians(wave.back_azimuth_deg)
    onsets = []
    for km in (0.0, 50.0):
        east, north = -km * np.sin(azimuth), -km * np.cos(azimuth)
        record = teleseism_velocity(wave, east, north, SiteTerm(), 5.0, N, rng)
        onsets.append(int(np.argmax(np.abs(record[0]) > 0.0)) / SAMPLING_HZ)
    assert abs(onsets[1] - onsets[0] - 50.0 * wave.slowness_s_km) < 0.05


def test_the_same_seed_and_number_give_the_same_scenes():
    kinds = ("earthquake", "noise", "blast", "teleseism", "tremor")
    one, other = (scenes(3, 1, kinds) for _ in range(2))
    for first, second in zip(one[1], other[1], strict=True):
        assert first.records.shape == (len(one[0].stations), 3, N_SAMPLES)
        np.testing.assert_array_equal(first.records, second.records)
        assert (first.kind, first.place, first.hour) == (second.kind, second.place, second.hour)
    east, north = positions_km(one[0].stations)
    assert np.hypot(east, north).max() < 150.0
