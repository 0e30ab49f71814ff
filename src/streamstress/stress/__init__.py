"""Mechanisms to a regional stress estimate.

``contribution`` (what one event adds), ``invert`` (the linear inversion and the choice of the
fault plane), ``rolling`` (a window of events kept up to date), ``uncertainty`` (bootstrap),
``describe`` (axes, SHmax, shape, regime, quality).

Sign and shape conventions are those of `streamstress.geometry`: tension positive, unit Frobenius
norm, s1 most compressive, ``phi = (s2 - s3) / (s1 - s3)`` of compressive magnitudes.
"""

from streamstress.stress.contribution import EventContribution, event_contribution
from streamstress.stress.describe import StressDescription, describe
from streamstress.stress.invert import StressInversion, invert, michael_tensor
from streamstress.stress.rolling import RollingStress
from streamstress.stress.uncertainty import StressSamples, bootstrap

__all__ = [
    "EventContribution",
    "RollingStress",
    "StressDescription",
    "StressInversion",
    "StressSamples",
    "bootstrap",
    "describe",
    "event_contribution",
    "invert",
    "michael_tensor",
]
