"""When two candidates are one earthquake."""

from dataclasses import dataclass

from streamstress.earth.projection import distance_azimuth
from streamstress.location.candidates import Candidate
from streamstress.location.readings import PhaseReading

NS = 1_000_000_000
# S arrives at about 1.73 of the travel time of P; its coda follows.
S_OVER_P = 1.73


@dataclass(frozen=True, slots=True)
class MergeSettings:
    """Bounds of being the same, and of what counts as a change."""

    # Share of the smaller one's readings that the larger has too.
    same_share: float = 0.3
    # Or origins this close, the location errors (3 sigma) on top.
    same_time_s: float = 1.5
    same_distance_km: float = 8.0
    # Unless both have a reading of their own at this share of the smaller one's stations and
    # phases: one earthquake arrives once.
    rival_share: float = 0.5
    # A ghost: soon after a larger event, with at most this share of its readings, most of them
    # between that event's P and the end of its S coda at the same stations.
    ghost_window_s: float = 40.0
    ghost_size: float = 0.5
    ghost_leftover: float = 0.6
    # With more readings that fit it is one of its own: chance has been judged before.
    ghost_most: int = 12
    coda_s: float = 4.0
    min_readings: int = 6
    moved_km: float = 0.2
    moved_s: float = 0.05
    # An event is final when all zones are this much past its origin.
    guard_s: float = 3.0


def rank(candidate: Candidate) -> tuple[bool, float, float, str]:
    """Sort key, best first: complete, more and better inliers, smaller residuals, id."""
    return (
        not candidate.complete,
        -candidate.quality,
        candidate.hypocentre.rms_s,
        candidate.candidate_id,
    )


def are_same(better: Candidate, worse: Candidate, settings: MergeSettings) -> bool:
    """Whether ``worse`` is another view of the earthquake ``better``, or a ghost of it."""
    apart_s = (worse.origin_time_ns - better.origin_time_ns) / NS
    if abs(apart_s) > settings.ghost_window_s:
        return False
    return (
        _shared(better, worse) >= settings.same_share
        or (
            _is_close(better, worse, abs(apart_s), settings)
            and not _are_rivals(better, worse, settings)
        )
        or _is_ghost(better, worse, apart_s, settings)
    )


def _shared(better: Candidate, worse: Candidate) -> float:
    ids = set(worse.reading_ids)
    return len(ids & set(better.reading_ids)) / max(1, min(len(ids), len(better.readings)))


def _is_close(better: Candidate, worse: Candidate, apart_s: float, settings: MergeSettings) -> bool:
    first, second = better.hypocentre, worse.hypocentre
    error_s = 3 * (first.covariance[3][3] ** 0.5 + second.covariance[3][3] ** 0.5)
    if apart_s > settings.same_time_s + min(error_s, 3.0):
        return False
    distance, _ = distance_azimuth(
        first.latitude_deg, first.longitude_deg, second.latitude_deg, second.longitude_deg
    )
    error_km = 3 * (first.horizontal_error_km + second.horizontal_error_km)
    return float(distance) <= settings.same_distance_km + min(error_km, 15.0)


def _are_rivals(better: Candidate, worse: Candidate, settings: MergeSettings) -> bool:
    """Whether the two read the same waves of most stations at different times."""
    first = {(r.station, r.phase): r.reading_id for r in better.readings}
    second = {(r.station, r.phase): r.reading_id for r in worse.readings}
    different = sum(first[key] != second[key] for key in first.keys() & second.keys())
    return different >= settings.rival_share * min(len(first), len(second))


def _is_ghost(better: Candidate, worse: Candidate, apart_s: float, settings: MergeSettings) -> bool:
    most = min(settings.ghost_size * len(better.readings), settings.ghost_most)
    if apart_s < -2.0 or len(worse.readings) > most:
        return False
    spans = _wave_trains(better, settings)
    left = sum(_is_inside(reading, spans) for reading in worse.readings)
    return left >= settings.ghost_leftover * len(worse.readings)


def _wave_trains(candidate: Candidate, settings: MergeSettings) -> dict[str, tuple[float, float]]:
    """From just before P to the end of the S coda (ns), by station."""
    origin_ns = candidate.origin_time_ns
    spans = {}
    for reading in candidate.readings:
        travel_ns = reading.time_ns - origin_ns
        p_ns = travel_ns if reading.phase == "P" else travel_ns / S_OVER_P
        s_ns = p_ns * S_OVER_P
        spans[reading.station] = (
            origin_ns + p_ns - 0.3 * NS,
            origin_ns + s_ns + settings.coda_s * NS,
        )
    return spans


def _is_inside(reading: PhaseReading, spans: dict[str, tuple[float, float]]) -> bool:
    span = spans.get(reading.station)
    return span is not None and span[0] <= reading.time_ns <= span[1]
