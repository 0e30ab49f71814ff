"""``streamstress pick-sigma``: the time errors of picks, learned from picks of analysts."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streamstress.errors import InputFileError

if TYPE_CHECKING:
    from streamstress.outputs.picks_csv import PickLine
    from streamstress.picking.extract import Phase
    from streamstress.picking.sigma import PickSigma

MATCH_S = 0.5
"""A pick farther from the analyst's is another phase."""


def pick_sigma(
    picks: Annotated[Path, typer.Argument(help="picks CSV as 'streamstress pick' writes it")],
    manual: Annotated[Path, typer.Option(help="picks CSV of analysts, or of located residuals")],
    out: Annotated[Path, typer.Option("--out", "-o", help="file for the setting picking.sigma")],
    as_json: Annotated[bool, typer.Option("--json", help="print the summary as JSON")] = False,
) -> None:
    """Learn the time error of picks by phase, probability and signal over noise."""
    from streamstress.outputs.picks_csv import read_picks
    from streamstress.picking.sigma import write_sigma

    sigma = learned_sigma(read_picks(picks).rows, read_picks(manual).rows)
    write_sigma(sigma, out, {"picks": str(picks), "reference": str(manual), "within_s": MATCH_S})
    if as_json:
        typer.echo(json.dumps({"picks": dict(sigma.picks), "out": str(out)}))
        return
    for phase, count in sigma.picks.items():
        at = [f"{sigma.curves[phase].sigma_s(p, 10.0):.3f} s at {p:g}" for p in (0.3, 0.6, 0.9)]
        typer.echo(f"{phase}: {count} picks; sigma at signal over noise 10: {', '.join(at)}")


def learned_sigma(picks: Sequence["PickLine"], manual: Sequence["PickLine"]) -> "PickSigma":
    """Curves of both phases; a phase with too few matches keeps the default's.

    Raises
    ------
    InputFileError
        Neither phase has enough.
    """
    import numpy as np

    from streamstress.picking.sigma import DEFAULT_CURVES, LEAST_PICKS, PickSigma, fit_sigma

    curves = dict(DEFAULT_CURVES)
    counts: dict[Phase, int] = {"P": 0, "S": 0}
    phases: tuple[Phase, Phase] = ("P", "S")
    for phase in phases:
        matched = np.array(_matches(picks, manual, phase)).reshape(-1, 3)
        if len(matched) >= LEAST_PICKS:
            curves[phase], counts[phase] = fit_sigma(phase, *matched.T), len(matched)
    if not any(counts.values()):
        raise InputFileError(
            f"fewer than {LEAST_PICKS} picks of either phase lie within {MATCH_S} s of a manual one"
        )
    return PickSigma(curves, counts)


def _matches(
    picks: Sequence["PickLine"], manual: Sequence["PickLine"], phase: str
) -> list[tuple[float, float, float]]:
    """Probability, signal over noise and residual (s) of the pick nearest to each manual one."""
    by_station: dict[str, list[PickLine]] = {}
    for line in picks:
        if line.phase == phase and line.probability is not None and line.snr is not None:
            by_station.setdefault(line.station_code, []).append(line)
    found = []
    for reference in manual:
        near = by_station.get(reference.station_code, []) if reference.phase == phase else []
        best = min(near, key=lambda line: abs(line.time_ns - reference.time_ns), default=None)
        if best is None or best.probability is None or best.snr is None:
            continue
        residual_s = (best.time_ns - reference.time_ns) / 1e9
        if abs(residual_s) <= MATCH_S:
            found.append((best.probability, best.snr, residual_s))
    return found
