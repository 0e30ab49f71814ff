"""A Kafka that asks for TLS and a login is used by every kind of client, and by nothing less."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live_system import LiveSystem, live_system
from secured_broker import USER, SecuredBroker, make_certificates, secured_broker

from streamstress.broker import wait_for_broker
from streamstress.errors import BrokerError
from streamstress.ingest.recent import remember_recent
from streamstress.ingest.screen import DuplicateTracker
from streamstress.records import Control
from streamstress.simulate.archive import Archive
from streamstress.stream.archive_feed import feed_archive
from streamstress.stream.control_topic import held_controls, send_control
from streamstress.stream.kafka import kafka_of
from streamstress.stream.lag import group_of, lags
from streamstress.wire.topics import WAVEFORMS

pytestmark = [pytest.mark.live, pytest.mark.timeout(200)]


@pytest.fixture(scope="module")
def secured(
    kafka_at_hand: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SecuredBroker]:
    with secured_broker(tmp_path_factory.mktemp("secured")) as broker:
        yield broker


@pytest.fixture(scope="module")
def system(
    secured: SecuredBroker, smoke_archive: Archive, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveSystem]:
    way_in = {
        "security_protocol": "SASL_SSL",
        "sasl_username": USER,
        "sasl_password_file": str(secured.password_file),
        "ssl_ca_file": str(secured.ca_file),
    }
    folder = tmp_path_factory.mktemp("system")
    with live_system(
        folder, smoke_archive, secured.bootstrap_servers, {"kafka": way_in}
    ) as running:
        yield running


CONTROL = Control(
    control_id="reverse-polarity/XX.AA1",
    target="XX.AA1",
    action="reverse-polarity",
    valid_from_ns=0,
    valid_until_ns=None,
    reason="test",
    author="test",
    sent_ns=0,
)


def test_a_worker_reads_and_commits_what_an_operator_says_over_tls_with_a_login(
    system: LiveSystem,
):
    system.start(["store"])
    kafka = kafka_of(system.settings)
    asyncio.run(send_control(CONTROL, system.settings))
    (held,) = asyncio.run(held_controls(system.settings))
    assert held.control_id == CONTROL.control_id

    def stored() -> bool:
        with system.reader() as reader:
            return [one.control_id for one in reader.system.controls()] == [CONTROL.control_id]

    system.wait(stored, 30.0, "the control in the store")
    groups = {"store": group_of(system.settings.kafka.topic_prefix, "store")}

    def committed() -> bool:
        return asyncio.run(lags(kafka, groups)) == {"store": 0}

    system.wait(committed, 30.0, "the store's offsets committed")


def test_waveforms_go_to_a_kafka_with_tls_and_login_and_are_remembered_at_a_restart(
    system: LiveSystem,
):
    kafka = kafka_of(system.settings)
    waveforms = system.archive.waveforms
    fed = asyncio.run(feed_archive(waveforms, system.settings, kafka, lambda *_: None))
    topic = system.settings.kafka.topic_prefix + WAVEFORMS.name
    remembered = asyncio.run(
        remember_recent(DuplicateTracker(), kafka.bootstrap, topic, security=kafka.security)
    )
    assert remembered == fed.sent > 0


def _answers(system: LiveSystem, **changes: Any) -> None:
    settings = system.settings.kafka.model_copy(update=changes)
    kafka = kafka_of(system.settings.model_copy(update={"kafka": settings}))
    asyncio.run(wait_for_broker(kafka.bootstrap, 0.0, kafka.security))


def test_a_wrong_password_and_an_unknown_authority_keep_out_and_the_log_says_why(
    system: LiveSystem, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    _answers(system)  # with all of it, it answers
    wrong = tmp_path / "wrong"
    wrong.write_text("battery staple")
    with pytest.raises(BrokerError, match=r"localhost.*in the log just before"):
        _answers(system, sasl_password_file=wrong)
    assert "invalid credentials" in caplog.text
    make_certificates(tmp_path)
    with pytest.raises(BrokerError, match="localhost"):
        _answers(system, ssl_ca_file=tmp_path / "ca.pem")
    assert "CERTIFICATE_VERIFY_FAILED" in caplog.text
