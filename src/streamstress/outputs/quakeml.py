"""An event with its mechanism as QuakeML 1.2 (Euchner & Schorlemmer 2013)."""

import io

from obspy.core import event as qml

from streamstress.outputs.quakeml_ids import comment, resource_id
from streamstress.outputs.quakeml_mechanisms import focal_mechanisms
from streamstress.outputs.quakeml_origin import quakeml_magnitude, quakeml_origin, quakeml_pick
from streamstress.records import Event, Mechanism

_DECLARED = {
    "teleseism": "earthquake",
    "tremor": "other event",
    "noise": "not existing",
    "blast": "quarry blast",
}
"""Terms of QuakeML for kinds that have none of their own name."""

_SURE = 0.95


def event_to_quakeml(event: Event, mechanism: Mechanism | None) -> bytes:
    """QuakeML document of one event.

    Parameters
    ----------
    event
        Its arrivals become picks (with polarity) and arrivals (with azimuth, take-off from
        straight down, distance and residual).
    mechanism
        None, or one without solutions, leaves out the focal mechanism. The best solution comes
        first and is the preferred one.
    """
    document = qml.Catalog(
        events=[catalog_event(event, mechanism)], resource_id=resource_id("catalog", event.event_id)
    )
    target = io.BytesIO()
    document.write(target, format="QUAKEML")
    return target.getvalue()


def catalog_event(event: Event, mechanism: Mechanism | None) -> qml.Event:
    """Build the same as an obspy event, for people who go on in Python."""
    origin = quakeml_origin(event)
    result = qml.Event(
        resource_id=resource_id("event", event.event_id),
        event_type=_event_type(event.kind),
        event_type_certainty=_certainty(event),
        picks=[quakeml_pick(arrival) for arrival in event.arrivals],
        origins=[origin],
        comments=[
            comment(f"region: {event.region}; version: {event.version}"),
            *(comment(text) for text in _kind_words(event)),
        ],
    )
    result.preferred_origin_id = origin.resource_id
    if event.magnitude is not None:
        result.magnitudes = [quakeml_magnitude(event, event.magnitude, origin)]
        result.preferred_magnitude_id = result.magnitudes[0].resource_id
    if mechanism is not None and mechanism.solutions:
        result.focal_mechanisms = focal_mechanisms(mechanism, event, origin)
        result.preferred_focal_mechanism_id = result.focal_mechanisms[0].resource_id
    return result


def _event_type(kind: str) -> str:
    known = set(qml.header.EventType)
    name = _DECLARED.get(kind, kind)
    return name if name in known else "other event"


def _certainty(event: Event) -> str | None:
    """``known`` where a person said it or it is sure, else ``suspected``; None: nobody looked."""
    told = event.classified
    if told is None:
        return None
    return "known" if told.probabilities[event.kind] >= _SURE else "suspected"


def _kind_words(event: Event) -> list[str]:
    """What the type alone does not say."""
    texts = []
    if event.kind == "teleseism":
        texts.append("teleseism: a distant earthquake, not at this origin")
    if event.kind == "tremor":
        texts.append("tremor or low-frequency earthquake")
    told = event.classified
    if told is not None:
        by_kind = "; ".join(f"{kind} {p:.3f}" for kind, p in told.probabilities.items())
        texts.append(f"event type by {told.model}: {by_kind}")
    return texts
