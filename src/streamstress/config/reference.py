"""The configuration reference, written from the settings themselves."""

from collections.abc import Iterator
from types import UnionType
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from streamstress.config.group import Group
from streamstress.config.settings import Settings

_TYPE_WORDS = {"str": "text", "Path": "path", "bool": "`true` or `false`", "int": "whole number"}


def reference_lines() -> Iterator[str]:
    """Markdown lines: a table a section."""
    yield "# Configuration reference"
    yield ""
    yield "<!-- Written by: streamstress config reference > docs/configuration.md -->"
    yield ""
    yield (
        "One TOML file; the environment overrides it: `STREAMSTRESS_SECTION__KEY`, for example "
        "`STREAMSTRESS_KAFKA__BOOTSTRAP_SERVERS`. Relative paths start at the file's own folder, "
        "where the meaning does not say otherwise. An unknown key is an error. "
        "`streamstress config check FILE` checks a file with the files that it names."
    )
    yield ""
    yield (
        "The needed keys are those of `[network]` and of at least one `[[network.regions]]`; "
        "everything else has a default."
    )
    plain = {k: f for k, f in Settings.model_fields.items() if _group(f) is None}
    yield from _table("top level", plain)
    for name, field in Settings.model_fields.items():
        group = _group(field)
        if group is not None:
            yield from _table(name, group.model_fields)
    for key in ("regions", "zones"):
        item = get_args(_group(Settings.model_fields["network"]).model_fields[key].annotation)[0]  # type: ignore[union-attr]  # network is a group
        yield from _table(f"[network.{key}]", item.model_fields)


def _group(field: FieldInfo) -> type[Group] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, Group) else None


def _table(title: str, fields: dict[str, FieldInfo]) -> Iterator[str]:
    yield from ("", f"## [{title}]" if title != "top level" else "## Top level", "")
    yield from ("| key | default | bounds | meaning |", "| --- | --- | --- | --- |")
    for key, field in fields.items():
        bounds = ", ".join(_bound(item) for item in field.metadata) or _type_name(field.annotation)
        yield f"| `{key}` | {_default(field)} | {bounds} | {field.description or ''} |"


def _bound(item: Any) -> str:  # noqa: ANN401 - pydantic's own marker classes
    for attribute, words in (
        ("ge", "≥ {}"),
        ("gt", "> {}"),
        ("le", "≤ {}"),
        ("lt", "< {}"),
        ("min_length", "at least {} long"),
        ("pattern", "`{}`"),
    ):
        if getattr(item, attribute, None) is not None:
            return words.format(getattr(item, attribute))
    return f"`{item!r}`"


def _type_name(annotation: Any) -> str:  # noqa: ANN401 - any annotation
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{choice}`" for choice in get_args(annotation))
    plain = [part for part in get_args(annotation) if part is not type(None)]
    kind = plain[0] if get_origin(annotation) is UnionType else annotation
    return _TYPE_WORDS.get(getattr(kind, "__name__", ""), "list")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**needed**"
    default = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return "none" if default is None else "empty" if default in ("", []) else f"`{default}`"
