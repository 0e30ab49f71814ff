"""CPU seconds and memory of a program with every process that it starts."""

import ctypes
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

KIB_A_MIB = 1024
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
PR_SET_CHILD_SUBREAPER = 36
"""Of `prctl` (Linux): orphans of a descendant become children of this process."""


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of all processes, and peak memory of the largest of them."""

    cpu_s: float
    peak_mib: float


def cost_of(command: Sequence[str]) -> Cost:
    """Run a program to its end, one thread a process.

    A process that the program leaves behind, as a server that forks its workers, ends by itself;
    it is waited for and counted.
    """
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    process = subprocess.Popen(  # noqa: S603  # the command is written here
        command,
        env={**os.environ, **ONE_THREAD},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3):
        raise SystemExit(f"exit status {process.returncode} of {' '.join(command)}")
    cpu_s, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss
    while True:
        try:
            _, _, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return Cost(cpu_s, peak / KIB_A_MIB)
        cpu_s, peak = cpu_s + usage.ru_utime + usage.ru_stime, max(peak, usage.ru_maxrss)


def best(costs: Sequence[Cost]) -> Cost:
    """Least CPU and least peak of several runs."""
    return Cost(min(c.cpu_s for c in costs), min(c.peak_mib for c in costs))
