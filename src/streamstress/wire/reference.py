"""What the topics carry, for those who read or write them: a page, and an AsyncAPI file.

Both are written from the table of topics and the records, so that neither can say something else
than the code. A field's meaning is the sentence under it in the record's class.
"""

import ast
import inspect
import itertools
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, get_args

import msgspec

from streamstress.records import Record
from streamstress.wire.topics import TOPICS, Topic, topic_table

RECORDS: tuple[type[msgspec.Struct], ...] = get_args(Record)
"""Every record that may be the value of a topic."""

HEADERS = {
    "data_end_ns": "`waveforms`: its last sample, ns since 1970 UTC, decimal ASCII",
    "received_ns": "`waveforms` and its heartbeats: the data clock when ingest got it, as above",
    "arrived_ns": "`waveforms` and what is made of them: wall time when the last packet came",
    "traceparent": "any, where `traces.export` is on: W3C Trace Context",
}
"""Headers of Kafka messages and what they hold."""

Schema = dict[str, Any]


def field_notes(struct: type[msgspec.Struct]) -> Mapping[str, str]:
    """Sentences under the fields of a record's class, by field."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(struct)))
    (body,) = (node.body for node in tree.body if isinstance(node, ast.ClassDef))
    notes = {}
    for field, after in itertools.pairwise(body):
        match field, after:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(note))),
            ):
                notes[name] = " ".join(note.split()).replace("``", "`")
            case _:
                pass
    return notes


def structs() -> list[type[msgspec.Struct]]:
    """The records, and the structs that they hold, in the order in which they are met."""
    found: dict[type[msgspec.Struct], None] = {}

    def visit(kind: msgspec.inspect.Type) -> None:
        match kind:
            case msgspec.inspect.StructType(cls=cls, fields=fields) if cls not in found:
                found[cls] = None
                for field in fields:
                    visit(field.type)
            case msgspec.inspect.UnionType(types=types):
                for one in types:
                    visit(one)
            case msgspec.inspect.VarTupleType(item_type=item):
                visit(item)
            case _:
                pass

    for record in RECORDS:
        visit(msgspec.inspect.type_info(record))
    return list(found)


def schemas() -> dict[str, Schema]:
    """JSON Schema of every struct by name, its fields explained."""
    _, components = msgspec.json.schema_components(
        structs(), ref_template="#/components/schemas/{name}"
    )
    for struct in structs():
        properties = components[struct.__name__]["properties"]
        for name, note in field_notes(struct).items():
            properties[name]["description"] = note
    return components


def topic_lines() -> Iterator[str]:
    """Markdown of the whole reference."""
    yield "# Topics and records"
    yield ""
    yield "<!-- Written by: streamstress topics reference > docs/topics.md -->"
    yield ""
    yield (
        "Values are MessagePack maps, whose key `type` names the record, but for `waveforms`, "
        "whose values are raw miniSEED, and `state`, which is each worker's own. Times are whole "
        "nanoseconds since 1970 UTC, angles degrees, lengths km, uncertainties one sigma unless "
        "named. No number is a NaN: what is unknown is null. A new field has a default, so old "
        "messages still decode; readers should pass over keys that they do not know. The same as "
        "[asyncapi.json](asyncapi.json), AsyncAPI 3.0: `streamstress topics asyncapi`."
    )
    yield from ("", "## Topics", "", *topic_table(), "")
    yield "`kafka.topic_prefix` stands before each name. Headers of messages:"
    yield from ("", "| header | on |", "| --- | --- |")
    yield from (f"| `{name}` | {what} |" for name, what in HEADERS.items())
    yield from ("", "To read them:", "", "```python", *_EXAMPLE, "```")
    explained = schemas()
    for struct in structs():
        yield from _record_lines(struct, explained[struct.__name__])


_EXAMPLE = (
    "from streamstress.records import Mechanism",
    "from streamstress.wire.codec import decode",
    "",
    "record = decode(message.value)  # raises CorruptRecordError",
    "if isinstance(record, Mechanism):",
    "    print(record.event_id, record.grade, record.solutions[0].strike_deg)",
)


def _record_lines(struct: type[msgspec.Struct], schema: Schema) -> Iterator[str]:
    tag = struct.__struct_config__.tag
    notes = field_notes(struct)
    yield from ("", f"## {struct.__name__}", "")
    on = [f"`{topic.name}`" for topic in TOPICS if struct.__name__ in topic.value.split(", ")]
    where = f" `type` is `{tag}`; on {', '.join(on)}." if tag else ""
    yield inspect.cleandoc(struct.__doc__ or "").splitlines()[0] + where
    yield from ("", "| field | type | needed | meaning |", "| --- | --- | --- | --- |")
    for name, field in schema["properties"].items():
        if name == "type":
            continue
        needed = "yes" if name in schema.get("required", ()) else "no"
        kind = _type_words(field).replace("|", "\\|")
        yield f"| `{name}` | {kind} | {needed} | {notes.get(name) or _unit_of(name)} |"


def _unit_of(name: str) -> str:
    """What a field's name says of its unit."""
    ending = name.rpartition("_")[2]
    return {
        "ns": "ns since 1970 UTC",
        "s": "s",
        "km": "km",
        "deg": "degrees",
        "hz": "Hz",
    }.get(ending, "")


def _type_words(schema: Schema) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type_words(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return " or ".join(f"`{one}`" for one in schema["enum"])
    if schema.get("type") == "array":
        items = schema.get("items") or {}
        several = schema.get("prefixItems", [])
        return f"list of {_type_words(items or several[0])}"
    if schema.get("contentEncoding") == "base64":
        return "bytes"
    words = {
        "integer": "whole number",
        "string": "text",
        "object": "map",
        "boolean": "true or false",
    }
    kind = str(schema.get("type", "any"))
    return words.get(kind, kind)


def asyncapi(version: str) -> Schema:
    """Describe all topics as an AsyncAPI 3.0 document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "streamstress",
            "version": version,
            "description": "The Kafka topics of a streaming monitor of crustal stress.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/msgpack",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": _operations(),
        "components": {"messages": _messages(), "schemas": schemas()},
    }


def _channel(topic: Topic) -> Schema:
    names = ["miniSEED"] if topic.layout == "stations" else _message_names(topic)
    return {
        "address": topic.name,
        "description": f"Key: {topic.key}. Value: {topic.value}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "kafka": {
                "topicConfiguration": {
                    "cleanup.policy": ["compact" if topic.retention_hours is None else "delete"]
                },
                "bindingVersion": "0.5.0",
            }
        },
    }


def _message_names(topic: Topic) -> list[str]:
    """Records that a topic carries; the workers' own state is no record."""
    known = {struct.__name__ for struct in RECORDS}
    return [name for name in topic.value.split(", ") if name in known]


def _operations() -> Schema:
    found: Schema = {}
    for topic in TOPICS:
        channel = {"$ref": f"#/channels/{topic.name}"}
        for maker in topic.made_by.split(", "):
            found[f"{maker}-sends-{topic.name}"] = {"action": "send", "channel": channel}
        for reader in topic.read_by:
            found[f"{reader}-receives-{topic.name}"] = {"action": "receive", "channel": channel}
    return found


def _messages() -> Schema:
    number = {"type": "string", "pattern": "^[0-9]+$"}
    carried = {
        "type": "object",
        "properties": {"arrived_ns": number, "traceparent": {"type": "string"}},
    }
    found: Schema = {
        "miniSEED": {
            "title": "one miniSEED record",
            "contentType": "application/vnd.fdsn.mseed",
            "headers": {
                "type": "object",
                "properties": dict.fromkeys(("data_end_ns", "received_ns", "arrived_ns"), number),
            },
            "payload": {"type": "string", "format": "binary"},
        }
    }
    for struct in RECORDS:
        found[struct.__name__] = {
            "title": inspect.cleandoc(struct.__doc__ or "").splitlines()[0],
            "headers": carried,
            "payload": {"$ref": f"#/components/schemas/{struct.__name__}"},
        }
    return found
