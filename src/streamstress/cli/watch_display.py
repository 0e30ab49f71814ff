"""What ``watch`` says on the terminal: a table of states, and a paragraph a change."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from streamstress.outputs.alarm_text import alarm_text, short_time
from streamstress.outputs.json_view import iso_time
from streamstress.outputs.watch_series import WatchSeries
from streamstress.records import StressChange

console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

NO_CHANGE = (
    "No change: the score never passed the threshold for long enough. It does not mean that the "
    "stress is proved steady; a turn of a few degrees would not show."
)


def tell_series(region: str, series: WatchSeries) -> None:
    """One line on what was watched and learned."""
    count = len(series.events)
    if count <= series.learn:
        console.print(f"{region}: {count} events, too few to learn from {series.learn}; no watch")
        return
    first, learned, last = (
        short_time(series.events[place].origin_time_ns) for place in (0, series.learn - 1, -1)
    )
    console.print(
        f"{region}: {count} events, {first} to {last} UTC; learned from {series.learn}, to "
        f"{learned}; threshold {series.threshold[-1]:.1f}"
    )


def tell_set_aside(set_aside: Counter[str]) -> None:
    """What was not used, by reason."""
    for reason, count in set_aside.most_common():
        console.print(f"set aside: {count} ({reason})")


def tell_changes(changes: Sequence[StressChange]) -> None:
    """Every state as a row, and every change as a paragraph on its latest state."""
    if not changes:
        console.print(NO_CHANGE)
        return
    Console(highlight=False).print(_table(changes))
    latest = {change.change_id: change for change in changes}
    for change in latest.values():
        console.print(f"\n{alarm_text(change)}")


def _table(changes: Sequence[StressChange]) -> Table:
    """Eighty columns; a column of regions where there are several."""
    several = len({change.region for change in changes}) > 1
    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0))
    for name in (*(["region"] if several else []), "state", "decided, UTC", "onset, UTC"):
        table.add_column(name, no_wrap=True)
    for name in ("events", "SHmax", "turn (95 %)", "score"):
        table.add_column(name, justify="right", no_wrap=True)
    for change in changes:
        turn = change.shmax_change_deg
        low, high = change.rotation_interval95_deg
        table.add_row(
            *([change.region] if several else []),
            change.state,
            iso_time(change.time_ns)[:16],
            iso_time(change.onset_time_ns)[:16],
            str(change.n_since_onset),
            "" if turn is None else f"{turn:+.0f}°",
            f"{change.rotation_deg:.0f}° ({low:.0f}-{high:.0f})",
            f"{change.score:.1f}",
        )
    return table


class RateColumn(ProgressColumn):
    """Events a second."""

    def render(self, task: Task) -> Text:
        """Give the speed of the latest seconds."""
        return Text("" if task.speed is None else f"{task.speed:.0f} events/s")


def watch_progress() -> Progress:
    """Bar with rate and time left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
