"""Parts that several pages say alike."""

from collections.abc import Mapping, Sequence
from typing import Any

from streamstress.outputs.map_columns import REGIME_COLOURS, REGIME_NAMES
from streamstress.outputs.rows import MechanismRow, StationReading
from streamstress.records import StressChange, StressEstimate
from streamstress.web.banner import BADGES, URGENCY
from streamstress.web.words import interval


def region_card(
    name: str,
    estimate: StressEstimate | None,
    change: StressChange | None,
    troubles: Sequence[str],
) -> dict[str, Any]:
    """A region in a few words; while nothing new comes, silence is no good news."""
    state: str = change.state if change is not None else "none"
    if troubles and not URGENCY.get(state, 0):
        state = "unknown"
    return {
        "name": name,
        "state": state,
        "badge": BADGES[state],
        "urgency": URGENCY.get(state, 0),
        "change_id": change.change_id if change is not None else None,
        "shmax": estimate.shmax_deg if estimate and estimate.shmax_defined else None,
        "regime": estimate.regime if estimate else None,
        "colour": REGIME_COLOURS.get(estimate.regime) if estimate else None,
        "n_events": estimate.n_events if estimate else 0,
        "quality": estimate.wsm_quality if estimate else None,
    }


def figures(estimate: StressEstimate | None) -> list[Mapping[str, str | None]]:
    """The numbers of an estimate, each with its uncertainty."""
    if estimate is None:
        return []
    low, high = estimate.shmax_interval95_deg
    shmax = {"name": "SHmax", "value": "undefined", "note": "the horizontal stresses are alike"}
    if estimate.shmax_defined:
        shmax = {
            "name": "SHmax",
            "value": f"{estimate.shmax_deg:.0f}°",
            "note": interval(low, high % 180.0),
        }
    regime = {
        "name": "regime",
        "value": estimate.regime,
        "note": REGIME_NAMES.get(estimate.regime, ""),
        "colour": REGIME_COLOURS.get(estimate.regime),
    }
    phi_low, phi_high = estimate.phi_interval95
    ratio = {
        "name": "R",
        "value": f"{estimate.r:.2f}",
        "note": f"95 % {1 - phi_high:.2f} to {1 - phi_low:.2f}",
    }
    lowest, highest = estimate.a_phi_interval95
    a_phi = {
        "name": "A-phi",
        "value": f"{estimate.a_phi:.2f}",
        "note": f"95 % {lowest:.2f} to {highest:.2f}",
    }
    events = {
        "name": "events",
        "value": f"{estimate.n_events:,}",
        "note": f"quality {estimate.wsm_quality}, misfit {estimate.misfit_deg:.0f}°",
    }
    listed: list[Mapping[str, str | None]] = []
    listed += [shmax, regime, ratio, a_phi, events]
    return listed


def guard_lines(change: StressChange) -> list[dict[str, str]]:
    """Every guard with its verdict, those that hold first."""
    order = {"hold": 0, "untested": 1, "pass": 2}
    lines = []
    for name, words in change.guards.items():
        kind = next((kind for kind in order if words.startswith(kind)), "untested")
        lines.append({"name": name, "kind": kind, "words": words.removeprefix(kind).lstrip(": ")})
    return sorted(lines, key=lambda line: order[line["kind"]])


def plane_of(row: MechanismRow | StationReading) -> tuple[float, float, float] | None:
    """Strike, dip and rake of the best solution, where there is one."""
    if row.strike_deg is None or row.dip_deg is None or row.rake_deg is None:
        return None
    return row.strike_deg, row.dip_deg, row.rake_deg
