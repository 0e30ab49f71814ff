"""What an event is taken for: an earthquake, unless something else is nearly sure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from streamstress.earth.projection import distance_azimuth
from streamstress.event_type.features import NAMES, features
from streamstress.event_type.model import KINDS, Kind, TypeModel, probabilities
from streamstress.event_type.observation import Array, Observation

EARTHQUAKE = KINDS.index("earthquake")
_BLAST = KINDS.index("blast")

BLASTS_IN_HOURS = 0.98
"""Share of quarry blasts fired in working hours: by law or custom all but a few."""

SITE_ODDS = 10.0
"""How much more likely a blast is at a known quarry than any other kind of event, and less likely
elsewhere. Assumed: quarries are small against a network and fire most of its blasts."""

LEAST_EARTHQUAKE = 0.2
"""At this probability of an earthquake an event is still taken for one: of 651 simulated
earthquakes of networks held back in turn from training none was lost, seen by geophones one."""

_REASONS = 3
_HOUR_NS = 3_600_000_000_000


@dataclass(frozen=True, slots=True)
class BlastSite:
    """A quarry: blasts are located within ``radius_km`` of it."""

    latitude_deg: float
    longitude_deg: float
    radius_km: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is known beforehand, and how sure something must be.

    ``earthquake_share`` is that of the located events that are earthquakes; the other kinds share
    the rest alike, unless ``shares`` has one of each of `KINDS`. An event is taken for another kind
    where the probability of an earthquake is at most ``least_earthquake``. ``blast_hours`` are
    first and last, mean solar time.
    """

    earthquake_share: float = 0.95
    least_earthquake: float = LEAST_EARTHQUAKE
    blast_hours: tuple[float, float] = (7.0, 18.0)
    blast_sites: tuple[BlastSite, ...] = ()
    shares: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The kind, the probabilities of all kinds, and what tells for one that is no earthquake."""

    kind: Kind
    probability: Mapping[Kind, float] = field(default_factory=dict)
    reason: str = ""


def judge_type(model: TypeModel, observation: Observation, judgement: Judgement) -> Verdict:
    """Verdict on one event; a function of its own readings and origin alone.

    Where nothing is known of an event but that it was located, the probabilities are the shares
    beforehand, and it passes for an earthquake.
    """
    found = features(observation)
    prior = log_prior(observation, judgement)
    p = probabilities(model.log_likelihoods(found[None]), prior)[0]
    kind = chosen_kind(p, judgement.least_earthquake)
    told = {name: round(float(value), 4) for name, value in zip(KINDS, p, strict=True)}
    reason = "" if kind == EARTHQUAKE else _reason(model, found, kind)
    return Verdict(KINDS[kind], told, reason)


def chosen_kind(probability: Array, least_earthquake: float) -> int:
    """Place in `KINDS` of what an event with probabilities (k,) is taken for."""
    if probability[EARTHQUAKE] > least_earthquake:
        return EARTHQUAKE
    return int(np.argmax(np.where(np.arange(len(KINDS)) == EARTHQUAKE, -1.0, probability)))


def log_prior(observation: Observation, judgement: Judgement) -> Array:
    """Log of the shares of the kinds (k,) at the event's hour and place."""
    rest = (1.0 - judgement.earthquake_share) / (len(KINDS) - 1)
    alike = (judgement.earthquake_share, *[rest] * (len(KINDS) - 1))
    prior: Array = np.log(np.array(judgement.shares or alike))
    prior[_BLAST] += _hour_odds(observation, judgement.blast_hours)
    prior[_BLAST] += _site_odds(observation, judgement.blast_sites)
    return prior


def solar_hour(origin_time_ns: int, longitude_deg: float) -> float:
    """Mean solar time of day, hours."""
    return float((origin_time_ns / _HOUR_NS + longitude_deg / 15.0) % 24.0)


def _hour_odds(observation: Observation, hours: tuple[float, float]) -> float:
    """Log of how much likelier a blast is at this hour than what comes at any hour."""
    share = ((hours[1] - hours[0]) % 24.0 or 24.0) / 24.0
    if share == 1.0:
        return 0.0
    after = (solar_hour(observation.origin_time_ns, observation.longitude_deg) - hours[0]) % 24.0
    if after < share * 24.0:
        return float(np.log(BLASTS_IN_HOURS / share))
    return float(np.log((1.0 - BLASTS_IN_HOURS) / (1.0 - share)))


def _site_odds(observation: Observation, sites: tuple[BlastSite, ...]) -> float:
    if not sites:
        return 0.0
    for site in sites:
        distance, _ = distance_azimuth(
            site.latitude_deg,
            site.longitude_deg,
            observation.latitude_deg,
            observation.longitude_deg,
        )
        if distance <= site.radius_km + observation.horizontal_error_km:
            return float(np.log(SITE_ODDS))
    return -float(np.log(SITE_ODDS))


def _reason(model: TypeModel, found: Array, kind: int) -> str:
    """The features without which the kind would be least likely, with their values."""
    known = np.flatnonzero(np.isfinite(found))
    without = np.repeat(found[None], len(known) + 1, axis=0)
    without[np.arange(len(known)), known] = np.nan
    told = model.log_likelihoods(without)
    odds = told[:, kind] - told[:, EARTHQUAKE]
    helps = odds[-1] - odds[:-1]
    first = np.argsort(-helps, kind="stable")[:_REASONS]
    return ", ".join(f"{NAMES[known[i]]} {found[known[i]]:.3g}" for i in first if helps[i] > 0)
