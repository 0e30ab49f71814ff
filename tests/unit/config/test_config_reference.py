"""The configuration reference: no setting is left out."""

import pytest

from streamstress.config import Settings
from streamstress.config.group import Group
from streamstress.config.places import Region, Zone
from streamstress.config.reference import reference_lines


def sections() -> dict[str, set[str]]:
    """Keys in the first column of each section's table."""
    found: dict[str, set[str]] = {}
    for line in reference_lines():
        if line.startswith("## "):
            keys = found.setdefault(line.removeprefix("## ").strip("[]").casefold(), set())
        elif line.startswith("| `"):
            keys.add(line.split("`")[1])
    return found


def groups() -> list[tuple[str, type[Group]]]:
    kinds = [(name, field.annotation) for name, field in Settings.model_fields.items()]
    named = [(name, k) for name, k in kinds if isinstance(k, type) and issubclass(k, Group)]
    return [*named, ("network.regions", Region), ("network.zones", Zone)]


@pytest.mark.parametrize(("section", "group"), groups())
def test_every_setting_of_a_section_is_listed(section: str, group: type[Group]):
    assert sections()[section] == set(group.model_fields)


def test_settings_outside_sections_are_listed():
    assert {"run_folder", "seed"} <= sections()["top level"]


def test_every_line_of_a_table_has_its_four_columns():
    lines = [line for line in reference_lines() if line.startswith("| `")]
    assert len(lines) > 50
    for line in lines:
        assert line.replace("\\|", "").count("|") == 5, line


def test_needed_settings_and_bounds_are_shown():
    text = "\n".join(reference_lines())
    (stations,) = [line for line in text.splitlines() if line.startswith("| `stations`")]
    assert "needed" in stations
    (port,) = [line for line in text.splitlines() if line.startswith("| `embedded_port`")]
    assert "1024" in port
    assert "65535" in port


def test_the_schema_knows_every_section():
    properties = Settings.model_json_schema()["properties"]
    assert set(properties) == set(Settings.model_fields)
