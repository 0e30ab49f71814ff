"""Mechanisms to the stress of a region, and to a field of it.

``contribution`` and ``normal_equations`` (what one event adds), ``invert`` (the linear inversion
and the choice of the fault plane), ``rolling`` (a window of events kept up to date),
``event_bootstrap`` and ``uncertainty`` (how sure), ``describe`` (axes, SHmax, shape, regime,
quality).

A field: ``nodes`` (a grid and its links), ``smoothing`` with ``dissection`` and ``multifrontal``
(its equations and their solution), ``abic`` (how smooth), ``field`` (planes and strength in turn),
``field_shape``, ``posterior``, ``field_bootstrap`` and ``fit`` (how right), ``estimate`` (all of
it, node by node), ``rolling_field`` and ``region_field`` (kept up to date), ``causal`` (carried on
in time), ``faults`` and ``contrast`` (given faults and boundaries).

Sign and shape conventions are those of `streamstress.geometry`: tension positive, unit Frobenius
norm, s1 most compressive, ``phi = (s2 - s3) / (s1 - s3)`` of compressive magnitudes.
"""

from streamstress.stress.contribution import EventContribution, event_contribution
from streamstress.stress.describe import StressDescription, describe
from streamstress.stress.estimate import FieldEstimate, estimate_field
from streamstress.stress.event_bootstrap import bootstrap
from streamstress.stress.invert import StressInversion, invert, michael_tensor
from streamstress.stress.nodes import NodeGrid, grid_nodes
from streamstress.stress.rolling import RollingStress
from streamstress.stress.uncertainty import StressSamples

__all__ = [
    "EventContribution",
    "FieldEstimate",
    "NodeGrid",
    "RollingStress",
    "StressDescription",
    "StressInversion",
    "StressSamples",
    "bootstrap",
    "describe",
    "estimate_field",
    "event_contribution",
    "grid_nodes",
    "invert",
    "michael_tensor",
]
