"""What starting a program costs: heavy libraries are imported by who uses them."""

import json
import subprocess
import sys

SCRIPT = "import json, sys, {module}; print(json.dumps([m for m in {heavy!r} if m in sys.modules]))"


def heavy_modules_of(module: str, heavy: list[str]) -> list[str]:
    """Which heavy libraries a fresh interpreter has after importing a module."""
    command = [sys.executable, "-c", SCRIPT.format(module=module, heavy=heavy)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return list(json.loads(ended.stdout))


def test_the_command_line_answers_without_heavy_libraries():
    heavy = ["torch", "seisbench", "obspy", "bokeh", "matplotlib", "pandas", "faust", "sqlalchemy"]
    assert heavy_modules_of("streamstress.cli.app", heavy) == []


def test_workers_other_than_the_pickers_do_not_pay_for_neural_networks():
    agents = ("locate", "merge", "mechanism", "stress", "change", "store")
    modules = [f"streamstress.stream.agents.{agent}" for agent in agents]
    together = ", ".join(["streamstress.stream.worker", "streamstress.outputs.store", *modules])
    assert heavy_modules_of(together, ["torch", "seisbench", "bokeh", "matplotlib"]) == []
