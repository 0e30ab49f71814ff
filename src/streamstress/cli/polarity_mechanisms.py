"""Readings of located events, joined to the mechanisms they make."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from streamstress.cli.polarity_readings import tracked
from streamstress.mechanism.event_families import EventFamilies
from streamstress.mechanism.inputs import PolarityData
from streamstress.mechanism.leave_one_out import predict_left_out
from streamstress.mechanism.results import MechanismResult
from streamstress.mechanism.reversals import Reversal, StationTest, reversal_evidence
from streamstress.mechanism.settings import MechanismSettings
from streamstress.mechanism.solve import event_seed, solve_mechanism
from streamstress.mechanism.turned_rays import turned_trials
from streamstress.outputs.picks_csv import PickLine
from streamstress.polarity.calibration import (
    UNCALIBRATED,
    Calibration,
    fit_to_predictions,
    logits_of,
)
from streamstress.polarity.thresholds import MechanismQuality, information_bits

Floats = NDArray[np.float64]
Events = Mapping[str, Sequence[PickLine]]

THRESHOLDS = (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
"""Tried thresholds on ``|2p - 1|``; closer where most probabilities of a sure model lie."""

AZIMUTH_SIGMA_DEG, TAKEOFF_SIGMA_DEG = 5.0, 10.0
"""Errors of rays where the file tells none: a choice for a location by few stations."""


def located_events(rows: Sequence[PickLine]) -> dict[str, list[PickLine]]:
    """P readings with a ray and a probability, by event; the first of a station counts.

    Each event's are in the order of the stations' names, so that no answer hangs on the file's.
    """
    events: dict[str, dict[str, PickLine]] = {}
    for row in rows:
        has_ray = row.azimuth_deg is not None and row.takeoff_deg is not None
        if row.event_id and row.phase == "P" and has_ray and row.up_probability is not None:
            events.setdefault(row.event_id, {}).setdefault(row.station_code, row)
    return {event_id: [found[code] for code in sorted(found)] for event_id, found in events.items()}


def polarity_data(
    rows: Sequence[PickLine],
    up_probability: Floats | None = None,
    trials: tuple[int, int] | None = None,
) -> PolarityData:
    """Readings of one event as the solver takes them.

    ``trials`` are the number and the seed of trial rays, which turn together where the file says
    how.
    """
    p = probabilities(rows) if up_probability is None else up_probability
    drawn = _turned(rows, *trials) if trials else None
    return PolarityData(
        azimuth_deg=np.array([row.azimuth_deg for row in rows], float),
        takeoff_deg=np.array([row.takeoff_deg for row in rows], float),
        azimuth_sigma_deg=_or(AZIMUTH_SIGMA_DEG, [row.azimuth_sigma_deg for row in rows]),
        takeoff_sigma_deg=_or(TAKEOFF_SIGMA_DEG, [row.takeoff_sigma_deg for row in rows]),
        up_probability=p,
        trial_azimuth_deg=drawn and drawn[0],
        trial_takeoff_deg=drawn and drawn[1],
    )


def _turned(rows: Sequence[PickLine], n_trials: int, seed: int) -> tuple[Floats, Floats] | None:
    return turned_trials(
        (
            np.array([row.azimuth_deg for row in rows], float),
            np.array([row.takeoff_deg for row in rows], float),
        ),
        (
            _or(AZIMUTH_SIGMA_DEG, [row.azimuth_sigma_deg for row in rows]),
            _or(TAKEOFF_SIGMA_DEG, [row.takeoff_sigma_deg for row in rows]),
        ),
        (
            [row.azimuth_turn_deg or () for row in rows],
            [row.takeoff_turn_deg or () for row in rows],
        ),
        n_trials,
        seed,
    )


def probabilities(rows: Sequence[PickLine]) -> Floats:
    """Up probabilities (n,), NaN where there is none."""
    return np.array([row.up_probability for row in rows], float)


def quality_by_threshold(
    events: Events, settings: MechanismSettings, thresholds: Sequence[float] = THRESHOLDS
) -> list[MechanismQuality]:
    """Solve all events at each threshold: decided first motions count alike, others not at all."""
    total = len(thresholds) * len(events)
    steps = tracked(_at_thresholds(events, settings, thresholds), total, "mechanisms")
    solved: dict[float, list[tuple[MechanismResult, Floats]]] = {}
    for threshold, result, predicted in steps:
        solved.setdefault(threshold, []).append((result, predicted))
    read = np.concatenate([probabilities(rows) for rows in events.values()])
    return [
        _quality(
            threshold,
            [result for result, _ in found],
            information_bits(read, np.concatenate([predicted for _, predicted in found])),
        )
        for threshold, found in solved.items()
    ]


def _at_thresholds(
    events: Events, settings: MechanismSettings, thresholds: Sequence[float]
) -> Iterator[tuple[float, MechanismResult, Floats]]:
    """Threshold, mechanism, and first motions predicted without each station."""
    for threshold in thresholds:
        for event_id, rows in events.items():
            p = probabilities(rows)
            decided = (np.abs(2.0 * p - 1.0) >= threshold) & (p != 0.5)
            sign = np.where(decided, (p > 0.5).astype(float), 0.5)
            data = polarity_data(rows, sign, (settings.n_trials, event_seed(event_id, 0)))
            yield threshold, solve_mechanism(data, settings), predict_left_out(data).up_probability


def _quality(threshold: float, results: Sequence[MechanismResult], bits: float) -> MechanismQuality:
    usable = [result.solutions[0] for result in results if result.grade in "ABC"]
    return MechanismQuality(
        threshold=threshold,
        n_events=len(results),
        n_polarities=float(np.mean([result.n_polarity for result in results])),
        n_usable=len(usable),
        probability=float(np.mean([s.probability for s in usable])) if usable else float("nan"),
        misfit=float(np.mean([s.misfit for s in usable])) if usable else float("nan"),
        information_bits=bits,
    )


def calibration_by_mechanisms(events: Events, held: Calibration = UNCALIBRATED) -> Calibration:
    """Fit a calibration to what the other stations of each event say.

    ``held`` is the one that made the probabilities; the one found takes its place.

    Stations that seem reversed are turned first: their contradictions are no errors of the model.

    Raises
    ------
    UnusableDataError
        Too few readings have a prediction.
    """
    turned = turn_reversed(events, reversed_stations(events)).values()
    predicted = [predict_left_out(polarity_data(rows)).up_probability for rows in turned]
    return fit_to_predictions(
        np.concatenate([logits_of(probabilities(rows), held) for rows in turned]),
        np.concatenate(predicted),
        f"agreement within {len(turned)} events",
    )


def reversed_stations(events: Events) -> list[Reversal]:
    """Times in which stations seem reversed, by all readings of all events."""
    tests: dict[str, StationTest] = {}
    families = EventFamilies()
    for event_id, rows in events.items():
        predicted = predict_left_out(polarity_data(rows)).up_probability
        evidence = reversal_evidence(probabilities(rows), predicted)
        stations = [row.station_code for row in rows]
        family = families.join(event_id, dict(zip(stations, predicted.tolist(), strict=True)))
        for row, value in zip(rows, evidence, strict=True):
            test = tests.setdefault(row.station_code, StationTest(row.station_code))
            test.update(event_id, row.time_ns, float(value), family)
    return [found for code in sorted(tests) for found in tests[code].reversals()]


def turn_reversed(events: Events, reversals: Sequence[Reversal]) -> dict[str, list[PickLine]]:
    """Events with the readings of reversed stations turned over."""

    def turned(row: PickLine) -> PickLine:
        is_reversed = any(
            found.station == row.station_code
            and found.from_ns <= row.time_ns
            and (found.until_ns is None or row.time_ns < found.until_ns)
            for found in reversals
        )
        if not is_reversed or row.up_probability is None:
            return row
        return replace(row, up_probability=1.0 - row.up_probability)

    return {event_id: [turned(row) for row in rows] for event_id, rows in events.items()}


def _or(default: float, values: Sequence[float | None]) -> Floats:
    return np.array([default if value is None else value for value in values], float)
