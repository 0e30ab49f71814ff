"""Ways into Kafka and SeedLink: what does not fit together is refused; secrets stand in files."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from streamstress.config import load_settings
from streamstress.config.kafka import Kafka
from streamstress.config.secrets import secret_in
from streamstress.config.settings import Ingest, Settings
from streamstress.errors import ConfigError
from streamstress.stream.agents.ingest import seedlink_source
from streamstress.stream.kafka import kafka_of

PLACES = """\
[network]
stations = "stations.csv"
[[network.regions]]
name = "basin"
south_deg = 0
north_deg = 1
west_deg = 0
east_deg = 1
"""
FILE = Path("secret")


def settings_with(folder: Path, lines: str) -> Settings:
    path = folder / "streamstress.toml"
    path.write_text(lines + PLACES)
    return load_settings(path)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"security_protocol": "SSL"}, "bootstrap_servers"),
        ({"bootstrap_servers": "k:9", "security_protocol": "SASL_SSL"}, "sasl_username"),
        (
            {"bootstrap_servers": "k:9", "security_protocol": "SASL_SSL", "sasl_username": "me"},
            "sasl_password_file",
        ),
        (
            {"bootstrap_servers": "k:9", "sasl_username": "me", "sasl_password_file": FILE},
            "only then",
        ),
        (
            {
                "bootstrap_servers": "k:9",
                "security_protocol": "SASL_PLAINTEXT",
                "sasl_mechanism": "PLAIN",
                "sasl_username": "me",
                "sasl_password_file": FILE,
            },
            "readable",
        ),
        ({"bootstrap_servers": "k:9", "ssl_ca_file": FILE}, "SSL and SASL_SSL only"),
        (
            {"bootstrap_servers": "k:9", "security_protocol": "SSL", "ssl_key_file": FILE},
            "together",
        ),
    ],
)
def test_a_way_into_kafka_that_cannot_work_is_refused(keys: dict[str, object], said: str):
    with pytest.raises(ValidationError, match=said):
        Kafka.model_validate(keys)


def test_the_login_of_seedlink_needs_its_password():
    with pytest.raises(ValidationError, match="together"):
        Ingest(username="me")


def test_paths_of_secrets_start_at_the_folder_of_the_configuration(tmp_path: Path):
    (tmp_path / "kafka.pw").write_text("correct horse\n")
    (tmp_path / "seedlink.pw").write_text("battery staple")
    settings = settings_with(
        tmp_path,
        """\
[kafka]
bootstrap_servers = "k:9"
security_protocol = "SASL_PLAINTEXT"
sasl_username = "me"
sasl_password_file = "kafka.pw"
[ingest]
tls = true
username = "you"
password_file = "seedlink.pw"
""",
    )
    kafka = kafka_of(settings)
    assert kafka.security == {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "me",
        "sasl_plain_password": "correct horse",
    }
    source = seedlink_source(settings.ingest)
    assert source.tls
    assert source.login == ("you", "battery staple")
    for shown in (repr(kafka), str(kafka), repr(source)):
        assert "horse" not in shown
        assert "staple" not in shown


def test_without_settings_nothing_is_said_of_tls_or_login(tmp_path: Path):
    kafka = kafka_of(settings_with(tmp_path, ""))
    assert kafka.security == {}
    assert kafka.credentials() is None


@pytest.mark.parametrize(("text", "said"), [(None, "cannot be read"), ("\n", "is empty")])
def test_a_file_without_a_secret_is_named_with_its_setting(
    tmp_path: Path, text: str | None, said: str
):
    file = tmp_path / "secret"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigError, match=f"kafka.sasl_password_file: {file}.*{said}"):
        secret_in(file, "kafka.sasl_password_file")


def test_certificates_that_are_none_are_refused_with_their_setting(tmp_path: Path):
    (tmp_path / "ca.pem").write_text("no certificate")
    settings = settings_with(
        tmp_path,
        """\
[kafka]
bootstrap_servers = "k:9"
security_protocol = "SSL"
ssl_ca_file = "ca.pem"
""",
    )
    with pytest.raises(ConfigError, match=r"kafka.ssl_ca_file: .*ca.pem"):
        kafka_of(settings)
