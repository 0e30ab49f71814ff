"""A real Kafka that asks for TLS and a login, with a certificate authority of its own."""

import asyncio
import base64
import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from programs import require_program

from streamstress.broker import wait_for_broker
from streamstress.broker.java import java_program, kafka_class_path
from streamstress.broker.ports import free_ports
from streamstress.broker.properties import server_properties

USER, PASSWORD = "streamstress", "correct horse"


@dataclass(frozen=True, slots=True)
class SecuredBroker:
    """Where it listens, and what a client needs."""

    bootstrap_servers: str
    ca_file: Path
    password_file: Path


@contextmanager
def secured_broker(folder: Path) -> Iterator[SecuredBroker]:
    """Run Kafka with SCRAM-SHA-512 over TLS for the time of a ``with`` block."""
    port, controller_port, secured_port = free_ports(3)
    make_certificates(folder)
    properties = folder / "server.properties"
    plain = server_properties(folder / "data", port, controller_port)
    properties.write_text(_with_secured_listener(plain, secured_port, folder / "server.pem"))
    java = [str(java_program()), "-cp", os.pathsep.join(map(str, kafka_class_path()))]
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    user = f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"
    format_command = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster}"]
    subprocess.run(
        [*java, *format_command, "--add-scram", user, "-c", str(properties)],
        check=True,
        capture_output=True,
    )
    password_file = folder / "password"
    password_file.write_text(PASSWORD + "\n")
    with (folder / "broker.out").open("wb") as output:
        process = subprocess.Popen(
            [*java, "-Xmx256m", "kafka.Kafka", str(properties)], stdout=output, stderr=output
        )
    try:
        asyncio.run(wait_for_broker(f"127.0.0.1:{port}", 90.0))
        yield SecuredBroker(f"localhost:{secured_port}", folder / "ca.pem", password_file)
    finally:
        process.terminate()
        process.wait(60)


def _with_secured_listener(plain: str, port: int, keystore: Path) -> str:
    """The embedded broker's settings with one listener more."""
    lines = []
    for line in plain.splitlines():
        name = line.partition("=")[0]
        lines.append(
            line
            + {
                "listeners": f",SECURED://127.0.0.1:{port}",
                "advertised.listeners": f",SECURED://localhost:{port}",
                "listener.security.protocol.map": ",SECURED:SASL_SSL",
            }.get(name, "")
        )
    of_listener = "listener.name.secured."
    login = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    lines += [
        f"{of_listener}sasl.enabled.mechanisms=SCRAM-SHA-512",
        f"{of_listener}scram-sha-512.sasl.jaas.config={login}",
        f"{of_listener}ssl.keystore.type=PEM",
        f"{of_listener}ssl.keystore.location={keystore}",
    ]
    return "\n".join(lines) + "\n"


def make_certificates(folder: Path) -> None:
    """Write ``ca.pem`` and ``server.pem``: key and certificate of localhost, signed by that."""
    openssl = require_program("openssl", "openssl")

    def run(*arguments: str) -> None:
        subprocess.run([openssl, *arguments], cwd=folder, check=True, capture_output=True)

    new = ("-newkey", "rsa:2048", "-nodes", "-days", "2")
    run("req", "-x509", *new, "-subj", "/CN=test ca", "-keyout", "ca.key", "-out", "ca.pem")
    run("req", *new[:3], "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2")
    run("x509", "-req", "-in", "server.csr", *signing, "-extfile", "names", "-out", "server.crt")
    parts = [(folder / name).read_text() for name in ("server.key", "server.crt")]
    (folder / "server.pem").write_text("".join(parts))
