"""Generated references are what the code says today, and the site's links lead somewhere."""

import json
import runpy
from pathlib import Path

import pytest

from streamstress import __version__
from streamstress.outputs.metrics_reference import metric_lines
from streamstress.records import Arrival, Mechanism
from streamstress.stream.roles import WORKERS
from streamstress.wire.reference import RECORDS, asyncapi, field_notes, structs, topic_lines
from streamstress.wire.topics import TOPICS

ROOT = Path(__file__).parents[2]
PICTURE = runpy.run_path(str(ROOT / "deploy" / "picture.py"))
SITE = runpy.run_path(str(ROOT / "deploy" / "site.py"))


def text_of(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def test_the_reference_of_topics_and_records_is_that_of_the_code():
    expected = "\n".join(topic_lines()) + "\n"
    assert text_of("topics.md") == expected, "run: streamstress topics reference > docs/topics.md"


def test_the_reference_of_metrics_is_that_of_the_code():
    expected = "\n".join(metric_lines()) + "\n"
    assert text_of("metrics.md") == expected, "run: streamstress metrics > docs/metrics.md"


def test_the_asyncapi_file_is_that_of_the_code():
    expected = json.loads(json.dumps(asyncapi(__version__)))
    assert json.loads(text_of("asyncapi.json")) == expected, (
        "run: streamstress topics asyncapi > docs/asyncapi.json"
    )


def test_the_picture_is_that_of_the_table_of_topics():
    assert text_of("architecture.svg") == PICTURE["picture"](), "run: python deploy/picture.py"
    assert set(PICTURE["ROLES"]) == set(WORKERS)
    assert {*PICTURE["LABELS"], *PICTURE["FOOT"]} == {topic.name for topic in TOPICS}


def test_every_record_of_every_topic_has_its_schema_and_fields():
    document = asyncapi(__version__)
    assert set(document["channels"]) == {topic.name for topic in TOPICS}
    shown = {
        message
        for channel in document["channels"].values()
        for message in channel["messages"]
        if message != "miniSEED"
    }
    assert shown == {record.__name__ for record in RECORDS}
    for struct in structs():
        properties = set(document["components"]["schemas"][struct.__name__]["properties"])
        assert properties - {"type"} == set(struct.__struct_fields__)


def references(value: object) -> set[str]:
    if isinstance(value, dict):
        found = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return found.union(*(references(one) for one in value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def test_every_reference_of_the_asyncapi_file_leads_somewhere():
    document = asyncapi(__version__)
    for reference in references(document):
        place: object = document
        for step in reference.removeprefix("#/").split("/"):
            assert isinstance(place, dict)
            assert step in place, reference
            place = place[step]


def test_the_sentences_under_fields_are_found():
    assert field_notes(Arrival)["takeoff_deg"] == "From straight down."
    assert "Best first" in field_notes(Mechanism)["solutions"]


def test_every_link_between_the_documents_leads_somewhere():
    assert SITE["broken_links"]() == []


def test_a_link_or_an_anchor_that_leads_nowhere_is_found(tmp_path: Path):
    page = Path("docs/start.md")
    known = {page: set(SITE["anchors"](page)), Path("docs/alarms.md"): {"the-states"}}
    leads = SITE["_leads_somewhere"]
    assert leads(page, "alarms.md#the-states", known)
    assert not leads(page, "alarms.md#the-state", known)
    assert not leads(page, "alarm.md", known)


def test_the_site_has_a_page_a_document_with_its_pictures(tmp_path: Path):
    n_pages = SITE["build"](tmp_path)
    assert n_pages == len(list(tmp_path.glob("*.html"))) == len(SITE["pages"]())
    assert (tmp_path / "files/docs/architecture.svg").exists()
    start = (tmp_path / "start.html").read_text()
    assert 'href="real-data.html"' in start
    assert "<table>" in start


@pytest.mark.parametrize("name", ["start", "alarms", "tune", "deploy", "traces"])
def test_settings_in_guides_exist(name: str):
    import re

    from streamstress.config.settings import Settings

    groups = {
        section: set(field.annotation.model_fields)  # type: ignore[union-attr]
        for section, field in Settings.model_fields.items()
        if hasattr(field.annotation, "model_fields")
    }
    named = re.findall(r"`(\w+)\.(\w+)`", text_of(f"{name}.md"))
    wrong = [f"{a}.{b}" for a, b in named if a in groups and b not in groups[a]]
    assert wrong == []
