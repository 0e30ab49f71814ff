"""A worker whose consumer freezes on SIGUSR1: ``python freezing_worker.py ROLE CONFIG``.

It no longer fetches, and everything else goes on, as faust-streaming's issues 175 and 629 tell.
"""

import asyncio
import signal
import sys
from pathlib import Path

from streamstress.config import load_settings
from streamstress.stream import worker
from streamstress.stream.logs import configure_logs
from streamstress.stream.runner import Runner

created = worker.create_app


def create_freezing_app(*arguments: object) -> tuple[object, Runner]:
    app, runner = created(*arguments)

    def freeze() -> None:
        runner.app.consumer.pause_partitions(runner.app.consumer.assignment())

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, freeze)
    return app, runner


worker.create_app = create_freezing_app
settings = load_settings(Path(sys.argv[2]))
configure_logs(settings.logging.level, json_lines=True)
asyncio.run(worker.run_worker(sys.argv[1], settings))
