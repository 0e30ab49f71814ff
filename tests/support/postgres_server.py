"""A PostgreSQL of its own on loopback, as an unprivileged user, gone at the end."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamstress.stream.ports import free_ports

INSTALL = "apt-get install -y postgresql-15-postgis-3"
PROGRAMS = Path("/usr/lib/postgresql")


def postgres_programs() -> Path | None:
    """Folder of the newest installed server with PostGIS, None where there is none."""
    found = sorted(PROGRAMS.glob("*/bin/initdb"))
    control = Path("/usr/share/postgresql")
    if not found or not list(control.glob("*/extension/postgis.control")):
        return None
    return found[-1].parent


@contextmanager
def running_postgres() -> Iterator[str]:
    """URL of the database ``postgres`` of a new cluster; the cluster is removed at the end."""
    programs = postgres_programs()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="streamstress-postgres-"))
    user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    prefix = []
    if os.getuid() == 0:
        shutil.chown(folder, user, user)
        prefix = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    (port,) = free_ports(1)
    data = folder / "data"
    try:
        subprocess.run(
            [*prefix, programs / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-N"],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        settings = {"listen_addresses": "127.0.0.1", "port": port, "fsync": "off",
                    "unix_socket_directories": folder}  # fmt: skip
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        log = (folder.parent / f"{folder.name}.log").open("wb")
        server = subprocess.Popen(
            [*prefix, programs / "postgres", "-D", data, *options], cwd=folder, stderr=log
        )
        try:
            _wait(programs, port, server)
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            # Fast shutdown: open connections are cut, not waited for.
            server.send_signal(signal.SIGINT)
            server.wait(timeout=20)
            log.close()
            Path(log.name).unlink()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(programs: Path, port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        asked = [programs / "pg_isready", "-h", "127.0.0.1", "-p", str(port)]
        if subprocess.run(asked, capture_output=True, check=False).returncode == 0:
            return
        assert server.poll() is None, "PostgreSQL ended at its start"
        time.sleep(0.1)
    raise TimeoutError("PostgreSQL does not answer within 30 s")
