"""The gain of fine-tuning a polarity network to a second region.

``python benchmarks/calibrate_finetuning.py [--seed 101] [--steps 600]``.
"""

import argparse

from document import provenance
from finetuning_regions import two_steps


def run(arguments: list[str]) -> str:
    """Markdown table of scores on a held-back set of the second region."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--steps", type=int, default=600, help="of the first region")
    options = parser.parse_args(arguments)
    command = " ".join(["python benchmarks/calibrate.py finetuning", *arguments])
    return "\n".join([provenance(command), "", two_steps(options.seed, options.steps)])


if __name__ == "__main__":
    import sys

    print(run(sys.argv[1:]))
