"""How well the S/P terms of stations are learned, and what mechanisms gain by them.

``python benchmarks/calibrate_amplitudes.py [--events N] [--first SEED]``. Networks of
`synthetic_amplitudes` with known offsets of log10 S/P, solved event by event by HASH's method, with
the terms learned from the events before and with the ratios as they are.
"""

import argparse
import sys

import numpy as np
from document import markdown_table, provenance
from synthetic_amplitudes import Learned, Network, learned_from

FIRST_SEED = 100
STATIONS = 40
SPREADS = (0.0, 0.2, 0.35, 0.5)
"""Standard deviations of the offsets, log10."""


def row(spread: float, found: Learned) -> list[str]:
    """One line: offsets that are left, how true the sigma is, errors of the later half."""
    left = found.value - found.offset
    late = slice(len(found.with_terms_deg) // 2, None)
    medians = (np.median(found.without_deg[late]), np.median(found.with_terms_deg[late]))
    return [
        f"{spread:g}",
        f"{np.sqrt(np.mean(found.offset**2)):.2f}",
        f"{np.sqrt(np.mean(left**2)):.2f}",
        f"{np.mean(found.sigma):.2f}",
        f"{np.mean(np.abs(left) <= 2.0 * found.sigma):.2f}",
        *(f"{median:.1f}" for median in medians),
    ]


def run(arguments: list[str]) -> str:
    """Markdown: a line a spread of the offsets."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--first", type=int, default=FIRST_SEED)
    options = parser.parse_args(arguments)
    rows = []
    for number, spread in enumerate(SPREADS):
        seed = options.first + number
        network = Network.drawn(STATIONS, spread, seed)
        rows.append(row(spread, learned_from(network, options.events, seed)))
    heading = [
        "spread of offsets", "RMS offset", "RMS left", "mean sigma", "within 2 sigma",
        "median error without, deg", "with terms, deg",
    ]  # fmt: skip
    command = f"python benchmarks/calibrate_amplitudes.py --events {options.events}"
    return "\n\n".join([provenance(command), markdown_table(heading, rows)])


if __name__ == "__main__":
    print(run(sys.argv[1:]))
