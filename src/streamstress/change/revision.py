"""What a replay undid."""

from collections.abc import Sequence
from dataclasses import replace

from streamstress.change.events import ChangeDecision


def withdrawn_by_replay(
    before: Sequence[ChangeDecision], after: Sequence[ChangeDecision]
) -> list[ChangeDecision]:
    """Withdrawals of the alarms that a replay from a checkpoint no longer raises.

    A revised mechanism makes the detector run again from the last checkpoint before it. Alarms
    of the first run that the second does not raise under the same change id are withdrawn.

    Parameters
    ----------
    before, after
        Decisions since the checkpoint, of the first run and of the replay.
    """
    raised = {decision.change_id for decision in after}
    last = {decision.change_id: decision for decision in before}
    return [
        replace(decision, state="withdrawn", guards={**decision.guards, "revision": "hold: undone"})
        for change_id, decision in last.items()
        if change_id not in raised and decision.state in ("open", "held", "confirmed")
    ]
