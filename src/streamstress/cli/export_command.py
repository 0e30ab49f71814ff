"""The options of ``export``."""

from pathlib import Path
from typing import Annotated

import typer


def export(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT",
            help="quakeml, csv (mechanisms); wsm, csm (stress); geojson, parquet (either)",
        ),
    ],
    source: Annotated[
        Path | None,
        typer.Argument(
            help="file to convert: mechanisms CSV, GeoJSON, Parquet or QuakeML, an invert JSON, "
            "World Stress Map CSV or Community Stress Model text; left out: the store"
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="file to write")] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="configuration whose store is read")
    ] = None,
    store: Annotated[
        str | None, typer.Option(help="store to read, as sqlite:///run/streamstress.db")
    ] = None,
    what: Annotated[
        str | None,
        typer.Option(help="mechanisms or stress, where the format holds either and the store both"),
    ] = None,
    since: Annotated[str | None, typer.Option("--from", help="first moment, ISO 8601, UTC")] = None,
    until: Annotated[str | None, typer.Option("--until", help="first moment after it")] = None,
    box: Annotated[str | None, typer.Option(help="west,south,east,north, degrees")] = None,
    grades: Annotated[
        str | None, typer.Option(help="mechanisms of these grades, as ABC; ungraded ones always")
    ] = None,
    region: Annotated[str | None, typer.Option(help="a region of the store")] = None,
    history: Annotated[
        bool, typer.Option("--history", help="every stress estimate of the store, not the newest")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print what was done as JSON")] = False,
) -> None:
    """Write mechanisms or stress of the store, or of a file, in another format."""
    from streamstress.cli.export import ExportRequest, run_export
    from streamstress.outputs.exchange.selection import selection_of

    request = ExportRequest(
        kind.lower(),
        source,
        out,
        config,
        store,
        what,
        selection_of(since, until, box, grades, region),
        history=history,
    )
    run_export(request, as_json=as_json)
