"""What ``locate`` says on the terminal."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from streamstress.earth.station_checks import HILLS_M

console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

SHOWN = 5
"""Lines and stations that are named; the others are counted."""


def tell(
    summary: Mapping[str, Any], picks: Path, bad_lines: Sequence[tuple[int, str]], out: Path
) -> None:
    """Counts, what was set aside and why, and stations whose clock seems wrong.

    ``bad_lines`` are those of the file ``picks``, 0 where its format has none.
    """
    share = f"{summary['picks_in_events']} of {summary['picks']} picks"
    console.print(f"{out}: {summary['events']} earthquakes with {share}")
    if "relocated" in summary:
        used = summary["differential_times"]
        console.print(
            f"double-difference: {summary['relocated']} earthquakes by {used['correlated']} "
            f"correlated waveforms and {used['catalogue']} differences of picks"
        )
    for reason, count in sorted(summary["rejected_groups"].items()):
        console.print(f"no earthquake: {count} groups of picks ({reason})")
    for reason, count in sorted(summary["left_out"].items()):
        console.print(f"located without: {count} picks of the earthquakes they name ({reason})")
    for reason, count in sorted(summary["set_aside"].items()):
        console.print(f"set aside: {count} picks ({reason})")
    for line, words in bad_lines[:SHOWN]:
        console.print(f"  {picks}, line {line}: {words}" if line else f"  {picks}, {words}")
    if len(bad_lines) > SHOWN:
        console.print(f"  and {len(bad_lines) - SHOWN} more")
    _tell_unknown(summary["unknown_stations"])
    for code, reason in summary["misplaced_stations"].items():
        console.print(f"{code} left out, {reason}")
    if summary["stations_on_a_line"]:
        console.print(
            "The stations stand on one line: a source and its mirror image beyond the line fit "
            "alike; the side is a guess."
        )
    if high := summary["stations_on_mountains"]:
        named = ", ".join(high[:SHOWN])
        console.print(
            f"{len(high)} stations stand above {HILLS_M:.0f} m ({named}): take-offs to them "
            "are degrees off; --above-sea-level gives each its elevation."
        )
    if summary["at_top"]:
        console.print(f"{summary['at_top']} earthquakes are put {_top_words(summary['top_km'])}")
    for clock in summary["wrong_clocks"]:
        console.print(
            f"{clock['station']}: its clock seems wrong by {clock['offset_s']:+.2f} s, in "
            f"{clock['n_events']} earthquakes; the locations are made without it"
        )
    if summary["picks"] == 0:
        console.print(f"{picks} holds no pick that can be used.")
    elif summary["events"] == 0:
        console.print(
            "No earthquake: look at the station coordinates, the velocity model and --min-picks."
        )


def _top_words(top_km: float) -> str:
    if top_km < 0.0:
        return f"{-top_km:g} km above sea level, at the highest station: none is sought above"
    return (
        "at sea level: no source is sought above; --above-sea-level seeks up to the highest station"
    )


def _tell_unknown(stations: Mapping[str, int]) -> None:
    ranked = sorted(stations.items(), key=lambda item: (-item[1], item[0]))
    if not ranked:
        return
    named = ", ".join(f"{code} ({count})" for code, count in ranked[:SHOWN])
    more = f" and {len(ranked) - SHOWN} more" if len(ranked) > SHOWN else ""
    console.print(f"  not in the list of stations: {named}{more}")
