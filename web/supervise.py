"""The supervisor of `fengsui serve`: starts child processes, restarts those that die, stops all of them cleanly.

One thread waits on everything that can happen (a child's end, its output, its readiness, a signal, a deadline), so
nothing needs a lock. State worth keeping is in the database: a child may be killed at any instant.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from web import child as child_module

_READ_BYTES = 65_536
# One key press can reach us twice, from the terminal and from make.
_SAME_SIGNAL_S = 0.5
# Woken so much later than asked for, we were not running ourselves.
_STOOD_STILL_S = 0.5


@dataclass(frozen=True, slots=True)
class Child:
    """A program to keep running; `env` is added to the supervisor's own environment.

    It calls `web.child.report_ready()` once it answers, or `report_beating()`: it is killed then when its loop stands
    still. Exit status 78 (EX_CONFIG) before that says that another try would not help.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient the supervisor is, in seconds and starts."""

    first_delay_s: float = 0.2
    longest_delay_s: float = 10.0
    healthy_after_s: float = 30.0
    ready_within_s: float = 60.0
    silent_after_s: float = 10.0
    stop_grace_s: float = 10.0
    first_attempts: int = 5


@dataclass(frozen=True, slots=True)
class Backoff:
    """The failures of one child in a row, and the pause they ask for; the end of a healthy life is none."""

    failures: int = 0

    def after(self, lived_s: float, limits: Limits) -> "Backoff":
        """The state after a life of so many seconds; a healthy life forgives what was before."""
        return Backoff(0 if lived_s >= limits.healthy_after_s else self.failures + 1)

    def delay_s(self, limits: Limits) -> float:
        """Seconds to wait before the next start: none without a failure, then doubled with each up to the longest."""
        if self.failures == 0:
            return 0.0
        return min(limits.first_delay_s * 2.0 ** min(self.failures - 1, 32), limits.longest_delay_s)


@dataclass(frozen=True, slots=True)
class ChildExited:
    """A child ended without being asked; `status` is its exit status, or minus the signal that killed it."""

    name: str
    pid: int
    status: int
    restart_in_s: float


@dataclass(slots=True)
class _Running:
    """One life of a child."""

    process: "subprocess.Popen[bytes]"
    pidfd: int
    output: int
    ready: int
    started: float
    beat_at: float | None = None
    unfinished: bytes = b""
    watched: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Slot:
    """A child's place: what is known of it over all its lives."""

    child: Child
    backoff: Backoff = field(default_factory=Backoff)
    running: _Running | None = None
    is_ready: bool = False
    start_at: float | None = 0.0


def run(
    children: Sequence[Child],
    *,
    on_ready: Callable[[], None],
    on_exit: Callable[[ChildExited], None] = lambda _: None,
    limits: Limits | None = None,
    output: TextIO | None = None,
) -> int:
    """Keep the children running until SIGTERM, SIGINT or SIGHUP; a second signal kills them at once.

    Call it in the main thread: the children are bound to the thread that starts them. `on_ready` is called once, when
    every child has reported ready for the first time; `on_exit` at every unasked end, before the restart; what it
    raises is said and goes no further. Both run in the supervisor's loop and should be short. Until everything was
    ready once, a child that fails `first_attempts` times ends it all.

    Returns 0 after a clean stop, 1 when the children could not be brought up.
    """
    supervisor = _Supervisor(children, on_ready, on_exit, limits or Limits(), output or sys.stdout)
    with _signals_as_bytes() as signal_pipe:
        return supervisor.run(signal_pipe)


@contextlib.contextmanager
def _signals_as_bytes() -> Iterator[int]:
    """A descriptor that becomes readable when the process is asked to stop."""
    receiver, sender = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    before = signal.set_wakeup_fd(sender, warn_on_full_buffer=False)
    kept = {number: signal.signal(number, lambda *_: None) for number in _STOP_SIGNALS}
    try:
        yield receiver
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(before)
        os.close(receiver)
        os.close(sender)


_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class _Supervisor:
    def __init__(
        self,
        children: Sequence[Child],
        on_ready: Callable[[], None],
        on_exit: Callable[[ChildExited], None],
        limits: Limits,
        output: TextIO,
    ) -> None:
        self._slots = [_Slot(child) for child in children]
        self._on_ready = on_ready
        self._on_exit = on_exit
        self._limits = limits
        self._output = output
        self._width = max(len(child.name) for child in children)
        self._selector = selectors.DefaultSelector()
        self._all_were_ready = False
        self._stopping_since: float | None = None
        self._failed = False

    def run(self, signal_pipe: int) -> int:
        self._selector.register(signal_pipe, selectors.EVENT_READ, lambda: self._signalled(signal_pipe))
        try:
            while self._stopping_since is None or any(slot.running for slot in self._slots):
                wait_s, asleep_since = self._wait_s(), time.monotonic()
                events = self._selector.select(wait_s)
                if wait_s is not None and time.monotonic() - asleep_since - wait_s > _STOOD_STILL_S:
                    self._forgive()
                for key, _ in events:
                    # An earlier event of the same round may have closed this descriptor.
                    if key.fd in self._selector.get_map():
                        key.data()
                self._keep_deadlines()
        finally:
            self._kill_all()
            self._selector.close()
        return 1 if self._failed else 0

    def _watch(self, running: _Running, descriptor: int, react: Callable[[], None]) -> None:
        running.watched.add(descriptor)
        self._selector.register(descriptor, selectors.EVENT_READ, react)

    def _forget(self, running: _Running, descriptor: int) -> None:
        # A closed number is soon somebody else's: each life closes only what is still its own.
        if descriptor in running.watched:
            running.watched.remove(descriptor)
            self._selector.unregister(descriptor)
            os.close(descriptor)

    # Deadlines

    def _deadlines(self) -> Iterator[float]:
        if self._stopping_since is not None:
            yield self._stopping_since + self._limits.stop_grace_s
            return
        for slot in self._slots:
            if slot.start_at is not None:
                yield slot.start_at
            elif slot.running:
                yield from self._patience(slot, slot.running)

    def _patience(self, slot: _Slot, running: _Running) -> Iterator[float]:
        """Until when this child may say nothing, where it has to."""
        if not slot.is_ready:
            yield running.started + self._limits.ready_within_s
        elif running.beat_at is not None:
            yield running.beat_at + self._limits.silent_after_s

    def _forgive(self) -> None:
        """While the whole machine stood still nobody could beat."""
        for slot in self._slots:
            if slot.running and slot.running.beat_at is not None:
                slot.running.beat_at = time.monotonic()

    def _wait_s(self) -> float | None:
        first = min(self._deadlines(), default=None)
        return None if first is None else max(first - time.monotonic(), 0.0)

    def _keep_deadlines(self) -> None:
        now = time.monotonic()
        if self._stopping_since is not None:
            if now >= self._stopping_since + self._limits.stop_grace_s:
                self._kill_all()
            return
        for slot in self._slots:
            if slot.start_at is not None and now >= slot.start_at:
                self._start(slot)
            elif slot.running:
                self._kill_if_late(slot, slot.running, now)

    def _kill_if_late(self, slot: _Slot, running: _Running, now: float) -> None:
        if not any(now >= deadline for deadline in self._patience(slot, running)):
            return
        if slot.is_ready:
            self._say(slot, f"silent for {self._limits.silent_after_s:g} s")
        else:
            self._say(slot, f"not ready within {self._limits.ready_within_s:g} s")
        _kill_group(running)
        # Its end is noticed through its pidfd; this keeps the deadline from firing until then.
        running.started, running.beat_at = now, None

    # A child's life

    def _start(self, slot: _Slot) -> None:
        output, child_output = os.pipe2(os.O_CLOEXEC)
        ready, child_ready = os.pipe2(os.O_CLOEXEC)
        try:
            process = _spawn(slot.child, child_output, child_ready)
        finally:
            os.close(child_output)
            os.close(child_ready)
        os.set_blocking(output, False)
        running = _Running(process, os.pidfd_open(process.pid), output, ready, time.monotonic())
        slot.running, slot.is_ready, slot.start_at = running, False, None
        self._watch(running, running.output, lambda: self._read_output(slot, running))
        self._watch(running, running.ready, lambda: self._read_ready(slot, running))
        self._watch(running, running.pidfd, lambda: self._ended(slot, running))

    def _read_output(self, slot: _Slot, running: _Running) -> None:
        data = os.read(running.output, _READ_BYTES)
        if not data:
            self._forget(running, running.output)
        *lines, running.unfinished = (running.unfinished + data).split(b"\n")
        if len(running.unfinished) > _READ_BYTES or (running.unfinished and not data):
            lines, running.unfinished = [*lines, running.unfinished], b""
        for line in lines:
            self._say(slot, line.decode(errors="replace"))

    def _read_last_output(self, slot: _Slot, running: _Running) -> None:
        # A process that left the group may keep the pipe open: then there is no end of file to wait for.
        with contextlib.suppress(BlockingIOError):
            while running.output in running.watched:
                self._read_output(slot, running)

    def _read_ready(self, slot: _Slot, running: _Running) -> None:
        said = os.read(running.ready, _READ_BYTES)
        if said.endswith(child_module.BEAT):
            running.beat_at = time.monotonic()
        else:
            self._forget(running, running.ready)
        slot.is_ready = slot.is_ready or bool(said)
        if not self._all_were_ready and all(other.is_ready for other in self._slots):
            self._all_were_ready = True
            self._on_ready()

    def _ended(self, slot: _Slot, running: _Running) -> None:
        # Before it is reaped its number cannot be given to another group.
        _kill_group(running)
        status = running.process.wait()
        self._read_last_output(slot, running)
        for descriptor in tuple(running.watched):
            self._forget(running, descriptor)
        slot.running = None
        if self._stopping_since is None:
            self._plan_restart(slot, running, status)

    def _plan_restart(self, slot: _Slot, running: _Running, status: int) -> None:
        now = time.monotonic()
        was_ready, slot.is_ready = slot.is_ready, False
        slot.backoff = slot.backoff.after(now - running.started, self._limits)
        delay_s = slot.backoff.delay_s(self._limits)
        self._say(slot, f"ended with status {status}, next start in {delay_s:g} s")
        self._tell(slot, ChildExited(slot.child.name, running.process.pid, status, delay_s))
        slot.start_at = now + delay_s
        hopeless = status == os.EX_CONFIG and not was_ready
        if not self._all_were_ready and (hopeless or slot.backoff.failures >= self._limits.first_attempts):
            self._say(slot, "cannot be started; its messages are above")
            self._failed = True
            self._stop()

    def _tell(self, slot: _Slot, exited: ChildExited) -> None:
        try:
            self._on_exit(exited)
        except Exception as error:  # noqa: BLE001 (a full disk must not end what still runs)
            self._say(slot, f"its end could not be recorded: {error}")

    # The end

    def _signalled(self, signal_pipe: int) -> None:
        if not set(os.read(signal_pipe, _READ_BYTES)) & set(_STOP_SIGNALS):
            return
        if self._stopping_since is None:
            self._stop()
        elif time.monotonic() - self._stopping_since > _SAME_SIGNAL_S:
            self._kill_all()

    def _stop(self) -> None:
        self._stopping_since = time.monotonic()
        for slot in self._slots:
            if slot.running:
                slot.running.process.send_signal(signal.SIGTERM)

    def _kill_all(self) -> None:
        for slot in self._slots:
            if slot.running:
                _kill_group(slot.running)
                self._ended(slot, slot.running)

    def _say(self, slot: _Slot, line: str) -> None:
        try:
            self._output.write(f"{slot.child.name:<{self._width}} | {line}\n")
            self._output.flush()
        except BrokenPipeError:
            # Whoever read our output has gone, as with `fengsui serve | head`.
            if self._stopping_since is None:
                self._stop()


def _spawn(child: Child, output: int, ready: int) -> "subprocess.Popen[bytes]":
    """Start the child in its own session, so that a key press reaches it only through the supervisor."""
    launcher = (sys.executable, "-I", "-S", child_module.__file__, str(os.getpid()))
    return subprocess.Popen(
        [*launcher, *child.argv],
        env={**os.environ, **child.env, child_module.READY_FD: str(ready)},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=(ready,),
        start_new_session=True,
    )


def _kill_group(running: _Running) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.process.pid, signal.SIGKILL)
