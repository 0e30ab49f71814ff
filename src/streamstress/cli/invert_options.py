"""What ``invert`` is asked for, and what it refuses before the work begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from streamstress.cli.invert_input import WEIGHTS
from streamstress.errors import ConfigError
from streamstress.stress.estimate import MIN_EVENTS
from streamstress.stress.invert import PlaneMode

GRADES = "ABCDEF"

MIN_RESAMPLINGS = 40
"""Fewer resamplings have no draw beyond a 95 % bound."""


@dataclass(frozen=True, slots=True)
class InvertOptions:
    """Options of the command, as the user gives them."""

    columns: str = "lat,lon"
    grid: str | None = None
    smoothing: str = "abic"
    planes: str = "instability"
    grades: str = "ABC"
    weights: str = "grade"
    resamplings: int | None = None
    min_events: int = MIN_EVENTS
    friction: float = 0.6
    faults: Path | None = None
    boundaries: Path | None = None
    reach: float | None = None
    figures: Path | None = None
    causal: bool = False
    seed: int = 0


def check_options(options: InvertOptions, columns: Sequence[str], out: Path) -> None:
    """Refuse options that no run could use.

    Raises
    ------
    ConfigError
    """
    modes = get_args(PlaneMode)
    if options.planes not in modes:
        raise ConfigError(f"--planes {options.planes!r}: give one of {', '.join(modes)}")
    if options.weights not in WEIGHTS:
        raise ConfigError(f"--weights {options.weights!r}: give one of {', '.join(WEIGHTS)}")
    if not columns:
        raise ConfigError("--columns is empty: give names such as lat,lon or x,y")
    if len(set(columns)) < len(columns):
        raise ConfigError(f"--columns {','.join(columns)}: give each column once")
    grades = options.grades.upper()
    if not grades or set(grades) - set(GRADES):
        raise ConfigError(f"--grades {options.grades!r}: give some of the letters {GRADES}")
    if options.resamplings is not None and 0 < options.resamplings < MIN_RESAMPLINGS:
        raise ConfigError(
            f"--bootstrap {options.resamplings}: give 0 for none, or {MIN_RESAMPLINGS} and more"
        )
    if options.reach is not None and not options.reach > 0:
        raise ConfigError(f"--reach {options.reach}: give a distance over 0")
    if out.is_dir():
        raise ConfigError(f"--out {out} is a folder: give the name of a file")
