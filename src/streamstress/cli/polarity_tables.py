"""What the polarity commands print: tables for people."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from streamstress.cli.polarity_evaluate import Findings
from streamstress.mechanism.reversals import Reversal
from streamstress.outputs.json_view import iso_time
from streamstress.polarity.calibration import Calibration, Reliability
from streamstress.polarity.repeaters import Agreement
from streamstress.polarity.thresholds import MechanismQuality

console = Console(highlight=False, soft_wrap=True)


def show_findings(all_findings: Sequence[Findings]) -> None:
    """Print everything that was found, a set of readings after the other."""
    labelled = [findings for findings in all_findings if findings.labelled]
    if labelled:
        console.print(_score_table(labelled))
    for findings in all_findings:
        if findings.qualities:
            console.print(_quality_table(findings.source, findings.qualities))
        if findings.best:
            console.print(
                f"best mechanisms at a threshold of {findings.best.threshold:g} on |2p - 1|: "
                f"{findings.best.n_usable} of {findings.best.n_events} events with grades A to C"
            )
        show_reversals(findings.reversals)
        if findings.repeaters:
            everything = [findings.repeaters, *findings.by_snr, *findings.by_station]
            console.print(_agreement_table(findings.source, everything))
        if findings.note:
            console.print(findings.note)
        for path in findings.figures:
            console.print(f"figure: {path}")


def show_reversals(reversals: Iterable[Reversal]) -> None:
    """Print a sentence for each station that seems reversed."""
    for found in reversals:
        until = "on" if found.until_ns is None else f"until {iso_time(found.until_ns)}"
        console.print(
            f"{found.station} seems reversed from {iso_time(found.from_ns)} {until}: "
            f"{found.n_against} of {found.n_readings} clear first motions against the other "
            f"stations, odds 10^{found.log10_odds:.0f}"
        )


def show_calibration(
    found: Calibration, before: Reliability | None, after: Reliability | None
) -> None:
    """Print a calibration, with the calibration error where labels tell it."""
    console.print(f"temperature {found.temperature:.3f}, lapse {found.lapse:.4f} ({found.source})")
    if before is not None and after is not None:
        console.print(
            f"expected calibration error on these labels {before.expected_error:.4f} before, "
            f"{after.expected_error:.4f} after"
        )


def _score_table(findings: Sequence[Findings]) -> Table:
    table = Table("readings", "labels", "accuracy", "kept", "of kept right", "calibration error")
    table.add_column("threshold for precision")
    for one in findings:
        score = one.labelled
        if score is None:
            continue
        chosen = one.threshold_for_precision
        table.add_row(
            one.source,
            str(score.count),
            f"{score.accuracy:.4f}",
            f"{score.kept:.3f}",
            f"{score.accuracy_of_kept:.4f}",
            f"{score.calibration_error:.4f}",
            "none" if chosen is None else f"{chosen:.4f} for {one.precision_wanted:g}",
        )
    return table


def _quality_table(source: str, qualities: Sequence[MechanismQuality]) -> Table:
    table = Table("threshold", "polarities", "grades A to C", "probability", "misfit", title=source)
    table.add_column("bits told of a reading left out")
    for quality in qualities:
        table.add_row(
            f"{quality.threshold:g}",
            f"{quality.n_polarities:.1f}",
            f"{quality.n_usable} of {quality.n_events}",
            f"{quality.probability:.3f}",
            f"{quality.misfit:.3f}",
            f"{quality.information_bits:.3f}",
        )
    return table


def _agreement_table(source: str, rows: Sequence[Agreement]) -> Table:
    table = Table("of", "pairs", "decided", "agree", "share right", "95 %", title=source)
    for row in rows:
        table.add_row(
            row.name,
            str(row.n_pairs),
            f"{row.kept:.3f}",
            f"{row.agreement:.4f}",
            f"{row.accuracy:.4f}",
            f"{row.accuracy_low:.3f} to {row.accuracy_high:.3f}",
        )
    return table
