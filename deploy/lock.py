"""Compile the locks: requirements.lock, and torch with its CUDA parts in one of its own.

A user or an image with another torch (a CPU build, another CUDA) installs requirements.lock and
brings that torch. No address of a package index is written.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TORCH = re.compile(r"^(torch|triton|nvidia-[a-z0-9-]+|cuda-[a-z0-9-]+)==")


def compiled() -> list[str]:
    """One block of lines a package, as uv resolves them."""
    command = [
        str(Path(sys.executable).parent / "uv"), "pip", "compile", "pyproject.toml",
        "--group", "dev", "--python-version", "3.11", "--generate-hashes", "--no-header",
        "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--quiet",
    ]  # fmt: skip
    text = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603
    return re.split(r"\n(?=\S)", text.rstrip("\n"))


def main() -> None:
    """Write both locks."""
    blocks = compiled()
    for name, wanted in (("requirements.lock", False), ("requirements-torch.lock", True)):
        chosen = [block for block in blocks if bool(TORCH.match(block)) is wanted]
        (ROOT / name).write_text("\n".join(chosen) + "\n")


if __name__ == "__main__":
    main()
