"""The configuration reference, written from the settings themselves."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic.fields import FieldInfo

from streamstress.config.group import Group
from streamstress.config.settings import Settings


def reference_lines() -> Iterator[str]:
    """Markdown lines: a table a section."""
    yield "# Configuration reference"
    yield ""
    yield (
        "One TOML file; the environment overrides it: `STREAMSTRESS_SECTION__KEY`, for example "
        "`STREAMSTRESS_KAFKA__BOOTSTRAP_SERVERS`. Relative paths start at the file's own folder."
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
    text = repr(item)
    for marker, sign in (("Ge(ge=", "≥ "), ("Gt(gt=", "> "), ("Le(le=", "≤ "), ("Lt(lt=", "< ")):
        if text.startswith(marker):
            return sign + text.removeprefix(marker).removesuffix(")")
    return f"`{text}`"


def _type_name(annotation: Any) -> str:  # noqa: ANN401 - any annotation
    return f"`{getattr(annotation, '__name__', str(annotation)).replace('|', 'or')}`"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**needed**"
    default = field.get_default(call_default_factory=True, validated_data={})
    return f"`{default}`"
