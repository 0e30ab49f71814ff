"""Rays in ground whose velocity grows linearly with depth: 5 km/s at the sea, and `GRADIENT`."""

import numpy as np

GRADIENT = 0.05
"""km/s a km."""


def circular(distance: float, depth: float, receiver: float) -> tuple[float, float]:
    """Time and take-off in ground of constant gradient (Slotnick 1959): rays are circles."""
    speeds = (5.0 + GRADIENT * depth) * (5.0 + GRADIENT * receiver)
    square = distance**2 + (depth - receiver) ** 2
    time = np.arccosh(1 + GRADIENT**2 * square / (2 * speeds)) / GRADIENT
    # The centre lies where the velocity would be 0, midway between both ends' circle.
    up, down = depth + 5.0 / GRADIENT, receiver + 5.0 / GRADIENT
    centre = (distance**2 + down**2 - up**2) / (2 * distance)
    return time, float(np.degrees(np.arctan2(up, centre)))
