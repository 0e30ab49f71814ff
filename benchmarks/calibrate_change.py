"""``make calibrate``: false alarms and delays of the change detector on seeded streams.

``python benchmarks/calibrate_change.py [--streams N] [--cells WORD…] [--minutes M] [--kept FILE]``.
Every stream is kept in a file when it is done, and not run again: a run that was cut off goes on.
"""

import argparse
import json
import sys
import time
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from change_streams import (
    ASKED,
    BEGIN,
    CHANGES,
    LEARN,
    OTHER_CAUSES,
    STEADY,
    STRESS,
    Stream,
    background,
    joined,
)
from document import markdown_table, provenance
from network_streams import NETWORK_CAUSES
from scipy import stats
from synthetic_mechanisms import Population, mechanisms, turned

from streamstress.change import ChangeDecision, ChangeDetector, ChangeSettings, change_effect

STEADY_EVENTS = 5000
AFTER_EVENTS = 2000
WATCHED = 1500
"""Events after a change within which an alarm must come."""

SEQUENCE = (500, 3000)
"""Events of an aftershock sequence; the background goes on after it."""

BEGUN_STEADY = (
    "15 degrees, errors 15",
    "20 degrees, errors 15",
    "20 degrees tilt about s1, errors 15",
    "20 degrees tilt about s3, errors 15",
    "faults: diverse to one conjugate set",
    "faults: diverse to conjugate A",
    "aftershocks on one plane",
    "errors 15 to 30",
)
"""Cases that begin with independent events of errors 15: what is alarmed before is a null count."""

CAUSES = OTHER_CAUSES | NETWORK_CAUSES
"""All that changes mechanisms under one stress."""

Result = dict[str, Any]


def run(arguments: list[str]) -> str:
    """Run what is not kept yet, and tell all that is."""
    options = _options(arguments)
    cells = [name for name in (*STEADY, *ASKED, *CAUSES, *CHANGES) if _wanted(name, options.cells)]
    kept = _read(options.kept)
    until = time.monotonic() + 60.0 * options.minutes
    for stream in range(options.first, options.first + options.streams):
        for name in cells:
            key = f"{name}/{stream}"
            if key not in kept and time.monotonic() < until:
                kept[key] = one_stream(name, stream)
                with options.kept.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"key": key, **kept[key]}) + "\n")
    return "\n\n".join(
        [
            provenance(" ".join(["python benchmarks/calibrate_change.py", *arguments])),
            null_table(kept),
            delay_table(kept),
            size_table(options.sets),
            stated_table(options.alarms),
        ]
    )


def one_stream(name: str, seed: int) -> Result:
    """Alarms of one stream: before its case began and after, and the delay of the first after."""
    stream, begin = draw(name, seed)
    settings = ChangeSettings(learn=LEARN, false_alarms_per_1e4=ASKED.get(name, 1.0))
    detector = ChangeDetector(settings)
    early, late, held, first = 0, 0, 0, None
    events = stream.events()
    seen = 0
    for place, event in enumerate(events):
        seen = place + 1
        states = [line.state for line in detector.update(event)]
        early += states.count("open") if place < begin else 0
        late += states.count("open") if place >= begin else 0
        held += states.count("held") if place >= begin else 0
        if late and name in CHANGES:
            first = place - begin + 1
            break
    return {
        "early": early, "early_events": min(begin, seen) - LEARN, "late": late, "held": held,
        "late_events": max(0, seen - max(begin, LEARN)), "delay": first,
    }  # fmt: skip


def draw(name: str, seed: int) -> tuple[Stream, int]:
    """A stream of a cell, and the event at which its case begins."""
    rng = np.random.default_rng([zlib.crc32(name.encode()), seed])
    if name in STEADY or name in ASKED:
        return STEADY.get(name, background())(LEARN + STEADY_EVENTS, rng), LEARN
    begin = int(rng.integers(*BEGIN))
    before, after = (CAUSES | CHANGES)[name]
    first = before(begin, rng)
    if "aftershocks" in name:
        sequence = after(int(rng.integers(*SEQUENCE)), rng)
        return joined(joined(first, sequence), before(500, rng)), begin
    return joined(first, after(WATCHED if name in CHANGES else AFTER_EVENTS, rng)), begin


def null_table(kept: dict[str, Result]) -> str:
    """Alarms per 10,000 events where the stress is steady, with 95 % Poisson bounds."""
    rows = []
    for name in (*STEADY, *ASKED):
        found = _of(kept, name)
        if found:
            rows.append(_rate_row(name, found, "late"))
    steady = [one for name in BEGUN_STEADY for one in _of(kept, name)]
    if steady:
        rows.append(_rate_row("independent, before the cases below, errors 15", steady, "early"))
    for name in CAUSES:
        found = _of(kept, name)
        if found:
            rows.append(_rate_row(name, found, "late"))
    heading = ["no change of stress", "streams", "events", "alarms", "per 1e4", "95 %", "held"]
    return markdown_table(heading, rows)


def _rate_row(name: str, found: list[Result], when: str) -> list[str]:
    alarms = sum(one[when] for one in found)
    events = sum(one[f"{when}_events"] for one in found)
    held = sum(one["held"] > 0 for one in found) if when == "late" else ""
    low, high = poisson_bounds(alarms)
    per = 1e4 / events
    return [
        name, f"{len(found)}", f"{events:,}", f"{alarms}", f"{alarms * per:.2f}",
        f"{low * per:.2f} to {high * per:.2f}", f"{held}",
    ]  # fmt: skip


def poisson_bounds(count: int) -> tuple[float, float]:
    """95 % bounds of a Poisson mean (Garwood 1936); one-sided for none."""
    if count == 0:
        return 0.0, float(-np.log(0.05))
    return float(stats.chi2.ppf(0.025, 2 * count) / 2), float(
        stats.chi2.ppf(0.975, 2 * count + 2) / 2
    )


def delay_table(kept: dict[str, Result]) -> str:
    """Events from a change to its alarm."""
    rows = []
    for name in CHANGES:
        found = _of(kept, name)
        if not found:
            continue
        delays = np.array([np.inf if one["delay"] is None else one["delay"] for one in found])
        middle, late = np.quantile(delays, [0.5, 0.9], method="higher")
        rows.append([
            name, f"{len(found)}", f"{middle:.0f}", f"{late:.0f}",
            f"{np.isinf(delays).mean():.1%}",
        ])  # fmt: skip
    heading = ["change", "streams", "median delay", "90 %", f"missed in {WATCHED:,}"]
    return markdown_table(heading, rows)


def size_table(sets: int) -> str:
    """Error and coverage of the stated size, 500 events before and 200 after, errors of 20."""
    rows = []
    drawn = Population(noise_deg=20.0)
    for turn in (0.0, 15.0, 30.0):
        rng = np.random.default_rng([4, int(turn)])
        found = [
            change_effect(
                mechanisms(STRESS, LEARN, rng, drawn),
                mechanisms(turned(STRESS, turn), 200, rng, drawn),
                seed=k,
            )
            for k in range(sets)
        ]
        error = np.array([one.shmax_change_deg or 0.0 for one in found]) - turn
        rotation = np.array([one.rotation_deg for one in found]) - turn
        inside = [_holds(one.shmax_change_interval95_deg, turn) for one in found]
        around = [_holds(one.rotation_interval95_deg, turn) for one in found]
        rows.append([
            f"{turn:.0f}°", f"{sets}", f"{np.sqrt(np.mean(error**2)):.2f}°",
            f"{np.mean(inside):.1%}", f"{np.sqrt(np.mean(rotation**2)):.2f}°",
            f"{rotation.mean():+.2f}°", f"{np.mean(around):.1%}",
        ])  # fmt: skip
    heading = [
        "turn", "sets", "SHmax change RMS", "its interval covers", "minimum rotation RMS", "bias",
        "its interval covers",
    ]  # fmt: skip
    return markdown_table(heading, rows)


def stated_table(runs: int) -> str:
    """What alarms state of a turn when they open, and in their later lines."""
    rows = []
    for learn, turn, noise in ((94, 30.0, 12.0), (500, 20.0, 15.0)):
        told: dict[str, list[ChangeDecision]] = {}
        for run_number in range(runs):
            for place, line in _stated(learn, turn, noise, run_number):
                told.setdefault(f"{line.state} {place}", []).append(line)
        for name in ("open 1", "confirmed 1", "confirmed 2"):
            if len(told.get(name, [])) > runs // 2:
                rows.append([f"{turn:.0f}°, {learn} learned, errors {noise:.0f}", name.rstrip(" 1"),
                             *_stated_row(told[name], turn)])  # fmt: skip
    heading = [
        "turn", "line", "alarms", "events since", "SHmax change RMS", "its interval covers",
        "minimum rotation RMS", "bias", "largest error", "its interval covers",
    ]  # fmt: skip
    return markdown_table(heading, rows)


def _stated(
    learn: int, turn: float, noise_deg: float, seed: int
) -> list[tuple[int, ChangeDecision]]:
    """Lines after a turn that comes 16 events after the learning, numbered within their state."""
    rng = np.random.default_rng([seed, 7])
    first = background(noise_deg=noise_deg)(learn + 16, rng)
    stream = joined(first, background(turned(STRESS, turn), noise_deg)(130, rng))
    rate = 10.0 if learn < 200 else 1.0
    detector = ChangeDetector(ChangeSettings(learn=learn, false_alarms_per_1e4=rate))
    numbered, seen = [], Counter[str]()
    for place, event in enumerate(stream.events()):
        for line in detector.update(event):
            if place >= learn + 16 and line.state in ("open", "confirmed"):
                seen[line.state] += 1
                numbered.append((seen[line.state], line))
    return numbered


def _stated_row(lines: list[ChangeDecision], turn: float) -> list[str]:
    error = np.array([one.shmax_change_deg or 0.0 for one in lines]) - turn
    rotation = np.array([one.rotation_deg for one in lines]) - turn
    inside = [_holds(one.shmax_change_interval95_deg, turn) for one in lines]
    around = [_holds(one.rotation_interval95_deg, turn) for one in lines]
    return [
        f"{len(lines)}", f"{np.median([one.n_since_onset for one in lines]):.0f}",
        f"{np.sqrt(np.mean(error**2)):.1f}°", f"{np.mean(inside):.0%}",
        f"{np.sqrt(np.mean(rotation**2)):.1f}°", f"{rotation.mean():+.1f}°",
        f"{np.abs(rotation).max():.0f}°", f"{np.mean(around):.0%}",
    ]  # fmt: skip


def _holds(interval: tuple[float, float] | None, truth: float) -> bool:
    return interval is not None and interval[0] <= truth <= interval[1]


def _of(kept: dict[str, Result], name: str) -> list[Result]:
    return [result for key, result in kept.items() if key.rpartition("/")[0] == name]


def _wanted(name: str, words: list[str]) -> bool:
    return not words or any(word in name for word in words)


def _read(file: Path) -> dict[str, Result]:
    if not file.exists():
        return {}
    lines = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    return {line.pop("key"): line for line in lines}


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, default=60, help="of each cell")
    parser.add_argument("--first", type=int, default=0, help="number of the first stream")
    parser.add_argument("--sets", type=int, default=200, help="of the sizes")
    parser.add_argument("--alarms", type=int, default=100, help="of what alarms state")
    parser.add_argument("--cells", nargs="*", default=[], help="words of the cells to run")
    parser.add_argument("--minutes", type=float, default=1e6, help="begin no stream after these")
    parser.add_argument("--kept", type=Path, default=Path("calibrate_change.jsonl"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    print(run(sys.argv[1:]))
