"""What goes over a topic comes back the same, and what is no record is named."""

import types
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamstress.errors import CorruptRecordError
from streamstress.records import Control, DeadLetter, Pick, Progress, Record
from streamstress.wire.codec import decode, encode

RECORDS = get_args(Record)

PLAIN = {
    str: st.text(max_size=12),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
    bytes: st.binary(max_size=40),
    type(None): st.none(),
}


def values_of(kind: object) -> st.SearchStrategy:
    """Any value that a field of this type may hold."""
    origin, parts = get_origin(kind), get_args(kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if origin is Literal:
        return st.sampled_from(parts)
    if origin in (types.UnionType, Union):
        return st.one_of(*map(values_of, parts))
    if origin is tuple and parts[-1] is Ellipsis:
        return st.lists(values_of(parts[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values_of, parts))
    if origin is dict:
        return st.dictionaries(*map(values_of, parts), max_size=3)
    return records_of(kind)


def records_of(kind: type[msgspec.Struct]) -> st.SearchStrategy:
    fields = msgspec.structs.fields(kind)
    return st.builds(kind, **{field.name: values_of(field.type) for field in fields})


def example_of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """One record as its fields on the wire."""
    fields = msgspec.structs.fields(kind)
    made = kind(**{field.name: simplest(field.type) for field in fields})
    return msgspec.msgpack.decode(encode(made))


def simplest(kind: object) -> object:
    origin, parts = get_origin(kind), get_args(kind)
    if kind in PLAIN:
        return {str: "a", int: 1, float: 1.5, bool: True, bytes: b"x"}.get(kind)
    if origin is Literal:
        return parts[0]
    if origin in (types.UnionType, Union):
        return simplest(parts[0])
    if origin is tuple:
        return () if parts[-1] is Ellipsis else tuple(map(simplest, parts))
    if origin is dict:
        return {}
    fields = msgspec.structs.fields(kind)
    return kind(**{field.name: simplest(field.type) for field in fields})


@pytest.mark.parametrize("kind", RECORDS)
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_record_comes_back_as_it_was_sent(kind: type[msgspec.Struct], data: st.DataObject):
    record = data.draw(records_of(kind))
    assert decode(encode(record)) == record
    assert type(decode(encode(record))) is kind


FIELDS = [(kind, field.name) for kind in RECORDS for field in msgspec.structs.fields(kind)]


@pytest.mark.parametrize(("kind", "name"), FIELDS)
def test_a_field_of_a_wrong_type_is_named(kind: type[msgspec.Struct], name: str):
    content = example_of(kind)
    content[name] = 17 if isinstance(content[name], str | bytes) else "no such thing"
    with pytest.raises(CorruptRecordError, match=rf"\$\.{name}"):
        decode(msgspec.msgpack.encode(content))


NEEDED = [(kind, f.name) for kind in RECORDS for f in msgspec.structs.fields(kind) if f.required]


@pytest.mark.parametrize(("kind", "name"), NEEDED)
def test_a_missing_field_is_named(kind: type[msgspec.Struct], name: str):
    content = example_of(kind)
    del content[name]
    with pytest.raises(CorruptRecordError, match=f"`{name}`"):
        decode(msgspec.msgpack.encode(content))


@pytest.mark.parametrize("kind", RECORDS)
def test_a_record_with_a_field_of_a_later_release_is_still_read(kind: type[msgspec.Struct]):
    content = example_of(kind)
    known = decode(msgspec.msgpack.encode(content))
    assert decode(msgspec.msgpack.encode(content | {"of_a_later_release": [1, {}]})) == known


@given(st.binary(max_size=200))
def test_garbage_is_a_corrupt_record_and_no_other_error(value: bytes):
    with pytest.raises(CorruptRecordError, match="not a record of streamstress"):
        decode(value)


@given(records_of(Progress), st.data())
def test_a_record_cut_short_is_a_corrupt_record(record: Record, data: st.DataObject):
    whole = encode(record)
    with pytest.raises(CorruptRecordError):
        decode(whole[: data.draw(st.integers(0, len(whole) - 1))])


def test_a_record_of_unknown_type_is_a_corrupt_record_that_names_the_type():
    with pytest.raises(CorruptRecordError, match="earthworm"):
        decode(msgspec.msgpack.encode({"type": "earthworm"}))


def test_bytes_nested_without_end_are_a_corrupt_record():
    head = msgspec.msgpack.encode({"type": "progress", "x": 0})[:-1]
    with pytest.raises(CorruptRecordError):
        decode(head + b"\x91" * 100_000 + b"\x01")


def test_each_record_says_its_own_type_on_the_wire():
    names = {kind: example_of(kind)["type"] for kind in RECORDS}
    assert len(set(names.values())) == len(RECORDS)
    assert names[Pick] == "pick"
    assert (names[Control], names[DeadLetter]) == ("control", "dead-letter")


def test_a_station_is_named_with_its_network():
    pick = decode(msgspec.msgpack.encode(example_of(Pick) | {"network": "XX", "station": "AA1"}))
    assert pick.station_code == "XX.AA1"
