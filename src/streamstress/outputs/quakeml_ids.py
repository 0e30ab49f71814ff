"""Identifiers and comments of QuakeML documents."""

import string
from urllib.parse import unquote_to_bytes

from obspy.core import event as qml

AGENCY = "smi:streamstress"
_PLAIN = frozenset(string.ascii_letters + string.digits + "-._")


def resource_id(*parts: str) -> qml.ResourceIdentifier:
    """Identifier of a part of a document; characters that QuakeML forbids become ``=XX``."""
    cleaned = [
        "".join(c if c in _PLAIN else "".join(f"={b:02X}" for b in c.encode()) for c in part)
        for part in parts
    ]
    return qml.ResourceIdentifier("/".join([AGENCY, *cleaned]))


def event_id_of(identifier: qml.ResourceIdentifier) -> str:
    """Event id in an identifier of `resource_id`; of other agencies all after the authority."""
    text = str(identifier)
    own = f"{AGENCY}/event/"
    if not text.startswith(own):
        return text.partition("/")[2] or text
    return unquote_to_bytes(text.removeprefix(own).replace("=", "%")).decode(errors="replace")


def comment(text: str) -> qml.Comment:
    """A comment without an identifier of its own."""
    return qml.Comment(text=text, force_resource_id=False)


def evaluation(status: str) -> str:
    """Term of QuakeML for the status of a record."""
    return {"provisional": "preliminary", "final": "final", "tombstone": "rejected"}[status]
