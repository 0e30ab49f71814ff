"""The generated parts of the Helm chart, and what it says of the code, are up to date."""

import json
import re
import runpy
from pathlib import Path

import yaml

from streamstress.config.settings import Settings
from streamstress.stream.roles import WORKERS
from streamstress.wire.topics import TOPICS

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "streamstress"
GENERATOR = runpy.run_path(str(ROOT / "deploy" / "chart.py"))


def test_the_schema_of_the_values_is_that_of_the_settings():
    written = json.loads((CHART / "values.schema.json").read_text())
    assert written == GENERATOR["values_schema"](), "run: python deploy/chart.py"


def test_the_table_of_values_is_that_of_the_values():
    assert (CHART / "README.md").read_text() == GENERATOR["readme"](), "run: python deploy/chart.py"


def test_every_value_is_explained():
    text = (CHART / "values.yaml").read_text()
    explained = {path for path, _, _ in GENERATOR["documented"](text)}

    def leaves(value: object, path: str = "") -> set[str]:
        if isinstance(value, dict) and value and not path.endswith((".resources", "keda.roles")):
            return {x for k, v in value.items() for x in leaves(v, f"{path}.{k}".strip("."))}
        return {path}

    assert leaves(yaml.safe_load(text)) - explained == {"keda.roles"}


def test_what_the_chart_sets_itself_are_settings():
    for name, keys in GENERATOR["CHART_SETS"].items():
        group = Settings.model_fields.get(name.lower())
        fields = group.annotation.model_fields if group else Settings.model_fields  # type: ignore[union-attr]
        assert set(keys) <= set(fields), name


def test_the_chart_knows_the_workers_and_the_topics_that_they_read():
    helpers = (CHART / "templates" / "_helpers.tpl").read_text()
    workers = re.search(r'define "streamstress.workers" -}}\n(.*)\n', helpers)
    assert workers is not None
    assert tuple(workers[1].split()) == WORKERS
    topics = re.search(r"get \(dict (.*?)\)", helpers)
    assert topics is not None
    names = re.findall(r'"([\w-]+)"', topics[1])
    read_by = {topic.name: topic.read_by for topic in TOPICS}
    for role, topic in zip(names[::2], names[1::2], strict=True):
        assert role in read_by[topic]


def test_the_version_is_that_of_the_package():
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    project = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert project is not None
    assert chart["appVersion"] == project[1]
