"""Draw the pictures of docs/gallery.md again, by the commands that stand there.

``python deploy/gallery.py`` runs the tutorial's cells that write ``before.csv`` and ``all.csv``,
makes the onsets, then runs every command of the page, in a folder of their own, and copies what
the page shows to ``docs/gallery``. ``python deploy/gallery.py FOLDER`` leaves all of it in FOLDER.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from gallery_onsets import write_onsets
from PIL import Image

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "gallery.md"
DATA_CELLS = 2
"""Code cells of the tutorial that make the earthquakes and write them to files."""

MAX_BYTES = 150_000
"""Larger pictures make the page slow and the repository heavy."""

COLOURS = 64
"""Of a PNG: lines and words need no more, and it takes a third of the bytes."""


def commands() -> list[str]:
    """Commands of the page, in order."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def pictures() -> list[str]:
    """Files of docs/gallery that the page shows."""
    return re.findall(r"\]\(gallery/([^)]+)\)", PAGE.read_text())


def write_data(folder: Path) -> None:
    """Write the tutorial's earthquakes and simulated onsets to a folder."""
    cells = json.loads((DOCS / "tutorial.ipynb").read_text())["cells"]
    codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    script = "\n".join(codes[:DATA_CELLS])
    subprocess.run([sys.executable, "-c", script], cwd=folder, check=True)  # noqa: S603 - the project's own document
    write_onsets(folder)


def draw(folder: Path) -> None:
    """Run the commands in a folder and take the pictures from it."""
    write_data(folder)
    environment = os.environ | {"MPLBACKEND": "Agg"}
    for command in commands():
        words = shlex.split(command)
        if words[0] != "streamstress":
            sys.exit(f"{PAGE}: {command!r} is no command of streamstress")
        command_line = [sys.executable, "-m", *words]
        subprocess.run(command_line, cwd=folder, env=environment, check=True)  # noqa: S603 - as above
    (DOCS / "gallery").mkdir(exist_ok=True)
    for name in pictures():
        source = next(folder.rglob(name), None)
        if source is None:
            sys.exit(f"{PAGE}: no command made {name}")
        size = copy_small(source, DOCS / "gallery" / name)
        if size > MAX_BYTES:
            sys.exit(f"{PAGE}: {name} has {size} bytes; at most {MAX_BYTES} are wanted")
        print(f"{name}: {size / 1000:.0f} kB")


def copy_small(source: Path, target: Path) -> int:
    """Copy a picture, a PNG in few colours; bytes of the copy."""
    if source.suffix == ".png":
        Image.open(source).convert("RGB").quantize(COLOURS).save(target, optimize=True)
    else:
        shutil.copyfile(source, target)
    return target.stat().st_size


def main() -> None:
    """Draw all pictures."""
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1])
        folder.mkdir(parents=True, exist_ok=True)
        draw(folder)
        return
    with tempfile.TemporaryDirectory() as made:
        draw(Path(made))


if __name__ == "__main__":
    main()
