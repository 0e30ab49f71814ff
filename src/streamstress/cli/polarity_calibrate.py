"""What ``polarity calibrate`` does: a model's probabilities, fitted to a network."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from streamstress.cli.polarity_mechanisms import (
    calibration_by_mechanisms,
    located_events,
    probabilities,
)
from streamstress.cli.polarity_readings import readings_of
from streamstress.errors import InputFileError
from streamstress.outputs.picks_csv import PickLine
from streamstress.polarity.calibration import (
    Calibration,
    Reliability,
    fit_to_labels,
    logits_of,
    reliability,
)
from streamstress.polarity.classify import PolarityModel
from streamstress.polarity.weights_file import load_weights, save_weights

By = Literal["auto", "labels", "mechanisms"]


@dataclass(frozen=True, slots=True)
class CalibrationFound:
    """A calibration; where there are labels, the reliability before and after it."""

    calibration: Calibration
    before: Reliability | None
    after: Reliability | None

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        errors = [None if one is None else one.expected_error for one in (self.before, self.after)]
        names = ("calibration_error_before", "calibration_error_after")
        return {**asdict(self.calibration), **dict(zip(names, errors, strict=True))}


def calibrated_weights(path: Path, weights: Path | None, by: By, out: Path) -> CalibrationFound:
    """Fit a calibration to the readings of a file, and write the weights with it.

    Raises
    ------
    InputFileError
        The file has neither labels nor rays, or other weights wrote its probabilities.
    UnusableDataError
        There are too few of them.
    """
    trained = load_weights(weights)
    rows = [row for row in readings_of(path, ("up_probability",)) if row.up_probability is not None]
    _check_model(path, rows, PolarityModel(trained).name)
    labelled = [row for row in rows if row.label]
    if by == "labels" or (by == "auto" and labelled):
        logits, up = _logits_and_labels(labelled, trained.calibration)
        fitted = fit_to_labels(logits, up, f"labels of {path.name}")
    else:
        events = located_events(rows)
        if not events:
            raise InputFileError(
                f"{path}: no column label (up, down), nor event_id, azimuth_deg and takeoff_deg"
            )
        fitted = calibration_by_mechanisms(events, trained.calibration)
    save_weights(replace(trained, calibration=fitted), out)
    return CalibrationFound(fitted, *_reliabilities(labelled, trained.calibration, fitted))


def _check_model(path: Path, rows: Sequence[PickLine], expected: str) -> None:
    """A calibration is that of one model: readings of another would calibrate that one."""
    others = sorted({row.model for row in rows if row.model and row.model != expected})
    if others:
        raise InputFileError(
            f"{path}: classified with {', '.join(others)}, not with {expected}; give the weights "
            "that wrote it with --weights, or run 'streamstress polarity classify' again"
        )


def _logits_and_labels(
    rows: Sequence[PickLine], calibration: Calibration
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    logits = logits_of(probabilities(rows), calibration)
    return logits, np.array([row.label == 1 for row in rows], bool)


def _reliabilities(
    labelled: Sequence[PickLine], held: Calibration, fitted: Calibration
) -> tuple[Reliability | None, Reliability | None]:
    if not labelled:
        return None, None
    logits, up = _logits_and_labels(labelled, held)
    return reliability(held.apply(logits), up), reliability(fitted.apply(logits), up)
