"""What ``simulate``, ``replay`` and ``ingest archive`` do."""

import asyncio
import signal
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from streamstress.config import load_settings
from streamstress.errors import ConfigError, InputFileError
from streamstress.ingest.record_index import RecordReader, index_records
from streamstress.simulate.archive import Archive, write_archive
from streamstress.simulate.replay import serve_replay
from streamstress.simulate.scenario import Scenario, named_scenario
from streamstress.stream.archive_feed import feed_archive
from streamstress.stream.kafka import kafka_of

console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def run_simulate(scenario: str, out: Path, seed: int, workers: int) -> None:
    """Write a simulated archive: miniSEED, stations, velocity model, and the truth apart."""
    archive = archive_with_progress(named_scenario(scenario).with_seed(seed), out, workers)
    console.print(
        f"waveforms in {archive.waveforms}, stations in {archive.stations}, velocity model in "
        f"{archive.velocity}; the truth, never read by the monitor, in {archive.truth}"
    )


def archive_with_progress(scenario: Scenario, folder: Path, workers: int) -> Archive:
    """Write an archive under a progress bar; at once where it is there already."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console
    ) as bar:
        task = bar.add_task(f"simulating '{scenario.name}'", total=1.0)

        def show(share: float, text: str) -> None:
            bar.update(task, completed=share, description=f"simulating '{scenario.name}': {text}")

        return write_archive(scenario, folder, show, workers=workers)


def run_replay(
    source: Path, speed: float, port: int, *, jump_gaps: bool, clock: Path | None, go_on: bool
) -> None:
    """Serve any miniSEED over SeedLink, at its own pace or faster, as if it were recorded now.

    Raises
    ------
    InputFileError
        There is no such file or folder, or no miniSEED in it.
    ConfigError
        To go on was asked for without the clock file that says where.
    """
    _require(source)
    if go_on and clock is None:
        raise ConfigError("--go-on needs --clock FILE: the clock file tells where to go on")
    asyncio.run(_serve(source, speed, port, jump_gaps, clock, go_on))


def run_ingest_archive(source: Path, config: Path) -> None:
    """Put an archive onto the ``waveforms`` topic of a configuration.

    Raises
    ------
    InputFileError
        There is no such file or folder, or no miniSEED in it.
    """
    _require(source)
    settings = load_settings(config)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console
    ) as bar:
        task = bar.add_task("reading the archive", total=None)

        def show(done: int, total: int) -> None:
            bar.update(task, description="records sent", completed=done, total=total)

        fed = asyncio.run(feed_archive(source, settings, kafka_of(settings), show))
    console.print(
        f"{fed.sent:,} records sent; left out: {fed.duplicates:,} duplicates, "
        f"{fed.corrupt:,} corrupt"
    )


def _require(source: Path) -> None:
    if not source.exists():
        raise InputFileError(f"{source}: no such file or folder; give a miniSEED file or folder")


async def _serve(
    source: Path, speed: float, port: int, jump_gaps: bool, clock: Path | None, go_on: bool
) -> None:
    index = index_records([source])
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with RecordReader(index) as reader:
        async with serve_replay(
            index,
            reader.read,
            port=port,
            speed=speed,
            jump_gaps=jump_gaps,
            clock_file=clock,
            go_on=go_on,
        ) as running:
            console.print(
                f"{len(index)} records of {len(index.streams)} channels at "
                f"{running.host}:{running.port}, {speed:g} times real time; Ctrl-C stops"
            )
            await stop.wait()
