"""``streamstress compare``: two files of stress against one another."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from streamstress.outputs.comparison import Comparison

SHOWN_PAIRS = 20


def compare(
    first: Annotated[
        Path,
        typer.Argument(
            metavar="A",
            help="invert JSON, World Stress Map CSV, Community Stress Model text, or GeoJSON or "
            "Parquet of 'export'",
        ),
    ],
    second: Annotated[Path, typer.Argument(metavar="B", help="the same kinds")],
    within: Annotated[
        float, typer.Option(min=0.0, help="points of one place are at most so far apart, km")
    ] = 25.0,
    figure: Annotated[Path | None, typer.Option(help="figure to write: .svg, .pdf or .png")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="print all as JSON, every pair with it")
    ] = False,
) -> None:
    """Tell how SHmax of B differs from A, place by place, and which differences are significant."""
    from streamstress.outputs.comparison import compare as compared
    from streamstress.outputs.exchange.stress_files import read_stress_file
    from streamstress.outputs.stress_map_slices import check_ending

    if figure is not None:
        check_ending(figure)
    (ones, aside_a), (others, aside_b) = read_stress_file(first), read_stress_file(second)
    told = compared(ones, others, within, (str(first), str(second)))
    if figure is not None:
        from streamstress.outputs.comparison_figure import draw_comparison

        draw_comparison(figure, told)
    if as_json:
        from streamstress.outputs.json_view import json_view

        typer.echo(json.dumps(json_view(told)))
        return
    _tell(told, len(aside_a) + len(aside_b))


def _tell(told: "Comparison", set_aside: int) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("A", "B", "km", "SHmax A", "SHmax B", "difference", "sigma", "p", "differs")
    largest = sorted(told.pairs, key=lambda pair: -abs(pair.difference_deg))
    for pair in largest[:SHOWN_PAIRS]:
        table.add_row(
            pair.a,
            pair.b,
            f"{pair.distance_km:.1f}",
            f"{pair.shmax_a_deg:.1f}",
            f"{pair.shmax_b_deg:.1f}",
            f"{pair.difference_deg:+.1f}",
            "" if pair.sigma_deg is None else f"{pair.sigma_deg:.1f}",
            "" if pair.p_value is None else f"{pair.p_value:.2g}",
            "yes" if pair.significant else "",
        )
    Console().print(table)
    for sentence in sentences(told, set_aside):
        typer.echo(sentence)


def sentences(told: "Comparison", set_aside: int) -> list[str]:
    """What a comparison says, in words."""
    mean = f"{told.mean_difference_deg:+.1f}°"
    if told.mean_interval95_deg is not None:
        low, high = told.mean_interval95_deg
        mean += f" (95 %: {low:+.1f}° to {high:+.1f}°, places taken as independent)"
    lines = [
        f"{told.n_pairs} places within {told.within_km:g} km, of {told.n_a} in A and {told.n_b} "
        f"in B with SHmax{f'; {set_aside} rows set aside' if set_aside else ''}.",
        f"B minus A: mean {mean}, clockwise positive; mean size {told.mean_absolute_deg:.1f}°, "
        f"median {told.median_absolute_deg:.1f}° (45° if unrelated, p = {told.p_unrelated:.2g}).",
    ]
    if told.rms_in_sigma is None:
        return [*lines, "No uncertainties in both: no difference can be tested."]
    return [
        *lines,
        f"{told.n_significant} of {told.n_tested} differ at a false-discovery rate of "
        f"{100 * told.false_discovery_rate:.0f} %; rms {told.rms_in_sigma:.2f} sigma.",
    ]
