"""What ``pick`` does: the live pick and polarity agents over an archive, without Kafka."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn, TimeRemainingColumn

from streamstress.config.settings import Ingest
from streamstress.config.stages import Picking, Polarity
from streamstress.earth.stations import Station
from streamstress.errors import RejectedError
from streamstress.ingest.record_index import index_records
from streamstress.outputs.picks_csv import PickLine, write_picks
from streamstress.records import Pick, Record
from streamstress.stream.chain import run_archive
from streamstress.stream.places import Places
from streamstress.stream.role import Incoming, Outgoing, Role, Stateless
from streamstress.stream.roles import pick_role_of, polarity_role_of
from streamstress.wire.topics import PICKS, READINGS, Topic

console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class PickRequest:
    """What the command was asked for."""

    archive: Path
    out: Path
    picking: Picking
    with_polarity: bool = True
    weights: Path | None = None


@dataclass(slots=True)
class Collector(Stateless):
    """The end of the chain: keeps every pick as a line."""

    name: str = "collector"
    inputs: tuple[Topic, ...] = (READINGS,)
    outputs: tuple[Topic, ...] = ()
    lines: list[PickLine] = field(default_factory=list)

    def process(self, message: Incoming, record: Record | None) -> Sequence[Outgoing]:  # noqa: ARG002
        """Keep a pick."""
        if isinstance(record, Pick):
            self.lines.append(pick_line(record))
        return ()


def run_pick(request: PickRequest, *, as_json: bool = False) -> None:
    """Pick an archive, write the picks by time, and say how many there are.

    Raises
    ------
    InputFileError
        There is no miniSEED under the path.
    WeightsError
        A model's weights are missing or unreadable.
    """
    places = _places(request.archive)
    roles: list[Role] = [pick_role_of(request.picking, Ingest(), places)]
    collector = Collector(inputs=(READINGS if request.with_polarity else PICKS,))
    if request.with_polarity:
        roles.append(polarity_role_of(Polarity(weights=request.weights)))
    refused: Counter[str] = Counter()

    def count(role: Role, message: Incoming, error: RejectedError) -> None:  # noqa: ARG001
        refused[error.reason] += 1

    columns = (*Progress.get_default_columns()[:-1], TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("picking", total=None)
        run_archive(
            [*roles, collector],
            request.archive,
            on_reject=count,
            show=lambda done, total: progress.update(task, completed=done, total=total),
        )
    lines = sorted(collector.lines, key=lambda line: (line.time_ns, line.station_code, line.phase))
    write_picks(request.out, lines)
    _tell(request, lines, refused, as_json=as_json)


def pick_line(pick: Pick) -> PickLine:
    """A pick as a line of CSV."""
    return PickLine(
        line_number=0,
        network=pick.network,
        station=pick.station,
        location=pick.location,
        channel=pick.channel,
        phase=pick.phase,
        time_ns=pick.time_ns,
        probability=round(pick.probability, 4),
        amplitude=None if pick.amplitude is None else float(f"{pick.amplitude.value:.6g}"),
        snr=round(pick.snr, 2),
        up_probability=None if pick.polarity is None else round(pick.polarity.up_probability, 4),
        decision=None if pick.polarity is None else pick.polarity.decision,
        model=None if pick.polarity is None else pick.polarity.model,
        sigma_s=round(pick.sigma_s, 4),
    )


def _places(archive: Path) -> Places:
    """Every station of the archive; where it stands does not matter to a picker."""
    names = sorted({(network, name) for network, name, _, _ in index_records([archive]).streams})
    heard = [Station(network, name, 0.0, 0.0) for network, name in names]
    stations = {station.code: station for station in heard}
    return Places(stations, ("all",), {"all": frozenset(stations)}, ())


def _tell(
    request: PickRequest, lines: Sequence[PickLine], refused: Counter[str], *, as_json: bool
) -> None:
    phases = Counter(line.phase for line in lines)
    motions = Counter(line.decision for line in lines if line.decision)
    summary = {
        "picks": len(lines),
        "p": phases["P"],
        "s": phases["S"],
        "first_motions": dict(motions),
        "stations": len({line.station_code for line in lines}),
        "refused_records": dict(refused),
    }
    if as_json:
        print(json.dumps(summary))
        return
    console.print(
        f"{request.out}: {phases['P']} P and {phases['S']} S at {summary['stations']} stations; "
        f"first motions: {motions['up']} up, {motions['down']} down, {motions['unknown']} unknown"
    )
    for reason, number in sorted(refused.items()):
        console.print(f"set aside: {number} records ({reason})")
    if request.picking.picker == "demo":
        console.print(
            "The demo's picker was trained on simulated data only (of the P of 77 NCEDC records it "
            "finds 0.935, 0.831 within 0.1 s); for recordings give weights of yours, --picker "
            "phasenet:X."
        )
