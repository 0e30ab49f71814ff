"""The bytes of a rolling stress."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamstress.errors import CorruptRecordError
from streamstress.stress.contribution import EventContribution

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Held:
    """An event of a window."""

    version: int
    origin_time_ns: int
    contribution: EventContribution


def to_bytes(head: dict[str, Any], ids: Sequence[str], held: Sequence[Held]) -> bytes:
    """Bytes of settings, event ids and events; the same for the same content."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = _arrays(held)
    arrays["head"] = np.frombuffer(json.dumps({**head, "ids": list(ids)}).encode(), np.uint8)
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def from_bytes(snapshot: bytes) -> tuple[dict[str, Any], dict[str, Held]]:
    """Read settings and events of `to_bytes`.

    Raises
    ------
    CorruptRecordError
        The bytes are no snapshot.
    """
    try:
        arrays = np.load(io.BytesIO(snapshot), allow_pickle=False)
        head = json.loads(arrays["head"].tobytes())
        return head, dict(zip(head.pop("ids"), _held_of(dict(arrays)), strict=True))
    except (ValueError, KeyError, TypeError, OSError, EOFError) as error:
        raise CorruptRecordError(f"not a snapshot of a rolling stress: {error}") from error


def _arrays(held: Sequence[Held]) -> dict[str, NDArray[np.generic]]:
    events = [one.contribution for one in held]
    count = [event.probability.size for event in events]
    empty = np.zeros((0, 2, 3))
    return {
        "version": np.array([one.version for one in held], np.int64),
        "origin_time_ns": np.array([one.origin_time_ns for one in held], np.int64),
        "count": np.array(count, np.int64),
        "normal": np.concatenate([empty, *(event.normal for event in events)]),
        "slip": np.concatenate([empty, *(event.slip for event in events)]),
        "probability": np.concatenate([np.zeros(0), *(event.probability for event in events)]),
        "weight": np.array([event.weight for event in events], float),
        "a": np.array([event.a for event in events], float).reshape(-1, 5, 5),
        "b": np.array([event.b for event in events], float).reshape(-1, 5),
        "five": np.array([event.five for event in events], float).reshape(-1, 5),
    }


def _held_of(arrays: dict[str, NDArray[np.float64]]) -> list[Held]:
    ends = np.cumsum(arrays["count"]).astype(int)
    held = []
    for i, end in enumerate(ends):
        part = slice(int(ends[i - 1]) if i else 0, int(end))
        event = EventContribution(
            arrays["normal"][part],
            arrays["slip"][part],
            arrays["probability"][part],
            float(arrays["weight"][i]),
            arrays["a"][i],
            arrays["b"][i],
            arrays["five"][i],
        )
        time_ns, version = int(arrays["origin_time_ns"][i]), int(arrays["version"][i])
        held.append(Held(version, time_ns, event))
    return held
