"""Controls in words, for the command line, the page and ``doctor``."""

from collections.abc import Iterable

from streamstress.outputs.json_view import iso_time
from streamstress.records import Control
from streamstress.records.controls import waiting_proposals

_VERBS = {
    "proposed": "seems reversed",
    "confirmed": "is reversed",
    "withdrawn": "was said to be reversed, which was taken back,",
    "dropped": "seemed reversed, which was explained since,",
}
_A_KIND = {
    "earthquake": "an earthquake",
    "teleseism": "a teleseism",
    "tremor": "tremor",
    "blast": "a blast",
    "noise": "noise",
    None: "of no kind",
}
_MUTE_VERBS = {"confirmed": "is muted", "withdrawn": "was muted, which was taken back,"}


def sentence(control: Control) -> str:
    """What a control says, in a sentence."""
    if control.action == "acknowledge":
        return f"alarm {control.target} was seen at {iso_time(control.sent_ns)}: {_why(control)}"
    if control.action == "event-kind":
        verb = "is" if control.is_obeyed else "was said to be, which was taken back,"
        return f"event {control.target} {verb} {_A_KIND[control.event_kind]}: {_why(control)}"
    if control.action == "mute":
        verb = _MUTE_VERBS.get(control.state, "is muted")
        return f"{control.target} {verb} {_span(control)}: {_why(control)}"
    return f"{control.target} {_VERBS[control.state]} {_span(control)}: {_why(control)}"


def proposals(controls: Iterable[Control], config: str = "FILE") -> list[str]:
    """Sentences of what waits for a person, each with the commands that decide on it."""
    return [
        f"{sentence(control)}. To confirm: {command(control, config)}; to refuse: the same with "
        "--withdraw"
        for control in waiting_proposals(controls)
    ]


def command(control: Control, config: str) -> str:
    """The command that confirms a proposal."""
    until = ""
    if control.valid_until_ns is not None:
        until = f" --until {iso_time(control.valid_until_ns)}"
    start = iso_time(control.valid_from_ns)
    return f"streamstress control reversal {control.target} --from {start}{until} -c {config}"


def _span(control: Control) -> str:
    until = "on"
    if control.valid_until_ns is not None:
        until = f"until {iso_time(control.valid_until_ns)}"
    return f"from {iso_time(control.valid_from_ns)} {until}"


def _why(control: Control) -> str:
    return f"{control.reason or 'no reason given'} ({control.author})"
