"""How wrong a zone's picks are, learned from its earthquakes by phase, probability and loudness.

A picker's own sigma mirrors what it was trained on. The residuals of located earthquakes say more:
in each class of picks the square of ``true / stated sigma`` is a mean over squared residuals, less
what the velocity model has in them, each weighed by how much of it is the pick's part. A prior
keeps it near 1 while little speaks for another figure, as where the model's part outweighs every
pick's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from streamstress.location.hypocentre import Hypocentre
from streamstress.location.location_settings import LocationSettings
from streamstress.location.readings import PhaseReading

Class = tuple[str, int, int]
"""Phase, class of probability, class of signal over noise."""

PROBABILITY_EDGES = (0.5, 0.8)
SNR_EDGES = (3.0, 10.0)
UNKNOWN_SNR = 3.0

PRIOR_WEIGHT = 5.0
"""Residuals without a model's part in them that the stated sigma counts as."""

MEMORY_WEIGHT = 50.0
"""What the means remember: a changed picker is followed within about as many such residuals."""

FACTORS = (1.0, 4.0)
"""Bounds of a factor. Below 1 the residuals only say that the velocity model is better than the
location takes it to be: picks twice as wrong as stated looked better than stated by it, too."""

FEWEST = 8
"""Readings of an origin below which four unknowns leave too little in the residuals."""

MOST_SIGMAS = 3.0
"""A residual counts as so many sigmas at most."""


@dataclass(slots=True)
class ReadingErrors:
    """Running means of squared residuals in stated sigmas, by class of reading."""

    _sums: dict[Class, tuple[float, float]] = field(default_factory=dict)
    """Sum of weights, and weighted sum of squares."""

    def told(self, readings: Iterable[PhaseReading]) -> list[PhaseReading]:
        """The readings with the sigma that was learned."""
        return [replace(r, sigma_s=r.sigma_s * self.factor(r)) for r in readings]

    def factor(self, reading: PhaseReading) -> float:
        """True over stated sigma of readings like this one."""
        weight, squares = self._sums.get(class_of(reading), (0.0, 0.0))
        squared = (PRIOR_WEIGHT + squares) / (PRIOR_WEIGHT + weight)
        return float(min(max(squared, FACTORS[0] ** 2), FACTORS[1] ** 2) ** 0.5)

    def learn(
        self,
        origin: Hypocentre,
        readings: Iterable[PhaseReading],
        settings: LocationSettings,
    ) -> None:
        """Take the readings of one final origin, with their stated sigmas."""
        residuals = {a.reading_id: a.residual_s for a in origin.arrivals}
        used = [r for r in readings if r.reading_id in residuals]
        if len(used) < FEWEST:
            return
        lost = 1.0 - (3.0 if origin.depth_fixed else 4.0) / len(used)
        for reading in used:
            model_s2 = _model_variance_s2(reading, origin, settings)
            stated_s2 = reading.sigma_s**2
            present_s2 = stated_s2 * self.factor(reading) ** 2
            most_s2 = MOST_SIGMAS**2 * (present_s2 + model_s2)
            seen_s2 = min(residuals[reading.reading_id] ** 2 / lost, most_s2)
            self._add(
                class_of(reading),
                (present_s2 / (present_s2 + model_s2)) ** 2,
                (seen_s2 - model_s2) / stated_s2,
            )

    def _add(self, key: Class, weight: float, square: float) -> None:
        weights, squares = self._sums.get(key, (0.0, 0.0))
        kept = min(1.0, MEMORY_WEIGHT / (weights + weight))
        self._sums[key] = (kept * (weights + weight), kept * (squares + weight * square))

    def snapshot(self) -> dict[str, list[float]]:
        """Sums as plain numbers, by ``P 2 1``."""
        return {" ".join(map(str, key)): list(sums) for key, sums in self._sums.items()}

    @classmethod
    def restored(cls, snapshot: Mapping[str, Iterable[float]]) -> "ReadingErrors":
        """Take up a snapshot."""
        errors = cls()
        for name, (weight, squares) in snapshot.items():
            phase, sure, loud = name.split()
            errors._sums[phase, int(sure), int(loud)] = (weight, squares)
        return errors


def class_of(reading: PhaseReading) -> Class:
    """The class that a reading is learned with; an unknown signal over noise counts as 3."""
    snr = UNKNOWN_SNR if reading.snr is None else reading.snr
    sure = sum(reading.probability >= edge for edge in PROBABILITY_EDGES)
    return reading.phase, sure, sum(snr >= edge for edge in SNR_EDGES)


def _model_variance_s2(
    reading: PhaseReading, origin: Hypocentre, settings: LocationSettings
) -> float:
    """What the location takes the velocity model to be wrong by."""
    is_s = reading.phase == "S"
    floor_s = settings.model_error_s_s if is_s else settings.model_error_p_s
    travel_s = (reading.time_ns - origin.origin_time_ns) / 1e9
    return floor_s**2 + (settings.model_error_share * travel_s) ** 2
