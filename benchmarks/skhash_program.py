"""SKHASH in an environment of its own, and how to run it on HASH's first example."""

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

VERSION = "1.1.5"
PACKAGES = (f"skhash=={VERSION}", "numpy<2")
"""It calls what numpy 2 has no more."""

ENVIRONMENT = Path(__file__).parents[1] / "out" / f"skhash-{VERSION}"
SETTINGS = {
    "input_format": "hash1", "npolmin": "8", "max_agap": "90", "max_pgap": "60", "dang": "5",
    "nmc": "30", "maxout": "500", "badfrac": "0.1", "delmax": "120", "cangle": "45",
    "prob_max": "0.25", "azmax": "0", "allow_duplicate_stations": "True", "num_cpus": "1",
}  # fmt: skip
"""Those of example1.inp; ``azmax`` 0 takes every azimuth, ``maxout`` is HASH's internal 500."""


def interpreter() -> Path:
    """Python of SKHASH's environment, which is made where there is none."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        uv = Path(sys.executable).parent / "uv"
        program = str(uv) if uv.exists() else "uv"
        for command in (
            [program, "venv", "--python", sys.executable, str(ENVIRONMENT)],
            [program, "pip", "install", "--python", str(python), *PACKAGES],
        ):
            # Elsewhere: here uv would follow this project's own overrides, which ask for numpy 2.
            subprocess.run(command, check=True, cwd=tempfile.gettempdir())  # noqa: S603
    return python


def command(python: Path, phases: Path, reversals: Path, out: Path) -> list[str]:
    """Command line of a run; its control file is written beside the output."""
    settings = {
        **SETTINGS,
        "fpfile": str(phases),
        "plfile": str(reversals),
        "outfile1": str(out),
    }
    control = out.with_suffix(".control")
    control.write_text("".join(f"${name}\n{value}\n\n" for name, value in settings.items()))
    where = "import SKHASH; print(SKHASH.__path__[0])"
    found = subprocess.run(  # noqa: S603  # the interpreter is the user's own
        [python, "-c", where], capture_output=True, text=True, check=True
    )
    return [str(python), f"{found.stdout.strip()}/SKHASH.py", str(control)]


def solutions(path: Path) -> dict[str, tuple[list[float], str]]:
    """First solutions of an output: planes and grade by event."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    return {
        row["event_id"].strip(): (
            [float(row[name]) for name in ("strike", "dip", "rake")],
            row["quality"],
        )
        for row in reversed(rows)
    }
