"""``make calibrate``: accuracy, coverage and false alarms, seeded, into docs/accuracy.md.

``python benchmarks/calibrate.py [NAME…] [-- OPTIONS]`` runs the named parts, all without a name;
the options go to each. The parts are the modules ``calibrate_<name>.py`` beside this file.
"""

from pathlib import Path

from parts import run_parts

if __name__ == "__main__":
    run_parts("calibrate", Path("docs/accuracy.md"))
