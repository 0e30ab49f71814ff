"""Accuracy of the bootstrap and of the change detector on synthetic streams, seeded.

Run ``python benchmarks/stress_change.py [streams]``; prints one table a question.
"""

import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from synthetic_mechanisms import (
    Population,
    fault_normals,
    mechanisms,
    strike_slip_stress,
    tilted,
    turned,
    with_bursts,
)

from streamstress.change import (
    ChangeDecision,
    ChangeDetector,
    ChangeEvent,
    ChangeSettings,
    change_event,
    false_alarm_threshold,
)
from streamstress.change.watch import Watch
from streamstress.stress import bootstrap, event_contribution, invert, michael_tensor
from streamstress.stress.uncertainty import shmax_interval

Array = NDArray[np.float64]

NS_PER_MINUTE = 60 * 10**9
BACKGROUND_MINUTES = 72
"""Twenty events a day."""

STRESS = strike_slip_stress(30.0)


def events_of(angles: Array, burst: NDArray[np.int64] | None = None) -> list[ChangeEvent]:
    """Events 72 minutes apart, within a burst 2 minutes; the place is unknown."""
    if burst is None:
        burst = np.full(len(angles), -1)
    same = np.concatenate([[False], (burst[1:] == burst[:-1]) & (burst[1:] >= 0)])
    minutes = np.cumsum(np.where(same, 2, BACKGROUND_MINUTES))
    return [
        change_event(f"e{i:06d}", int(minute) * NS_PER_MINUTE, *map(float, angle))
        for i, (minute, angle) in enumerate(zip(minutes, angles, strict=True))
    ]


def decisions(events: Sequence[ChangeEvent], settings: ChangeSettings) -> list[ChangeDecision]:
    """Decisions of a detector with the linear inversion in its population guard."""
    return ChangeDetector(settings, inversion=michael_tensor).run(events)


def opened(lines: Sequence[ChangeDecision]) -> list[ChangeDecision]:
    """Alarms among the decisions."""
    return [line for line in lines if line.state == "open"]


def coverage(sets: int) -> None:
    """How often the 95 % SHmax interval holds the truth."""
    print("events  accepted  coverage  half-width")
    for count in (50, 100):
        for accepted in (0.80, 0.95):
            hits, width = 0, []
            for seed in range(sets):
                rng = np.random.default_rng(seed)
                shmax = rng.uniform(0, 180)
                drawn = Population(accepted)
                angles = mechanisms(strike_slip_stress(shmax), count, rng, drawn)
                found = [event_contribution(*angle) for angle in angles]
                samples = bootstrap(found, resamplings=500, seed=seed)
                low, high = shmax_interval(samples, invert(found).tensor)
                hits += (shmax - low) % 180 <= high - low
                width.append((high - low) / 2)
            print(f"{count:6d}  {accepted:8.2f}  {hits / sets:8.2f}  {np.mean(width):10.1f}")


def turns(streams: int, learn: int = 110, after: int = 70) -> None:
    """Alarms of a change right after the learning, and of none."""
    print("change        noise  p5 p50 p95 delay  within 45  rotation<10  held  alarm")
    for noise in (15.0, 20.0):
        drawn = Population(noise_deg=noise)
        for name, changed in (
            ("turn 30", turned(STRESS, 30.0)),
            ("turn 15", turned(STRESS, 15.0)),
            ("tilt 30", tilted(STRESS, 30.0, 30.0)),
            ("none", STRESS),
        ):
            _turn_row(name, noise, changed, streams, learn, after, drawn)


def _turn_row(
    name: str,
    noise: float,
    changed: Array,
    streams: int,
    learn: int,
    after: int,
    drawn: Population,
) -> None:
    delay, close, held = [], [], 0
    for seed in range(streams):
        rng = np.random.default_rng(seed if name != "none" else 10_000 + seed)
        angles = np.concatenate(
            [mechanisms(STRESS, learn, rng, drawn), mechanisms(changed, after, rng, drawn)]
        )
        lines = decisions(events_of(angles), ChangeSettings(learn=learn))
        alarm = opened(lines)
        held += any(line.state == "held" for line in lines)
        delay.append(int(alarm[0].event_id[1:]) - learn + 1 if alarm else 999)
        truth = float(name.split()[1]) if name != "none" else 0.0
        close += [abs(line.rotation_deg - truth) < 10 for line in alarm[:1]]
    early, middle, late = np.percentile(delay, [5, 50, 95])
    within = np.mean(np.array(delay) <= 45)
    alarms = np.mean(np.array(delay) < 999)
    print(
        f"{name:12s}  {noise:5.0f}  {early:3.0f} {middle:3.0f} {late:4.0f}      {within:9.3f}  "
        f"{np.mean(close) if close else float('nan'):11.3f}  {held / streams:.3f}  {alarms:.3f}"
    )


def false_alarm_rate(streams: int, events: int = 1000) -> None:
    """Triggers (score alone) and alarms of steady streams, per 1e4 events."""
    print("learn  wanted  triggers per 1e4  alarms per 1e4  (streams of 1000 events)")
    for learn in (60, 110, 300, 1000):
        maxima, alarms = [], 0
        settings = ChangeSettings(learn=learn)
        for seed in range(streams):
            rng = np.random.default_rng([seed, learn])
            found = events_of(mechanisms(STRESS, learn + events, rng))
            watch, lasting = Watch(found[:learn], settings), []
            for event in found[learn:]:
                watch.add(event, trim=True)
                lasting.append(watch.score)
            windows = np.lib.stride_tricks.sliding_window_view(lasting, settings.persistence)
            maxima.append(windows.min(axis=1).max())
            alarms += len(opened(decisions(found, settings)))
        for wanted in (10.0, 1.0):
            limit = false_alarm_threshold(learn, wanted)
            share = np.mean(np.array(maxima) > limit)
            rate = -np.log(max(1 - share, 0.5 / streams)) * 1e4 / events
            text = f"{alarms * 1e4 / events / streams:14.1f}" if wanted == 10.0 else " " * 14
            print(f"{learn:5d}  {wanted:6.0f}  {rate:16.1f}  {text}")


def bursts(streams: int, learn: int = 300, events: int = 1000) -> None:
    """Alarms of steady streams with near-repeats, with and without the linking of clusters."""
    print("burst  linked  alarms per 1e4   (20 % of events in bursts, 2 minutes apart)")
    for size in (10, 30):
        for link in (60.0, 0.0):
            alarms = 0
            for seed in range(streams):
                rng = np.random.default_rng([seed, size])
                angles, burst = with_bursts(mechanisms(STRESS, learn + events, rng), 0.2, size, rng)
                settings = ChangeSettings(learn=learn, link_minutes=link)
                alarms += len(opened(decisions(events_of(angles, burst), settings)))
            rate = alarms * 1e4 / events / streams
            print(f"{size:5d}  {bool(link)!s:6s}  {rate:14.1f}")


def other_faults(streams: int, learn: int = 110, after: int = 70) -> None:
    """Alarms where other faults become active under the same stress, with and without guard."""
    print("guard  alarms (of streams whose later events lie on one family of faults)")
    for inversion in (michael_tensor, None):
        alarms = 0
        for seed in range(streams):
            rng = np.random.default_rng(seed)
            base = fault_normals(STRESS, 1, rng, Population())
            normals = base + 0.2 * rng.normal(size=(after, 3))
            normals /= np.linalg.norm(normals, axis=1, keepdims=True)
            later = mechanisms(STRESS, after, rng, normals=normals)
            found = events_of(np.concatenate([mechanisms(STRESS, learn, rng), later]))
            detector = ChangeDetector(ChangeSettings(learn=learn), inversion=inversion)
            alarms += bool(opened(detector.run(found)))
        print(f"{inversion is not None!s:5s}  {alarms / streams:.3f}")


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    wanted = sys.argv[2:] or ["coverage", "turns", "false_alarm_rate", "bursts", "other_faults"]
    for question in wanted:
        print(f"\n{question}, {number} streams")
        globals()[question](number)
