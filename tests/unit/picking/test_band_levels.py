"""Signal and noise by octave at a pick."""

import numpy as np
import pytest

from streamstress.picking.spectrum import OCTAVES_HZ, band_levels
from streamstress.picking.station_window import ComponentTrace

NS = 1_000_000_000
PICK_S = 20


def traces(
    samples: np.ndarray, rate: float = 100.0, valid: np.ndarray | None = None
) -> list[ComponentTrace]:
    """One component from time 0 on."""
    sound = np.ones(len(samples), bool) if valid is None else valid
    return [ComponentTrace("HHZ", 0, rate, samples, sound)]


def onset(frequency_hz: float, rate: float = 100.0, offset: float = 0.0) -> np.ndarray:
    """A sine of amplitude 2 from the pick on, before it a tenth of it."""
    time = np.arange(0.0, 40.0, 1.0 / rate)
    size = np.where(time >= PICK_S, 2.0, 0.2)
    return offset + size * np.sin(2.0 * np.pi * frequency_hz * time)


@pytest.mark.parametrize(("frequency_hz", "band"), [(0.75, 0), (1.5, 1), (3.0, 2), (12.0, 4)])
def test_a_sine_stands_in_its_octave_with_its_root_mean_square(frequency_hz: float, band: int):
    found = band_levels(traces(onset(frequency_hz, offset=1e4)), "P", PICK_S * NS)
    assert found is not None
    signal, noise = (np.array(levels, float) for levels in (found.signal, found.noise))
    assert signal[band] == pytest.approx(2.0 / np.sqrt(2.0), rel=0.1)
    assert noise[band] == pytest.approx(0.2 / np.sqrt(2.0), rel=0.1)
    assert np.argmax(signal) == band


def test_octaves_beyond_rate_or_window_are_not_told():
    slow = band_levels(traces(onset(3.0, 20.0), 20.0), "P", PICK_S * NS)
    assert slow is not None
    assert [level is not None for level in slow.signal] == [True, True, True, True, False, False]
    short = band_levels(traces(onset(3.0)), "P", PICK_S * NS, until_ns=(PICK_S + 1) * NS)
    assert short is not None
    assert [level is not None for level in short.signal[:3]] == [False, False, True]
    assert len(short.signal) == len(OCTAVES_HZ) - 1


def test_a_gap_or_the_end_of_the_data_gives_no_levels():
    samples = onset(3.0)
    holed = np.ones(len(samples), bool)
    holed[round(100 * (PICK_S + 1))] = False
    assert band_levels(traces(samples, valid=holed), "P", PICK_S * NS) is None
    assert band_levels(traces(samples[: 100 * (PICK_S + 2)]), "P", PICK_S * NS) is None
    assert band_levels(traces(samples), "P", PICK_S * NS, until_ns=PICK_S * NS + NS // 2) is None


def test_the_noise_of_an_s_is_that_before_its_p():
    found = band_levels(traces(onset(3.0)), "S", (PICK_S + 8) * NS, noise_before_ns=PICK_S * NS)
    assert found is not None
    assert found.noise[2] == pytest.approx(0.2 / np.sqrt(2.0), rel=0.1)
