"""Processes that yield to all others of the machine."""

import shutil
from collections.abc import Sequence

NICENESS = 19
"""The weakest: 15 of 1024 shares of a processor that others want."""

_SCRIPT = (
    f"echo {NICENESS} 2>/dev/null >/proc/self/autogroup; "
    'if ionice -c 3 true 2>/dev/null; then set -- ionice -c 3 "$@"; fi; '
    f'exec nice -n {NICENESS} "$@"'
)
"""Linux shares processors between sessions first (sched_autogroup), and niceness counts within one
only. So the session is made nice too: with two busy processes on one core, each in a session of
its own, ``nice -n 19`` alone left each a half; with this the weak one got an eighth or less. The
disk is waited for too, where there is ``ionice``."""


def low_priority(command: Sequence[str]) -> list[str]:
    """The command, to be started in a session of its own, as it yields to all else.

    Where there is no shell, as it is.
    """
    shell = shutil.which("sh")
    return [shell, "-c", _SCRIPT, "sh", *command] if shell else list(command)
