"""Events that show a network the same pattern of first motions: repeats, one burst, one fault.

What is wrong about a ray is wrong in all of them alike, so that a hundred of them say little more
against a station than one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ALIKE = 0.95
"""Cosine between two patterns of predicted first motions, above which they are one. Double couples
turned by 5 degrees against one another have 0.99 in the median, by 10 degrees 0.95, by 20 degrees
0.83 (3,000 random orientations, 16 random rays each)."""

FEWEST_COMMON = 6
"""Fewer stations cannot tell two patterns apart."""


@dataclass(slots=True)
class EventFamilies:
    """Families of events, each named by its first one."""

    _leaders: dict[str, dict[str, float]] = field(default_factory=dict)
    _family: dict[str, str] = field(default_factory=dict)

    def join(self, event_id: str, up_probability: Mapping[str, float]) -> str:
        """Take an event in, or anew; the name of its family.

        Parameters
        ----------
        up_probability
            Of each station, as predicted by the event's other stations.
        """
        self.remove(event_id)
        pattern = {station: 2.0 * p - 1.0 for station, p in up_probability.items()}
        alike = (name for name, leader in self._leaders.items() if is_alike(pattern, leader))
        family = next(alike, event_id)
        self._leaders.setdefault(family, pattern)
        self._family[event_id] = family
        return family

    def remove(self, event_id: str) -> None:
        """Take an event out; nothing happens where it is not held."""
        family = self._family.pop(event_id, None)
        if family is not None and family not in self._family.values():
            del self._leaders[family]


def is_alike(pattern: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Whether two patterns of ``2p - 1`` by station are one, by the stations of both."""
    common = [station for station in pattern if station in other]
    if len(common) < FEWEST_COMMON:
        return False
    a = np.array([pattern[station] for station in common])
    b = np.array([other[station] for station in common])
    return bool(a @ b >= ALIKE * np.sqrt((a @ a) * (b @ b)) > 0.0)


def shared_by_family(evidence: Sequence[float], families: Sequence[str]) -> list[float]:
    """Evidence of readings in their order, the n-th of a family counting ``1 / n**2``.

    So a family as large as you like weighs at most pi**2 / 6 = 1.64 times its first reading.
    """
    seen: dict[str, int] = {}
    shared = []
    for value, family in zip(evidence, families, strict=True):
        seen[family] = seen.get(family, 0) + 1
        shared.append(value / seen[family] ** 2)
    return shared
