"""What the other stations of an event tell: reversed stations, calibration, thresholds.

``python benchmarks/calibrate_readings.py [--seeds 60] [--first 1000] [--events 200]``; seeds are
those of `synthetic_readings`, whose events, readings and errors are simulated.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from document import markdown_table, provenance
from synthetic_readings import located_readings

from streamstress.cli.polarity_mechanisms import (
    calibration_by_mechanisms,
    probabilities,
    quality_by_threshold,
    reversed_stations,
)
from streamstress.mechanism.settings import MechanismSettings
from streamstress.polarity.calibration import (
    UNCALIBRATED,
    fit_to_labels,
    logits_of,
    reliability,
)
from streamstress.polarity.thresholds import best_threshold

STATION = "XX.S03"
NETWORKS = ((10, 1.0, 0.0), (16, 2.0, 0.0), (24, 1.0, 0.3), (16, 2.0, 0.3))
"""Stations, true temperature of the readings, share of readings that see nothing."""


@dataclass(slots=True)
class Tally:
    """What was found over seeds of one kind of network."""

    sound_readings: int = 0
    false: int = 0
    missed: int = 0
    delays: tuple[int, ...] = ()
    date_errors: tuple[int, ...] = ()


def run(arguments: list[str]) -> str:
    """Markdown tables."""
    options = _options(arguments)
    seeds = range(options.first, options.first + options.seeds)
    command = " ".join(["python benchmarks/calibrate.py readings", *arguments])
    return "\n\n".join(
        [
            provenance(command),
            _reversals(seeds, options.events),
            _calibrations(seeds[: max(1, options.seeds // 10)]),
            _thresholds(options.first),
        ]
    )


def _reversals(seeds: Sequence[int], n_events: int) -> str:
    tallies = [Tally() for _ in NETWORKS]
    for seed in seeds:
        _one_seed(seed, n_events, tallies[seed % len(NETWORKS)], *NETWORKS[seed % len(NETWORKS)])
    rows = [
        [
            f"{n_stations}, {temperature:g}, {noise:.0%}",
            f"{tally.false} of {tally.sound_readings}",
            f"{tally.missed} of {tally.missed + len(tally.delays)}",
            f"{np.median(tally.delays):.0f}, {np.quantile(tally.delays, 0.9):.0f}, "
            f"{max(tally.delays)}",
            f"{np.quantile(np.abs(tally.date_errors), 0.9):.0f}",
        ]
        for (n_stations, temperature, noise), tally in zip(NETWORKS, tallies, strict=True)
        if tally.delays
    ]
    heading = [
        "stations, temperature, noise",
        "false proposals, of sound readings",
        "missed",
        "events to the proposal: median, 90 %, most",
        "error of the date, events, 90 %",
    ]
    words = (
        f"Reversed stations: {n_events} events a network with random double couples, one station "
        "upside down in the second half, rays told wrong by 4°. A temperature above 1: readings "
        "are less sure than they say. Noise: readings that see nothing."
    )
    return f"{words}\n\n{markdown_table(heading, rows)}"


def _one_seed(
    seed: int, n_events: int, tally: Tally, n_stations: int, temperature: float, noise: float
) -> None:
    half = n_events // 2
    events, _ = located_readings(
        n_events=n_events,
        seed=seed,
        n_stations=n_stations,
        temperature=temperature,
        noise_share=noise,
        reversed_from={STATION: (half, n_events)},
    )
    times = [rows[3].time_ns for rows in events.values()]
    found = reversed_stations(events)
    true = [one for one in found if one.station == STATION and one.found_ns >= times[half]][:1]
    tally.sound_readings += n_stations * n_events - half
    tally.false += len(found) - len(true)
    tally.missed += not true
    for one in true:
        tally.delays += (int(np.searchsorted(times, one.found_ns)) - half + 1,)
        tally.date_errors += (int(np.searchsorted(times, one.from_ns)) - half,)


def _calibrations(seeds: Sequence[int]) -> str:
    rows = []
    for temperature in (0.7, 1.0, 1.5, 2.2):
        errors = np.mean([_errors(seed, temperature) for seed in seeds], axis=0)
        rows.append([f"{temperature:g}", *(f"{error:.4f}" for error in errors)])
    heading = [
        "true temperature",
        "temperature found, without labels",
        "error before",
        "after, without labels",
        "after, by labels",
    ]
    words = (
        f"Calibration: expected calibration error of 150 events with 16 stations, mean of "
        f"{len(seeds)} seeds. Without labels: by agreement with the other stations."
    )
    return f"{words}\n\n{markdown_table(heading, rows)}"


def _errors(seed: int, temperature: float) -> tuple[float, float, float, float]:
    events, truth = located_readings(n_events=150, seed=seed, temperature=temperature)
    rows = [row for part in events.values() for row in part]
    logits = logits_of(probabilities(rows))
    up = np.array([truth[row.event_id or "", row.station_code] for row in rows])
    blind, told = calibration_by_mechanisms(events), fit_to_labels(logits, up)
    errors = [reliability(one.apply(logits), up) for one in (UNCALIBRATED, blind, told)]
    before, after, by_labels = (one.expected_error for one in errors)
    return blind.temperature, before, after, by_labels


def _thresholds(seed: int) -> str:
    events, _ = located_readings(n_events=40, seed=seed, n_stations=24, noise_share=0.5)
    found = quality_by_threshold(events, MechanismSettings())
    rows = [
        [
            f"{one.threshold:g}",
            f"{one.n_polarities:.1f}",
            str(one.n_usable),
            f"{one.misfit:.3f}" if one.n_usable else "",
            f"{one.information_bits:.3f}",
        ]
        for one in found
    ]
    heading = ["threshold", "polarities", "grades A to C", "misfit", "bits told of a reading"]
    words = (
        "Threshold by mechanisms: 40 events, 24 stations, half of the readings see nothing. "
        f"Chosen: {best_threshold(found).threshold:g}."
    )
    return f"{words}\n\n{markdown_table(heading, rows)}"


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=60)
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--events", type=int, default=200)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    import sys

    print(run(sys.argv[1:]))
