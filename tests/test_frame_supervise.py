"""The supervisor with real child processes, signals and kills."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.waiting import until
from web.supervise import Backoff, Limits

# One supervised child notes each of its lives in a file and then does what the test asks.
_SUPERVISOR = """
import sys
from web.supervise import Child, ChildExited, Limits, run

def on_ready() -> None:
    print("all ready", flush=True)

def on_exit(exited: ChildExited) -> None:
    print(f"exit {exited.name} {exited.status} {exited.restart_in_s:g}", flush=True)

children = [
    Child(f"c{i}", (sys.executable, "-u", "-c", code), {"LIVES": f"{sys.argv[1]}/lives{i}"})
    for i, code in enumerate(sys.argv[2:])
]
limits = Limits(first_delay_s=0.02, longest_delay_s=0.1, ready_within_s=1.5, silent_after_s=1, stop_grace_s=0.7,
                first_attempts=3)
sys.exit(run(children, on_ready=on_ready, on_exit=on_exit, limits=limits))
"""

_BORN = """
import os, signal, sys, time
from web.child import report_ready
with open(os.environ["LIVES"], "a") as lives:
    lives.write(f"{os.getpid()}\\n")
"""

_STEADY = _BORN + "report_ready()\nprint('hello', flush=True)\nsignal.pause()\n"
_BEATING = (
    _BORN
    + """
import asyncio
from web.child import report_beating
loop = asyncio.new_event_loop()
report_beating(loop, 0.05)
loop.run_forever()
"""
)
_STUBBORN = _BORN + "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nreport_ready()\nwhile True: signal.pause()\n"
_MUTE = _BORN + "signal.pause()\n"
_HOPELESS = _BORN + "sys.exit(os.EX_CONFIG)\n"
_SICKLY = _BORN + "sys.exit(3)\n"
_PARENT = (
    _BORN
    + """
import subprocess
grandchild = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
with open(os.environ["LIVES"], "a") as lives:
    lives.write(f"{grandchild.pid}\\n")
report_ready()
signal.pause()
"""
)

Start = Callable[..., "Supervised"]


class Supervised:
    """A supervisor in a process of its own, and the lives its children noted."""

    def __init__(self, folder: Path, codes: tuple[str, ...]) -> None:
        self.folder = folder
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _SUPERVISOR, str(folder), *codes], stdout=log, stderr=log
            )

    def lives(self, child: int = 0) -> list[int]:
        path = self.folder / f"lives{child}"
        return [int(line) for line in path.read_text().splitlines()] if path.exists() else []

    def said(self, text: str) -> bool:
        return text in self.log.read_text()

    def wait_ready(self) -> None:
        until(lambda: self.said("all ready"), within_s=20, why=self.log.read_text)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Supervised] = []

    def _start(*codes: str) -> Supervised:
        started.append(Supervised(tmp_path, codes))
        return started[-1]

    yield _start
    for supervised in started:
        supervised.process.terminate()
        supervised.process.wait(20)


def gone(pid: int) -> bool:
    """Whether the process has ended; one that nobody has reaped yet counts as ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state in "ZX"


def test_pauses_double_up_to_the_longest_and_after_a_healthy_life_there_is_none() -> None:
    limits = Limits()
    pauses, backoff = [], Backoff()
    for lived_s in (1.0, 2.0, 0.0, 0.1, 5.0, 5.0, 29.9, 30.0, 1.0):
        backoff = backoff.after(lived_s, limits)
        pauses.append(backoff.delay_s(limits))
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 0.0, 0.2]
    assert Backoff(5_000).delay_s(limits) == 10.0


def test_children_come_up_and_stop_cleanly_and_their_lines_carry_their_names(start: Start) -> None:
    supervised = start(_STEADY, _STEADY)
    supervised.wait_ready()
    until(lambda: supervised.said("c0 | hello") and supervised.said("c1 | hello"))
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.process.wait(10) == 0
    assert all(gone(pid) for child in (0, 1) for pid in supervised.lives(child))
    assert not supervised.said("exit c")


def test_a_killed_child_is_started_again_and_told(start: Start) -> None:
    supervised = start(_STEADY, _STEADY)
    supervised.wait_ready()
    os.kill(supervised.lives()[0], signal.SIGKILL)
    until(lambda: len(supervised.lives()) == 2)
    assert supervised.said("exit c0 -9 0.02")
    assert len(supervised.lives(1)) == 1
    assert supervised.log.read_text().count("all ready") == 1


def test_a_child_that_hangs_is_killed_where_it_had_said_that_it_would_beat(start: Start) -> None:
    supervised = start(_BEATING, _STEADY)
    supervised.wait_ready()
    os.kill(supervised.lives()[0], signal.SIGSTOP)
    until(lambda: len(supervised.lives()) == 2)
    assert supervised.said("c0 | silent for 1 s")
    assert supervised.said("exit c0 -9 0.02")
    assert len(supervised.lives(1)) == 1, "who never beats may be silent"


def test_nobody_is_killed_for_the_time_in_which_the_supervisor_itself_stood_still(start: Start) -> None:
    supervised = start(_BEATING)
    supervised.wait_ready()
    everybody = (supervised.process.pid, supervised.lives()[0])
    for pid in everybody:
        os.kill(pid, signal.SIGSTOP)
    with pytest.raises(subprocess.TimeoutExpired):
        supervised.process.wait(2)
    for pid in everybody:
        os.kill(pid, signal.SIGCONT)
    os.kill(supervised.process.pid, signal.SIGTERM)
    assert supervised.process.wait(10) == 0
    assert not supervised.said("silent")


def test_children_die_with_a_killed_supervisor(start: Start) -> None:
    supervised = start(_STEADY, _STUBBORN)
    supervised.wait_ready()
    supervised.process.kill()
    until(lambda: all(gone(pid) for child in (0, 1) for pid in supervised.lives(child)), within_s=5)


def test_what_a_dead_child_had_started_goes_before_its_next_life(start: Start) -> None:
    supervised = start(_PARENT)
    supervised.wait_ready()
    child, grandchild = supervised.lives()[:2]
    os.kill(child, signal.SIGKILL)
    until(lambda: len(supervised.lives()) == 4)
    assert gone(grandchild)


def test_a_child_that_ignores_the_request_is_killed_after_the_grace(start: Start) -> None:
    supervised = start(_STUBBORN)
    supervised.wait_ready()
    supervised.process.send_signal(signal.SIGINT)
    assert supervised.process.wait(10) == 0
    assert gone(supervised.lives()[0])


def test_a_second_signal_does_not_wait_for_the_grace(tmp_path: Path) -> None:
    patient = _SUPERVISOR.replace("stop_grace_s=0.7", "stop_grace_s=3600")
    process = subprocess.Popen(
        [sys.executable, "-c", patient, str(tmp_path), _STUBBORN], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        until(lambda: "all ready" in process.stdout.readline())  # type: ignore[union-attr]  # asserted above
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.7)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_child_that_never_gets_ready_is_killed_and_given_up(start: Start) -> None:
    supervised = start(_MUTE)
    assert supervised.process.wait(30) == 1
    assert supervised.said("not ready within 1.5 s")
    assert len(supervised.lives()) == 3
    assert not supervised.said("all ready")


def test_a_failing_start_is_tried_a_few_times_only(start: Start) -> None:
    supervised = start(_SICKLY, _STEADY)
    assert supervised.process.wait(30) == 1
    assert len(supervised.lives()) == 3
    assert supervised.said("exit c0 3 0.02")
    assert supervised.said("exit c0 3 0.04")
    assert all(gone(pid) for pid in supervised.lives(1))


def test_a_hopeless_start_is_tried_once(start: Start) -> None:
    supervised = start(_HOPELESS)
    assert supervised.process.wait(30) == 1
    assert len(supervised.lives()) == 1


def test_a_restart_that_cannot_be_recorded_is_still_a_restart(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import os, signal, sys
        from web.supervise import Child, Limits, run

        def refuse(exited):
            raise OSError("the disk is full")

        child = Child("web", (sys.executable, "-c", sys.argv[2]), {"LIVES": sys.argv[1]})
        sys.exit(run([child], on_ready=lambda: None, on_exit=refuse, limits=Limits(first_delay_s=0.02)))
    """)
    lives = tmp_path / "lives"
    process = subprocess.Popen([sys.executable, "-c", program, str(lives), _STEADY], stdout=subprocess.PIPE, text=True)
    try:
        until(lambda: lives.exists() and lives.read_text().endswith("\n"))
        os.kill(int(lives.read_text()), signal.SIGKILL)
        until(lambda: len(lives.read_text().splitlines()) == 2)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=20)
    finally:
        process.kill()
    assert "web | its end could not be recorded: the disk is full" in said


def test_a_command_that_does_not_exist_is_named(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import sys
        from web.supervise import Child, run
        sys.exit(run([Child("web", ("/no/such/program",))], on_ready=lambda: None))
    """)
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert result.returncode == 1
    assert "web | /no/such/program: No such file or directory" in result.stdout
