"""Write development.txt: what of the lock only developers need, so that an image can drop it."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "deploy" / "development.txt"
HEAD = "# Of requirements.lock, not needed to run; written by: python deploy/closure.py\n"


def locked() -> set[str]:
    """Names in the lock."""
    text = (ROOT / "requirements.lock").read_text()
    return {canonicalize_name(name) for name in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)}


def needed() -> set[str]:
    """Names that the package and its extras reach, as the installed packages say."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    waiting = [(Requirement(text), "") for texts in lists for text in texts]
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        for wanted in ("", *requirement.extras):
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                waiting += [(Requirement(text), wanted) for text in _requires(name)]
    return {name for name, _ in seen}


def _requires(name: str) -> list[str]:
    try:
        return distribution(name).requires or []
    except PackageNotFoundError:
        return []


def text() -> str:
    """Contents of the file."""
    return HEAD + "".join(f"{name}\n" for name in sorted(locked() - needed()))


if __name__ == "__main__":
    TARGET.write_text(text())
