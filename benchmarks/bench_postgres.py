"""The questions of ``bench_store.py`` on a PostgreSQL server that is started for it."""

import argparse
import os
import sys
from contextlib import nullcontext
from pathlib import Path

from bench_store import fill, measured, told

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))


def run(arguments: list[str]) -> str:
    """Table of the times of the questions."""
    from postgres_server import running_postgres

    parser = argparse.ArgumentParser(prog="bench_postgres.py")
    parser.add_argument("--mechanisms", type=int, default=1_000_000)
    parser.add_argument("--url", help="a database on this machine that was filled before")
    options = parser.parse_args(arguments)
    command = " ".join(["python benchmarks/bench.py postgres --", *arguments])
    with nullcontext(options.url) if options.url else running_postgres() as url:
        how = "filled before"
        if not options.url:
            how = f"filled in {fill(url, options.mechanisms):.0f} s"
        load = os.getloadavg()[0]
        rows = measured("PostgreSQL 15", url)
    return told(command, options.mechanisms, rows, how, load)
