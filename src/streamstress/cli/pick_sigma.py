"""``streamstress pick-sigma``: the time errors of picks, from picks of analysts or residuals."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated

import typer

from streamstress.errors import InputFileError

if TYPE_CHECKING:
    from streamstress.outputs.picks_csv import PickLine
    from streamstress.picking.extract import Phase
    from streamstress.picking.sigma import PickSigma

Told = tuple[float, float, float]
"""Probability, signal over noise, and how late a pick is, s."""

PHASES: "tuple[Phase, Phase]" = ("P", "S")

MATCH_S = 0.5
"""A pick farther from the analyst's, or from where its event has it, is another phase."""

UNKNOWNS = 4
"""Of a location: its residuals are smaller than the errors by root (n - 4) / n."""

FEWEST_OF_EVENT = 8
"""Readings of an event whose residuals count: with fewer the location swallows the errors."""

FEWEST_OF_STATION = 5
"""Residuals of a station and phase whose median is taken off: the velocity model's part."""


def pick_sigma(
    picks: Annotated[
        Path,
        typer.Argument(
            help="picks CSV as 'streamstress pick' writes it; without --manual one with residuals, "
            "as 'streamstress locate --arrivals' writes it"
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="file for the setting picking.sigma")],
    manual: Annotated[Path | None, typer.Option(help="picks CSV of analysts")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the summary as JSON")] = False,
) -> None:
    """Learn the time error of picks by phase, probability and signal over noise.

    From picks of analysts; or from the residuals of located earthquakes, less what each station has
    in common, where a part of the velocity model's error stays in.
    """
    from streamstress.outputs.picks_csv import read_picks
    from streamstress.picking.sigma import write_sigma

    if manual is not None:
        sigma = learned_sigma(read_picks(picks).rows, read_picks(manual).rows)
        origin = {"picks": str(picks), "reference": str(manual), "within_s": MATCH_S}
    else:
        rows = read_picks(picks, ("event_id", "residual_s", "probability", "snr")).rows
        sigma = fitted({phase: _residuals(rows, phase) for phase in PHASES}, "with a residual")
        origin = {"picks": str(picks), "reference": "residuals", "within_s": MATCH_S}
    write_sigma(sigma, out, origin)
    if as_json:
        typer.echo(json.dumps({"picks": dict(sigma.picks), "out": str(out)}))
        return
    for phase, count in sigma.picks.items():
        at = [f"{sigma.curves[phase].sigma_s(p, 10.0):.3f} s at {p:g}" for p in (0.3, 0.6, 0.9)]
        typer.echo(f"{phase}: {count} picks; sigma at signal over noise 10: {', '.join(at)}")


def learned_sigma(picks: Sequence["PickLine"], manual: Sequence["PickLine"]) -> "PickSigma":
    """Curves of both phases from picks of analysts; see `fitted`."""
    matches = {phase: _matches(picks, manual, phase) for phase in PHASES}
    return fitted(matches, f"within {MATCH_S} s of a manual one")


def fitted(told: Mapping["Phase", Sequence[Told]], which: str) -> "PickSigma":
    """Curves of both phases; a phase with too few picks keeps the default's.

    Raises
    ------
    InputFileError
        Neither phase has enough.
    """
    import numpy as np

    from streamstress.picking.sigma import DEFAULT_CURVES, LEAST_PICKS, PickSigma, fit_sigma

    curves = dict(DEFAULT_CURVES)
    counts: dict[Phase, int] = {"P": 0, "S": 0}
    for phase, rows in told.items():
        matched = np.array(rows).reshape(-1, 3)
        if len(matched) >= LEAST_PICKS:
            curves[phase], counts[phase] = fit_sigma(phase, *matched.T), len(matched)
    if not any(counts.values()):
        raise InputFileError(f"there are fewer than {LEAST_PICKS} picks of either phase {which}")
    return PickSigma(curves, counts)


def _residuals(rows: Sequence["PickLine"], phase: str) -> list[Told]:
    """Probability, signal over noise and error (s) of the picks of events of enough readings."""
    readings = Counter(row.event_id for row in rows)
    found: dict[str, list[Told]] = {}
    for row in rows:
        n = readings[row.event_id]
        if row.phase != phase or n < FEWEST_OF_EVENT or row.probability is None or row.snr is None:
            continue
        error_s = _number(row) * (n / (n - UNKNOWNS)) ** 0.5
        if abs(error_s) <= MATCH_S:
            found.setdefault(row.station_code, []).append((row.probability, row.snr, error_s))
    return [one for own in found.values() for one in _less_median(own)]


def _less_median(own: Sequence[Told]) -> list[Told]:
    common_s = median(told[2] for told in own)
    known = len(own) >= FEWEST_OF_STATION
    return [(p, snr, error_s - common_s) for p, snr, error_s in own] if known else []


def _number(row: "PickLine") -> float:
    """The residual of a row, s; of a row without one, more than any that counts."""
    try:
        return float(row.extra["residual_s"])
    except (KeyError, ValueError):
        return inf


def _matches(picks: Sequence["PickLine"], manual: Sequence["PickLine"], phase: str) -> list[Told]:
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
