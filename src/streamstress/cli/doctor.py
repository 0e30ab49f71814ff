"""What ``doctor`` does: expected against actual, for people or as JSON."""

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.text import Text

from streamstress.config import load_settings
from streamstress.stream.doctor import Finding, examine, gather

MARKS = {"ok": ("ok", "green"), "note": ("note", "cyan"), "problem": ("PROBLEM", "bold red")}
"""Words too: a colour says nothing in a log or to the colour-blind."""


def run_doctor(config: Path, *, as_json: bool) -> bool:
    """Look at the system of a configuration and say what is found; whether all is well."""
    # What its clients say while a broker is away is one finding, not a page.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    findings = examine(asyncio.run(gather(load_settings(config), config)))
    healthy = all(finding.level != "problem" for finding in findings)
    if as_json:
        told = {"healthy": healthy, "findings": [asdict(finding) for finding in findings]}
        print(json.dumps(told, indent=2))
    else:
        show(findings)
    return healthy


def show(findings: Sequence[Finding]) -> None:
    """Print findings, one a line, each problem with what to do under it; then how many."""
    console = Console(highlight=False, soft_wrap=True)
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        word, style = MARKS[finding.level]
        line = Text.assemble((f"{word:<8}", style), f"{finding.check:<{width}}  {finding.what}")
        console.print(line)
        if finding.do:
            console.print(Text(f"{'':<{8 + width}}  -> {finding.do}"))
    count = sum(finding.level == "problem" for finding in findings)
    console.print("all is well" if not count else f"{count} problem{'s' * (count > 1)}, see above")
