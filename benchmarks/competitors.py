"""Environments of the programs that ours is held against: each its own, made when first needed."""

import subprocess
import sys
from pathlib import Path
from tempfile import gettempdir


def environment_of(name: str, *requirements: str) -> Path:
    """Folder ``bin`` of an environment with these packages, under the temporary folder.

    Raises
    ------
    RuntimeError
        It cannot be made, as without a network.
    """
    folder = Path(gettempdir()) / f"streamstress_bench_{name}"
    done = folder / "done"
    if done.exists():
        return folder / "bin"
    uv = Path(sys.executable).parent / "uv"
    commands = [
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder],
        [uv, "pip", "install", "--quiet", "--python", folder / "bin/python", *requirements],
    ]
    if not uv.exists():
        commands = [
            [sys.executable, "-m", "venv", "--clear", folder],
            [folder / "bin/python", "-m", "pip", "install", "--quiet", *requirements],
        ]
    for command in commands:
        ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if ran.returncode:
            raise RuntimeError(f"{name}: {' '.join(map(str, command))}: {ran.stderr[-500:]}")
    done.touch()
    return folder / "bin"
