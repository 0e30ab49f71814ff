"""Tables of measurements in the documents: each stands between two marks and is replaced whole."""

from datetime import UTC, datetime
from pathlib import Path


def write_section(document: Path, name: str, body: str) -> None:
    """Put ``body`` between ``<!-- name -->`` and ``<!-- /name -->``; new marks go to the end."""
    opening, closing = f"<!-- {name} -->", f"<!-- /{name} -->"
    text = document.read_text(encoding="utf-8") if document.exists() else ""
    section = f"{opening}\n{body.strip()}\n{closing}"
    before, found, rest = text.partition(opening)
    if not found:
        document.write_text(f"{text.rstrip()}\n\n{section}\n".lstrip(), encoding="utf-8")
        return
    _, closed, after = rest.partition(closing)
    if not closed:
        raise ValueError(f"{document}: {opening} has no {closing}")
    document.write_text(before + section + after, encoding="utf-8")


def provenance(command: str) -> str:
    """The line above a table: command and day."""
    return f"`{command}`, {datetime.now(UTC):%Y-%m-%d}"


def markdown_table(heading: list[str], rows: list[list[str]]) -> str:
    """A table with one line a row."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def table_rows(document: Path, name: str) -> list[list[str]]:
    """Cells of the first table between the marks, without its heading; none where none is."""
    section = document.read_text(encoding="utf-8").partition(f"<!-- {name} -->")[2]
    lines = [
        line
        for line in section.partition(f"<!-- /{name} -->")[0].splitlines()
        if line.startswith("| ")
    ]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
