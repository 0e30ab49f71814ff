"""An event as sensors of another natural frequency would have shown it."""

from dataclasses import replace

import numpy as np

from streamstress.event_type.observation import OCTAVES_HZ, Array, Observation, PhaseTable

GEOPHONES_HZ = (1.0, 5.0)
"""Natural frequencies of short-period sensors, from seismometers to geophones."""

DAMPING = 0.7

_CENTRE_HZ = np.sqrt(np.array(OCTAVES_HZ[:-1]) * np.array(OCTAVES_HZ[1:]))


def as_geophones(observation: Observation, natural_hz: float) -> Observation:
    """The event, recorded by sensors whose response to velocity falls below ``natural_hz``.

    Their response is not known, so there is no local magnitude.
    """
    stiff = _CENTRE_HZ**2 - natural_hz**2
    gain = _CENTRE_HZ**2 / np.hypot(stiff, 2.0 * DAMPING * natural_hz * _CENTRE_HZ)
    return replace(
        observation,
        p=_scaled(observation.p, gain),
        s=_scaled(observation.s, gain),
        magnitude=np.nan,
    )


def _scaled(table: PhaseTable, gain: Array) -> PhaseTable:
    return replace(table, signal=gain * table.signal, noise=gain * table.noise)
