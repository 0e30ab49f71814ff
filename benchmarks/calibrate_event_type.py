"""Precision and recall of event types, and how many earthquakes they cost.

``python benchmarks/calibrate.py event_type -- [--networks 0-5] [--scenes DIR]``. Simulated
networks of another seed than the training's, in the simulator's crust and in iasp91, which no
training saw; and recorded earthquakes of ``../shared/data``.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from document import markdown_table, provenance
from labelled_records import WEIGHTS
from real_events import BUAN, NCEDC, buan_events, ncedc_events

from streamstress.cli.event_scenes import LocatedScene, SceneReader
from streamstress.cli.labelled_events import keep_events, kept_events, labelled, simulated_events
from streamstress.cli.train_event_type import network_numbers
from streamstress.earth.velocity import named_velocity
from streamstress.event_type.evaluation import TypeScore, calibration_error, score
from streamstress.event_type.labelled import load_events
from streamstress.event_type.model import KINDS, TypeModel, load_model, probabilities
from streamstress.event_type.observation import Observation
from streamstress.event_type.training import fit
from streamstress.event_type.verdict import EARTHQUAKE, Judgement, judge_type, log_prior
from streamstress.records import Event
from streamstress.simulate.scenario import CRUST
from streamstress.stream.event_types import observation_of

SEED = 2
"""Of the tests; the training has 1."""

SHARES = np.array([0.95, *[0.05 / (len(KINDS) - 1)] * (len(KINDS) - 1)])
PICKERS = {"demo": "demo", "PhaseNet": f"phasenet:{WEIGHTS}"}
REAL: dict[str, Callable[[SceneReader, str, int], Iterator[LocatedScene]]] = {
    "NCEDC records in tens": ncedc_events,
    "Buan, 12 stations within 100 km": buan_events,
}
REAL_SEEDS = (0, 1)
THRESHOLDS = (0.5, 0.1, 0.05, 0.02)


def tested(model: TypeModel, events: Sequence[Event], least_earthquake: float) -> TypeScore:
    """Score at the default settings, hour and all."""
    data, judgement = labelled(events), Judgement()
    prior = np.array([log_prior(_observed(event), judgement) for event in events])
    told = probabilities(model.log_likelihoods(data.features), prior)
    return score(told, data.kind, least_earthquake)


def error_at_mix(model: TypeModel, events: Sequence[Event]) -> float:
    """Calibration error of the probability of an earthquake with the set's own shares."""
    data = labelled(events)
    shares = np.bincount(data.kind, minlength=len(KINDS)) / len(data)
    told = probabilities(model.log_likelihoods(data.features), np.log(np.maximum(shares, 1e-9)))
    return calibration_error(told[:, EARTHQUAKE], data.kind == EARTHQUAKE)


def _observed(event: Event) -> Observation:
    return observation_of(event.origin, event.arrivals)


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


def losses(model: TypeModel, sets: dict[str, Sequence[Event]]) -> str:
    """Earthquakes lost by threshold, and detected others, for each set."""
    rows = []
    for name, events in sets.items():
        for least in THRESHOLDS:
            told = tested(model, events, least)
            others = told.counts[1:]
            found = int(others.sum() - others[:, 0].sum())
            rows.append(
                [
                    name,
                    f"{least:g}",
                    f"{told.lost} of {told.earthquakes}",
                    f"{100 * told.lost_at_most:.2f}",
                    f"{found} of {int(others.sum())}",
                ]
            )
    return markdown_table(
        ["events", "least_earthquake", "earthquakes lost", "at most % (95 %)", "others kept out"],
        rows,
    )


def recorded(model: TypeModel, folder: Path) -> str:
    """Recorded earthquakes: how many are lost, and how sure the least sure one is."""
    rows = []
    for name in PICKERS:
        for what in REAL:
            told = [
                judge_type(model, _observed(event), Judgement())
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
    part = np.random.default_rng(seed).permutation(len(events)) % 5
    groups = {
        "all": slice(0, 0),
        "without P spectra": slice(0, 4),
        "without S spectra": slice(4, 7),
        "without S/P": slice(7, 9),
        "without decay and plane wave": slice(9, 13),
        "without location": slice(13, 19),
        "without numbers and quality of picks": slice(19, 24),
        "without first motions": slice(24, 25),
    }
    rows = []
    for name, gone in groups.items():
        features = events.features.copy()
        features[:, gone] = np.nan
        loss = []
        for one in range(5):
            chosen = part != one
            blind = type(events)(features, events.kind, events.weight)
            model = fit(blind.part(chosen), seed, {})
            told = probabilities(model.log_likelihoods(features[~chosen]), np.log(model.shares))
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
    told = tested(model, every, Judgement().least_earthquake)
    command = " ".join(["python benchmarks/calibrate.py event_type --", *arguments])
    parts = [
        provenance(command),
        f"Simulated networks of seed {SEED} (training: 1), {len(numbers)} in each crust: "
        f"{len(every)} located events. Calibration error of P(earthquake), its shares "
        f"those of this mix: {error_at_mix(model, every):.3f}.",
        confusion(told),
        losses(model, sets),
    ]
    if NCEDC.is_dir() and BUAN.is_dir():
        parts.append(recorded(model, options.scenes))
    return "\n\n".join([*parts, without_a_group(SEED)])


if __name__ == "__main__":
    print(run(sys.argv[1:]))
