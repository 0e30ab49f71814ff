"""Write what of the Helm chart follows from the code and from values.yaml.

values.schema.json: ``config`` has the keys, types and bounds of the settings themselves; the other
values have the types of their defaults, and a key that is not there is an error. README.md: a row
a value, its meaning the comment above it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from streamstress.config.settings import Settings

CHART = Path(__file__).parents[1] / "helm" / "streamstress"

CHART_SETS: Mapping[str, tuple[str, ...]] = {
    "": ("run_folder",),
    "Network": ("stations",),
    "Kafka": (
        "embedded_port",
        "embedded_folder",
        "sasl_password_file",
        "ssl_ca_file",
        "ssl_certificate_file",
        "ssl_key_file",
    ),
    "Ingest": ("resume_file", "password_file"),
    "Web": ("host", "port"),
    "Metrics": ("host", "base_port"),
    "Logging": ("json_lines",),
}
"""Settings that the templates fill in, or that mean nothing in a cluster: no values."""

FREE = (
    *("podLabels", "podAnnotations", "nodeSelector", "serviceAccount.annotations"),
    *("serviceMonitor.labels", "prometheusRule.labels"),
)
"""Maps whose keys are the user's own."""

ENUMS: Mapping[str, list[str]] = {
    "image.pullPolicy": ["Always", "IfNotPresent", "Never"],
    "topologySpread.whenUnsatisfiable": ["ScheduleAnyway", "DoNotSchedule"],
}
PATTERNS = {"image.digest": "^(sha256:[0-9a-f]{64})?$"}
OBJECT_LISTS = (
    *("extraEnv", "tolerations"),
    *("networkPolicy.metricsFrom", "networkPolicy.webFrom", "networkPolicy.egressTo"),
)
"""Lists of Kubernetes' own objects; the others hold text."""

KEDA_ROLE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["maxReplicas", "lagThreshold"],
    "properties": {
        "maxReplicas": {"type": "integer", "minimum": 1},
        "lagThreshold": {"type": "integer", "minimum": 1},
    },
}
Schema = dict[str, Any]


def values_schema() -> Schema:
    """JSON Schema of values.yaml."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    settings = settings_schema()
    schema = schema_of(values, "")
    schema["properties"]["config"] = {
        key: settings[key]
        for key in ("type", "properties", "additionalProperties", "description")
        if key in settings
    }
    # Helm gives a chart that is a part of another one its values and these.
    schema["properties"]["global"] = {"type": "object"}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": "Written by deploy/chart.py from the settings and values.yaml.",
        "definitions": settings["$defs"],
        **schema,
    }


def settings_schema() -> Schema:
    """Schema of the settings without what the chart sets; nothing is needed of a partial file."""
    text = json.dumps(Settings.model_json_schema()).replace("#/$defs/", "#/definitions/")
    schema: Schema = json.loads(text)
    for name, group in [("", schema), *schema["$defs"].items()]:
        for key in CHART_SETS.get(name, ()):
            del group["properties"][key]
        if name not in ("Region", "Zone", "Box"):
            group.pop("required", None)
        for field in group["properties"].values():
            field.pop("format", None)
            field.pop("default", None)
    # Empty in values.yaml; the templates ask for one with a sentence of their own.
    schema["$defs"]["Network"]["properties"]["regions"].pop("minItems", None)
    return schema


def schema_of(value: Any, path: str) -> Schema:  # noqa: ANN401 - any value of YAML
    """Schema that a default implies."""
    if path in ENUMS:
        return {"enum": ENUMS[path]}
    if path == "keda.roles":
        return {"type": "object", "additionalProperties": KEDA_ROLE}
    if path in FREE:
        return {"type": "object", "additionalProperties": {"type": "string"}}
    if path.endswith(".resources"):
        return {"type": "object"}
    if isinstance(value, dict):
        inner = {key: schema_of(item, f"{path}.{key}".strip(".")) for key, item in value.items()}
        return {"type": "object", "additionalProperties": False, "properties": inner}
    if isinstance(value, list):
        return {"type": "array", "items": {"type": "object" if path in OBJECT_LISTS else "string"}}
    kind = {bool: "boolean", int: "integer", str: "string"}[type(value)]
    schema: Schema = {"type": kind}
    if kind == "integer":
        schema["minimum"] = 1
    if path in PATTERNS:
        schema["pattern"] = PATTERNS[path]
    return schema


def documented(text: str) -> Iterator[tuple[str, str, str]]:
    """Path, default and meaning of every value that has a comment above it."""
    path: list[tuple[int, str]] = []
    comment = ""
    for line in text.splitlines():
        if said := re.match(r"\s*# (.*)", line):
            comment = said[1]
            continue
        found = re.match(r"(\s*)([\w]+):\s*(.*)", line)
        if not found:
            comment = ""
            continue
        indent, key, default = len(found[1]), found[2], found[3]
        path = [*(step for step in path if step[0] < indent), (indent, key)]
        if comment and default:
            yield ".".join(name for _, name in path), default, comment
        elif comment and key == "resources":
            yield ".".join(name for _, name in path), "see values.yaml", comment
        comment = ""


def readme() -> str:
    """The chart's README with its table of values brought up to date."""
    rows = documented((CHART / "values.yaml").read_text())
    table = ["| value | default | meaning |", "| --- | --- | --- |"]
    table += [f"| `{path}` | `{default}` | {meaning} |" for path, default, meaning in rows]
    text = (CHART / "README.md").read_text()
    begin, end = "<!-- values -->", "<!-- /values -->"
    before, _, rest = text.partition(begin)
    return before + "\n".join([begin, *table, end]) + rest.partition(end)[2]


def main() -> None:
    """Write both files."""
    schema = json.dumps(values_schema(), indent=2, ensure_ascii=False) + "\n"
    (CHART / "values.schema.json").write_text(schema)
    (CHART / "README.md").write_text(readme())


if __name__ == "__main__":
    main()
