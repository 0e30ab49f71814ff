"""The questions of ``bench_store.py`` on a PostgreSQL server that is started for it."""

import argparse
import os
import sys
from pathlib import Path

from bench_store import fill, filled, measured, told

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))


def run(arguments: list[str]) -> str:
    """Table of the times of the questions; the server's own work is in its wall clock alone."""
    from postgres_server import running_postgres

    parser = argparse.ArgumentParser(prog="bench_postgres.py")
    parser.add_argument("--mechanisms", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    with running_postgres() as url:
        filled_s = fill(url, options.mechanisms)
        rows = measured("PostgreSQL 15", url)
    command = " ".join(["python benchmarks/bench.py postgres --", *arguments])
    return told(command, options.mechanisms, rows, filled(filled_s, load))
