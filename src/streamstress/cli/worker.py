"""What ``worker`` does: one role, one process."""

import asyncio
from pathlib import Path

from streamstress.config import Settings, load_settings
from streamstress.errors import BrokerError
from streamstress.records import Control
from streamstress.stream.logs import configure_logs

SAID_WITHIN_S = 10.0
"""A person waits no longer for an answer of the page."""


def run(role: str, config: Path) -> None:
    """Run one worker until it is told to stop."""
    settings = load_settings(config)
    configure_logs(settings.logging.level, json_lines=settings.logging.json_lines)
    settings.run_folder.mkdir(parents=True, exist_ok=True)
    if role == "web":
        _serve(settings)
    else:
        from streamstress.stream.worker import run_worker

        asyncio.run(run_worker(role, settings))


def _serve(settings: Settings) -> None:
    """The pages, which say controls and look for the broker as every worker does."""
    from streamstress.stream.addresses import bootstrap_of
    from streamstress.stream.control_topic import send_control
    from streamstress.web.serve import serve_web

    async def send(control: Control) -> None:
        try:
            async with asyncio.timeout(SAID_WITHIN_S):
                await send_control(control, settings)
        except TimeoutError as error:
            raise BrokerError(f"Kafka did not answer within {SAID_WITHIN_S:.0f} s") from error

    serve_web(settings, send, lambda: bootstrap_of(settings))
