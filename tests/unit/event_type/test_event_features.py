"""What the classifier sees of an event does not depend on how it is written down."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed_events import observation, rows, unknown

from streamstress.event_type.features import NAMES, features

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
