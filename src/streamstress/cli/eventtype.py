"""``streamstress eventtype``: train the classifier of events, on labels of yours too, and test it.

What a command does is imported when it runs: a worker must not pay for scipy's fits.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streamstress.errors import ConfigError

if TYPE_CHECKING:
    from streamstress.event_type.training import LabelledEvents

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
    Path | None,
    typer.Option("--config", "-c", help="configuration whose store has the events; its settings"),
]
StoreUrl = Annotated[str | None, typer.Option("--store", help="URL of that store instead")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


@app.command()
def train(
    out: Annotated[Path, typer.Option("--out", "-o", help="weights to write")],
    labels: Labels = None,
    config: ConfigFile = None,
    store: StoreUrl = None,
    networks: Annotated[
        str | None,
        typer.Option(
            help="random networks to simulate in place of the package's events, as 0-67; what was "
            "located in them is written beside the weights. No labels are needed then"
        ),
    ] = None,
    scenes: Annotated[
        Path, typer.Option(help="where simulated events are kept; a run cut short goes on")
    ] = Path("runs/event-type"),
    records: Annotated[
        Path | None,
        typer.Option(help="with --networks: folder of records of earthquakes (waveform.csv, npz)"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="of scenes and of what is held back")] = 1,
    as_json: AsJson = False,
) -> None:
    """Train on simulated events and labelled ones of yours; tell what yours bring."""
    from streamstress.cli.event_type_training import keep, trained
    from streamstress.cli.own_events import own_events

    if networks is None and records is not None:
        raise ConfigError("--records joins what --networks simulates; give both")
    is_own = networks is None or any((labels, config, store))
    own = own_events(labels, config, store) if is_own else []
    general, card = _general(networks, scenes, records, seed)
    told = trained(general, own, out, seed, card)
    if networks is not None:
        keep(general, out)
    if as_json:
        typer.echo(json.dumps(told))
        return
    typer.echo(f"{out}: trained on {told['general']} events of many networks, {told['own']} yours")
    for name in ("before", "after") if own else ():
        one = told[name]
        typer.echo(
            f"{name}: {one['right']} of {told['own']} of yours right, "
            f"{one['earthquakes_lost']} of {one['earthquakes']} earthquakes lost"
        )
    if own:
        typer.echo("'after' is by weights that had not seen the event (five parts)")


def _general(
    networks: str | None, scenes: Path, records: Path | None, seed: int
) -> tuple["LabelledEvents", dict[str, Any]]:
    """Events of no network in particular, and what the card says of them."""
    from streamstress.cli.event_type_training import Simulation, simulated, with_records
    from streamstress.event_type.labelled import load_events

    if networks is None:
        return load_events(), {"training data": "those of the package"}
    found = simulated(Simulation(networks, seed, scenes), _show)
    data = f"{len(found) // 2} events of simulated networks, as broadband and short-period sensors"
    command = f"streamstress eventtype train -o event_type.json --seed {seed} --networks {networks}"
    if records is None:
        return found, {"command": command, "training data": data}
    both = with_records(found, records, seed)
    more = f"{len(both) - len(found)} earthquakes put together of every second record"
    return both, {
        "command": f"{command} --records {records.name}",
        "training data": f"{data}, {more} of {records.name}",
    }


def _show(number: int) -> None:
    typer.echo(f"network {number}", err=True)


@app.command()
def evaluate(
    labels: Labels = None,
    config: ConfigFile = None,
    store: StoreUrl = None,
    weights: Annotated[
        Path | None, typer.Option(help="weights to test; left out: the configuration's, or ours")
    ] = None,
    earthquake_share: Annotated[
        float | None,
        typer.Option(min=0.001, max=0.999, help="of what is located; the others share the rest"),
    ] = None,
    label_shares: Annotated[
        bool, typer.Option("--label-shares", help="take the shares of all kinds from the labels")
    ] = False,
    least_earthquake: Annotated[
        float | None,
        typer.Option(min=0.0, max=0.5, help="at most this makes another kind of an event"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Precision and recall by kind on labelled events of yours, and earthquakes lost.

    Shares, threshold, blast hours and sites are those of the configuration unless given.
    """
    from streamstress.cli.own_events import chosen_judgement, evaluated, own_events
    from streamstress.config import load_settings
    from streamstress.config.stages import EventType

    if label_shares and earthquake_share is not None:
        raise ConfigError("give one: --earthquake-share or --label-shares")
    own = own_events(labels, config, store)
    settings = load_settings(config).event_type if config else EventType()
    judgement = chosen_judgement(
        settings, earthquake_share, least_earthquake, own if label_shares else []
    )
    told = evaluated(own, weights or settings.weights, judgement)
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
