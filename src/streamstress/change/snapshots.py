"""The detector's state, and its bytes."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from streamstress.change.events import ChangeEvent, State
from streamstress.change.settings import ChangeSettings
from streamstress.errors import ConfigError, CorruptRecordError

ASK_AGAIN = 1.05
"""Growth of the events since an onset after which the guards are asked again."""


@dataclass(slots=True)
class Pending:
    """A change in progress.

    ``onset`` is an index into the recent events; ``asked`` and ``sized`` count the events since it
    when the guards were asked last, and when a confirmed change was sized last.
    """

    state: State
    change_id: str
    onset: int
    asked: int = 0
    sized: int = 0
    guards: dict[str, str] = field(default_factory=dict)

    def is_asked(self, since: int, least: int) -> bool:
        """Whether enough events came since the onset for the guards to be asked, or asked again.

        Also where a later onset was found. A trigger that lasts for long is asked ever more rarely.
        """
        if since < least:
            return False
        return since < self.asked or since >= max(self.asked + 1, ASK_AGAIN * self.asked)


@dataclass(slots=True)
class DetectorState:
    """What the detector remembers besides the reference and the recent events.

    ``above`` and ``low`` count the latest consecutive events with the score over the threshold
    and under its half; ``labels`` are the clusters of the recent events, at a snapshot.
    """

    learning: list[ChangeEvent] = field(default_factory=list)
    last_key: tuple[int, str] | None = None
    above: int = 0
    low: int = 0
    pending: Pending | None = None
    labels: list[int] = field(default_factory=list)
    since: int = 0


def to_bytes(
    settings: ChangeSettings,
    state: DetectorState,
    reference: Sequence[ChangeEvent] | None,
    recent: Sequence[ChangeEvent],
) -> bytes:
    """JSON of a detector; numbers are written so that they read back the same."""
    content = {
        "settings": asdict(settings),
        "state": asdict(state),
        "reference": None if reference is None else [asdict(event) for event in reference],
        "recent": [asdict(event) for event in recent],
    }
    return json.dumps(content, sort_keys=True).encode()


def from_bytes(
    snapshot: bytes,
) -> tuple[ChangeSettings, DetectorState, list[ChangeEvent] | None, list[ChangeEvent]]:
    """Read settings, state, reference and recent events of `to_bytes`.

    Raises
    ------
    CorruptRecordError
        The bytes are no snapshot of a detector.
    """
    try:
        content = json.loads(snapshot)
        reference = content["reference"]
        return (
            ChangeSettings(**content["settings"]),
            _state(content["state"]),
            None if reference is None else [_event(event) for event in reference],
            [_event(event) for event in content["recent"]],
        )
    except (ValueError, KeyError, TypeError, ConfigError) as error:
        raise CorruptRecordError(f"not a snapshot of a change detector: {error}") from error


def _state(content: dict[str, Any]) -> DetectorState:
    pending, key = content["pending"], content["last_key"]
    return DetectorState(
        [_event(event) for event in content["learning"]],
        None if key is None else (key[0], key[1]),
        content["above"],
        content["low"],
        None if pending is None else Pending(**pending),
        content["labels"],
        content["since"],
    )


def _event(content: dict[str, Any]) -> ChangeEvent:
    lists = ("five", "stations", "stations_against")
    return ChangeEvent(**{**content, **{name: tuple(content[name]) for name in lists}})


def canonical(labels: Sequence[int]) -> list[int]:
    """Give the same clusters the same labels, whatever came before: numbered as they appear."""
    number: dict[int, int] = {}
    return [number.setdefault(label, len(number)) for label in labels]
