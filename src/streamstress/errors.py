"""What can go wrong, one class a cause.

::

    StreamstressError
    ├── ConfigError            a setting is missing, unknown or out of bounds       (ValueError)
    ├── InputFileError         a file cannot be read, or a line of it is wrong      (ValueError)
    ├── WeightsError           a model's weight file is missing or does not fit     (ValueError)
    ├── PortInUseError         another program listens where we want to             (OSError)
    ├── BrokerError            Kafka does not start, answer or accept             (ConnectionError)
    ├── SeedLinkError          a SeedLink server refuses or breaks the protocol    (ConnectionError)
    ├── AlertmanagerError      Alertmanager does not answer or refuses             (ConnectionError)
    ├── StoreError             the database takes nothing: full, locked, gone      (OSError)
    └── RejectedError          one datum is set aside; the stream goes on           (ValueError)
        ├── CorruptRecordError     bytes that do not decode
        ├── FutureRecordError      data newer than the clock allows
        ├── UnknownStationError    no coordinates for this station
        ├── LateRecordError        data whose time was picked before they came
        ├── ExpiredError           messages that the topic lost before they were read
        ├── OutsideRegionsError    an event outside every region
        └── UnusableDataError      too few or inconsistent data for an answer

A ``RejectedError`` is about one datum: it is counted under ``reason`` and kept in the dead
letters (one an hour of what would come without end). Every other error stops the program with its
message.
"""

from typing import ClassVar


class StreamstressError(Exception):
    """Base of all errors that streamstress raises on purpose."""


class ConfigError(StreamstressError, ValueError):
    """A setting is missing, unknown or out of bounds."""


class InputFileError(StreamstressError, ValueError):
    """A file cannot be read, or one of its lines is wrong."""


class WeightsError(StreamstressError, ValueError):
    """A model's weight file is missing, unreadable or of another architecture."""


class PortInUseError(StreamstressError, OSError):
    """Another program already listens on the wanted port."""


class BrokerError(StreamstressError, ConnectionError):
    """Kafka does not start, does not answer or refuses."""


class SeedLinkError(StreamstressError, ConnectionError):
    """A SeedLink server refuses a request or breaks the protocol."""


class AlertmanagerError(StreamstressError, ConnectionError):
    """Alertmanager does not answer or refuses."""


class StoreError(StreamstressError, OSError):
    """The database takes nothing: its disk is full, or it is locked or gone."""


class WaveformServiceError(StreamstressError, ConnectionError):
    """A service of past waveforms does not answer or refuses."""


class RejectedError(StreamstressError, ValueError):
    """One datum is set aside; the stream goes on.

    Parameters
    ----------
    keep_letter
        Whether the datum goes to the dead letters; False only where a letter of the same cause
        was kept a short while ago. It is counted in any case.
    """

    reason: ClassVar[str] = "rejected"

    def __init__(self, message: str, *, keep_letter: bool = True) -> None:
        super().__init__(message)
        self.keep_letter = keep_letter


class CorruptRecordError(RejectedError):
    """Bytes that do not decode as what they claim to be."""

    reason = "corrupt-record"


class FutureRecordError(RejectedError):
    """Data newer than the clock allows."""

    reason = "future-record"


class UnknownStationError(RejectedError):
    """No coordinates are known for the station."""

    reason = "unknown-station"


class LateRecordError(RejectedError):
    """The time of the data was picked before they came."""

    reason = "late-record"


class ExpiredError(RejectedError):
    """The topic's retention removed messages before they were read."""

    reason = "expired"


class OutsideRegionsError(RejectedError):
    """The event lies outside every configured region."""

    reason = "outside-regions"


class UnusableDataError(RejectedError):
    """Too few or inconsistent data for an answer."""

    reason = "unusable-data"
