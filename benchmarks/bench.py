"""``make bench``: speed beside competitors, run in turns, into docs/performance.md.

``python benchmarks/bench.py [NAME…] [-- OPTIONS]`` runs the named parts, all without a name; the
options go to each. The parts are the modules ``bench_<name>.py`` beside this file.
"""

from pathlib import Path

from parts import run_parts

if __name__ == "__main__":
    run_parts("bench", Path("docs/performance.md"))
