"""What a supervised process needs: to die with its supervisor, to say when it answers, and that it still does.

As a program, `python web/child.py SUPERVISOR_PID COMMAND…` ties itself to the supervisor and becomes the command. It
imports only what starts fast.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

READY_FD = "FENGSUI_READY_FD"
BEAT, BEAT_EVERY_S = b".", 1.0
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


def report_beating(loop: "asyncio.AbstractEventLoop", every_s: float = BEAT_EVERY_S) -> None:
    """Tell the supervisor that this process answers now, and every so often that its loop still turns.

    It is killed when it falls silent: whoever serves all meetings or all pages and hangs is worse than dead.
    """
    number = os.environ.pop(READY_FD, None)
    if number is None:
        return
    descriptor = int(number)
    os.set_blocking(descriptor, False)

    def beat() -> None:
        try:
            os.write(descriptor, BEAT)
        except BlockingIOError:
            pass  # it is the supervisor that does not read: it knows from the beats that lie there
        except OSError:
            return  # the supervisor is gone, and we go with it
        loop.call_later(every_s, beat)

    beat()


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
