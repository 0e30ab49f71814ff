"""Checks of the workers, their models, the stations and the disks."""

from collections.abc import Iterator

from streamstress.stream.doctor.facts import Facts
from streamstress.stream.doctor.findings import Finding, listed, note, ok, problem, span

SILENT_S = 600.0
"""As the alert StationFeedSilent."""
SKEW_S = 2.0
"""As the alert ClockSkew."""
LATE_S = 0.5
"""Five times the usual error of a P pick (0.1 s): clock, coordinates or the wrong channel."""
FEWEST_RESIDUALS = 10
"""Their median is then known to about 0.1 s."""
LEAST_FREE = 0.10
LEAST_FREE_BYTES = 5 * 1024**3
GIB = 1024**3


def check_workers(facts: Facts) -> Iterator[Finding]:
    """Whether each worker answers, lives and is ready."""
    gone = [role for role, worker in facts.workers.items() if not worker.answers]
    if gone and len(gone) == len(facts.workers):
        yield problem(
            "workers",
            "not one worker answers: the system does not run here",
            f"streamstress up -c {facts.config}; under Kubernetes run the doctor where the pods' "
            "ports can be reached, or ask kubectl get pods",
        )
        return
    if gone:
        first = facts.workers[gone[0]].address
        yield problem(
            "workers",
            f"no answer of {listed(gone, 12)} ({gone[0]} at {first})",
            "the end of logs/NAME.log in the run folder says why; 'up' starts them again by itself",
        )
    for role, worker in facts.workers.items():
        if worker.dead is not None:
            yield problem(
                "workers", f"{role} stands: {worker.dead}", f"keep its log, then restart {role}"
            )
        elif worker.waits_for is not None:
            yield problem(
                "workers",
                f"{role} is not ready: {worker.waits_for}",
                "a start takes up to a minute; then its log",
            )
    yield from _versions(facts)
    if not gone and all(w.dead is None and w.waits_for is None for w in facts.workers.values()):
        yield ok("workers", f"all {len(facts.workers)} answer and are ready")


def _versions(facts: Facts) -> Iterator[Finding]:
    found = {v for w in facts.workers.values() for v in w.by_label("streamstress_build_info")}
    if len(found) > 1:
        yield problem(
            "workers",
            f"workers of different versions run: {listed(list(found))}",
            "restart those of the older one: their records may differ",
        )


def check_models(facts: Facts) -> Iterator[Finding]:
    """Whether what the settings name is there and loaded."""
    for sentence in facts.missing_models:
        yield problem("models", sentence, "put the file there, or correct the setting")
    loading = [
        role
        for role, worker in facts.workers.items()
        if worker.by_label("streamstress_model_loaded").get(role) == 0
    ]
    if loading:
        yield note("models", f"still loading: {listed(loading)}")
    if facts.picks_with_demo:
        yield problem(
            "models",
            "picking.picker is demo, which knows simulated data only, and the data are live",
            "picking.picker: a picker trained on real data, as phasenet:instance",
        )
    elif not facts.missing_models and not loading:
        yield ok("models", "found, and loaded by every worker that answers")


def check_stations(facts: Facts) -> Iterator[Finding]:
    """Which of the expected stations are heard."""
    ingest = facts.workers.get("ingest")
    if ingest is None or not ingest.answers:
        yield note("stations", "who is heard is not known: ingest does not answer")
        return
    silence = ingest.by_label("streamstress_feed_silence_seconds")
    never = sorted(facts.expected_stations - silence.keys())
    silent = [code for code, seconds in silence.items() if seconds > SILENT_S]
    if never:
        yield problem(
            "stations",
            f"{len(never)} of {len(facts.expected_stations)} expected stations were never heard "
            f"since ingest started: {listed(never)}",
            "does the server have them (slinktool -Q HOST)? Else take them out of network.stations "
            "or ingest.selectors",
        )
    if silent:
        longest = max(silence[code] for code in silent)
        yield problem(
            "stations",
            f"silent now, for up to {span(longest)}: {listed(silent)}",
            "many at once: the line or the server (log of ingest); a few: the stations",
        )
    strange = [code for code in silence if code not in facts.known_stations]
    if strange:
        yield problem(
            "stations",
            f"heard, but without coordinates, so never used: {listed(strange)}",
            "add them to network.stations and restart pick and locate, or narrow ingest.selectors",
        )
    if not (never or silent or strange):
        yield ok("stations", f"all {len(facts.expected_stations)} expected stations are heard")


def check_station_clocks(facts: Facts) -> Iterator[Finding]:
    """Whose data come from the future, and whose P waves come early or late."""
    ingest = facts.workers.get("ingest")
    ages = ingest.by_label("streamstress_data_age_seconds") if ingest is not None else {}
    ahead = [code for code, age_s in ages.items() if age_s < -SKEW_S]
    if ahead:
        yield problem(
            "station clocks",
            f"data from the future: {listed(ahead)}",
            "many: this machine's clock (chronyc tracking); one: its GPS",
        )
    late = {
        code: found
        for code, found in facts.store.residuals.items()
        if found.count >= FEWEST_RESIDUALS and abs(found.median_s) > LATE_S
    }
    for code, found in sorted(late.items()):
        side = "late" if found.median_s > 0 else "early"
        yield problem(
            "station clocks",
            f"P comes {abs(found.median_s):.1f} s {side} at {code} (median of {found.count})",
            "its clock, its coordinates, or the velocity model under it",
        )
    wrong = _wrong_clocks(facts)
    for code, offset_s in sorted(wrong.items()):
        side = "late" if offset_s > 0 else "early"
        yield problem(
            "station clocks",
            f"the clock of {code} seems wrong: its P picks come {abs(offset_s):.1f} s {side}",
            "its GPS or time zone; events are located without it",
        )
    if not ahead and not late and not wrong:
        known = [one for one in facts.store.residuals.values() if one.count >= FEWEST_RESIDUALS]
        words = f"P residuals small ({len(known)} known)" if known else "too few events yet"
        yield ok("station clocks", f"no data from the future; {words}")


def _wrong_clocks(facts: Facts) -> dict[str, float]:
    """By the locate worker, which also sees picks too far off to belong to any event."""
    locate = facts.workers.get("locate")
    return locate.by_label("streamstress_station_clock_offset_seconds") if locate else {}


def check_store(facts: Facts) -> Iterator[Finding]:
    """Whether the database answers."""
    if facts.store.trouble is None:
        words = "the database answers" if facts.store.exists else "no database yet: never started"
        yield ok("store", words)
        return
    yield problem(
        "store",
        f"the database does not answer: {facts.store.trouble}",
        "disk, rights of the folder, store.url; results wait on Kafka until it is back",
    )


def check_disks(facts: Facts) -> Iterator[Finding]:
    """Whether what grows has room."""
    for disk in facts.disks:
        share = disk.free_bytes / max(disk.total_bytes, 1)
        words = f"{disk.free_bytes / GIB:.1f} GiB ({share:.0%}) free for {disk.use} ({disk.folder})"
        if share < LEAST_FREE or disk.free_bytes < LEAST_FREE_BYTES:
            yield problem(
                "disk",
                f"only {words}",
                "make room, before Kafka and the store refuse; logs are never rotated by us",
            )
        else:
            yield ok("disk", words)
    free = min((disk.free_bytes for disk in facts.disks), default=0)
    if facts.kafka.is_embedded and facts.disks and facts.retention_bytes > free:
        yield note(
            "disk",
            f"waveforms may take {facts.retention_bytes / GIB:.0f} GiB, more than is free",
            "lower kafka.waveform_retention_bytes before the topics are made, or add room",
        )
