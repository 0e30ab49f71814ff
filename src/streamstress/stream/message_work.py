"""What one message causes in a role: its answers, or a letter on what was wrong with it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from streamstress.errors import RejectedError, StoreError
from streamstress.records import DeadLetter
from streamstress.stream.latency import Latency
from streamstress.stream.liveness import Liveness
from streamstress.stream.observer import Observer
from streamstress.stream.role import Incoming, Outgoing, Role
from streamstress.stream.tracing import Tracing
from streamstress.wire.topics import DEAD_LETTERS

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MessageWork:
    """A role with those who watch it at work."""

    role: Role
    observer: Observer
    tracing: Tracing
    liveness: Liveness
    latency: Latency

    def process_all(self, messages: Sequence[Incoming]) -> list[Outgoing]:
        """What messages cause, in their order; runs in the worker's one thread."""
        made: list[Outgoing] = []
        for message in messages:
            with self.tracing.taking(message):
                made += self.process(message)
        return made

    def process(self, message: Incoming) -> Sequence[Outgoing]:
        """The one place where any failure of one datum is caught, and kept.

        A database that fails is no fault of the datum: it ends the worker, which reads it again.
        """
        began_s, record = time.perf_counter(), None
        try:
            record = message.record()
            outgoing = self.role.process(message, record)
        except RejectedError as rejection:
            self.observer.rejected(rejection.reason)
            if not rejection.keep_letter or message.topic == DEAD_LETTERS.name:
                return ()
            letter = dead_letter(self.role.name, message, rejection.reason, str(rejection))
            return self.tracing.marked(message, None, [letter])
        except StoreError:
            raise
        except Exception as error:
            log.exception(
                "message failed", role=self.role.name, topic=message.topic, offset=message.offset
            )
            self.observer.rejected("unexpected-error")
            if message.topic == DEAD_LETTERS.name:
                # A letter about a letter would come back here, ever longer, without end.
                return ()
            detail = f"{type(error).__name__}: {error}"
            letter = dead_letter(self.role.name, message, "unexpected-error", detail)
            return self.tracing.marked(message, None, [letter])
        finally:
            self.observer.received(record)
            self.liveness.step()
        self.observer.worked(record, time.perf_counter() - began_s)
        timed = self.latency.marked(message, record, outgoing)
        return self.tracing.marked(message, record, timed)


def dead_letter(role: str, message: Incoming, reason: str, detail: str) -> Outgoing:
    """The message, whole, with the reason why it was set aside."""
    letter = DeadLetter(
        stage=role,
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        value=message.value,
        reason=reason,
        detail=detail,
        sent_ns=0,
    )
    return Outgoing(
        DEAD_LETTERS, f"{message.topic}/{message.partition}/{message.offset}", letter, 0
    )
