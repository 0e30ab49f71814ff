"""What a check finds, and what is to be done about it."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "problem"]
"""A problem wants somebody, a note only a reader."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence of the doctor."""

    check: str
    level: Level
    what: str
    do: str = ""


def ok(check: str, what: str) -> Finding:
    """Nothing is wrong."""
    return Finding(check, "ok", what)


def note(check: str, what: str, do: str = "") -> Finding:
    """Something to know."""
    return Finding(check, "note", what, do)


def problem(check: str, what: str, do: str) -> Finding:
    """Something to do."""
    return Finding(check, "problem", what, do)


def span(seconds: float) -> str:
    """A time for people: ``42 s``, ``7 min``, ``3.5 h``, ``2.0 days``."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 2 * 86400 else f"{seconds / 86400:.1f} days"


def listed(names: list[str], most: int = 8) -> str:
    """Names in a sentence, the first of many."""
    shown = ", ".join(sorted(names)[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
