"""``streamstress trace``: why an event took as long as it did, from the spans in the logs."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.table import Table

from streamstress.errors import InputFileError

Span = dict[str, Any]


def trace(
    event_id: Annotated[str, typer.Argument(help="the event, as on the page and in the catalogue")],
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="the configuration, for its run folder")
    ] = None,
    logs: Annotated[
        list[Path] | None,
        typer.Option(help="log files instead, '-' for standard input, as from kubectl logs"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Show where an event's time went, stage by stage; needs traces.export = "log"."""
    spans = spans_of_event(event_id, spans_in(_lines(config, logs or [])))
    if not spans:
        raise InputFileError(
            f"no span of the event {event_id} in the logs; they are written with traces.export = "
            "'log' and logging.level = 'info' or 'debug'"
        )
    if as_json:
        typer.echo(json.dumps(spans, indent=2))
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(span_table(spans))
    console.print(longest_sentence(spans))


def _lines(config: Path | None, logs: Sequence[Path]) -> Iterator[str]:
    if not logs and config is None:
        raise InputFileError("give the configuration with -c, or log files with --logs")
    if config is not None and not logs:
        from streamstress.config import load_settings

        logs = sorted((load_settings(config).run_folder / "logs").glob("*.log"))
    for path in logs:
        if str(path) == "-":
            yield from sys.stdin
            continue
        try:
            with path.open(errors="replace") as file:
                yield from file
        except OSError as error:
            raise InputFileError(f"{path}: cannot be read ({error.strerror})") from error


def spans_in(lines: Iterable[str] | TextIO) -> Iterator[Span]:
    """Spans among the lines of logs, whatever stands before a line's JSON."""
    for line in lines:
        begin = line.find("{")
        # Most lines are no spans: look before decoding.
        if begin < 0 or '"span_id"' not in line:
            continue
        try:
            found = json.loads(line[begin:])
        except json.JSONDecodeError:
            continue
        if found.get("event") == "span":
            yield found


def spans_of_event(event_id: str, spans: Iterable[Span]) -> list[Span]:
    """Spans of the event's trace, from its pick on, in the order of their beginning."""
    known = list(spans)
    traces = {span["trace_id"] for span in known if span.get("event_id") == event_id}
    return sorted(
        (span for span in known if span["trace_id"] in traces),
        key=lambda span: (span["start_ns"], span["seconds"]),
    )


def span_table(spans: Sequence[Span]) -> Table:
    """A row a span: when it began after the first, how long it lasted, of what."""
    table = Table(box=None, pad_edge=False)
    for heading in ("begins, s", "lasts, s", "work, s"):
        table.add_column(heading, justify="right")
    table.add_column("stage: record")
    table.add_column("which")
    first_ns = spans[0]["start_ns"]
    for span in spans:
        table.add_row(
            f"{(span['start_ns'] - first_ns) / 1e9:.2f}",
            f"{span['seconds']:.2f}",
            f"{span.get('work_s', 0.0):.2f}",
            span["name"],
            _which(span),
        )
    return table


def _which(span: Span) -> str:
    """Id of a pick or candidate; version and state of what is of the event itself."""
    words = [str(span[key]) for key in ("pick_id", "candidate_id") if key in span]
    words += [f"version {span['version']}"] if "version" in span else []
    words += [str(span[key]) for key in ("status", "state") if key in span]
    words += [f"grade {span['grade']}"] if "grade" in span else []
    return ", ".join(words)


def longest_sentence(spans: Sequence[Span]) -> str:
    """The span that lasted longest, in words."""
    end_ns = max(span["start_ns"] + round(span["seconds"] * 1e9) for span in spans)
    longest = max(spans, key=lambda span: span["seconds"])
    wait_s = max(longest["seconds"] - longest.get("work_s", 0.0), 0.0)
    return (
        f"{(end_ns - spans[0]['start_ns']) / 1e9:.1f} s from the first to the last. The longest is "
        f"{longest['name']}, {longest['seconds']:.1f} s, of which {wait_s:.1f} s is waiting."
    )
