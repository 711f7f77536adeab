"""What a supervised process needs: to die with its supervisor, and to say when it answers.

As a program, `python web/child.py SUPERVISOR_PID COMMAND…` ties itself to the supervisor and becomes the command. It
imports only what starts fast.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

READY_FD = "FENGSUI_READY_FD"
_PR_SET_PDEATHSIG = 1


def report_ready() -> None:
    """Tell the supervisor that this process answers now; nothing happens without one, or at a second call."""
    number = os.environ.pop(READY_FD, None)
    if number is None:
        return
    descriptor = int(number)
    try:
        os.write(descriptor, b"ready\n")
    finally:
        os.close(descriptor)


def die_with(parent_pid: int, with_signal: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send the signal to this process when its parent's starting thread ends (prctl(2)).

    A parent that ended before the request was made would never be noticed, so it is looked for afterwards.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    if os.getppid() != parent_pid:
        os._exit(os.EX_UNAVAILABLE)


def main(arguments: Sequence[str]) -> None:
    """Become the command in `arguments[1:]`, bound to the process `arguments[0]`."""
    parent_pid, *command = arguments
    die_with(int(parent_pid))
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        os._exit(os.EX_CONFIG)


if __name__ == "__main__":
    main(sys.argv[1:])
