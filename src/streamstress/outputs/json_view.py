"""Records as JSON: field names as everywhere, but times as ISO 8601 strings.

``time_ns`` becomes ``time``, ``onset_time_ns`` becomes ``onset_time``, ``sent_ns`` becomes
``sent``: a name without a unit is an ISO string in UTC.
"""

from datetime import UTC, datetime
from typing import Any, TypeAlias

import msgspec

_NS = 1_000_000_000

Json: TypeAlias = Any
"""Null, bool, number, string, list or dict with string keys."""


def iso_time(time_ns: int) -> str:
    """ISO 8601 UTC with microseconds, as ``2011-03-11T05:46:24.120000Z``."""
    whole, rest_ns = divmod(time_ns, _NS)
    moment = datetime.fromtimestamp(whole, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest_ns // 1000:06d}Z"


def json_view(record: object) -> Json:
    """Plain lists and dicts of a record (or a list or dict of records), ready for JSON.

    Integer fields named ``..._ns`` are turned into ISO strings and lose the ending.
    """
    return _with_iso_times(msgspec.to_builtins(record))


def json_bytes(record: object) -> bytes:
    """JSON text of `json_view`."""
    return msgspec.json.encode(json_view(record))


def _with_iso_times(value: Json) -> Json:
    if isinstance(value, dict):
        return dict(_renamed(name, item) for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return [_with_iso_times(item) for item in value]
    return value


def _renamed(name: Json, item: Json) -> tuple[Json, Json]:
    if isinstance(name, str) and name.endswith("_ns") and isinstance(item, (int, type(None))):
        return name[: -len("_ns")], None if item is None else iso_time(item)
    return name, _with_iso_times(item)
