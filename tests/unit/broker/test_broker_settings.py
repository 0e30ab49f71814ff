import socket
from pathlib import Path

import pytest

from streamstress.broker import broker_status, stop_broker
from streamstress.broker.java import cache_folder, kafka_class_path
from streamstress.broker.ports import free_ports, is_free, require_free_port
from streamstress.broker.properties import server_properties
from streamstress.errors import PortInUseError


def _settings(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines())


def test_the_node_listens_on_loopback_only_and_makes_no_topic_by_itself():
    settings = _settings(server_properties(Path("/data/kafka logs"), 9092, 9093))
    assert settings["listeners"] == "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093"
    assert settings["advertised.listeners"] == "PLAINTEXT://127.0.0.1:9092"
    assert settings["controller.quorum.voters"] == "1@127.0.0.1:9093"
    assert settings["auto.create.topics.enable"] == "false"
    assert settings["log.dirs"] == "/data/kafka logs"


def test_free_ports_are_different_and_free():
    ports = free_ports(5)
    assert len(set(ports)) == 5
    assert all(is_free(port) for port in ports)


def test_a_listening_program_makes_its_port_taken_and_a_closed_one_leaves_it_free():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        port = other.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"port {port} .* the Kafka broker"):
            require_free_port(port, "the Kafka broker")
    assert is_free(port)


def test_remembered_jars_are_used_without_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    jars = [tmp_path / "kafka.jar", tmp_path / "scala.jar"]
    for jar in jars:
        jar.touch()
    monkeypatch.setattr("streamstress.broker.java._resolve", lambda: tuple(jars))
    assert kafka_class_path() == tuple(jars)
    assert [path.parent for path in cache_folder().iterdir()] == [tmp_path / "streamstress"]

    def no_network() -> tuple[Path, ...]:
        raise AssertionError("resolved again")

    monkeypatch.setattr("streamstress.broker.java._resolve", no_network)
    assert kafka_class_path() == tuple(jars)
    # A jar that was cleaned away is fetched again, not missed at the start of Kafka.
    jars[1].unlink()
    with pytest.raises(AssertionError, match="resolved again"):
        kafka_class_path()


@pytest.mark.parametrize("content", ["", "{}", "not json", '{"pid": 99999999, "port": 1}'])
def test_a_damaged_state_file_means_no_broker(tmp_path: Path, content: str):
    (tmp_path / "broker.json").write_text(content)
    assert broker_status(tmp_path).broker is None
    assert stop_broker(tmp_path) is False
