"""A receiver of Alertmanager's webhooks, and its configuration with only that way out."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import yaml
from prometheus_server import DEPLOY, HOST


@dataclass(slots=True)
class Webhook:
    """What came, each alert with the receiver it came by."""

    url: str
    received: list[dict[str, Any]] = field(default_factory=list)

    def of(self, alertname: str, status: str, **labels: str) -> list[dict[str, Any]]:
        """Alerts of a name and status that came, with these labels."""
        wanted = {"alertname": alertname, **labels}
        return [
            alert
            for alert in self.received
            if alert["status"] == status and wanted.items() <= alert["labels"].items()
        ]


@contextmanager
def webhook() -> Iterator[Webhook]:
    """Listen on a free port."""
    came: list[dict[str, Any]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            message = json.loads(self.rfile.read(length))
            came.extend({**a, "receiver": message["receiver"]} for a in message["alerts"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Webhook(f"http://{HOST}:{server.server_port}/", came)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=20)


def quick_alertmanager(url: str) -> dict[str, Any]:
    """Our Alertmanager's configuration, but every receiver is one webhook and nothing waits."""
    config = yaml.safe_load((DEPLOY / "alertmanager/alertmanager.yml").read_text())
    for receiver in config["receivers"]:
        ways = {"webhook_configs": [{"url": url, "send_resolved": True}]}
        name = receiver["name"]
        receiver.clear()
        receiver.update(name=name, **ways)
    for route in (config["route"], *config["route"]["routes"]):
        route.update(group_wait="0s", group_interval="1s")
    return config
