"""What ``polarity evaluate`` finds: precision and calibration, thresholds, repeaters, reversals."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from streamstress.cli.polarity_mechanisms import (
    located_events,
    probabilities,
    quality_by_threshold,
    reversed_stations,
)
from streamstress.cli.polarity_readings import classified, readings_of
from streamstress.errors import InputFileError, UnusableDataError
from streamstress.mechanism.reversals import Reversal
from streamstress.mechanism.settings import MechanismSettings
from streamstress.outputs import polarity_figures
from streamstress.outputs.picks_csv import PickLine
from streamstress.polarity.calibration import reliability
from streamstress.polarity.classify import PolarityModel
from streamstress.polarity.evaluation import PolarityScore, score
from streamstress.polarity.grids import HIGHEST_GRID_HZ
from streamstress.polarity.repeaters import (
    Agreement,
    RepeaterReadings,
    agreement_by_snr,
    agreement_by_station,
    agreement_of,
    repeater_pairs,
)
from streamstress.polarity.thresholds import (
    MechanismQuality,
    best_threshold,
    precision_recall,
    threshold_for_precision,
)

FAMILY = "family"
"""Column of a repeaters file that names the family of an event."""


@dataclass(slots=True)
class Findings:
    """What was found of one set of readings; what the readings cannot tell is left empty."""

    source: str
    labelled: PolarityScore | None = None
    precision_wanted: float | None = None
    threshold_for_precision: float | None = None
    note: str = ""
    qualities: list[MechanismQuality] = field(default_factory=list)
    best: MechanismQuality | None = None
    reversals: list[Reversal] = field(default_factory=list)
    repeaters: Agreement | None = None
    by_station: list[Agreement] = field(default_factory=list)
    by_snr: list[Agreement] = field(default_factory=list)
    figures: list[Path] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """Plain values, NaN as null."""
        return {name: _plain(value) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to evaluate with: precision, threshold of decisions, folder of the figures.

    ``highest_rate_hz`` is of what is classified anew.
    """

    precision: float
    threshold: float
    folder: Path | None
    highest_rate_hz: float = HIGHEST_GRID_HZ


def model_readings(
    path: Path, archive: Path | None, model: PolarityModel | None, needed: Sequence[str] = ()
) -> list[PickLine]:
    """Rows of a file, classified by a model where an archive is given.

    Raises
    ------
    InputFileError
        No row has an up probability.
    """
    rows = readings_of(path, needed)
    if archive is not None and model is not None:
        rows = classified(rows, archive, model)
    if not any(row.up_probability is not None for row in rows):
        raise InputFileError(
            f"{path}: no row has an up_probability; run 'streamstress polarity classify' on it, or "
            "give the archive with --waveforms"
        )
    return rows


def evaluate_readings(rows: Sequence[PickLine], wanted: Wanted, findings: Findings) -> None:
    """Evaluate against labels where there are some, and by mechanisms where there are rays.

    Raises
    ------
    InputFileError
        There is neither.
    """
    labelled = [row for row in rows if row.label and row.up_probability is not None]
    events = located_events(rows)
    if not labelled and not events:
        raise InputFileError(
            f"{findings.source}: nothing to evaluate by; it takes a column label (up, down), or "
            "event_id, azimuth_deg and takeoff_deg"
        )
    if labelled:
        _by_labels(labelled, wanted, findings)
    if events:
        _by_mechanisms(events, wanted, findings)


def evaluate_repeaters(rows: Sequence[PickLine], wanted: Wanted, findings: Findings) -> None:
    """Evaluate by the agreement of the members of families.

    Raises
    ------
    UnusableDataError
        No two members of a family were read at one station.
    """
    read = [row for row in rows if row.phase == "P" and row.up_probability is not None]
    pairs = repeater_pairs(
        RepeaterReadings(
            np.array([row.extra[FAMILY] for row in read]),
            np.array([row.event_id or "" for row in read]),
            np.array([row.station_code for row in read]),
            probabilities(read),
            np.array([row.snr for row in read], float),
        )
    )
    if pairs.weight.size == 0:
        raise UnusableDataError("no two members of a family were read at one station")
    findings.repeaters = agreement_of(pairs, wanted.threshold)
    findings.by_snr = agreement_by_snr(pairs, wanted.threshold)
    stations = agreement_by_station(pairs, wanted.threshold)
    findings.by_station = sorted(stations, key=lambda a: (np.nan_to_num(a.accuracy, nan=2), a.name))
    if wanted.folder is not None:
        rows_of = [
            [(a.name, a.accuracy, a.accuracy_low, a.accuracy_high) for a in part]
            for part in (findings.by_snr, findings.by_station)
        ]
        figure = polarity_figures.repeater_figure(pairs.score, *rows_of)
        _save(figure, wanted.folder, "repeaters", findings)


def _by_labels(labelled: Sequence[PickLine], wanted: Wanted, findings: Findings) -> None:
    p, sign = probabilities(labelled), np.array([row.label for row in labelled], int)
    findings.labelled = score(p, sign, wanted.threshold)
    findings.precision_wanted = wanted.precision
    chosen = _threshold(p, sign, wanted.precision, findings)
    findings.threshold_for_precision = chosen
    if wanted.folder is None:
        return
    curve = precision_recall(p, sign > 0)
    mark = None
    if chosen is not None:
        place = int(np.searchsorted(curve.threshold, chosen))
        mark = (float(curve.recall[place]), float(curve.precision[place]), chosen)
    title = f"{findings.source}: {len(labelled)} labels"
    figure = polarity_figures.precision_recall_figure(
        curve.recall, curve.precision, curve.precision_low, chosen=mark, title=title
    )
    _save(figure, wanted.folder, "precision-recall", findings)
    bins = reliability(p, sign > 0)
    title = f"{title}, expected calibration error {bins.expected_error:.4f}"
    curves = [("bins; area: onsets in it", bins.confidence, bins.accuracy, bins.count)]
    figure = polarity_figures.reliability_figure(curves, title=title)
    _save(figure, wanted.folder, "reliability", findings)


def _threshold(
    p: NDArray[np.float64], sign: NDArray[np.int_], precision: float, findings: Findings
) -> float | None:
    try:
        return threshold_for_precision(precision_recall(p, sign > 0), precision)
    except UnusableDataError as error:
        findings.note = str(error)
        return None


def _by_mechanisms(events: dict[str, list[PickLine]], wanted: Wanted, findings: Findings) -> None:
    findings.reversals = reversed_stations(events)
    findings.qualities = quality_by_threshold(events, MechanismSettings())
    try:
        findings.best = best_threshold(findings.qualities)
    except UnusableDataError as error:
        findings.note = f"{findings.note} {error}".strip()
        return
    if wanted.folder is not None:
        rows: list[tuple[str, list[float]]] = [
            (f"grades A to C\nof {len(events)}", [float(q.n_usable) for q in findings.qualities]),
            ("mean probability", [q.probability for q in findings.qualities]),
            ("mean misfit", [q.misfit for q in findings.qualities]),
            ("bits told of a\nreading left out", [q.information_bits for q in findings.qualities]),
        ]
        thresholds = [quality.threshold for quality in findings.qualities]
        figure = polarity_figures.mechanism_quality_figure(
            thresholds, rows, chosen=findings.best.threshold
        )
        _save(figure, wanted.folder, "mechanisms", findings)


def _save(figure: Figure, folder: Path, name: str, findings: Findings) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{findings.source}-{name}.png"
    figure.savefig(path, dpi=150)
    findings.figures.append(path)


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value
