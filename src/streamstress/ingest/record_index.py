"""Where each record of miniSEED files lies, and when it was recorded, in some 40 bytes a record."""

import os
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pymseed import MiniSEEDError, MS3Record, sourceid2nslc

from streamstress.errors import InputFileError
from streamstress.ingest.time_span import TimeSpan

StreamId = tuple[str, str, str, str]
"""Network, station, location, channel."""

_MAX_OPEN_FILES = 200


@dataclass(frozen=True, slots=True)
class RecordIndex:
    """Records of files, sorted by the time of their last sample: the order of arrival.

    The arrays have one entry a record: index into ``files`` and ``streams``, place in the file
    in bytes, and the times of the first and last sample in ns UTC.
    """

    files: tuple[Path, ...]
    streams: tuple[StreamId, ...]
    file: NDArray[np.int32]
    stream: NDArray[np.int32]
    offset: NDArray[np.int64]
    length: NDArray[np.int32]
    start_ns: NDArray[np.int64]
    end_ns: NDArray[np.int64]
    problems: tuple[str, ...]
    """Files, or ends of files, that are no miniSEED and were left out, with the reason."""

    def __len__(self) -> int:
        return len(self.offset)


def index_records(paths: Sequence[Path], span: TimeSpan | None = None) -> RecordIndex:
    """Index miniSEED files and folders (an SDS tree or any other), without unpacking samples.

    With a ``span``, only records that touch it; the files of other days of an SDS tree are not
    opened.

    Raises
    ------
    InputFileError
        A path does not exist, or no record is found at all.
    """
    files = tuple(f for f in _files_under(paths) if span is None or span.may_lie_in(f))
    builder = _Builder(span)
    for number, path in enumerate(files):
        builder.add_file(number, path)
    if not builder.offset:
        reasons = "; ".join(builder.problems[:3])
        raise InputFileError(
            f"no miniSEED record{' of that time' if span else ''} in "
            f"{', '.join(map(str, paths))}" + (f" ({reasons})" if reasons else "")
        )
    return builder.finish(files)


class _Builder:
    def __init__(self, span: TimeSpan | None) -> None:
        self.span = span
        self.streams: dict[StreamId, int] = {}
        self._by_source_id: dict[str, int] = {}
        self.file, self.stream, self.length = array("i"), array("i"), array("i")
        self.offset, self.start_ns, self.end_ns = array("q"), array("q"), array("q")
        self.problems: list[str] = []

    def add_file(self, number: int, path: Path) -> None:
        offset = 0
        try:
            for record in MS3Record.from_file(str(path)):
                # Text records of a data logger have no sampling rate and no end.
                if record.samprate > 0 and record.samplecnt > 0 and self._is_wanted(record):
                    self.file.append(number)
                    self.stream.append(self._stream_number(record.sourceid))
                    self.offset.append(offset)
                    self.length.append(record.reclen)
                    self.start_ns.append(record.starttime)
                    self.end_ns.append(record.endtime)
                offset += record.reclen
        except (MiniSEEDError, ValueError) as error:
            self.problems.append(f"{path}: no miniSEED from byte {offset} on: {error}")

    def _is_wanted(self, record: MS3Record) -> bool:
        return self.span is None or self.span.touches(record.starttime, record.endtime)

    def _stream_number(self, source_id: str) -> int:
        number = self._by_source_id.get(source_id)
        if number is None:
            network, station, location, channel = sourceid2nslc(source_id)
            nslc = (network, station, location, channel)
            number = self.streams.setdefault(nslc, len(self.streams))
            self._by_source_id[source_id] = number
        return number

    def finish(self, files: tuple[Path, ...]) -> RecordIndex:
        stream = np.array(self.stream, dtype=np.int32)
        start_ns = np.array(self.start_ns, dtype=np.int64)
        end_ns = np.array(self.end_ns, dtype=np.int64)
        # Streams by name, not by order of files, break ties: the same records, the same order.
        names = np.argsort(np.argsort(np.array(["\0".join(nslc) for nslc in self.streams])))
        order = np.lexsort((names[stream], start_ns, end_ns))
        return RecordIndex(
            files,
            tuple(self.streams),
            np.array(self.file, dtype=np.int32)[order],
            stream[order],
            np.array(self.offset, dtype=np.int64)[order],
            np.array(self.length, dtype=np.int32)[order],
            start_ns[order],
            end_ns[order],
            tuple(self.problems),
        )


def _files_under(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (
                file
                for file in sorted(path.rglob("*"))
                if file.is_file() and not file.name.startswith(".")
            )
        elif path.is_file():
            yield path
        else:
            raise InputFileError(f"{path}: no such file or folder")


class RecordReader:
    """Reads the bytes of indexed records; keeps a limited number of files open."""

    def __init__(self, index: RecordIndex) -> None:
        self._index = index
        self._open: OrderedDict[int, int] = OrderedDict()

    def read(self, number: int) -> bytes:
        """Bytes of record ``number``.

        Raises
        ------
        InputFileError
            The file was shortened or removed since it was indexed.
        """
        index = self._index
        file, length = int(index.file[number]), int(index.length[number])
        try:
            payload = os.pread(self._descriptor(file), length, int(index.offset[number]))
        except OSError as error:
            raise InputFileError(f"{index.files[file]}: {error}") from error
        if len(payload) != length:
            raise InputFileError(f"{index.files[file]}: shorter than when it was indexed")
        return payload

    def close(self) -> None:
        """Close all files."""
        while self._open:
            os.close(self._open.popitem()[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _descriptor(self, file: int) -> int:
        descriptor = self._open.get(file)
        if descriptor is None:
            if len(self._open) >= _MAX_OPEN_FILES:
                os.close(self._open.popitem(last=False)[1])
            descriptor = os.open(self._index.files[file], os.O_RDONLY)
            self._open[file] = descriptor
        else:
            self._open.move_to_end(file)
        return descriptor
