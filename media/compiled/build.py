"""Builds the shared object from C where there is a compiler; run by the set-up."""

import hashlib
import logging
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

logger = logging.getLogger(__name__)

FOLDER = Path(__file__).parent
HEADER = FOLDER / "step.h"
FLAGS = ("-std=c11", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC")
COMPILERS = (["cc"], ["gcc"], ["clang"])
NOT_BUILT = (
    "The media node's compiled step was not built: it does every step in Python "
    "(a C compiler makes it cheaper: apt-get install gcc libc6-dev)."
)


def sources() -> list[Path]:
    """What is compiled into one object."""
    return sorted(FOLDER.glob("*.c"))


def path() -> Path:
    """Where the shared object of these very sources is, or would be."""
    texts = b"".join(file.read_bytes() for file in [*sources(), *sorted(FOLDER.glob("*.h"))])
    digest = hashlib.sha256(texts + " ".join(FLAGS).encode()).hexdigest()
    return FOLDER / f"step-{digest[:12]}-{platform.machine()}.so"


def compiler() -> list[str] | None:
    """The command of a C compiler: `CC`, else the first that is found; None where there is none."""
    told = shlex.split(os.environ.get("CC", ""))
    found = (command for command in ([told] if told else COMPILERS) if shutil.which(command[0]))
    return next(found, None)


def build() -> Path | None:
    """Build it unless it is there; None without a compiler, or with one that cannot. Others of older sources go."""
    wanted = path()
    if wanted.exists():
        return wanted
    command = compiler()
    if command is None:
        return None
    handle, name = tempfile.mkstemp(suffix=".so", dir=FOLDER)
    os.close(handle)
    done = subprocess.run(
        [*command, *FLAGS, "-o", name, *map(str, sources())], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        logger.warning("the compiled step cannot be built: %s", done.stderr.strip())
        Path(name).unlink()
        return None
    Path(name).replace(wanted)
    for former in FOLDER.glob("step-*.so"):
        if former != wanted:
            former.unlink(missing_ok=True)
    return wanted


def main() -> None:
    """Build; a line when it could not be. Never fails: Python does without."""
    try:
        built = build()
    except OSError as error:
        logger.warning("the compiled step cannot be built: %s", error)
        built = None
    if built is None:
        sys.stdout.write(NOT_BUILT + "\n")


if __name__ == "__main__":
    main()
