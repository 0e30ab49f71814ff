"""A SeedLink server behind TLS and a login gives its records to who has both, and to no other."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from secured_broker import PASSWORD, USER, make_certificates

from streamstress.config.settings import Ingest
from streamstress.errors import SeedLinkError
from streamstress.ingest.record_index import RecordReader, index_records
from streamstress.ingest.resume import ResumePoints
from streamstress.ingest.seedlink import SeedLinkSource, stream_records
from streamstress.simulate.replay import serve_replay
from streamstress.stream.agents.ingest import seedlink_source

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]

N_RECORDS = 20


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    make_certificates(tmp_path)
    (tmp_path / "password").write_text(PASSWORD.replace(" ", "-"))
    return tmp_path


@contextlib.asynccontextmanager
async def tls_before(port: int, certificates: Path) -> AsyncIterator[int]:
    """Port of a TLS server that asks for the login and passes the rest on to a plain one."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "server.pem")
    wanted = f"AUTH USERPASS {USER} {(certificates / 'password').read_text()}".encode()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", port)
        answers = asyncio.create_task(_copy(behind_reader, writer))
        # The client waits for the answer to a login before it says more.
        while said := await reader.read(4096):
            if not said.startswith(b"AUTH"):
                behind_writer.write(said)
            elif said.strip() == wanted:
                writer.write(b"OK\r\n")
            else:
                writer.write(b"ERROR AUTH wrong password\r\n")
        answers.cancel()
        behind_writer.close()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(4096):
            writer.write(data)


async def received(source: SeedLinkSource, told: list[str]) -> int:
    """Number of records that came, up to `N_RECORDS`."""
    n = 0
    resume = ResumePoints(None, source.server)
    async for _ in stream_records(source, resume, told.append):
        n += 1
        if n == N_RECORDS:
            break
    return n


def run(archive: Path, certificates: Path, password_file: Path, at_most_s: float = 30.0) -> int:
    """Records through TLS, as the settings say it."""
    told: list[str] = []

    async def main() -> int:
        index = index_records([archive])
        with RecordReader(index) as reader:
            async with (
                serve_replay(index, reader.read, port=0, speed=200.0) as replay,
                tls_before(replay.port, certificates) as port,
                asyncio.timeout(at_most_s),
            ):
                settings = Ingest(
                    host="localhost",
                    port=port,
                    selectors=["XX.*:HH?"],
                    from_earliest=True,
                    tls=True,
                    username=USER,
                    password_file=password_file,
                )
                return await received(seedlink_source(settings), told)

    try:
        return asyncio.run(main())
    except TimeoutError:
        raise AssertionError(told) from None


def test_records_come_through_tls_with_a_login(
    three_station_archive: Path, certificates: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.pem"))
    n = run(three_station_archive, certificates, certificates / "password")
    assert n == N_RECORDS


def test_a_wrong_password_ends_ingest_with_a_sentence(
    three_station_archive: Path, certificates: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.pem"))
    (wrong := certificates / "wrong").write_text("guess")
    with pytest.raises(SeedLinkError, match="refuses the login"):
        run(three_station_archive, certificates, wrong)


def test_a_certificate_of_an_unknown_authority_is_not_accepted(
    three_station_archive: Path, certificates: Path
):
    with pytest.raises(AssertionError, match="ertificate"):
        run(three_station_archive, certificates, certificates / "password", at_most_s=3.0)
