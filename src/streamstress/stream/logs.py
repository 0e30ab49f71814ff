"""Structured logs: JSON lines for machines, coloured lines for people."""

import logging
import sys
import time

import structlog

NOISY = ("aiokafka", "faust", "mode", "numba", "matplotlib", "kafka")
"""Libraries whose word counts from a warning on."""

SAY_AGAIN_S = 30.0


class OnceInAWhile(logging.Filter):
    """Passes a library's sentence once in `SAY_AGAIN_S`, and tells how often it came between.

    While the broker is away aiokafka says so a hundred times a second.
    """

    def __init__(self) -> None:
        super().__init__()
        self._passed: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record may pass."""
        if record.name.partition(".")[0] not in NOISY:
            return True
        key, now_s = (record.name, str(record.msg)), time.monotonic()
        passed_s, held_back = self._passed.get(key, (-SAY_AGAIN_S, 0))
        if now_s - passed_s < SAY_AGAIN_S:
            self._passed[key] = (passed_s, held_back + 1)
            return False
        self._passed[key] = (now_s, 0)
        if held_back:
            # Formatted here: a count put into the template would need its percent signs doubled.
            record.msg, record.args = f"{record.getMessage()} (said {held_back} times more)", ()
        return True


def configure_logs(level: str, *, json_lines: bool) -> None:
    """Send the logs of the project and of its libraries to standard error, in one shape."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if json_lines else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    exceptions = [structlog.processors.format_exc_info] if json_lines else []
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(OnceInAWhile())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *exceptions,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
