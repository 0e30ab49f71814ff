"""``streamstress eventtype``: train the classifier of events on labels of yours, and test it.

What a command does is imported when it runs: a worker must not pay for scipy's fits.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Tell earthquakes from teleseisms, tremor, blasts and noise: train on your labels, test.",
    no_args_is_help=True,
)

Labels = Annotated[
    Path | None,
    typer.Argument(
        help="CSV with the columns event_id and kind (earthquake, teleseism, tremor, blast, "
        "noise); left out: what operators said by 'streamstress control eventtype'"
    ),
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", "-c", help="configuration whose store has the events")
]
StoreUrl = Annotated[str | None, typer.Option("--store", help="URL of that store instead")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


@app.command()
def train(
    out: Annotated[Path, typer.Option("--out", "-o", help="weights to write")],
    labels: Labels = None,
    config: ConfigFile = None,
    store: StoreUrl = None,
    seed: Annotated[int, typer.Option(min=0, help="of the weights' start and what is held")] = 1,
    as_json: AsJson = False,
) -> None:
    """Train on labelled events of yours and the simulated ones; tell what yours bring."""
    from streamstress.cli.own_events import own_events, trained_on

    told = trained_on(own_events(labels, config, store), out, seed)
    if as_json:
        typer.echo(json.dumps(told))
        return
    typer.echo(f"{out}: trained on {told['simulated']} simulated events and {told['own']} of yours")
    for name in ("before", "after"):
        one = told[name]
        typer.echo(
            f"{name}: {one['right']} of {told['own']} of yours right, "
            f"{one['earthquakes_lost']} of {one['earthquakes']} earthquakes lost"
        )
    typer.echo("'after' is by weights that had not seen the event (five parts)")


@app.command()
def evaluate(
    labels: Labels = None,
    config: ConfigFile = None,
    store: StoreUrl = None,
    weights: Annotated[
        Path | None, typer.Option(help="weights to test; left out: the package's own")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Precision and recall by kind on labelled events of yours, and earthquakes lost."""
    from streamstress.cli.own_events import evaluated, own_events

    told = evaluated(own_events(labels, config, store), weights)
    if as_json:
        typer.echo(json.dumps(told))
        return
    typer.echo(
        f"{told['events']} events; earthquakes lost: {told['earthquakes_lost']} of "
        f"{told['earthquakes']} (at most {100 * told['lost_at_most']:.1f} % at 95 %)"
    )
    for kind, one in told["kinds"].items():
        typer.echo(f"{kind}: recall {_words(one['recall'])}, precision {_words(one['precision'])}")


def _words(value: float | None) -> str:
    return "none seen" if value is None else f"{value:.3f}"
