"""What a person with the token says of stations, alarms and events, through ``controls``."""

import hmac
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from streamstress.errors import BrokerError
from streamstress.outputs.control_words import sentence
from streamstress.outputs.json_view import iso_time, json_bytes
from streamstress.outputs.said_controls import acknowledgement, kind_control, station_control
from streamstress.records import Control
from streamstress.records.events import EventKind
from streamstress.web.answers import MOMENT, UNREADABLE
from streamstress.web.site import Operating, Site

Moment = Annotated[
    str,
    Field(
        max_length=40,
        examples=["2026-03-04T12:31:00Z"],
        json_schema_extra={"pattern": MOMENT},
    ),
]
READ_ONLY = "this page is read-only; set web.token_file in the configuration to operate"
REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"description": "the body is no JSON"},
    422: UNREADABLE,
    401: {"description": "the token is missing or wrong"},
    403: {"description": "no token is set: the page is read-only"},
    404: {"description": "no such station, alarm or event"},
    503: {"description": "Kafka or the store does not answer; nothing was said"},
}


class Saying(BaseModel):
    """What every word of an operator has."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    reason: Annotated[str, Field(max_length=500)] = ""
    author: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=80),
        Field(description="who says it", json_schema_extra={"pattern": r"^\S(?:.*\S)?$"}),
    ]


class StationSaid(Saying):
    """A station is not to be heard, or its first motions are turned over."""

    action: Literal["mute", "reverse-polarity"]
    target: Annotated[str, Field(max_length=200, description="the station, NET.STA")]
    start: Annotated[Moment | None, Field(alias="from", description="now if left out")] = None
    until: Annotated[Moment | None, Field(description="left out: it still is")] = None
    withdraw: Annotated[bool, Field(description="take back what was said from that moment")] = False


class AlarmSaid(Saying):
    """An alarm was seen."""

    action: Literal["acknowledge"]
    target: Annotated[str, Field(max_length=200, description="id of the alarm")]


class EventSaid(Saying):
    """What an event is, whatever the classifier says."""

    action: Literal["event-kind"]
    target: Annotated[str, Field(max_length=200, description="id of the event")]
    kind: EventKind
    withdraw: Annotated[bool, Field(description="take it back")] = False


Said = Annotated[StationSaid | AlarmSaid | EventSaid, Field(discriminator="action")]


class Heard(BaseModel):
    """What was sent."""

    control_id: str
    sentence: str


def add_operating(app: FastAPI, site: Site) -> None:
    """Add the one endpoint that writes."""
    bearer = HTTPBearer(auto_error=False, description="the text of web.token_file")

    @app.post(
        "/api/controls",
        status_code=202,
        response_model=Heard,
        responses=REFUSALS,
        tags=["operating"],
    )
    async def say(
        said: Said,
        given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> Response:
        """Mute or turn a station, acknowledge an alarm or say what an event is.

        The workers hear it within seconds.
        """
        operating = _permitted(site.operating, given)
        control = await run_in_threadpool(_control, site, said)
        try:
            await operating.send(control)
        except BrokerError as error:
            raise HTTPException(503, f"nothing was said: {error}") from error
        heard = {"control_id": control.control_id, "sentence": sentence(control)}
        return Response(json_bytes(heard), status_code=202, media_type="application/json")


def _permitted(
    operating: Operating | None, given: HTTPAuthorizationCredentials | None
) -> Operating:
    if operating is None:
        raise HTTPException(403, READ_ONLY)
    token = "" if given is None else given.credentials
    if not hmac.compare_digest(token.encode(), operating.token.encode()):
        raise HTTPException(
            401, "the token is missing or wrong", headers={"WWW-Authenticate": "Bearer"}
        )
    return operating


def _control(site: Site, said: StationSaid | AlarmSaid | EventSaid) -> Control:
    match said:
        case AlarmSaid():
            return _of_alarm(site, said)
        case EventSaid():
            return _of_event(site, said)
        case StationSaid():
            return _of_station(site, said)


def _of_alarm(site: Site, said: AlarmSaid) -> Control:
    change = next((c for c in site.reader.alarms.changes() if c.change_id == said.target), None)
    if change is None:
        raise HTTPException(404, f"no alarm {said.target!r}")
    return acknowledgement(change.change_id, change.onset_time_ns, said.reason, said.author)


def _of_event(site: Site, said: EventSaid) -> Control:
    detail = site.reader.event(said.target)
    if detail is None:
        raise HTTPException(404, f"no event {said.target!r}; it may have been withdrawn")
    return kind_control(
        said.target, said.kind, detail.event.origin.time_ns, said.reason, said.author,
        withdraw=said.withdraw,
    )  # fmt: skip


def _of_station(site: Site, said: StationSaid) -> Control:
    if said.target not in site.stations:
        raise HTTPException(404, f"no station {said.target!r}; it is written NET.STA")
    start = said.start or iso_time(site.clock.now_ns())
    try:
        return station_control(
            said.action, said.target, start, said.until or None, said.reason, said.author,
            withdraw=said.withdraw,
        )  # fmt: skip
    except ValueError as error:
        raise HTTPException(422, f"from and until: {error}") from error
