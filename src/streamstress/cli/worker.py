"""What ``worker`` does: one role, one process."""

import asyncio
from pathlib import Path

from streamstress.config import load_settings
from streamstress.stream.logs import configure_logs


def run(role: str, config: Path) -> None:
    """Run one worker until it is told to stop."""
    settings = load_settings(config)
    configure_logs(settings.logging.level, json_lines=settings.logging.json_lines)
    settings.run_folder.mkdir(parents=True, exist_ok=True)
    if role == "web":
        from streamstress.web.serve import serve_web

        serve_web(settings)
    else:
        from streamstress.stream.worker import run_worker

        asyncio.run(run_worker(role, settings))
