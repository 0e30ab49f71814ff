"""Precision and recall of event types, and how many earthquakes they cost.

``python benchmarks/calibrate.py event_type -- [--networks 0-5] [--scenes DIR]``. Simulated
networks of another seed than the training's, in the simulator's crust and in iasp91, which no
training saw; and recorded earthquakes of ``../shared/data``.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from document import markdown_table, provenance
from labelled_records import WEIGHTS
from real_events import BUAN, NCEDC, buan_events, ncedc_events

from streamstress.cli.event_scenes import SceneReader
from streamstress.cli.event_type_training import network_numbers
from streamstress.cli.labelled_events import (
    keep_events,
    kept_events,
    labelled,
    seen,
    simulated_events,
)
from streamstress.cli.located_scenes import LocatedScene
from streamstress.earth.velocity import named_velocity
from streamstress.event_type.evaluation import TypeScore, calibration_error, score
from streamstress.event_type.features import features
from streamstress.event_type.labelled import load_events
from streamstress.event_type.model import KINDS, TypeModel, load_model, probabilities
from streamstress.event_type.observation import Observation
from streamstress.event_type.sensors import as_geophones
from streamstress.event_type.training import fit
from streamstress.event_type.verdict import EARTHQUAKE, Judgement, judge_type, log_prior
from streamstress.records import Event
from streamstress.simulate.scenario import CRUST

SEED = 2
"""Of the tests; the training has 1."""

SHARES = np.array([0.95, *[0.05 / (len(KINDS) - 1)] * (len(KINDS) - 1)])
PICKERS = {"demo": "demo", "PhaseNet": f"phasenet:{WEIGHTS}"}
REAL: dict[str, Callable[[SceneReader, str, int], Iterator[LocatedScene]]] = {
    "NCEDC records in tens": ncedc_events,
    "Buan, 12 stations within 100 km": buan_events,
}
REAL_SEEDS = (0, 1)
THRESHOLDS = (0.5, 0.2, 0.05)

View = Callable[[Observation], Observation]
VIEWS: dict[str, View] = {
    "": lambda observation: observation,
    ", responses not known": lambda observation: replace(observation, magnitude=np.nan),
    ", seen by 2 Hz sensors": lambda observation: as_geophones(observation, 2.0),
}


def scored(
    model: TypeModel, events: Sequence[Event], least_earthquake: float, view: View
) -> TypeScore:
    """Score at the default settings, hour and all, of events seen in some way."""
    views = [view(seen(event)) for event in events]
    kind = np.array([KINDS.index(event.kind) for event in events])
    prior = np.array([log_prior(one, Judgement()) for one in views])
    told = model.log_likelihoods(np.array([features(one) for one in views]))
    return score(probabilities(told, prior), kind, least_earthquake)


def error_at_mix(model: TypeModel, events: Sequence[Event]) -> float:
    """Calibration error of the probability of an earthquake with the set's own shares."""
    data = labelled(events)
    shares = np.bincount(data.kind, minlength=len(KINDS)) / len(data)
    told = probabilities(model.log_likelihoods(data.features), np.log(np.maximum(shares, 1e-9)))
    return calibration_error(told[:, EARTHQUAKE], data.kind == EARTHQUAKE)


def confusion(told: TypeScore) -> str:
    """Rows what they are, columns what they are taken for, recall and precision."""
    rows = [
        [
            kind,
            *(str(n) for n in told.counts[number]),
            _percent(told.recall(kind)),
            _percent(told.precision(kind)),
            _percent(told.precision(kind, SHARES)),
        ]
        for number, kind in enumerate(KINDS)
    ]
    heading = ["is", *(f"taken for {kind}" for kind in KINDS)]
    return markdown_table(
        [*heading, "recall %", "precision %", "precision %, 95 % earthquakes"], rows
    )


def _percent(value: float) -> str:
    return f"{100 * value:.1f}" if np.isfinite(value) else "-"


def losses(model: TypeModel, sets: dict[str, tuple[Sequence[Event], View]]) -> str:
    """Earthquakes lost by threshold, and others kept out by kind, for each set."""
    rows = []
    for name, (events, view) in sets.items():
        for least in THRESHOLDS:
            told = scored(model, events, least, view)
            kept = [
                f"{int(row.sum() - row[EARTHQUAKE])} of {int(row.sum())}" for row in told.counts[1:]
            ]
            lost = f"{told.lost} of {told.earthquakes}"
            rows.append([name, f"{least:g}", lost, f"{100 * told.lost_at_most:.2f}", *kept])
    heading = ["events", "least_earthquake", "earthquakes lost", "at most % (95 %)"]
    return markdown_table([*heading, *(f"{kind} kept out" for kind in KINDS[1:])], rows)


def recorded(model: TypeModel, folder: Path) -> str:
    """Recorded earthquakes: how many are lost, and how sure the least sure one is."""
    rows = []
    for name in PICKERS:
        for what in REAL:
            told = [
                judge_type(model, seen(event), Judgement())
                for event in real_events(what, name, folder)
            ]
            sure = np.array([verdict.probability["earthquake"] for verdict in told])
            lost = [verdict.kind for verdict in told if verdict.kind != "earthquake"]
            rows.append(
                [
                    what,
                    name,
                    " ".join([f"{len(lost)} of {len(sure)}", *sorted(set(lost))]),
                    f"{np.median(sure):.4f}",
                    f"{np.quantile(sure, 0.05):.4f}",
                    f"{sure.min():.4f}",
                ]
            )
    heading = ["earthquakes", "picker", "lost", "median P(earthquake)", "5 % below", "least"]
    return markdown_table(heading, rows)


def real_events(what: str, picker: str, folder: Path) -> list[Event]:
    """Events of a recorded set, located once and kept in a folder."""
    path = folder / f"real-{picker}-{what.split()[0].strip(',')}.msgpack"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        reader, spec = SceneReader(), PICKERS[picker]
        keep_events(path, what, [s for seed in REAL_SEEDS for s in REAL[what](reader, spec, seed)])
    return kept_events(path)


def without_a_group(seed: int) -> str:
    """What the groups of features are worth: cross entropy over held-back events without each."""
    events = load_events()
    events = events.part(events.weight == 1.0)
    part = np.random.default_rng(seed).permutation(len(events)) % 5
    groups = {
        "all": [],
        "without ratios of octaves": list(range(7)),
        "without S/P": [7, 8],
        "without corners and their misfits": list(range(9, 13)),
        "without magnitude and stress drop": list(range(13, 16)),
        "without peaks over levels": [16, 17],
        "without decay and plane wave": list(range(18, 22)),
        "without location": list(range(22, 27)),
        "without numbers and quality of picks": list(range(27, 33)),
        "without first motions": [33],
    }
    rows = []
    for name, gone in groups.items():
        known = events.features.copy()
        known[:, gone] = np.nan
        loss = []
        for one in range(5):
            chosen = part != one
            blind = type(events)(known, events.kind, events.weight)
            model = fit(blind.part(chosen), seed, {})
            told = probabilities(model.log_likelihoods(known[~chosen]), np.log(model.shares))
            loss += np.log(told[np.arange(len(told)), events.kind[~chosen]]).tolist()
        rows.append([name, f"{-np.mean(loss):.3f}"])
    return markdown_table(["features", "cross entropy"], rows)


def run(arguments: list[str]) -> str:
    """Markdown of all tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--networks", default="0-5", help="of each crust")
    parser.add_argument("--scenes", type=Path, default=Path("runs/event-type"))
    options = parser.parse_args(arguments)
    model, numbers = load_model(), network_numbers(options.networks)
    crusts = {"simulator's crust": CRUST, "iasp91": named_velocity("iasp91")}
    sets = {
        name: list(simulated_events(SEED, numbers, options.scenes, crust=crust))
        for name, crust in crusts.items()
    }
    every = [event for events in sets.values() for event in events]
    told = scored(model, every, Judgement().least_earthquake, VIEWS[""])
    command = " ".join(["python benchmarks/calibrate.py event_type --", *arguments])
    parts = [
        provenance(command),
        f"Simulated networks of seed {SEED} (training: 1), {len(numbers)} in each crust: "
        f"{len(every)} located events. Calibration error of P(earthquake), its shares "
        f"those of this mix: {error_at_mix(model, every):.3f}.",
        confusion(told),
        losses(model, {name: (events, VIEWS[""]) for name, events in sets.items()}),
        losses(model, {f"both{name}": (every, view) for name, view in VIEWS.items()}),
    ]
    if NCEDC.is_dir() and BUAN.is_dir():
        parts.append(recorded(model, options.scenes))
    return "\n\n".join([*parts, without_a_group(SEED)])


if __name__ == "__main__":
    print(run(sys.argv[1:]))
