"""What the classifier sees of an event does not depend on how it is written down."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed_events import observation, rows, unknown

from streamstress.event_type.features import NAMES, SIZES, features
from streamstress.event_type.observation import OCTAVES_HZ, Observation, PhaseTable
from streamstress.event_type.sensors import as_geophones

SEEDS = st.integers(0, 10_000)


@given(SEEDS, SEEDS)
def test_the_order_of_the_picks_changes_no_feature(seed: int, shuffle: int):
    event = observation(seed)
    rng = np.random.default_rng(shuffle)
    shuffled = replace(
        event,
        p=rows(event.p, rng.permutation(len(event.p.time_s))),
        s=rows(event.s, rng.permutation(len(event.s.time_s))),
    )
    np.testing.assert_array_equal(features(shuffled), features(event))


@given(SEEDS, st.floats(0.0, 360.0))
def test_turning_the_network_about_the_event_changes_no_feature(seed: int, turn_deg: float):
    event = observation(seed)
    turned = replace(
        event,
        p=replace(event.p, azimuth_deg=(event.p.azimuth_deg + turn_deg) % 360.0),
        s=replace(event.s, azimuth_deg=(event.s.azimuth_deg + turn_deg) % 360.0),
    )
    np.testing.assert_allclose(features(turned), features(event), atol=1e-9)


@given(SEEDS, st.floats(1e-6, 1e6))
def test_the_unit_of_the_traces_changes_no_feature(seed: int, unit: float):
    event = observation(seed)
    scaled = replace(
        event,
        **{
            phase: replace(
                getattr(event, phase),
                signal=unit * getattr(event, phase).signal,
                noise=unit * getattr(event, phase).noise,
            )
            for phase in ("p", "s")
        },
    )
    np.testing.assert_allclose(features(scaled), features(event), atol=1e-9)


def test_a_plane_wave_is_known_by_its_slowness():
    event = observation(3)
    azimuth = np.radians(event.p.azimuth_deg)
    crossing = 20.0 + 0.06 * event.p.distance_km * np.cos(azimuth - np.radians(30.0))
    found = features(replace(event, p=replace(event.p, time_s=crossing)))
    assert found[NAMES.index("plane-wave slowness, s/km")] == pytest.approx(0.06)


def test_what_nothing_tells_is_nan_and_a_band_under_noise_bounds_what_it_hides():
    assert np.isnan(features(unknown())[: NAMES.index("log10 P picks")]).all()
    event = observation(4)
    quiet = event.p.signal.copy()
    quiet[:, 4] = event.p.noise[:, 4]
    ratio = NAMES.index("log10 P at 2-4 over 8-16 Hz")
    found = features(replace(event, p=replace(event.p, signal=quiet)))
    assert found[ratio] > features(event)[ratio]


def spectrum(event: Observation, corner_hz: float) -> Observation:
    """The event with Brune's spectrum, Q 250 and kappa 0.02 s at P and S of every station."""
    low, high = np.array(OCTAVES_HZ[:-1]), np.array(OCTAVES_HZ[1:])
    middle = np.sqrt(low * high)

    def shown(table: PhaseTable) -> PhaseTable:
        t_star_s = table.time_s[:, None] / 250.0 + 0.02
        source = middle * np.sqrt(low) / (1.0 + (middle / corner_hz) ** 2)
        signal = source * np.exp(-np.pi * middle * t_star_s)
        return replace(table, signal=signal, noise=np.full_like(signal, 1e-9))

    return replace(event, p=shown(event.p), s=shown(event.s))


@pytest.mark.parametrize("corner_hz", [1.5, 6.0, 15.0])
def test_the_corner_is_found_through_the_attenuation_of_the_way(corner_hz: float):
    found = features(spectrum(observation(5), corner_hz))
    for phase in "PS":
        at = NAMES.index(f"log10 {phase} corner, Hz")
        assert 10.0 ** found[at] == pytest.approx(corner_hz, rel=0.25)
        assert found[at + 1] < 0.03


def test_a_low_frequency_earthquake_has_the_lower_stress_drop_at_the_same_magnitude():
    at = NAMES.index("log10 stress drop by S, MPa")
    low, usual = (features(spectrum(observation(5), hz))[at] for hz in (1.5, 6.0))
    assert usual - low == pytest.approx(3.0 * np.log10(6.0 / 1.5), abs=0.5)


def test_without_responses_neither_magnitude_nor_stress_drop_is_told():
    found = features(replace(observation(5), magnitude=np.nan))
    assert np.isnan(found[[NAMES.index(name) for name in SIZES]]).all()
    assert np.isfinite(found[NAMES.index("log10 S corner, Hz")])


def test_geophones_take_low_frequencies_away_and_leave_the_high_ones():
    event = observation(5)
    seen = as_geophones(event, 4.5)
    ratio = seen.p.signal / event.p.signal
    assert (ratio[:, 0] < 0.05).all()
    np.testing.assert_allclose(ratio[:, 5], 1.0, atol=0.05)
    np.testing.assert_allclose(ratio, seen.p.noise / event.p.noise)
