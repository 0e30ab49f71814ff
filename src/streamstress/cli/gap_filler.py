"""Which gaps of the feed are filled, which are tried again, and which wait for a person."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import structlog

from streamstress.cli.backfill_run import BackfillRun
from streamstress.config import Settings
from streamstress.errors import ConfigError, StreamstressError
from streamstress.ingest.time_span import TimeSpan
from streamstress.outputs.json_view import iso_time
from streamstress.stream.feed_gaps import ToldGap, due, told_gaps
from streamstress.stream.kafka import kafka_of
from streamstress.stream.logs import configure_logs

FIRST_PAUSE_S = 600.0
LONGEST_PAUSE_S = 6 * 3600.0
TRIES = 10
"""With pauses that double up to six hours, about a day and a half."""

REMEMBERED = 500
"""Gaps whose end is remembered: a letter can come again after its sender died, not months later."""

log = structlog.get_logger(__name__)


class Attempt(msgspec.Struct):
    """What was done about one gap."""

    tries: int = 0
    next_ns: int = 0
    done: bool = False


class Standing(msgspec.Struct):
    """Where the filler stands; kept over restarts, in one file."""

    next_offset: int = 0
    """Of the dead letters: those before have been read."""
    open: list[ToldGap] = msgspec.field(default_factory=list)
    """Gaps that are not done with."""
    attempts: dict[str, Attempt] = msgspec.field(default_factory=dict)
    """By name of the gap's run, in order of their first try."""


@dataclass(slots=True)
class GapFiller:
    """Fills the gaps of one system; ``look`` does what is due."""

    settings: Settings
    config: Path
    stopped: Callable[[], bool]
    standing: Standing = field(default_factory=Standing)

    @classmethod
    def of(cls, settings: Settings, config: Path, stopped: Callable[[], bool]) -> "GapFiller":
        """Take up what earlier lives did.

        Raises
        ------
        ConfigError
            No source is set.
        """
        if not settings.backfill.source:
            raise ConfigError("backfill.source is empty: say where the missing data lie")
        configure_logs(settings.logging.level, json_lines=settings.logging.json_lines)
        filler = cls(settings, config, stopped)
        if filler._file.exists():
            filler.standing = msgspec.json.decode(filler._file.read_bytes(), type=Standing)
        return filler

    @property
    def _file(self) -> Path:
        return self.settings.run_folder / "filled-gaps.json"

    def look(self) -> None:
        """Fill every gap that is due; what fails is tried again later."""
        chosen = self.settings.backfill
        self._hear()
        ready, long = due(self.standing.open, time.time_ns(), chosen.wait_s, chosen.longest_hours)
        for span in long:
            self._left_to_a_person(span, f"it is longer than {chosen.longest_hours:g} h")
        for span in ready:
            attempt = self._attempt(span)
            if not self.stopped() and not attempt.done and time.time_ns() >= attempt.next_ns:
                self._try(span, attempt)
        self._close([*ready, *long])

    def _hear(self) -> None:
        """Read the letters that came since the last time."""
        standing, before = self.standing, self.standing.next_offset
        gaps, standing.next_offset = asyncio.run(
            told_gaps(self.settings, kafka_of(self.settings), before)
        )
        standing.open = sorted({*standing.open, *gaps})
        if standing.next_offset != before:
            self._save()

    def _attempt(self, span: TimeSpan) -> Attempt:
        return self.standing.attempts.setdefault(_name(span), Attempt())

    def _close(self, spans: list[TimeSpan]) -> None:
        """Forget the gaps that are done with, and the oldest of what was done."""
        standing = self.standing
        done = [span for span in spans if self._attempt(span).done]
        left = [g for g in standing.open if not any(s.touches(g.start_ns, g.end_ns) for s in done)]
        if len(left) == len(standing.open):
            return
        standing.open = left
        names = [name for name, attempt in standing.attempts.items() if attempt.done]
        for name in names[: max(0, len(names) - REMEMBERED)]:
            del standing.attempts[name]
        self._save()

    def _try(self, span: TimeSpan, attempt: Attempt) -> None:
        run = BackfillRun(
            self.settings, self.config, _name(span), self.settings.backfill.source, span
        )
        times = {"start": iso_time(span.start_ns), "end": iso_time(span.end_ns)}
        log.info("a gap of the feed is filled", **times)
        try:
            told = run.done(self.stopped, log.warning)
        except StreamstressError as error:
            attempt.tries += 1
            pause_s = min(FIRST_PAUSE_S * 2.0 ** (attempt.tries - 1), LONGEST_PAUSE_S)
            attempt.next_ns = time.time_ns() + round(pause_s * 1e9)
            log.warning("the gap could not be filled", error=str(error), again_in_s=pause_s)
            if attempt.tries >= TRIES:
                self._left_to_a_person(span, f"{TRIES} tries failed")
        else:
            if told is None:
                return
            attempt.done = True
            log.info(
                "the gap is filled",
                mechanisms=told.sent,
                known=told.known,
                fuller=told.fuller,
                withdrawn=told.withdrawn,
                **times,
            )
        self._save()

    def _left_to_a_person(self, span: TimeSpan, why: str) -> None:
        attempt = self._attempt(span)
        if attempt.done:
            return
        attempt.done = True
        self._save()
        log.error(
            f"a gap is left to you, {why}: streamstress backfill ARCHIVE -c {self.config} "
            f"--run by-hand --start {iso_time(span.start_ns)} --end {iso_time(span.end_ns)}"
        )

    def _save(self) -> None:
        partial = self._file.with_name(self._file.name + ".part")
        partial.write_bytes(msgspec.json.encode(self.standing))
        partial.replace(self._file)


def _name(span: TimeSpan) -> str:
    """Name of a gap's run, the same after a restart."""
    return f"gap-{span.start_ns // 10**9}-{span.end_ns // 10**9}"
