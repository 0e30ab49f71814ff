"""The options of ``solve``.

What the command does is imported when it runs: no other command pays for the solver's libraries.
"""

from pathlib import Path
from typing import Annotated

import typer


def solve(
    phases: Annotated[Path, typer.Argument(help="file of picks")],
    out: Annotated[Path, typer.Option("--out", "-o", help="CSV to write, a row a solution")],
    phase_format: Annotated[
        str, typer.Option("--format", help="hash1, hash2, hash3, skhash or quakeml")
    ],
    stations: Annotated[
        Path | None, typer.Option(help="HASH's list, CSV or StationXML; where picks have no rays")
    ] = None,
    reversals: Annotated[
        Path | None, typer.Option(help="stations with reversed polarity, HASH's format")
    ] = None,
    velocity: Annotated[
        list[Path] | None,
        typer.Option(help="'depth vp [vs]' of a layered model; up to ten, used in turn"),
    ] = None,
    amplitudes: Annotated[
        Path | None, typer.Option(help="S and P amplitudes: HASH's .amp or SKHASH's CSV")
    ] = None,
    statcor: Annotated[
        Path | None, typer.Option(help="station corrections of log10 S/P, HASH's format")
    ] = None,
    learn_statcor: Annotated[
        bool,
        typer.Option(
            "--learn-statcor", help="solve twice: learn corrections of S/P, then use them"
        ),
    ] = False,
    method: Annotated[str, typer.Option(help="hash: grid search; bayes: posterior")] = "hash",
    seed: Annotated[int, typer.Option(min=0, help="another seed, other perturbations")] = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="go on where an interrupted run ended")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, help="processes that solve")] = 1,
    trials: Annotated[int, typer.Option(min=1, help="trials with perturbed rays")] = 30,
    grid: Annotated[float, typer.Option(min=2.0, max=10.0, help="step of the grid, degrees")] = 5.0,
    bad_fraction: Annotated[
        float, typer.Option(min=0.0, max=0.5, help="share of polarities that may be wrong")
    ] = 0.1,
    sp_bad_fraction: Annotated[
        float, typer.Option(min=0.0, help="allowed mean misfit of log10 S/P")
    ] = 0.3,
    min_snr: Annotated[float, typer.Option(min=0.0, help="least S/N of an S/P amplitude")] = 3.0,
    max_distance_km: Annotated[float, typer.Option(min=1.0, help="farther is left out")] = 120.0,
    max_azimuth_gap: Annotated[float, typer.Option(min=0.0, help="larger: grade E")] = 90.0,
    max_takeoff_gap: Annotated[float, typer.Option(min=0.0, help="larger: grade E")] = 60.0,
    min_polarities: Annotated[int, typer.Option(min=1, help="fewer: grade F")] = 8,
    grade_c_probability: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="grade C needs more than this")
    ] = 0.5,
    figures: Annotated[
        Path | None, typer.Option(help="folder for a focal sphere of each event")
    ] = None,
    quakeml: Annotated[
        Path | None, typer.Option(help="folder for QuakeML of each event, both planes")
    ] = None,
    accepted: Annotated[
        Path | None, typer.Option(help="folder for the acceptable mechanisms of each event")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the summary as JSON")] = False,
) -> None:
    """Solve the focal mechanisms of a whole file. Exit status 3: some input was set aside."""
    from streamstress.cli.solve import SolveRequest, run_solve
    from streamstress.cli.solve_event import Task
    from streamstress.mechanism.readers.select import PhaseFiles
    from streamstress.mechanism.settings import MechanismSettings

    settings = MechanismSettings(
        grid_step_deg=grid,
        n_trials=trials,
        bad_fraction=bad_fraction,
        sp_bad_fraction=sp_bad_fraction,
        max_azimuth_gap_deg=max_azimuth_gap,
        max_takeoff_gap_deg=max_takeoff_gap,
        min_polarities=min_polarities,
        grade_c_probability=grade_c_probability,
    )
    models = tuple(velocity or ())
    folders = (figures, quakeml, accepted)
    task = Task(method, settings, seed, models, max_distance_km, *folders)  # type: ignore[arg-type]
    files = PhaseFiles(
        phases,
        phase_format,  # type: ignore[arg-type]
        stations,
        reversals,
        amplitudes,
        statcor,
        max_distance_km,
        min_snr,
    )
    request = SolveRequest(files, out, task, workers, resume, as_json, learn_statcor)
    raise typer.Exit(run_solve(request))
