"""Bytes on a topic to records and back: MessagePack, validated."""

import msgspec

from streamstress.errors import CorruptRecordError
from streamstress.records import Record

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Record] = msgspec.msgpack.Decoder(Record)


def encode(record: msgspec.Struct) -> bytes:
    """Bytes of a record, or of a part of one."""
    return _encoder.encode(record)


def decode(value: bytes) -> Record:
    """Record of bytes.

    Raises
    ------
    CorruptRecordError
        The bytes are no record, or one of its fields has a wrong type; the message names it.
    """
    try:
        return _decoder.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CorruptRecordError(f"not a record of streamstress: {error}") from error
