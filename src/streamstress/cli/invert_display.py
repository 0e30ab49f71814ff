"""What ``invert`` says on the terminal."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

Json = dict[str, Any]

WIDE = 300
"""More columns of text than the table takes."""

SHORT_NAMES = {"latitude": "lat", "longitude": "lon", "depth_km": "depth"}

SHOWN_NODES = 20
"""Nodes in the table of the terminal; all are in the file."""

console = Console(stderr=True, highlight=False, soft_wrap=True)


def tell(document: Json, out: Path, *, as_json: bool) -> None:
    """Say what was found, as a table or as JSON, and what was set aside."""
    aside = document["set_aside"]
    nodes = document["nodes"]
    if as_json:
        summary = {key: value for key, value in document.items() if key != "nodes"}
        Console(soft_wrap=True).print_json(json.dumps(summary))
    if "faults" in document:
        console.print(document["slip_tendency_assumption"])
    answered = [node for node in nodes if node["status"] == "ok"]
    if not as_json:
        _print_table(answered[:SHOWN_NODES])
    without = Counter(node["status"] for node in nodes if node["status"] != "ok")
    for status, count in without.items():
        console.print(f"{count} of {len(nodes)} nodes: {status}", style="yellow")
    for boundary in document.get("boundaries", ()):
        console.print(f"boundary {boundary['name']}: {_contrast_shown(boundary)}")
    for reason, count in aside["reasons"].items():
        console.print(f"set aside {count} rows: {reason}", style="yellow")
    left_out = ", ".join(f"{count} of {name}" for name, count in document["left_out"].items())
    console.print(
        f"{document['n_events']} events at {_count(len(nodes), 'node')}, "
        f"{len(answered)} with a stress; "
        f"{aside['count']} rows set aside{'; left out ' + left_out if left_out else ''}. "
        f"Written to {out}"
    )


def _print_table(nodes: Sequence[Json]) -> None:
    if not nodes:
        return
    names = list(nodes[0])[1 : list(nodes[0]).index("n_events")]
    names = [name for name in names if any(node[name] is not None for node in nodes)]
    heads = [SHORT_NAMES.get(name, name) for name in names]
    table = Table(
        *("node", *heads, "events", "SHmax (95 %)", "regime", "A-phi", "R", "misfit", "WSM"),
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for column in table.columns:
        column.no_wrap = True
    for node in nodes:
        interval = node["shmax_interval95_deg"]
        shmax = "undefined" if node["shmax_deg"] is None else f"{node['shmax_deg']:.0f}"
        if interval is not None:
            shmax += f" ({interval[0]:.0f} to {interval[1]:.0f})"
        table.add_row(
            str(node["node"]),
            *(_shown(node[name]) for name in names),
            str(node["n_events"]),
            shmax,
            node["regime"],
            f"{node['a_phi']:.2f}" + ("" if node["phi_reliable"] else " ?"),
            f"{node['r']:.2f}" + ("" if node["phi_reliable"] else " ?"),
            "" if node["misfit_deg"] is None else f"{node['misfit_deg']:.1f}",
            node["wsm_quality"],
        )
    # A file or a narrow window cuts no figure short.
    needed = Console(width=WIDE).measure(table).maximum
    Console(width=max(Console().width, needed)).print(table)


def _count(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def _contrast_shown(boundary: Json) -> str:
    """Contrast of SHmax across a boundary with its interval, or why there is none."""
    if boundary["status"] != "ok":
        return str(boundary["status"])
    low, high = boundary["shmax_contrast_interval95_deg"]
    return (
        f"SHmax differs by {boundary['shmax_contrast_deg']:.1f} ({low:.0f} to {high:.0f}) degrees "
        f"from left to right, p {boundary['p_value']:.3f}"
    )


def _shown(coordinate: float | str | None) -> str:
    if isinstance(coordinate, float):
        return f"{coordinate:.3f}".rstrip("0").rstrip(".")
    return str(coordinate or "").removesuffix("T00:00:00Z")
