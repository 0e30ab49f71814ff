"""Places, times and tensors of events as arrays."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streamstress.change.events import ChangeEvent
from streamstress.change.score import isometric
from streamstress.earth.clusters import NS_PER_MINUTE, Spots, place_km

Array = NDArray[np.float64]


def spots_of(events: Sequence[ChangeEvent]) -> Spots:
    """Spots of events; tensors are unit isometric components (n, 5)."""
    place = [(one.latitude_deg, one.longitude_deg, one.depth_km) for one in events]
    return Spots(
        np.array([event.origin_time_ns for event in events], float) / NS_PER_MINUTE,
        place_km(np.array(place, float).reshape(-1, 3)),
        tensors_of(events),
    )


def tensors_of(events: Sequence[ChangeEvent]) -> Array:
    """Unit isometric components (n, 5) of the event tensors."""
    x = isometric([event.five for event in events]).reshape(-1, 5)
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True))


def angles_of(events: Sequence[ChangeEvent]) -> Array:
    """Strike, dip, rake (n, 3)."""
    return np.array([(one.strike_deg, one.dip_deg, one.rake_deg) for one in events])
