"""Checks of the broker: topics, partitions, who reads them, how old they are, their clocks."""

from collections.abc import Iterator, Mapping

from streamstress.outputs.control_words import command, sentence
from streamstress.records.controls import waiting_proposals
from streamstress.stream.doctor.facts import Facts, GroupFacts
from streamstress.stream.doctor.findings import Finding, listed, note, ok, problem, span
from streamstress.wire.topics import TOPICS

FRESH_S = 60.0
"""Waveforms come every few seconds, heartbeats too."""
STALE_S = 300.0
"""Progress of every stage comes with each window, every few seconds."""
AHEAD_S = 2.0
"""As the alert ClockSkew; less than this is the network."""
LAGGING = 5000
"""As the alert ConsumerLagGrowing."""
FOLLOWS_PROGRESS = ("picks", "readings", "candidates", "events", "mechanisms")
"""Topics that get something, if only Progress, as long as waveforms come; in the order of flow."""

MAKERS = {topic.name: topic.made_by for topic in TOPICS}


def check_broker(facts: Facts) -> Iterator[Finding]:
    """Whether Kafka answers."""
    kafka = facts.kafka
    if kafka.trouble is None:
        yield ok("broker", f"Kafka answers at {kafka.address}")
        return
    if kafka.is_embedded:
        do = (
            f"streamstress broker start -c {facts.config} ('up' does it too, but not again where "
            "it died); if it does not start, its log is kafka/broker.log in the run folder"
        )
    else:
        do = "ask whoever runs it; then kafka.bootstrap_servers, the firewall, TLS and login"
    words = f"no Kafka answers at {kafka.address} ({kafka.trouble})"
    yield problem("broker", f"{words}: nothing gets through; topics were not looked at", do)


def check_topics(facts: Facts) -> Iterator[Finding]:
    """Whether every topic is there with its partitions, and each of them has a leader."""
    if facts.kafka.trouble is not None:
        return
    held, expected = facts.kafka.topics, facts.expected_partitions
    missing = [name for name in expected if name not in held]
    if missing:
        yield problem(
            "topics",
            f"topics that are not there: {listed(missing, 12)}",
            f"streamstress broker start -c {facts.config} makes them; is kafka.topic_prefix right?",
        )
    for name, count in expected.items():
        if name in held and held[name].partitions != count:
            yield problem(
                "topics",
                f"{name} has {held[name].partitions} partitions, the settings say {count}",
                "set the setting back, or begin anew with another kafka.topic_prefix",
            )
    headless = [name for name in held if held[name].without_leader]
    if headless:
        yield problem(
            "topics",
            f"partitions without a leader: {listed(headless)}",
            "a node of Kafka is down: bring it back",
        )
    if not missing and not headless:
        yield ok("topics", f"{len(expected)} topics, each partition with a leader")


def check_owners(facts: Facts) -> Iterator[Finding]:
    """Whether every partition is read by somebody who keeps up."""
    if facts.kafka.trouble is not None:
        return
    groups = {role: facts.kafka.groups.get(role, GroupFacts()) for role in facts.inputs}
    away = [role for role, group in groups.items() if not group.members]
    if away:
        yield problem(
            "owners",
            f"nobody is in the consumer group of {listed(away, 12)}: what is for them waits",
            f"start them (up, or: streamstress worker NAME -c {facts.config}); logs/NAME.log says "
            "why one ended",
        )
    partial = [*_partly_owned(facts, groups)]
    yield from partial
    if not away and not partial:
        yield ok("owners", f"every partition has its worker ({len(facts.inputs)} groups)")


def _partly_owned(facts: Facts, groups: Mapping[str, GroupFacts]) -> Iterator[Finding]:
    for role, group in groups.items():
        held = {name: facts.kafka.topics.get(name) for name in facts.inputs[role]}
        alone = [
            name
            for name, topic in held.items()
            if group.members and topic is not None and group.owned.get(name, 0) < topic.partitions
        ]
        if alone:
            yield problem(
                "owners",
                f"partitions that no {role} worker has: of {listed(alone)}",
                f"a rebalance takes seconds; if it stays, restart the {role} worker",
            )
        if group.waiting is not None and group.waiting > LAGGING:
            yield problem(
                "owners",
                f"{group.waiting:,} messages wait for {role}",
                "it is behind or stands: its /healthz tells which; docs/runbooks.md, "
                "ConsumerLagGrowing",
            )


def check_ages(facts: Facts) -> Iterator[Finding]:
    """How old the newest message of each stage is."""
    if facts.kafka.trouble is not None:
        return
    ages = {
        name: (facts.now_ns - topic.newest_ns) / 1e9
        for name, topic in facts.kafka.topics.items()
        if topic.newest_ns is not None
    }
    feed_s = ages.get("waveforms")
    if feed_s is None or feed_s > FRESH_S:
        since = "ever" if feed_s is None else f"for {span(feed_s)}"
        yield problem(
            "ages",
            f"no waveform has come onto Kafka {since}",
            "log of ingest: does it reach the SeedLink server? (a replay that has ended is well)",
        )
        return
    late = [name for name in FOLLOWS_PROGRESS if ages.get(name, STALE_S + 1) > STALE_S]
    if late:
        first = late[0]
        age = f"for {span(ages[first])}" if first in ages else "ever"
        yield problem(
            "ages",
            f"waveforms come, but {MAKERS[first]} has sent nothing {age}",
            f"it is the first stage that stands: log and /healthz of {MAKERS[first]}; what follows "
            "waits for it (just after a start give it a minute)",
        )
        return
    told = ", ".join(f"{name} {span(ages[name])}" for name in ("waveforms", *FOLLOWS_PROGRESS))
    yield ok("ages", f"newest message: {told}")


def check_stamps(facts: Facts) -> Iterator[Finding]:
    """Whether the clocks of those who write agree with this machine's."""
    if facts.kafka.trouble is not None:
        return
    ahead = {
        name: (topic.newest_ns - facts.now_ns) / 1e9
        for name, topic in facts.kafka.topics.items()
        if topic.newest_ns is not None and topic.newest_ns - facts.now_ns > AHEAD_S * 1e9
    }
    for name, lead_s in ahead.items():
        yield problem(
            "clocks",
            f"messages of {MAKERS.get(name, name)} on {name} are stamped {span(lead_s)} ahead of "
            "this machine",
            "chronyc tracking on this machine and on that worker's",
        )
    if not ahead:
        yield ok("clocks", "no message is stamped ahead of this machine's clock")


def check_proposals(facts: Facts) -> Iterator[Finding]:
    """What waits for a person."""
    if facts.kafka.trouble is not None:
        return
    waiting = waiting_proposals(facts.kafka.controls)
    for proposal in waiting:
        confirm = command(proposal, facts.config)
        yield problem(
            "reversals",
            sentence(proposal),
            f"look at a large earthquake there; to confirm: {confirm}; to refuse: the same with "
            "--withdraw",
        )
    confirmed = [control.target for control in facts.kafka.controls if control.is_obeyed]
    if not waiting and confirmed:
        yield note("reversals", f"confirmed as reversed: {listed(confirmed)}")
    elif not waiting:
        yield ok("reversals", "no station waits for a decision")
