"""Archive files and SDS trees as a source: their records in the order of recording."""

from collections.abc import Iterator
from dataclasses import dataclass

from streamstress.ingest.record_index import RecordIndex, RecordReader


@dataclass(frozen=True, slots=True)
class ArchiveRecord:
    """One raw record of an archive, with the time of its last sample in ns UTC."""

    network: str
    station: str
    number: int
    end_ns: int
    payload: bytes


def archive_records(index: RecordIndex, first: int = 0) -> Iterator[ArchiveRecord]:
    """Read the records from number ``first`` on, by the time of their last sample.

    Numbers are stable while the archive's files do not change, so a restart can go on at one.

    Raises
    ------
    InputFileError
        A file was changed since it was indexed.
    """
    with RecordReader(index) as reader:
        for number in range(first, len(index)):
            network, station, _, _ = index.streams[index.stream[number]]
            yield ArchiveRecord(
                network, station, number, int(index.end_ns[number]), reader.read(number)
            )
