"""``streamstress polarity``: classify, train, calibrate and evaluate first motions."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(
    help="First motions of P: classify an archive's picks; train, calibrate and evaluate models.",
    no_args_is_help=True,
)

Weights = Annotated[
    Path | None, typer.Option("--weights", "-w", help="weight file; the package's own if left out")
]
Archive = Annotated[Path, typer.Argument(help="miniSEED file, folder or SDS archive")]
Out = Annotated[Path, typer.Option("--out", "-o", help="file to write")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
HighestRate = Annotated[
    float,
    typer.Option(
        "--highest-rate-hz", min=500, max=4000,
        help="recordings up to this rate are read at their own, faster ones decimated",
    ),
]  # fmt: skip
Threshold = Annotated[
    float, typer.Option(min=0, max=1, help="least |2p - 1| of a decision, p the up probability")
]


@app.command()
def classify(
    archive: Archive,
    picks: Annotated[Path, typer.Option(help="picks CSV; its P are read")],
    out: Out,
    weights: Weights = None,
    threshold: Threshold = 0.8,
    highest_rate_hz: HighestRate = 500.0,
) -> None:
    """Read the first motions of picks: adds up_probability, decision and model to the CSV."""
    from streamstress.cli.polarity_readings import classified, console, readings_of
    from streamstress.outputs.picks_csv import write_picks
    from streamstress.polarity import load_polarity_model

    model = load_polarity_model(weights, threshold, highest_rate_hz)
    rows = classified(readings_of(picks), archive, model)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_picks(out, rows)
    p_rows = [row for row in rows if row.phase == "P"]
    count = {word: sum(row.decision == word for row in p_rows) for word in ("up", "down")}
    silent = sum(row.up_probability is None for row in p_rows)
    unreadable = sum(row.up_probability == 0.5 for row in p_rows)
    console.print(
        f"{len(p_rows)} P: {count['up']} up, {count['down']} down, "
        f"{len(p_rows) - sum(count.values())} unknown ({silent} without waveform, "
        f"{unreadable} that stop too near the pick, are flat or have a gap); written to {out}"
    )


@app.command()
def calibrate(
    readings: Annotated[
        Path, typer.Argument(help="picks CSV that 'polarity classify' wrote with these weights")
    ],
    out: Out,
    weights: Weights = None,
    by: Annotated[
        Literal["auto", "labels", "mechanisms"],
        typer.Option(
            help="labels: column label (up, down); mechanisms: columns event_id, azimuth_deg and "
            "takeoff_deg, each station held against the others; auto: labels if there are any"
        ),
    ] = "auto",
    as_json: AsJson = False,
) -> None:
    """Fit the probabilities of a model to your network, and write it as a new weight file."""
    from streamstress.cli.polarity_calibrate import calibrated_weights
    from streamstress.cli.polarity_tables import show_calibration

    found = calibrated_weights(readings, weights, by, out)
    if as_json:
        typer.echo(json.dumps(found.as_json(), indent=2))
    else:
        show_calibration(found.calibration, found.before, found.after)
        typer.echo(f"written to {out}; use it with --weights or as polarity.weights")


@app.command()
def evaluate(
    readings: Annotated[
        Path | None,
        typer.Argument(
            help="picks CSV with up_probability, and label or event_id, azimuth_deg, takeoff_deg"
        ),
    ] = None,
    repeaters: Annotated[
        Path | None,
        typer.Option(help="picks CSV of repeating earthquakes: columns family and event_id, too"),
    ] = None,
    waveforms: Annotated[
        Path | None, typer.Option(help="archive to classify the picks from, anew by each weights")
    ] = None,
    weights: Annotated[
        list[Path] | None,
        typer.Option("--weights", "-w", help="with --waveforms: weight files to compare"),
    ] = None,
    precision: Annotated[
        float, typer.Option(min=0.5, max=0.9999, help="precision to find a threshold for")
    ] = 0.98,
    threshold: Threshold = 0.8,
    highest_rate_hz: HighestRate = 500.0,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="folder for the figures (PNG)")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell how good first motions are, which threshold to use, and which stations are reversed."""
    from streamstress.cli.polarity_evaluate import Wanted
    from streamstress.cli.polarity_sources import evaluate_sources
    from streamstress.cli.polarity_tables import show_findings

    wanted = Wanted(precision, threshold, out, highest_rate_hz)
    findings = evaluate_sources(readings, repeaters, waveforms, weights or [], wanted)
    if as_json:
        typer.echo(json.dumps([one.as_json() for one in findings], indent=2))
    else:
        show_findings(findings)


Dataset = Annotated[
    Path | None, typer.Option(help="folder of a seisbench data set with trace_polarity")
]
Labelled = Annotated[
    Path | None, typer.Option(help="picks CSV with a column label (up, down, unknown)")
]
Waveforms = Annotated[Path | None, typer.Option(help="the archive that --readings are of")]
Jitter = Annotated[
    float, typer.Option(min=0, help="error given to each pick anew in each epoch, s, 1 sigma")
]


@app.command()
def train(
    out: Out,
    seed: Annotated[int, typer.Option(help="seed of onsets and weights")] = 7,
    steps: Annotated[int, typer.Option(min=1, help="training steps of 256 onsets")] = 4000,
    noise_bank: Annotated[
        Path | None, typer.Option(help="your network's noise: a .npy of (m, samples) at 100 Hz")
    ] = None,
    start: Annotated[
        Path | None, typer.Option(help="weights to go on from, on more kinds of simulated crust")
    ] = None,
    stage: Annotated[
        int | None,
        typer.Option(min=1, max=3, help="kinds of simulated crust: 1, 2 or 3; 2 with --start"),
    ] = None,
    dataset: Dataset = None,
    readings: Labelled = None,
    waveforms: Waveforms = None,
    pick_jitter_s: Jitter = 0.02,
    highest_rate_hz: HighestRate = 500.0,
    pause_after_minutes: Annotated[
        float, typer.Option(min=0, help="stop after so long; run again to go on")
    ] = float("inf"),
) -> None:
    """Train a model: on simulated onsets, on a data set, or on a catalogue of manual readings."""
    pause_after_s = 60.0 * pause_after_minutes
    if dataset is None and readings is None:
        from streamstress.cli.train_polarity import main as train_and_show

        train_and_show(out, seed, steps, noise_bank, start, stage, pause_after_minutes)
        return
    if start is not None or noise_bank is not None or stage is not None:
        raise typer.BadParameter(
            "--start, --stage and --noise-bank go with simulated onsets; to go on from weights "
            "with your own labels, use `streamstress polarity finetune`"
        )
    from streamstress.cli.polarity_training import train_on_labels

    trained = train_on_labels(
        out, dataset, readings, waveforms,
        seed=seed, steps=steps, pick_jitter_s=pick_jitter_s, pause_after_s=pause_after_s,
        highest_rate_hz=highest_rate_hz,
    )  # fmt: skip
    if trained is None:
        typer.echo("paused; run the same command again to go on")
        return
    _show_card(trained.card)


@app.command()
def finetune(
    out: Out,
    weights: Weights = None,
    dataset: Dataset = None,
    readings: Labelled = None,
    waveforms: Waveforms = None,
    seed: Annotated[int, typer.Option(help="seed of the split and of the order")] = 7,
    pick_jitter_s: Jitter = 0.02,
    highest_rate_hz: HighestRate = 500.0,
    as_json: AsJson = False,
) -> None:
    """Go on training with your own small earthquakes, and tell the gain on a held-back part."""
    from streamstress.cli.polarity_training import finetune_on_labels

    tuned = finetune_on_labels(
        out, weights, dataset, readings, waveforms,
        seed=seed, pick_jitter_s=pick_jitter_s, highest_rate_hz=highest_rate_hz,
    )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(tuned.as_json(), indent=2))
        return
    _show_card(tuned.trained.card)
    typer.echo(f"written to {out}; use it with --weights or as polarity.weights")


def _show_card(card: Mapping[str, object]) -> None:
    """Print a model card, a line an entry."""
    for name, value in card.items():
        typer.echo(f"{name}: {value}")
