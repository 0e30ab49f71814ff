"""A change of stress told from chance, event by event.

``reference`` learns the steady state; ``score`` asks whether the latest mechanisms (``window``)
look turned, ``significance`` sets the threshold for the wanted false-alarm rate, ``clusters``
counts dependent events as fewer. ``slips`` finds the stress of slips on planes, ``slip_score`` and
``population`` ask whether other faults under the same stress explain the change, ``guards`` what
else could, ``effect`` sizes it, and ``detector`` joins them to one decision after the other.
``region`` watches a region whose events come late, twice, revised or withdrawn: it goes back to one
of its ``checkpoints`` and ``revision`` tells what that makes of what was told. ``cells`` watches
cells of a region apart, ``joining`` finds out which of them are too sparse to stand alone.
"""

from streamstress.change.cells import CellLine, CellWatch
from streamstress.change.detector import ChangeDetector
from streamstress.change.effect import ChangeEffect, change_effect
from streamstress.change.events import ChangeDecision, ChangeEvent, change_event
from streamstress.change.grid import Grid, joined_cells
from streamstress.change.joining import JoiningCells
from streamstress.change.region import RegionWatch
from streamstress.change.revision import lines_of_revision
from streamstress.change.settings import ChangeSettings
from streamstress.change.significance import false_alarm_threshold
from streamstress.change.solutions import joined_solutions

__all__ = [
    "CellLine",
    "CellWatch",
    "ChangeDecision",
    "ChangeDetector",
    "ChangeEffect",
    "ChangeEvent",
    "ChangeSettings",
    "Grid",
    "JoiningCells",
    "RegionWatch",
    "change_effect",
    "change_event",
    "false_alarm_threshold",
    "joined_cells",
    "joined_solutions",
    "lines_of_revision",
]
