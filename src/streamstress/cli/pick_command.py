"""The options of ``pick``.

What the command does is imported when it runs: no other command pays for torch.
"""

from pathlib import Path
from typing import Annotated

import typer


def pick(
    archive: Annotated[Path, typer.Argument(help="miniSEED file, folder or SDS archive")],
    out: Annotated[Path, typer.Option("--out", "-o", help="picks CSV to write")],
    picker: Annotated[
        str,
        typer.Option(
            help="demo (trained on simulated data); sta-lta (no model); phasenet:X, "
            "eqtransformer:X or another model of seisbench, X a pair of files X.json and X.pt, or "
            "a name that seisbench can fetch"
        ),
    ] = "demo",
    p_threshold: Annotated[
        float | None,
        typer.Option(min=0.01, max=1.0, help="least probability; left out: the weights' own"),
    ] = None,
    s_threshold: Annotated[
        float | None,
        typer.Option(min=0.01, max=1.0, help="least probability; left out: the weights' own"),
    ] = None,
    step_s: Annotated[float, typer.Option(min=1.0, help="step between windows, s")] = 5.0,
    polarity: Annotated[bool, typer.Option(help="read the first motion of each P as well")] = True,
    weights: Annotated[
        Path | None, typer.Option(help="weights for first motions; the package's own if left out")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the summary as JSON")] = False,
) -> None:
    """Pick an archive as the live agents would: the same windows, the same picks."""
    from streamstress.cli.pick import PickRequest, run_pick
    from streamstress.config.stages import Picking

    picking = Picking(
        picker=picker, p_threshold=p_threshold, s_threshold=s_threshold, step_s=step_s
    )
    run_pick(PickRequest(archive, out, picking, polarity, weights), as_json=as_json)
