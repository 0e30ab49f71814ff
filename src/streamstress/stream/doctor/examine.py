"""All checks, in the order in which one looks: what carries everything first."""

from collections.abc import Callable, Iterator

from streamstress.stream.doctor import kafka_checks, system_checks
from streamstress.stream.doctor.facts import Facts
from streamstress.stream.doctor.findings import Finding

CHECKS: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    kafka_checks.check_broker,
    system_checks.check_workers,
    kafka_checks.check_topics,
    kafka_checks.check_owners,
    kafka_checks.check_ages,
    kafka_checks.check_stamps,
    system_checks.check_models,
    system_checks.check_stations,
    system_checks.check_station_clocks,
    kafka_checks.check_proposals,
    system_checks.check_store,
    system_checks.check_disks,
)


def examine(facts: Facts) -> list[Finding]:
    """What all checks find."""
    return [finding for check in CHECKS for finding in check(facts)]
