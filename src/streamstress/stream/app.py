"""The faust application of one role."""

import faust

from streamstress.config import Settings
from streamstress.outputs.metrics import Metrics
from streamstress.stream.kafka import Kafka
from streamstress.stream.lag import group_of
from streamstress.stream.observer import Observer
from streamstress.stream.role import Role
from streamstress.stream.runner import Runner
from streamstress.stream.tracing import tracing_of


def create_app(
    role: Role, settings: Settings, kafka: Kafka, metrics: Metrics
) -> tuple[faust.App, Runner]:
    """Application and runner of a role; nothing is read from module level or the environment.

    The application id is the consumer group.
    """
    prefix = settings.kafka.topic_prefix
    datadir = settings.run_folder / "faust" / role.name
    datadir.mkdir(parents=True, exist_ok=True)
    app = faust.App(
        group_of(prefix, role.name),
        broker=f"kafka://{kafka.bootstrap}",
        broker_credentials=kafka.credentials(),
        store="memory://",
        topic_disable_leader=True,
        broker_session_timeout=settings.kafka.session_timeout_s,
        broker_heartbeat_interval=settings.kafka.session_timeout_s / 5,
        broker_commit_interval=settings.kafka.commit_interval_s,
        consumer_auto_offset_reset="earliest",
        stream_wait_empty=False,
        stream_buffer_maxsize=2000,
        web_enabled=False,
        datadir=str(datadir),
    )
    producer = kafka.producer(linger_ms=2)
    observer, tracing = Observer(role.name, metrics), tracing_of(settings, role.name)
    runner = Runner(app, role, producer, kafka, prefix, observer, tracing)

    async def read(stream: faust.StreamT[bytes]) -> None:
        await runner.read(stream)

    topic = app.topic(
        *[prefix + table_row.name for table_row in role.inputs],
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        internal=False,
    )
    app.agent(topic, name=f"{role.name}-agent")(read)
    return app, runner
