"""``streamstress map``: a figure of stress that a paper would print."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streamstress.errors import ConfigError

if TYPE_CHECKING:
    from streamstress.outputs.exchange.stress_point import StressPoint
    from streamstress.outputs.stress_map import MapLayers

SHOWS = ("shmax", "a_phi", "r")
SLICES = ("auto", "depth", "time", "none")


def stress_map(
    out: Annotated[Path, typer.Option("--out", "-o", help="figure: .pdf, .svg or .png")],
    source: Annotated[
        Path | None,
        typer.Argument(
            help="invert JSON, World Stress Map CSV, Community Stress Model text, GeoJSON or "
            "Parquet of 'export'; left out: the store"
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="configuration whose store is read")
    ] = None,
    store: Annotated[str | None, typer.Option(help="store to read, a SQLAlchemy URL")] = None,
    show: Annotated[str, typer.Option(help="panels: shmax, a_phi, r, with commas")] = "shmax",
    slices: Annotated[
        str,
        typer.Option(
            help="a row of panels for each depth or time; auto: for what differs, none: all in one"
        ),
    ] = "auto",
    since: Annotated[str | None, typer.Option("--from", help="first moment, ISO 8601, UTC")] = None,
    until: Annotated[str | None, typer.Option("--until", help="first moment after it")] = None,
    box: Annotated[str | None, typer.Option(help="west,south,east,north, degrees")] = None,
    depth: Annotated[str | None, typer.Option(help="shallowest,deepest, km")] = None,
    quality: Annotated[str | None, typer.Option(help="World Stress Map ranks, as ABC")] = None,
    faults: Annotated[
        Path | None,
        typer.Option(help="fault traces: GeoJSON lines (with a dip: by slip tendency), or CSV"),
    ] = None,
    boundaries: Annotated[
        Path | None,
        typer.Option(help="lines; with the contrast where 'invert --boundaries' told it"),
    ] = None,
    friction: Annotated[float, typer.Option(min=0.05, max=2.0, help="for slip tendency")] = 0.6,
    title: Annotated[str | None, typer.Option(help="above the figure")] = None,
) -> None:
    """Draw SHmax, A-phi and R over coastline, faults and boundaries; nothing is fetched."""
    from streamstress.outputs.exchange.selection import selection_of
    from streamstress.outputs.stress_map import draw_stress_map
    from streamstress.outputs.stress_map_slices import check_ending, sliced, wanted_points

    shows = [name.strip() for name in show.split(",") if name.strip()]
    if not shows or set(shows) - set(SHOWS):
        raise ConfigError(f"--show {show!r}: give some of {', '.join(SHOWS)}, with commas")
    if slices not in SLICES:
        raise ConfigError(f"--slices {slices!r}: give one of {', '.join(SLICES)}")
    check_ending(out)
    wanted = selection_of(since, until, box)
    points = wanted_points(_points(source, config, store), wanted, _depths(depth), quality)
    layers = _layers(points, source, faults, boundaries, friction, title)
    rows = sliced(points, slices)
    draw_stress_map(out, rows, shows, layers)
    typer.echo(f"{len(points)} places in {len(rows)} x {len(shows)} panels drawn to {out}")


def _points(source: Path | None, config: Path | None, store: str | None) -> "list[StressPoint]":
    if (source, config, store).count(None) != 2:
        raise ConfigError("give one source: a file, --config FILE or --store URL")
    if source is not None:
        from streamstress.outputs.exchange.stress_files import read_stress_file

        return read_stress_file(source)[0]
    from streamstress.cli.stores import opened_reader
    from streamstress.outputs.exchange.stress_point import point_of_estimate

    with opened_reader(config, store) as reader:
        return [point_of_estimate(estimate) for estimate in reader.latest_stress()]


def _depths(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        shallow, deep = (float(part) for part in text.split(","))
    except ValueError as error:
        raise ConfigError(f"--depth {text!r}: give shallowest,deepest in km, as 0,10") from error
    return shallow, deep


def _layers(
    points: "Sequence[StressPoint]",
    source: Path | None,
    faults: Path | None,
    boundaries: Path | None,
    friction: float,
    title: str | None,
) -> "MapLayers":
    from streamstress.outputs.map_lines import read_boundaries, read_traces
    from streamstress.outputs.stress_map import MapLayers
    from streamstress.outputs.stress_map_lines import fault_pieces

    lines = [] if boundaries is None else read_boundaries(boundaries)
    return MapLayers(
        faults=[] if faults is None else fault_pieces(read_traces(faults), points, friction),
        boundaries=lines,
        contrasts=_contrasts(source) if lines and source is not None else {},
        title=title,
    )


def _contrasts(source: Path) -> dict[str, str]:
    """Words on the boundaries that an invert result tells of."""
    from streamstress.outputs.exchange.stress_files import kind_of, read_invert

    if kind_of(source) != "invert":
        return {}
    told = {}
    for line in read_invert(source).get("boundaries", []):
        if line.get("shmax_contrast_deg") is not None:
            low, high = line["shmax_contrast_interval95_deg"]
            told[line["name"]] = (
                f"{line['shmax_contrast_deg']:+.0f}° ({low:+.0f} to {high:+.0f}), "
                f"p = {line['p_value']:.2g}"
            )
    return told
