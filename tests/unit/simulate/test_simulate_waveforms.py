"""Records of one source at one station have the physics that the monitor will read from them."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from streamstress.geometry.radiation import radiation_pattern
from streamstress.geometry.tensors import double_couple
from streamstress.simulate.pulses import corner_frequency, pulse_velocity, scalar_moment
from streamstress.simulate.scattering import Scattering
from streamstress.simulate.terms import PathTerm, SiteTerm, SourceTerm, random_site, source_term
from streamstress.simulate.waveforms import first_motion, ground_velocity

STILL = Scattering(p_fraction=0.0, s_fraction=0.0, late_fraction=0.0)
PLAIN = SiteTerm(reflection=0.0, conversion=0.0, horizontal_gain=1.0)


def path(**changes: float) -> PathTerm:
    base = PathTerm(
        distance_km=30.0,
        azimuth_deg=40.0,
        takeoff_p_deg=105.0,
        takeoff_s_deg=106.0,
        incidence_p_deg=30.0,
        incidence_s_deg=28.0,
        travel_p_s=5.0123,
        travel_s_s=8.7345,
        t_star_p_s=0.012,
        t_star_s_s=0.03,
        vp_km_s=6.0,
        vs_km_s=3.5,
    )
    return replace(base, **changes)


def test_the_pulse_is_causal_and_its_displacement_has_unit_area():
    time_s = np.arange(-1.0, 6.0, 1e-4)
    velocity = pulse_velocity(time_s, np.array(4.0), np.array(0.04))
    displacement = np.cumsum(velocity) * 1e-4
    assert np.all(velocity[time_s <= 0] == 0)
    assert velocity[time_s > 0][0] > 0
    assert np.sum(displacement) * 1e-4 == pytest.approx(1.0, abs=1e-3)
    assert displacement[-1] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("t_star_s", [0.001, 0.0607, 0.0608, 0.2])
def test_the_pulse_has_no_step_where_its_formula_changes(t_star_s: float):
    time_s = np.linspace(0, 0.3, 30_001)
    velocity = pulse_velocity(time_s, np.array(4.0), np.array(t_star_s))
    assert np.max(np.abs(np.diff(velocity))) < 0.02 * np.max(np.abs(velocity))


def test_larger_earthquakes_have_lower_corners_and_unit_magnitude_is_31_6_times_the_moment():
    assert corner_frequency(3.0, 3.5, 3.0) == pytest.approx(
        corner_frequency(2.0, 3.5, 3.0) / np.sqrt(10.0)
    )
    assert scalar_moment(3.0) / scalar_moment(2.0) == pytest.approx(10**1.5)


@pytest.mark.parametrize("seed", range(40))
def test_nothing_precedes_p_and_the_first_sample_has_the_radiation_sign(seed: int):
    rng = np.random.default_rng(seed)
    source = source_term(
        rng.uniform(1, 4), rng.uniform(0, 360), rng.uniform(5, 90), rng.uniform(-180, 180)
    )
    here = path(
        azimuth_deg=rng.uniform(0, 360),
        takeoff_p_deg=rng.uniform(60, 170),
        travel_p_s=rng.uniform(3, 6),
    )
    record = ground_velocity(source, here, random_site(rng), 0.0, 2000, rng)
    onset = int(np.floor(here.travel_p_s * 100)) + 1
    tensor = np.sqrt(2) * double_couple(source.strike_deg, source.dip_deg, source.rake_deg)
    p, _, _ = radiation_pattern(tensor, here.azimuth_deg, here.takeoff_p_deg)
    assert first_motion(source, here) == pytest.approx(float(p))
    assert np.all(record[:, :onset] == 0)
    assert np.sign(record[0, onset]) == np.sign(p)


def test_p_amplitude_follows_moment_radiation_and_distance():
    rng = np.random.default_rng(0)
    weak = source_term(2.0, 30, 80, 10)
    strong = replace(source_term(2.5, 30, 80, 10), corner_p_hz=weak.corner_p_hz)
    near, far = path(scattering=STILL), path(scattering=STILL, distance_km=60.0)
    turned = path(scattering=STILL, azimuth_deg=75.0)

    def peak(source: SourceTerm, here: PathTerm) -> NDArray[np.float32]:
        return ground_velocity(source, here, PLAIN, 5.0, 20, rng)[0, 2:8]

    base = peak(weak, near)
    np.testing.assert_allclose(peak(strong, near), base * 10**0.75, rtol=1e-5)
    np.testing.assert_allclose(peak(weak, far), base / 2, rtol=1e-5)
    ratio = first_motion(weak, turned) / first_motion(weak, near)
    np.testing.assert_allclose(peak(weak, turned), base * ratio, rtol=1e-4)


def test_direct_waves_move_along_the_ray_and_across_it():
    # Vertical strike-slip fault striking north: P is largest at 45 degrees, SH at 0 and 90.
    source = source_term(2.5, 0, 90, 0)
    level = {"takeoff_p_deg": 90.0, "takeoff_s_deg": 90.0, "scattering": STILL}
    rng = np.random.default_rng(0)
    p = ground_velocity(source, path(azimuth_deg=45.0, **level), PLAIN, 5.0, 10, rng)[:, 5]
    assert p[0] > 0, "the station northeast of a left-lateral fault striking north is pushed"
    assert p[1] == pytest.approx(p[2], rel=1e-5)
    assert p[1] > 0
    assert np.hypot(p[1], p[2]) / p[0] == pytest.approx(np.tan(np.radians(30)), rel=1e-5)
    # Left-lateral: the eastern block goes north, so at a station due east S starts northward.
    s = ground_velocity(source, path(azimuth_deg=90.0, **level), PLAIN, 8.73, 6, rng)[:, 3]
    assert s[1] > 0
    assert abs(s[1]) > 5 * abs(s[2])


def test_s_is_stronger_and_of_lower_frequency_than_p():
    rng = np.random.default_rng(5)
    ratios, p_hz, s_hz = [], [], []
    for _ in range(40):
        source = source_term(2.5, rng.uniform(0, 360), 75, rng.uniform(-30, 30))
        here = path(azimuth_deg=rng.uniform(0, 360))
        record = ground_velocity(source, here, random_site(rng), 0.0, 2000, rng)
        p, s = record[0, 500:650], record[1:, 873:1023]
        ratios.append(np.abs(s).max() / np.abs(p).max())
        p_hz.append(centroid_hz(p))
        s_hz.append(centroid_hz(s[0]))
    assert 2.0 < np.median(ratios) < 12.0
    assert np.median(s_hz) < 0.8 * np.median(p_hz)


def centroid_hz(trace: NDArray[np.float32]):
    power = np.abs(np.fft.rfft(trace)) ** 2
    frequency = np.fft.rfftfreq(trace.size, 0.01)
    return np.sum(frequency * power) / np.sum(power)


def test_the_coda_decays_and_reaches_all_components():
    rng = np.random.default_rng(8)
    records = [
        ground_velocity(source_term(2.8, 20, 80, 0), path(), SiteTerm(), 0.0, 4000, rng)
        for _ in range(20)
    ]
    power = np.mean([record.astype(float) ** 2 for record in records], axis=0)
    early, late, end = (
        power[:, a:b].mean(axis=1) for a, b in ((950, 1050), (1600, 1700), (3800, 4000))
    )
    assert np.all(early > 10 * late)
    assert np.all(late > 10 * end)
    assert power[:, 700:860].mean(axis=1).min() > 0


def test_a_seed_gives_one_record():
    source, here, site = source_term(2.5, 10, 70, 20), path(), SiteTerm()
    a, b, c = (
        ground_velocity(source, here, site, 0.0, 1500, np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)
