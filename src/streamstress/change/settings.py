"""What a user sets of the detector."""

from dataclasses import dataclass

from streamstress.change.significance import slip_p_value_for
from streamstress.earth.clusters import LinkRule
from streamstress.errors import ConfigError

NS_A_YEAR = 31_557_600 * 10**9
"""Julian year."""

LEAST_PER_1E4, MOST_PER_1E4 = 0.1, 1000.0


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """Settings of the detector.

    Attributes
    ----------
    learn
        Events from which the reference is learned, 30 or more; fewer need a larger change.
    false_alarms_per_1e4
        Wanted alarms in 10,000 events of a steady stress.
    false_alarms_per_year
        The same in a year, at the rate of the learned events; 0 where it is given by events.
    min_window, max_window
        Shortest and longest run of latest events held against the reference.
    persistence
        Consecutive events at which the score must pass the threshold.
    alarm_events
        Events since the onset that an alarm waits for, so that it states its rotation to about
        five degrees; the trigger is told before, as ``held``. 1 for the earliest alarm.
    confirm_events
        Events since the onset after which an open alarm is confirmed, if it still stands.
    abandon_events
        Consecutive events with the score under half the threshold that undo an open alarm.
    slip_p_value
        Chance at which one stress for both epochs is given up (guard "fault population"); 0 takes
        it from the wanted rate (`significance.slip_p_value_for`).
    moved_p_value
        Chance at which place, depth, magnitude or observation of the events have changed (guards
        "place", "depth", "magnitude", "observation").
    link_minutes, link_km, link_similarity, link_chance
        Events are linked to a cluster when nearer than these in time and place, with a
        normalised tensor product above the similarity, and when the learned rate makes less
        than ``link_chance`` such neighbours by chance.
    cluster_correlation
        Correlation within a cluster: m linked events count as ``m / (1 + (m - 1) rho)``.
    resamplings
        Resamplings for the intervals of the rotation.
    seed
        Of the threshold simulation and of the resampling.
    """

    learn: int = 100
    false_alarms_per_1e4: float = 10.0
    false_alarms_per_year: float = 0.0
    min_window: int = 10
    max_window: int = 600
    persistence: int = 3
    alarm_events: int = 30
    confirm_events: int = 50
    abandon_events: int = 10
    slip_p_value: float = 0.0
    moved_p_value: float = 1e-4
    link_minutes: float = 60.0
    link_km: float = 2.0
    link_similarity: float = 0.8
    link_chance: float = 0.1
    cluster_correlation: float = 1.0
    resamplings: int = 400
    seed: int = 0

    def wanted_per_1e4(self, span_ns: int, count: int) -> float:
        """Wanted alarms in 10,000 events, where so many events took so long; within bounds."""
        if not self.false_alarms_per_year:
            return self.false_alarms_per_1e4
        wanted = self.false_alarms_per_year * 1e4 * (max(span_ns, 1) / NS_A_YEAR) / count
        return min(max(wanted, LEAST_PER_1E4), MOST_PER_1E4)

    @property
    def link_rule(self) -> LinkRule:
        """When two events are linked to a cluster."""
        return LinkRule(self.link_minutes, self.link_km, self.link_similarity, self.link_chance)

    def one_stress_p_value(self, per_1e4: float) -> float:
        """Chance at which one stress for both epochs is given up, for a rate of false alarms."""
        return self.slip_p_value or slip_p_value_for(per_1e4)

    def __post_init__(self) -> None:
        for name, low, high in _BOUNDS:
            value = getattr(self, name)
            if not low <= value <= high:
                raise ConfigError(f"change.{name} = {value}: give {low} to {high}")
        if self.max_window < self.min_window:
            raise ConfigError(
                f"change.max_window = {self.max_window} is under min_window = {self.min_window}"
            )


_BOUNDS: tuple[tuple[str, float, float], ...] = (
    ("learn", 30, 10_000),
    ("false_alarms_per_1e4", LEAST_PER_1E4, MOST_PER_1E4),
    ("false_alarms_per_year", 0, 1e6),
    ("min_window", 5, 1000),
    ("max_window", 5, 5000),
    ("persistence", 1, 100),
    ("alarm_events", 1, 10_000),
    ("confirm_events", 5, 10_000),
    ("abandon_events", 1, 1000),
    ("slip_p_value", 0, 1),
    ("moved_p_value", 0, 1),
    ("link_minutes", 0, 1e6),
    ("link_km", 0, 1000),
    ("link_similarity", -1, 1),
    ("link_chance", 0, 100),
    ("cluster_correlation", 0, 1),
    ("resamplings", 100, 100_000),
    ("seed", 0, 2**63),
)
