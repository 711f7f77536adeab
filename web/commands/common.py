"""What several commands share: the database of their settings, and how errors are told."""

import sys
from argparse import Namespace
from collections.abc import Callable

from command.kernel.errors import FengsuiError
from web.commands.options import settings_of
from web.messages import sentence
from web.wiring import Core, build_core


def core_of(options: Namespace) -> Core:
    """The database of these settings."""
    return build_core(settings_of(options))


def answer_errors(run: Callable[[Namespace], int]) -> Callable[[Namespace], int]:
    """Answer an error of ours with its sentence and code instead of a traceback."""

    def answered(options: Namespace) -> int:
        try:
            return run(options)
        except FengsuiError as error:
            sys.stderr.write(f"{sentence(error.code, 'zh', error.params)} ({error.code})\n")
            return 1

    return answered
