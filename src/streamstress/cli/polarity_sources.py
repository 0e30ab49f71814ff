"""The sets of readings that ``polarity evaluate`` compares: of a file, or anew by each weights."""

from collections.abc import Sequence
from pathlib import Path

from streamstress.cli.polarity_evaluate import (
    FAMILY,
    Findings,
    Wanted,
    evaluate_readings,
    evaluate_repeaters,
    model_readings,
)
from streamstress.errors import InputFileError
from streamstress.polarity.classify import PolarityModel, load_polarity_model


def evaluate_sources(
    readings: Path | None,
    repeaters: Path | None,
    waveforms: Path | None,
    weights: Sequence[Path],
    wanted: Wanted,
) -> list[Findings]:
    """Evaluate readings, repeaters or both; with an archive, once for each weight file.

    Raises
    ------
    InputFileError
        No file was given, weights came without an archive, or a file is of no use.
    """
    if readings is None and repeaters is None:
        raise InputFileError("give a picks CSV with readings, or --repeaters FILE, or both")
    if weights and waveforms is None:
        raise InputFileError("--weights needs --waveforms: without them nothing is classified anew")
    found = []
    for name, model in _models(waveforms, weights, wanted):
        for path, needed in ((readings, ()), (repeaters, (FAMILY, "event_id"))):
            if path is None:
                continue
            findings = Findings("-".join(filter(None, (path.stem, name))))
            rows = model_readings(path, waveforms, model, needed)
            evaluate = evaluate_repeaters if needed else evaluate_readings
            evaluate(rows, wanted, findings)
            found.append(findings)
    return found


def _models(
    waveforms: Path | None, weights: Sequence[Path], wanted: Wanted
) -> list[tuple[str, PolarityModel | None]]:
    """Names and models; no model where the file's own probabilities count."""
    if waveforms is None:
        return [("", None)]
    how = (wanted.threshold, wanted.highest_rate_hz)
    if not weights:
        return [("own", load_polarity_model(None, *how))]
    return [(path.stem, load_polarity_model(path, *how)) for path in weights]
