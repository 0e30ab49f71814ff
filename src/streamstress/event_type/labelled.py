"""Files of labels, and the simulated events that training starts from."""

import csv
from pathlib import Path

import numpy as np

from streamstress.errors import InputFileError, WeightsError
from streamstress.event_type.features import NAMES
from streamstress.event_type.model import KINDS, Kind
from streamstress.event_type.training import LabelledEvents

COLUMNS = ("event_id", "kind")
SIMULATED = Path(__file__).parent / "weights" / "simulated_events.npz"


def read_labels(path: Path) -> dict[str, Kind]:
    """Kinds by event id, from a CSV with the columns `COLUMNS`; others are passed over.

    Raises
    ------
    InputFileError
        The file is missing, or a line names no kind, or an event twice with two kinds.
    """
    expected = f"expected a CSV with the columns {', '.join(COLUMNS)}; kinds: {', '.join(KINDS)}"
    labels: dict[str, Kind] = {}
    try:
        with path.open(newline="", encoding="utf-8") as source:
            rows = csv.DictReader(source)
            missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
            if missing:
                raise InputFileError(f"{path}, line 1: no column {missing[0]}; {expected}")
            for row in rows:
                _take(labels, path, rows.line_num, row)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputFileError(f"{path}: cannot be read ({error}); {expected}") from error
    if not labels:
        raise InputFileError(f"{path}: no label in it; {expected}")
    return labels


def _take(labels: dict[str, Kind], path: Path, line: int, row: dict[str, str | None]) -> None:
    event_id, word = ((row[name] or "").strip() for name in COLUMNS)
    if not event_id:
        raise InputFileError(f"{path}, line {line}: no event_id")
    if word not in KINDS:
        raise InputFileError(
            f"{path}, line {line}: kind {word!r} is unknown; expected {', '.join(KINDS)}"
        )
    kind = KINDS[KINDS.index(word)]
    if labels.setdefault(event_id, kind) != kind:
        raise InputFileError(
            f"{path}, line {line}: event {event_id} is {kind} here and {labels[event_id]} above"
        )


def save_events(events: LabelledEvents, path: Path) -> None:
    """Write features, kinds and weights, small."""
    path.parent.mkdir(parents=True, exist_ok=True)
    features = events.features.astype(np.float32)
    kind = events.kind.astype(np.int8)
    weight = events.weight.astype(np.float32)
    np.savez_compressed(path, features=features, kind=kind, weight=weight, names=np.array(NAMES))


def load_events(path: Path = SIMULATED) -> LabelledEvents:
    """Read features and kinds; those of the package where no path is given.

    Raises
    ------
    WeightsError
        The file is missing or damaged, or was made for other features.
    """
    try:
        with np.load(path, allow_pickle=False) as content:
            names, kind = tuple(content["names"].tolist()), content["kind"].astype(np.int64)
            features = content["features"].astype(np.float64)
            weight = content["weight"].astype(np.float64)
    except (OSError, ValueError, KeyError) as error:
        raise WeightsError(f"{path}: no labelled features ({error!r})") from error
    if names != NAMES or features.shape != (len(kind), len(NAMES)) or weight.shape != kind.shape:
        raise WeightsError(f"{path}: made for other features of events; simulate them anew")
    return LabelledEvents(features, kind, weight)
