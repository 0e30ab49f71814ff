"""Settings of a small single-node Kafka (KRaft: broker and controller in one process)."""

from pathlib import Path

from streamstress.broker.ports import LOOPBACK

_MIB = 1024 * 1024


def server_properties(data_folder: Path, port: int, controller_port: int) -> str:
    """Text of ``server.properties`` for one node that listens on loopback only."""
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        # A static quorum: the controller's port may change from start to start.
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": data_folder,
        # A mistyped topic must fail, not appear with one partition.
        "auto.create.topics.enable": "false",
        **_ONE_NODE,
        **_SMALL,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


_ONE_NODE = {
    "default.replication.factor": 1,
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 8,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    "group.initial.rebalance.delay.ms": 0,
    # After a kill -9 the controller waits this long before it lets the broker in again (9 s by
    # default).
    "broker.session.timeout.ms": 4000,
    "broker.heartbeat.interval.ms": 500,
    # A stopped pipeline must find its offsets after a long holiday.
    "offsets.retention.minutes": 60 * 24 * 60,
}

_SMALL = {
    "num.network.threads": 2,
    "num.io.threads": 4,
    "background.threads": 4,
    "num.recovery.threads.per.data.dir": 2,
    "log.cleaner.threads": 1,
    # 128 MiB by default, a third of a small heap; 16 MiB still compacts 600,000 keys a pass.
    "log.cleaner.dedupe.buffer.size": 16 * _MIB,
    "log.segment.bytes": 64 * _MIB,
    # 10 MiB by default, mapped twice a partition; a 64 MiB segment fills 128 KiB.
    "log.index.size.max.bytes": 512 * 1024,
    "log.retention.check.interval.ms": 60_000,
    # Compacted and expired segments leave the disk soon.
    "log.segment.delete.delay.ms": 10_000,
}

LOG4J_CONFIGURATION = """\
<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="WARN">
  <Appenders>
    <RollingFile name="file" fileName="{log_file}" filePattern="{log_file}.%i">
      <PatternLayout pattern="%d{{yyyy-MM-dd'T'HH:mm:ss,SSS}} %-5p %c{{1}}: %m%n"/>
      <Policies><SizeBasedTriggeringPolicy size="10 MB"/></Policies>
      <DefaultRolloverStrategy max="3"/>
    </RollingFile>
  </Appenders>
  <Loggers>
    <Root level="INFO"><AppenderRef ref="file"/></Root>
    <!-- These print every setting, and some lines a partition at each start. -->
    <Logger name="org.apache.kafka.common.config" level="WARN"/>
    <Logger name="org.apache.kafka.storage.internals.log" level="WARN"/>
    <Logger name="org.apache.kafka.controller" level="WARN"/>
    <Logger name="state.change.logger" level="WARN"/>
    <Logger name="kafka.cluster.Partition" level="WARN"/>
    <Logger name="kafka.log" level="WARN"/>
    <Logger name="kafka.server.KafkaConfig" level="WARN"/>
    <Logger name="kafka.server.ReplicaManager" level="WARN"/>
  </Loggers>
</Configuration>
"""
