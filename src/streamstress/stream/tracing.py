"""One event's way through the stages as one trace: what a worker does for it, or leaves undone."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from streamstress.config import Settings
from streamstress.errors import ConfigError
from streamstress.records import Record
from streamstress.stream.role import Incoming, Outgoing


class Tracing(Protocol):
    """What a worker tells of each message; neither call may fail because of what it holds."""

    def taking(self, message: Incoming) -> AbstractContextManager[None]:
        """Work on a message: its trace id is in the logs meanwhile."""
        ...

    def marked(
        self, message: Incoming, record: Record | None, outgoing: Sequence[Outgoing]
    ) -> Sequence[Outgoing]:
        """Give what a message led to its place in the trace, as headers of each."""
        ...

    def close(self) -> None:
        """Send what is waiting to be sent."""
        ...


class Untraced:
    """No traces: everything goes through as it is."""

    def taking(self, message: Incoming) -> AbstractContextManager[None]:  # noqa: ARG002
        """Nothing is noted."""
        return nullcontext()

    def marked(
        self,
        message: Incoming,  # noqa: ARG002
        record: Record | None,  # noqa: ARG002
        outgoing: Sequence[Outgoing],
    ) -> Sequence[Outgoing]:
        """Nothing is added."""
        return outgoing

    def close(self) -> None:
        """Nothing waits."""


def tracing_of(settings: Settings, stage: str) -> Tracing:
    """Tracing of a stage as the settings want it.

    Raises
    ------
    ConfigError
        Traces are wanted and the OpenTelemetry SDK is not installed.
    """
    if settings.traces.export == "off":
        return Untraced()
    try:
        from streamstress.stream.span_export import tracer_provider
        from streamstress.stream.traced import Traced
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"traces.export is {settings.traces.export!r}, but {error.name} is not installed; "
            "install it with: pip install 'streamstress[traces]'"
        ) from error
    provider = tracer_provider(stage, settings.traces.export, settings.traces.otlp_endpoint)
    return Traced(stage, provider.get_tracer("streamstress"), provider.shutdown)
