"""Runs the parts of a kind (``calibrate`` or ``bench``) and puts their tables into a document.

A part is a module ``<kind>_<name>.py`` in this folder with ``run(arguments: list[str]) -> str``,
which returns markdown: date, command, table.
"""

import sys
from importlib import import_module
from pathlib import Path

from document import write_section


def names_of(kind: str) -> list[str]:
    """Parts of a kind, in alphabetical order."""
    return sorted(
        file.stem.removeprefix(f"{kind}_") for file in Path(__file__).parent.glob(f"{kind}_*.py")
    )


def run_parts(kind: str, document: Path) -> None:
    """Run the parts that the command line names, all if it names none."""
    names, options = _split(sys.argv[1:])
    known = names_of(kind)
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"no part {', '.join(unknown)}; there are: {', '.join(known)}")
    for name in names or known:
        body = import_module(f"{kind}_{name}").run(options)
        print(body, flush=True)
        write_section(document, name, body)


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]
