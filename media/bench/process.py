"""A server process under measurement: kept on one core, its CPU time and memory read from the system."""

import os
import time
from pathlib import Path

_SCHEDULED = 2  # CPUCLOCK_SCHED of <linux/posix-timers.h>
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads of a process so far, those that have ended too, to the nanosecond.

    By the clock that clock_getcpuclockid(3) names, which Python has for threads alone.
    """
    return time.clock_gettime(~pid << 3 | _SCHEDULED)


def cpu_split(pid: int) -> tuple[float, float]:
    """The same, in hundredths of a second, as (in the process's own code, in the kernel) (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) / _TICKS_PER_S, int(fields[12]) / _TICKS_PER_S


def resident_mib(pid: int) -> float:
    """Resident memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
