"""Earthquakes of a cluster next to one another: correlation, differences, relocation."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import signal

from streamstress.earth.projection import LocalFrame
from streamstress.earth.travel_times import travel_time_table
from streamstress.earth.velocity import VelocityModel
from streamstress.location.associate import Association
from streamstress.location.catalogue import Located
from streamstress.location.correlation import (
    CorrelationSettings,
    Lag,
    Trace,
    filtered,
    lag_between,
)
from streamstress.location.differential_times import PairSettings, differential_times
from streamstress.location.double_difference import relocate
from streamstress.location.locate import locate
from streamstress.location.location_settings import LocationSettings
from streamstress.location.relocated import moved, relative_error

NS = 1_000_000_000
EPOCH_NS = 1_700_000_000 * NS
CENTRE = LocalFrame(35.0, 139.0)
SETTINGS = CorrelationSettings()


def wavelet(shift_s: float, rate: float = 100.0, noise: float = 0.02, seed: int = 0) -> Trace:
    """An onset with its coda, ``shift_s`` after the pick, which stands 2.2 s after the start."""
    rng = np.random.default_rng(99)
    times = np.arange(round(4.4 * rate)) / rate - 2.2 - shift_s
    samples = np.zeros(times.size)
    for _ in range(12):
        start, frequency = rng.uniform(0, 0.8), rng.uniform(2, 9)
        after = np.clip(times - start, 0, None)
        samples += rng.normal() * after * np.exp(-6 * after) * np.sin(2 * np.pi * frequency * after)
    samples /= np.abs(samples).max()
    own = np.random.default_rng(seed).normal(0, noise, times.size)
    return Trace(1000 * (samples + own), rate, 2.2 * rate)


@pytest.mark.parametrize("shift_s", [0.0, 0.013, -0.047, 0.118])
def test_a_late_pick_is_told_to_a_fraction_of_a_sample(shift_s: float):
    first, second = (
        filtered(wavelet(shift, seed=seed), SETTINGS) for shift, seed in ((0.0, 1), (shift_s, 2))
    )
    assert first is not None
    assert second is not None
    lag = lag_between(first, second, SETTINGS)
    assert lag is not None
    assert lag.lag_s == pytest.approx(shift_s, abs=0.003)
    assert lag.coefficient > 0.95


def test_picks_between_samples_are_taken_with_their_fraction():
    first, second = (filtered(wavelet(0.0, seed=n), SETTINGS) for n in (1, 2))
    assert first is not None
    assert second is not None
    late = replace(second, pick_index=second.pick_index + 1.4)
    lag = lag_between(first, late, SETTINGS)
    assert lag is not None
    assert lag.lag_s == pytest.approx(-0.014, abs=0.003)


def test_turned_around_the_lag_changes_its_sign():
    first, second = (filtered(wavelet(s, seed=n), SETTINGS) for n, s in ((1, 0.0), (2, 0.03)))
    assert first is not None
    assert second is not None
    there, back = lag_between(first, second, SETTINGS), lag_between(second, first, SETTINGS)
    assert there is not None
    assert back is not None
    assert there.lag_s == pytest.approx(-back.lag_s, abs=0.002)


def test_the_stated_sigma_is_the_scatter():
    lags = []
    for seed in range(60):
        pair = [filtered(wavelet(0.0, noise=0.15, seed=2 * seed + k), SETTINGS) for k in range(2)]
        lag = lag_between(pair[0], pair[1], SETTINGS)
        if lag is not None:
            lags.append((lag.lag_s, lag.sigma_s))
    assert len(lags) > 30
    scatter, stated = np.std([one[0] for one in lags]), np.median([one[1] for one in lags])
    assert 0.4 < scatter / stated < 2.5


def test_noise_gaps_and_other_rates_have_no_lag():
    first = filtered(wavelet(0.0), SETTINGS)
    assert first is not None
    rng = np.random.default_rng(4)
    noise = filtered(replace(wavelet(0.0), samples=rng.normal(size=440)), SETTINGS)
    assert noise is not None
    assert lag_between(first, noise, SETTINGS) is None
    other = filtered(wavelet(0.0, rate=50.0), SETTINGS)
    assert other is not None
    assert lag_between(first, other, SETTINGS) is None
    gappy = wavelet(0.0).samples.copy()
    gappy[100] = np.nan
    assert filtered(Trace(gappy, 100.0, 220.0), SETTINGS) is None
    short = signal.resample(wavelet(0.0).samples, 440)[:230]
    assert filtered(Trace(short, 100.0, 220.0), SETTINGS) is None


@pytest.fixture(scope="module")
def cluster(world):
    """20 earthquakes within a kilometre, located with a model 5 % fast; picks' errors by id."""
    fast = VelocityModel(
        "fast",
        world.model.depth_km,
        tuple(1.05 * v for v in world.model.vp_km_s),
        tuple(1.05 * v for v in world.model.vs_km_s),
    )
    tables = {phase: travel_time_table(fast, phase, 180, 40) for phase in "PS"}
    rng, events, truth, late = np.random.default_rng(12), [], [], {}
    for n in range(20):
        east, north, depth = rng.uniform(-0.5, 0.5, 3) + np.array([4.0, -6.0, 9.0])
        origin = (float(east), float(north), float(depth), EPOCH_NS + n * 3600 * NS)
        truth.append(origin[:3])
        readings = world.arrivals(rng, origin, f"e{n}")
        due = world.arrivals(rng, origin, f"e{n}", sigma_s=0.0, missing=0.0)
        exact = {r.reading_id: r.time_ns for r in due}
        late |= {r.reading_id: (r.time_ns - exact[r.reading_id]) / NS for r in readings}
        start = Association(34.97, 139.02, 8.0, origin[3], ())
        found = locate(readings, world.stations, tables, start)
        kept = set(found.inlier_ids)
        events.append(Located(f"e{n}", found, tuple(r for r in readings if r.reading_id in kept)))
    return events, np.array(truth), late, tables


def alike(late: dict[str, float], sigma_s: float = 0.004):
    """Lags of waveforms, every tenth wrong by a period."""
    rng = np.random.default_rng(3)

    def lag(first, second) -> Lag:
        wrong = 0.1 if rng.random() < 0.1 else 0.0
        exact = late[first.reading_id] - late[second.reading_id]
        return Lag(exact + float(rng.normal(0, sigma_s)) + wrong, sigma_s, 0.9)

    return lag


def scatter_m(places, truth) -> float:
    """Median distance (m) from the truth, next to the group's mean."""
    off = np.asarray(places) - truth
    return 1000 * float(np.median(np.linalg.norm(off - off.mean(axis=0), axis=1)))


def places(events) -> np.ndarray:
    origins = [event.hypocentre for event in events]
    east, north = CENTRE.to_km(
        [o.latitude_deg for o in origins], [o.longitude_deg for o in origins]
    )
    return np.column_stack([east, north, [o.depth_km for o in origins]])


def refined(world, cluster, correlate):
    events, _, _, tables = cluster
    times = differential_times(events, correlate=correlate)
    found = relocate(events, times, world.stations, tables)
    settings = LocationSettings()
    return found, [moved(events[r.event], r, world.stations, tables, settings) for r in found]


def test_correlated_waveforms_make_relative_errors_five_times_smaller(world, cluster):
    """A tenth of the lags is wrong by a period, and the model by 5 %."""
    events, truth, late, _ = cluster
    found, after = refined(world, cluster, alike(late))
    assert len(found) == len(events)
    assert scatter_m(places(after), truth) < scatter_m(places(events), truth) / 5
    assert np.median([relative_error(r).horizontal_km for r in found]) < 0.05


def test_picks_alone_make_them_no_larger(world, cluster):
    events, truth, _, _ = cluster
    _, after = refined(world, cluster, None)
    assert scatter_m(places(after), truth) < 1.1 * scatter_m(places(events), truth)


def test_the_group_as_a_whole_stays_where_it_was(world, cluster):
    events, _, late, _ = cluster
    _, after = refined(world, cluster, alike(late))
    assert places(after).mean(axis=0) == pytest.approx(places(events).mean(axis=0), abs=1e-3)
    shift = [a.hypocentre.origin_time_ns - b.hypocentre.origin_time_ns
             for a, b in zip(after, events, strict=True)]  # fmt: skip
    assert abs(np.mean(shift)) < 1e-3 * NS


def test_residuals_and_rays_are_those_of_the_new_origin(world, cluster):
    events, _, late, tables = cluster
    found, after = refined(world, cluster, alike(late))
    again = moved(after[0], replace(found[0], shift_s=0.0), world.stations, tables,
                  LocationSettings())  # fmt: skip
    assert again.hypocentre.arrivals == after[0].hypocentre.arrivals
    before, now = (e.hypocentre.arrivals for e in (events[0], after[0]))
    assert any(a.takeoff_deg != b.takeoff_deg for a, b in zip(before, now, strict=True))


def test_the_order_of_the_earthquakes_changes_nothing(world, cluster):
    events, _, _, tables = cluster
    there = relocate(events, differential_times(events), world.stations, tables)
    turned = events[::-1]
    back = relocate(turned, differential_times(turned), world.stations, tables)[::-1]
    for one, other in zip(there, back, strict=True):
        assert one.depth_km == pytest.approx(other.depth_km, abs=2e-3)
        assert one.latitude_deg == pytest.approx(other.latitude_deg, abs=2e-5)


def test_earthquakes_without_neighbours_are_left_out(world, cluster):
    events, _, _, tables = cluster
    far = replace(events[0], hypocentre=replace(events[0].hypocentre, latitude_deg=35.3))
    found = relocate(
        [far, *events[1:]], differential_times([far, *events[1:]]), world.stations, tables
    )
    assert [relocation.event for relocation in found] == list(range(1, len(events)))
    few = differential_times(events, PairSettings(least_links=1000))
    assert relocate(events, few, world.stations, tables) == []
    assert relocate([], differential_times([]), world.stations, tables) == []
