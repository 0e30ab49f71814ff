"""What the documents say of the code is what the code says of itself."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from streamstress.cli.app import app
from streamstress.config.group import Group
from streamstress.config.reference import reference_lines
from streamstress.config.settings import Settings
from streamstress.errors import RejectedError
from streamstress.outputs.metrics import create_metrics
from streamstress.stream.roles import WORKERS
from streamstress.wire.topics import DEAD_LETTERS, topic_table

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def code_of(document: Path) -> str:
    """What a document shows as code: blocks and spans."""
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", document.read_text(), re.DOTALL))


def test_configuration_reference_is_what_the_command_prints():
    expected = "\n".join(reference_lines()) + "\n"
    assert text_of("docs/configuration.md") == expected, (
        "run: streamstress config reference > docs/configuration.md"
    )


def test_every_setting_says_what_it_means():
    groups: list[type[Group] | type[Settings]] = [Settings]
    groups += [
        field.annotation
        for field in Settings.model_fields.values()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Group)
    ]
    silent = [
        f"{group.__name__}.{name}"
        for group in groups
        for name, field in group.model_fields.items()
        if not field.description and field.annotation not in groups
    ]
    assert silent == []


def test_topic_table_of_the_architecture_is_that_of_the_code():
    table = "\n".join(topic_table())
    assert table in text_of("docs/architecture.md"), f"docs/architecture.md should have:\n{table}"


def test_operations_explains_every_reason_to_reject():
    reasons = {kind.reason for kind in RejectedError.__subclasses__()}
    reasons |= {"duplicate", "unexpected-error"}
    text = text_of("docs/operations.md")
    assert [reason for reason in sorted(reasons) if f"| `{reason}` |" not in text] == []


def test_operations_states_the_port_of_every_worker():
    base = Settings.model_fields["metrics"].default.base_port
    text = text_of("docs/operations.md")
    for number, worker in enumerate(WORKERS):
        port = "`web.port`" if worker == "web" else str(base + number)
        assert f"| {worker} | {port}" in text


def test_operations_names_metrics_that_exist():
    families = create_metrics("0").registry.collect()
    known = {sample.name for family in families for sample in family.samples}
    known |= {family.name for family in create_metrics("0").registry.collect()}
    known |= {f"{name}_total" for name in known}
    named = set(re.findall(r"`(streamstress_\w+)`", text_of("docs/operations.md")))
    assert named
    assert named - known == set()


def test_operations_states_how_long_dead_letters_are_kept():
    assert f"{DEAD_LETTERS.retention_hours:g} h" in text_of("docs/operations.md")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_in_documents_exist(document: Path):
    command = get_command(app)
    for name in re.findall(r"(?:^|`)streamstress ([a-z]+)", code_of(document), re.MULTILINE):
        assert name in command.commands, f"{document.name}: streamstress {name}"  # type: ignore[attr-defined]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_in_documents_lead_somewhere(document: Path):
    targets = re.findall(r"\]\(([^)#:]+)\)", document.read_text())
    missing = [target for target in targets if not (document.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_in_documents_exist(document: Path):
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", code_of(document), re.MULTILINE))
    assert named - targets == set()
