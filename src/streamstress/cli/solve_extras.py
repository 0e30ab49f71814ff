"""What ``solve`` writes beside its CSV where asked: figures, QuakeML, acceptable mechanisms."""

import csv
from pathlib import Path

from streamstress.mechanism.inputs import PolarityData
from streamstress.mechanism.readers.events import PickedEvent
from streamstress.mechanism.results import MechanismResult
from streamstress.outputs.solution_figure import write_figure
from streamstress.outputs.solution_quakeml import write_quakeml


def write_extras(
    event: PickedEvent,
    data: PolarityData,
    result: MechanismResult,
    figures: Path | None,
    quakeml: Path | None,
    accepted: Path | None,
) -> None:
    """Write the files of one event into the folders that are given."""
    name = "".join(c if c.isalnum() or c in "-._" else "-" for c in event.event_id)
    if figures is not None and result.solutions:
        write_figure(figures / f"{name}.svg", event.event_id, data, result)
    if quakeml is not None:
        write_quakeml(quakeml / f"{name}.xml", event.origin, result)
    if accepted is not None and result.solutions:
        _write_accepted(accepted / f"{name}.csv", result)


def _write_accepted(path: Path, result: MechanismResult) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("strike", "dip", "rake"))
        rows.writerows([f"{angle:.1f}" for angle in row] for row in result.accepted)
