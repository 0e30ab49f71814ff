from dataclasses import replace

import numpy as np
import pytest

from streamstress.picking.measure import measure, onset_window
from streamstress.picking.station_window import ComponentTrace, StationWindow

START_NS = 1_700_000_000_000_000_000
PICK_S = 20.0


def wavelet(rate_hz: float, n: int, onset_s: float, peak: float) -> np.ndarray:
    """A decaying 5 Hz wave from the onset on."""
    lapse = np.arange(n) / rate_hz - onset_s
    return np.where(lapse > 0, peak * np.sin(10 * np.pi * lapse) * np.exp(-lapse), 0.0)


def window(
    rate_hz: float = 100.0,
    peak: float = 1000.0,
    noise: float = 10.0,
    offset: float = 0.0,
    channels: tuple[str, ...] = ("HHZ", "HHN", "HHE"),
) -> StationWindow:
    rng = np.random.default_rng(3)
    n = round(40 * rate_hz)
    components = []
    for channel in channels:
        share = 1.0 if channel.endswith("Z") else 0.5
        samples = wavelet(rate_hz, n, PICK_S, share * peak)
        samples += wavelet(rate_hz, n, PICK_S + 6, 3 * share * peak)
        samples += offset + noise * rng.standard_normal(n)
        valid = np.ones(n, dtype=bool)
        components.append(
            ComponentTrace(channel, START_NS, rate_hz, samples.astype(np.float32), valid)
        )
    return StationWindow("XX.ABC", "", 0, tuple(components))


def at(seconds: float) -> int:
    return START_NS + round(seconds * 1e9)


def test_the_p_amplitude_is_the_vector_of_three_components_and_knows_its_noise():
    measured = measure(window(), "P", at(PICK_S), until_ns=at(PICK_S + 6))
    amplitude = measured.amplitude
    # sin peaks at 0.05 s, components 1 : 0.5 : 0.5; the filter takes some of it.
    assert amplitude.value == pytest.approx(1000 * np.sqrt(1.5) * 0.95, rel=0.15)
    assert amplitude.component == "ZNE"
    # White noise of 10 between 1 and 15 Hz of 50, three components.
    assert amplitude.noise == pytest.approx(10 * np.sqrt(3 * 14 / 50), rel=0.25)
    assert amplitude.band_hz == (1.0, 15.0)
    assert not amplitude.clipped
    assert measured.snr == pytest.approx(amplitude.value / amplitude.noise)


def test_the_s_amplitude_compares_with_the_noise_before_p_but_its_snr_with_the_p_coda():
    s = measure(window(), "S", at(PICK_S + 6), noise_before_ns=at(PICK_S))
    assert s.amplitude.value == pytest.approx(3000 * np.sqrt(1.5) * 0.95, rel=0.15)
    assert s.amplitude.noise == pytest.approx(10 * np.sqrt(3 * 14 / 50), rel=0.25)
    assert s.snr < s.amplitude.value / s.amplitude.noise / 2
    assert s.onset is None


def test_the_p_amplitude_stops_before_s():
    close = window()
    with_s_in_it = measure(close, "P", at(PICK_S + 5.5))
    without = measure(close, "P", at(PICK_S + 5.5), until_ns=at(PICK_S + 5.9))
    assert without.amplitude.value < 0.1 * with_s_in_it.amplitude.value


def test_a_vertical_alone_is_measured_as_such():
    measured = measure(window(channels=("HHZ",)), "P", at(PICK_S))
    assert measured.amplitude.component == "Z"
    assert measured.amplitude.value == pytest.approx(950, rel=0.15)


@pytest.mark.parametrize("rate_hz", [40.0, 100.0, 250.0])
def test_the_onset_window_keeps_rate_sign_and_full_band(rate_hz: float):
    up = window(rate_hz, noise=1.0, offset=5e4)
    onset = onset_window(up, at(PICK_S))
    assert onset.sampling_rate_hz == rate_hz
    assert onset.pick_index == round(rate_hz)
    assert len(onset.samples) == 2 * onset.pick_index + 1
    assert onset.samples.dtype == np.float32
    assert abs(onset.samples[: onset.pick_index].mean()) < 1.0
    lapse = (np.arange(len(onset.samples)) - onset.pick_index) / rate_hz
    expected = wavelet(rate_hz, len(lapse), 1.0, 1000.0)
    np.testing.assert_allclose(onset.samples, expected, atol=6.0)


def test_the_onset_window_tells_where_between_two_samples_the_pick_lies():
    onset = onset_window(window(), at(PICK_S) + 3_000_000)
    assert onset.pick_offset_s == pytest.approx(0.003)


def test_no_onset_window_across_a_gap_or_without_a_vertical():
    broken = window()
    broken.components[0].valid[2050] = False
    assert onset_window(broken, at(PICK_S)) is None
    assert onset_window(window(channels=("HHN",)), at(PICK_S)) is None


def test_flat_tops_and_flagged_records_count_as_clipped():
    clean = window()
    flat = clean.components[0].samples.clip(-400, 400)
    saturated = replace(clean, components=(replace(clean.components[0], samples=flat),))
    assert measure(saturated, "P", at(PICK_S)).amplitude.clipped
    flags = np.zeros(len(flat), dtype=bool)
    flags[2010] = True
    flagged = replace(clean, components=(replace(clean.components[0], clipped=flags),))
    assert measure(flagged, "P", at(PICK_S)).amplitude.clipped


def test_without_enough_noise_before_the_pick_nothing_is_claimed():
    gap = window()
    for component in gap.components:
        component.valid[:1950] = False
    measured = measure(gap, "P", at(PICK_S))
    assert measured.snr is None
    assert measured.amplitude is None
