"""The mechanisms of a window of events, and how much each counts."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from streamstress.earth.clusters import cluster_labels
from streamstress.geometry.tensors import tensor_of
from streamstress.records import Mechanism
from streamstress.stress import EventContribution, RollingStress, event_contribution
from streamstress.stress.dependence import share_contributions
from streamstress.stress.weights import grade_weight

KEPT_WINDOWS = 3
"""Windows of events whose place is remembered; the rolling sums hold two."""

NS_PER_DAY = 86_400 * 10**9


@dataclass(frozen=True, slots=True)
class WindowLimits:
    """Which events are in a window: the newest so many, the younger ones, with fading weights."""

    events: int
    days: float | None = None
    half_life_days: float | None = None

    def rolling(self) -> RollingStress:
        """An empty window of these limits."""
        ns = [
            None if days is None else round(days * NS_PER_DAY)
            for days in (self.days, self.half_life_days)
        ]
        return RollingStress(self.events, *ns)


@dataclass(slots=True)
class EventWindow:
    """Usable mechanisms in a window: `limits` say which, ``grades`` of what grade."""

    limits: WindowLimits
    grades: str
    rolling: RollingStress = field(init=False)
    mechanisms: dict[str, Mechanism] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rolling = self.limits.rolling()

    def take(self, mechanism: Mechanism) -> bool:
        """Take a mechanism in, replace or withdraw it; whether the window changed."""
        usable = mechanism.grade in self.grades and mechanism.solutions
        if mechanism.status == "tombstone" or not usable:
            return self.rolling.remove(mechanism.event_id, mechanism.version)
        contribution = event_contribution(
            [s.strike_deg for s in mechanism.solutions],
            [s.dip_deg for s in mechanism.solutions],
            [s.rake_deg for s in mechanism.solutions],
            probability=[s.probability for s in mechanism.solutions],
            weight=grade_weight(mechanism.grade),
        )
        self.mechanisms[mechanism.event_id] = mechanism
        if len(self.mechanisms) > KEPT_WINDOWS * self.limits.events + 100:
            self._drop_old()
        return self.rolling.update(
            mechanism.event_id, mechanism.version, contribution, mechanism.origin_time_ns
        )

    def _drop_old(self) -> None:
        newest_first = sorted(self.mechanisms.values(), key=lambda m: -m.origin_time_ns)
        kept = newest_first[: KEPT_WINDOWS * self.limits.events]
        self.mechanisms = {mechanism.event_id: mechanism for mechanism in kept}

    def events(self) -> list[Mechanism]:
        """Mechanisms in the window, oldest first."""
        return [self.mechanisms[event_id] for event_id in self.rolling.event_ids()]

    def clusters(self) -> NDArray[np.int64]:
        """Labels of dependent events of the window, so that a burst does not pass for many."""
        events = self.events()
        five = np.array([one.five for one in self.rolling.contributions()]).reshape(-1, 5)
        return cluster_labels(
            np.array([event.origin_time_ns for event in events], np.int64),
            np.array([[e.latitude_deg, e.longitude_deg, e.depth_km] for e in events]),
            tensor_of(five),
        )

    def shared(self, label: NDArray[np.int64]) -> list[EventContribution]:
        """Contributions in the window, oldest first, shared within clusters."""
        return share_contributions(self.rolling.contributions(), label)
