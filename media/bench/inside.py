"""The measured node's process: a media node that also tells what lives in it and where its time goes."""

import asyncio
import gc
import os
import signal
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import PurePath
from types import FrameType

from media.loop import run as run_loop
from media.node import MediaConfig, Ready, serve, spare_pauses
from media.steps import Choice

SAMPLE_S = 0.002
_samples: Counter[str] = Counter()


def run(token: str, address: str, core: int, step: Choice, sheds: bool, pipe: Connection) -> None:
    """Serve on one core until killed; questions come and answers go by `pipe`."""
    os.sched_setaffinity(0, {core})
    config = MediaConfig("127.0.0.1", 0, token, address, 0, (address,), step, sheds)

    def on_ready(ready: Ready) -> None:
        asyncio.get_running_loop().add_reader(pipe.fileno(), _answer, pipe)
        pipe.send(ready)

    spare_pauses()
    run_loop(serve(config, on_ready))


def census() -> "Counter[str]":
    """How many objects of which of the node's own types live, and its tasks and open files."""
    gc.collect()
    names = (f"{kind.__module__}.{kind.__name__}" for kind in map(type, gc.get_objects()))
    found = Counter(name for name in names if name.startswith("media."))
    found["tasks"] = len(asyncio.all_tasks())
    found["files"] = len(os.listdir("/proc/self/fd"))
    return found


def begin_profile() -> "Counter[str]":
    """From now on note every SAMPLE_S of CPU time which function runs; C counts as its caller."""
    _samples.clear()
    signal.signal(signal.SIGPROF, _sample)
    signal.setitimer(signal.ITIMER_PROF, SAMPLE_S, SAMPLE_S)
    return Counter()


def end_profile() -> "Counter[str]":
    """The samples since `begin_profile`, by function."""
    signal.setitimer(signal.ITIMER_PROF, 0)
    return Counter(_samples)


QUESTIONS: dict[str, Callable[[], "Counter[str]"]] = {
    "census": census,
    "begin profile": begin_profile,
    "end profile": end_profile,
}


def _sample(_number: int, frame: FrameType | None) -> None:
    if frame is not None:
        code = frame.f_code
        _samples[f"{'/'.join(PurePath(code.co_filename).parts[-2:])} {code.co_qualname}"] += 1


def _answer(pipe: Connection) -> None:
    pipe.send(QUESTIONS[pipe.recv()]())
