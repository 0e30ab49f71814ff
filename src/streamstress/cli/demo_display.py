"""What the demo shows in the terminal: each stage's counts and latency, and how far it is."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from streamstress.outputs.rows import StageStatus
from streamstress.outputs.store_reader import StoreReader
from streamstress.records import StressChange, StressEstimate

LOG_EVERY_S = 15.0
"""Pause between two lines where the output is no terminal."""


@dataclass(slots=True)
class Display:
    """The live display of a terminal; in a log, a line now and then and the table at the end."""

    console: Console
    heading: str
    reader: StoreReader
    _live: Live = field(init=False)
    _said_s: float = 0.0
    _last: RenderableType = ""

    def __post_init__(self) -> None:
        self._live = Live(console=self.console, refresh_per_second=2)

    def __enter__(self) -> "Display":
        if self.console.is_terminal:
            self._live.start()
        else:
            self.console.print(self.heading)
        return self

    def __exit__(self, *_: object) -> None:
        if self.console.is_terminal:
            self._live.stop()
        else:
            self.console.print(self._last)

    def show(self, statuses: Sequence[StageStatus], share: float) -> None:
        """Show where the stages are; ``share`` of the data has been played."""
        share = max(0.0, min(share, 1.0))
        self._last = render(statuses, share, self.reader, self.heading)
        if self.console.is_terminal:
            self._live.update(self._last)
        elif time.monotonic() - self._said_s > LOG_EVERY_S:
            self._said_s = time.monotonic()
            counts = ", ".join(f"{status.stage} {status.sent:,}" for status in statuses)
            self.console.print(f"{share:.0%} of the data played; sent: {counts}")


def render(
    statuses: Sequence[StageStatus], share: float, reader: StoreReader, heading: str
) -> RenderableType:
    """Heading, progress bar, table of stages, and the newest stress and alarm."""
    played = Table.grid(padding=(0, 1))
    bar = ProgressBar(total=1.0, completed=share, width=60)
    played.add_row(bar, Text(f"{share:.0%} of the data"))
    lines: list[RenderableType] = [Text(heading, style="bold"), played, stage_table(statuses)]
    estimates = reader.latest_stress()
    lines.append(Text(stress_sentence(estimates[-1]) if estimates else "stress: learning"))
    changes = reader.alarms.changes()
    if changes:
        lines.append(alarm_text(changes[-1]))
    return Group(*lines)


def stage_table(statuses: Sequence[StageStatus]) -> Table:
    """One row a stage, in the order of the flow."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("stage", "in", "out", "set aside", "latency p50", "p95"):
        table.add_column(name, justify="left" if name == "stage" else "right", min_width=9)
    for status in statuses:
        table.add_row(
            status.stage,
            f"{status.received:,}",
            f"{status.sent:,}",
            f"{status.rejected:,}" if status.rejected else "",
            _seconds(status.p50_s),
            _seconds(status.p95_s),
        )
    return table


def stress_sentence(estimate: StressEstimate) -> str:
    """SHmax with its interval, in words."""
    low, high = estimate.shmax_interval95_deg
    return (
        f"stress of {estimate.region}: SHmax {estimate.shmax_deg:.0f} deg "
        f"(95 % {low:.0f} to {high:.0f}), {estimate.regime}, {estimate.n_events} events"
    )


def alarm_text(change: StressChange) -> Text:
    """The newest change in words."""
    low, high = change.rotation_interval95_deg
    style = "bold red" if change.state in ("open", "confirmed") else "yellow"
    return Text(
        f"{change.state.upper()}: stress rotation of {change.rotation_deg:.0f} deg (95 % {low:.0f} "
        f"to {high:.0f}), {change.n_since_onset} events since its onset, score "
        f"{change.score:.0f} over {change.threshold:.0f}",
        style=style,
    )


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} s"
