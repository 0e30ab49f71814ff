"""``make calibrate``: earthquakes found in swarms, ghosts, and what an hour of picks costs.

``python benchmarks/calibrate.py association -- [--methods stack pyocto] [--rates 500 2000]
[--minutes N] [--seeds N] [--zones 2]``.
Swarms on 60 stations with false picks go through zone and merger in steps of 5 s of data time, as
live.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from document import markdown_table, provenance
from synthetic_arrivals import (
    CENTRE,
    CRUST,
    NS,
    START_NS,
    Origin,
    arrivals,
    epicentre,
    false_picks,
    network,
    tables_of,
)

from streamstress.location.associate import AssociationSettings
from streamstress.location.decisions import Decision
from streamstress.location.finder import EventFinder, FinderSettings
from streamstress.location.merge import Merger
from streamstress.location.readings import PhaseReading
from streamstress.location.streaming import ZoneAssociation, windows_of

Method = Literal["stack", "pyocto"]
STEP_S = 5
N_STATIONS = 60
RADIUS_KM = 45.0
HALO_KM = 30.0
"""Stations so far over the border serve both zones."""
FALSE_SHARE = 0.2
"""Of all picks."""


@dataclass
class Swarm:
    """Truth and picks."""

    origins: list[Origin]
    readings: list[PhaseReading]
    sixth_ns: dict[str, int] = field(default_factory=dict)
    """When the sixth reading of each event came."""


@dataclass
class Outcome:
    """What the catalogue became."""

    final: list[Decision]
    first_ns: dict[str, int]
    """Watermark at which each true event had its first version."""
    busy_s: list[float]
    """Processor time of each step."""
    set_aside: Counter[str]


def swarm(rate: float, minutes: float, seed: int, method: Method) -> tuple[EventFinder, Swarm]:
    """A swarm within 25 km, magnitudes such that 15 to 60 stations hear an event."""
    rng = np.random.default_rng(seed)
    stations = network(N_STATIONS, RADIUS_KM, rng)
    tables = tables_of(CRUST)
    count = rng.poisson(rate * minutes / 60.0)
    times = np.sort(rng.uniform(0, minutes * 60.0, count))
    found = Swarm([], [])
    for number, seconds in enumerate(times):
        origin = Origin(
            *epicentre(rng, 0.0, 25.0),
            float(rng.uniform(4, 14)),
            START_NS + round(float(seconds) * NS),
        )
        reach = float(rng.uniform(25.0, 70.0))
        own = arrivals(origin, f"e{number}", stations, tables, rng, 0.07, reach)
        found.origins.append(origin)
        found.readings += own
        if len(own) >= 6:
            found.sixth_ns[f"e{number}"] = sorted(r.time_ns for r in own)[5]
    wrong = round(len(found.readings) * FALSE_SHARE / (1 - FALSE_SHARE))
    span = (START_NS, START_NS + round(minutes * 60 * NS))
    found.readings += false_picks(rng, stations, wrong, span)
    found.readings.sort(key=lambda r: (r.time_ns, r.reading_id))
    settings = FinderSettings(association=AssociationSettings(method=method))
    finder = EventFinder(stations, CRUST, settings)
    # As live: the first step is not to wait for it.
    finder.prepare()
    return finder, found


def halves(finder: EventFinder, n_zones: int) -> dict[str, EventFinder]:
    """The network as one zone, or as two with the border through the middle and a halo."""
    if n_zones == 1:
        return {"z": finder}
    east = {
        c: float(CENTRE.to_km(s.latitude_deg, s.longitude_deg)[0])
        for c, s in finder.stations.items()
    }
    sides = {"west": -1.0, "east": 1.0}
    return {
        name: EventFinder(
            {c: s for c, s in finder.stations.items() if sign * east[c] > -HALO_KM},
            CRUST,
            finder.settings,
            finder.tables,
        )
        for name, sign in sides.items()
    }


def replayed(finders: Mapping[str, EventFinder], truth: Swarm) -> Outcome:
    """The live loop: readings as their time comes, watermark every 5 s."""
    zones = {name: ZoneAssociation(name, one, windows_of(one)) for name, one in finders.items()}
    merger = Merger(zones)
    outcome = Outcome([], {}, [], Counter())
    waiting, last = truth.readings, {}
    at = 0
    end_ns = truth.readings[-1].time_ns + 180 * NS
    for watermark_ns in range(START_NS, end_ns, STEP_S * NS):
        started = time.process_time()
        while at < len(waiting) and waiting[at].time_ns < watermark_ns:
            for name, zone in zones.items():
                if waiting[at].station in finders[name].stations:
                    zone.add(waiting[at])
            at += 1
        decisions = []
        for name, zone in zones.items():
            decisions += [d for c in zone.advance(watermark_ns) for d in merger.update(c)]
            if zone.final_until_ns is not None:
                decisions += merger.advance(name, zone.final_until_ns)
        outcome.busy_s.append(time.process_time() - started)
        for decision in decisions:
            last[decision.event_id] = decision
            name = truth_of(decision)
            if name is not None:
                outcome.first_ns.setdefault(name, watermark_ns)
        for zone in zones.values():
            outcome.set_aside.update(zone.set_aside)
            zone.set_aside.clear()
    outcome.final = [decision for decision in last.values() if decision.final]
    return outcome


def truth_of(decision: Decision) -> str | None:
    """The true event that gave most of the readings, if it gave 60 % of them."""
    if not decision.readings:
        return None
    names = Counter(reading.reading_id.split("/")[0] for reading in decision.readings)
    name, count = names.most_common(1)[0]
    return name if name != "false" and count >= 0.6 * len(decision.readings) else None


def row(method: Method, rate: float, minutes: float, seed: int, n_zones: int) -> list[str]:
    """One line of the table."""
    finder, truth = swarm(rate, minutes, seed, method)
    outcome = replayed(halves(finder, n_zones), truth)
    cells = [method, str(n_zones), f"{rate:g}", str(seed), *_cells(truth, outcome, minutes)]
    print(cells, file=sys.stderr, flush=True)
    return cells


def _cells(truth: Swarm, outcome: Outcome, minutes: float) -> list[str]:
    names = [truth_of(decision) for decision in outcome.final]
    right = {name for name in names if name is not None}
    ghosts, doubles = names.count(None), len(names) - names.count(None) - len(right)
    waits = waits_s(truth.sixth_ns, outcome.first_ns)
    total = len(truth.origins)
    return [
        str(total),
        f"{100 * len(right) / total:.1f}",
        f"{100 * ghosts / max(len(names), 1):.2f}",
        str(doubles),
        f"{np.median(waits):.1f}, {np.quantile(waits, 0.95):.1f}",
        f"{sum(outcome.busy_s) / (minutes * 60):.3f}",
        f"{max(outcome.busy_s):.2f}",
        str(sum(outcome.set_aside.values())),
    ]


def waits_s(sixth_ns: Mapping[str, int], first_ns: Mapping[str, int]) -> Sequence[float]:
    """Data time from the sixth reading of each event to its first version."""
    return [(first_ns[name] - sixth_ns[name]) / NS for name in first_ns if name in sixth_ns]


HEADING = [
    "search",
    "zones",
    "events an hour",
    "seed",
    "events",
    "found %",
    "ghosts %",
    "doubles",
    "first version after sixth reading, s (median, 95 %)",
    "core used",
    "longest step s",
    "picks set aside",
]


def run(arguments: list[str]) -> str:
    """Markdown of all rates and seeds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rates", type=float, nargs="+", default=[500.0, 2000.0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--zones", type=int, default=1, choices=[1, 2])
    parser.add_argument("--methods", nargs="+", default=["stack"], choices=["stack", "pyocto"])
    options = parser.parse_args(arguments)
    rows = [
        row(method, rate, options.minutes, seed, options.zones)
        for method in options.methods
        for rate in options.rates
        for seed in options.seeds
    ]
    command = " ".join(["python benchmarks/calibrate.py association --", *arguments])
    return "\n\n".join([provenance(command), markdown_table(HEADING, rows)])


if __name__ == "__main__":
    print(run(sys.argv[1:]))
