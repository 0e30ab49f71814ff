"""The watermark that travels between the data of a topic."""

import msgspec


class Progress(msgspec.Struct, frozen=True, kw_only=True, tag="progress"):
    """All data of ``source`` before ``done_until_ns`` have been handed on.

    It is sent after the data it speaks of, on every partition they may have gone to, so that a
    reader of one partition knows what it can no longer miss.
    """

    source: str
    """Who speaks: ``waveforms/3`` (a partition of the pickers) or ``zone/<name>``, ``merge``."""
    done_until_ns: int
    sent_ns: int
    """Wall time of sending, for latency."""
