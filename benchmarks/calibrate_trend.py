"""``make calibrate``: slow trends, and whether a detector of trends of its own would be worth it.

``python benchmarks/calibrate_trend.py [--streams N] [--seed N]`` gives two tables: when the
detector reports a stress that turns slowly, and, for the score alone, the step score against one
made for trends.
"""

import argparse
import sys
from collections.abc import Callable

import numpy as np
from document import markdown_table, provenance
from numpy.typing import NDArray
from synthetic_mechanisms import Population, fault_normals, random_units, strike_slip_stress

from streamstress.change import ChangeDetector, ChangeEvent, ChangeSettings, change_event
from streamstress.change.score import window_lengths
from streamstress.geometry.planes import strike_dip_rake
from streamstress.geometry.rotations import rotation_matrix
from streamstress.geometry.tractions import slip_direction

Array = NDArray[np.float64]
Score = Callable[[Array], Array]

STEP_NS = 72 * 60 * 10**9
LEARN, STEADY = 500, 500
SHMAX_DEG = 30.0

TREND_LENGTHS = (500, 1000, 2000, 4000, 8000)
"""Events over which a slope is fitted."""

SIGMAS_A_DEGREE = {"15°": 0.061, "30°": 0.045}
"""Shift of the whitened mean a degree of turn, by mechanism noise: what gives the median delays of
a step of 15 and of 20 degrees (36 and 37 events at a score of 28, 500 learned)."""


def drifting(turn_deg: float, over: int, noise_deg: float, rng: np.random.Generator) -> Array:
    """Strike, dip, rake of steady events, then a stress that turns evenly, then as many after."""
    count = LEARN + STEADY + 2 * over
    ramp = np.clip((np.arange(count) - LEARN - STEADY) / over, 0.0, 1.0) * turn_deg
    stress = strike_slip_stress(SHMAX_DEG)
    normal = fault_normals(stress, count, rng, Population(noise_deg=noise_deg))
    slip = slip_direction(stress, normal)
    # clockwise seen from above is a negative turn about the upward axis
    turn = rotation_matrix(np.array([0.0, 0.0, 1.0]), -ramp)
    error = rotation_matrix(
        random_units(count, rng), np.abs(rng.normal(scale=noise_deg, size=count))
    )
    both = error @ turn
    n, u = (np.einsum("kij,kj->ki", both, vectors) for vectors in (normal, slip))
    swap = rng.random((count, 1)) < 0.5
    return np.stack(strike_dip_rake(np.where(swap, u, n), np.where(swap, n, u)), axis=-1)


def events_of(angles: Array) -> list[ChangeEvent]:
    """Events 72 minutes apart."""
    return [
        change_event(f"e{k:06d}", k * STEP_NS, *map(float, angle)) for k, angle in enumerate(angles)
    ]


def reported(turn_deg: float, over: int, noise_deg: float, streams: int, seed: int) -> list[str]:
    """Table row of the whole detector: alarms before the trend, delay, turn gone by, stated."""
    early, delays, stated = 0, [], []
    for stream in range(streams):
        rng = np.random.default_rng([seed, stream, over, int(turn_deg), int(noise_deg)])
        detector = ChangeDetector(ChangeSettings(learn=LEARN, false_alarms_per_1e4=1.0))
        found = None
        for place, event in enumerate(events_of(drifting(turn_deg, over, noise_deg, rng))):
            alarms = [line for line in detector.update(event) if line.state == "open"]
            if alarms and place < LEARN + STEADY:
                early += 1
            elif alarms:
                found = place - LEARN - STEADY, alarms[0]
                break
        delays.append(np.inf if found is None else found[0])
        if found is not None and found[1].shmax_change_deg is not None:
            stated.append(found[1].shmax_change_deg)
    middle, late = np.quantile(delays, [0.5, 0.9], method="higher")
    gone = min(middle / over, 1.0) * turn_deg if np.isfinite(middle) else np.nan
    return [
        f"{turn_deg:.0f}° in {over:,} events", f"{noise_deg:.0f}°", f"{middle:,.0f} ({late:,.0f})",
        f"{gone:.0f}°", f"{np.median(stated):.0f}°" if stated else "", f"{early} of {streams}",
        f"{np.isinf(delays).sum()} of {streams}",
    ]  # fmt: skip


def step_scores(z: Array) -> Array:
    """Largest step score (s, t) of whitened streams (s, LEARN + t, 5), as the detector's."""
    later = z[:, LEARN:] - z[:, :LEARN].mean(axis=1, keepdims=True)
    sums = np.concatenate([np.zeros((len(z), 1, 5)), np.cumsum(later, axis=1)], axis=1)
    best = np.zeros(later.shape[:2])
    for k in window_lengths(10, 600):
        total = sums[:, k:] - sums[:, :-k]
        score = np.sum(total**2, axis=2) * LEARN / (k * (k + LEARN))
        np.maximum(best[:, k - 1 :], score, out=best[:, k - 1 :])
    return best


def trend_scores(z: Array) -> Array:
    """Largest score (s, t) of a slope over the latest `TREND_LENGTHS` events, without reference."""
    place = np.arange(z.shape[1])
    zero = np.zeros((len(z), 1, 5))
    sums = np.concatenate([zero, np.cumsum(z, axis=1)], axis=1)
    moments = np.concatenate([zero, np.cumsum(z * place[None, :, None], axis=1)], axis=1)
    best = np.zeros(z.shape[:2])
    for k in TREND_LENGTHS:
        middle = (place[k - 1 :] - (k - 1) / 2)[None, :, None]
        slope = moments[:, k:] - moments[:, :-k] - middle * (sums[:, k:] - sums[:, :-k])
        score = np.sum(slope**2, axis=2) / (k * (k * k - 1) / 12)
        np.maximum(best[:, k - 1 :], score, out=best[:, k - 1 :])
    return best[:, LEARN:]


def threshold(score: Score, per_1e4: float, rng: np.random.Generator, streams: int = 120) -> float:
    """Score that steady streams pass at a rate: quantile of the largest in 1,000 events."""
    found = [score(rng.normal(size=(20, LEARN + 12_000, 5))) for _ in range(streams // 20)]
    maxima = np.concatenate([one.reshape(len(one), -1, 1000).max(axis=2).ravel() for one in found])
    return float(np.quantile(maxima, np.exp(-per_1e4 * 0.1)))


def compared(streams: int, seed: int) -> str:
    """Median delay of both scores at thresholds that share one budget, or not."""
    rng = np.random.default_rng([seed, 1])
    whole, most = (threshold(step_scores, rate, rng) for rate in (1.0, 0.8))
    rest = threshold(trend_scores, 0.2, rng)
    rows = []
    for noise, sigmas in SIGMAS_A_DEGREE.items():
        for turn in (10.0, 20.0):
            for over in (1000, 4000, 10_000):
                z = rng.normal(size=(streams, LEARN + 12_000, 5))
                ramp = np.clip((np.arange(12_000) - 1000) / over, 0.0, 1.0)
                z[:, LEARN:, 0] += sigmas * turn * ramp
                step, trend = step_scores(z), trend_scores(z)
                delays = [_delay(step, whole), _delay(step, most), _delay(trend, rest)]
                rows.append([f"{turn:.0f}° in {over:,}", noise, *(f"{d:,.0f}" for d in delays)])
    heading = ["turn, events", "noise", "step alone", "step, 4/5", "trend, 1/5"]
    return markdown_table(heading, rows)


def _delay(score: Array, limit: float) -> float:
    passed = score[:, 1000:] > limit
    first = np.where(passed.any(axis=1), passed.argmax(axis=1), np.inf)
    return float(np.quantile(first, 0.5, method="higher"))


def run(arguments: list[str]) -> str:
    """Markdown of both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    rows = [
        reported(turn, over, noise, options.streams, options.seed)
        for turn, over in ((20.0, 500), (20.0, 2000), (20.0, 5000), (10.0, 2000))
        for noise in (15.0, 30.0)
    ]
    heading = [
        "trend", "noise", "median events to the alarm (90 %)", "turned by then", "stated", "early",
        "not reported",
    ]  # fmt: skip
    command = " ".join(["python benchmarks/calibrate_trend.py", *arguments])
    return "\n\n".join(
        [
            provenance(command),
            markdown_table(heading, rows),
            "The score alone, median events from the start of the trend to the threshold:",
            compared(options.streams, options.seed),
        ]
    )


if __name__ == "__main__":
    print(run(sys.argv[1:]))
