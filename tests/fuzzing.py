"""How long fuzzers play, and with which dice: repeatably in every run, longer and otherwise under `make fuzz`."""

import os
import random

import pytest

PACKETS = int(os.environ.get("FENGSUI_FUZZ", "100000"))
"""So many packets a test makes."""

fuzz = pytest.mark.fuzz


def dice(seed: int) -> random.Random:
    """Those of a test, told apart by its `seed`; the whole run's are FENGSUI_FUZZ_SEED."""
    return random.Random(seed + int(os.environ.get("FENGSUI_FUZZ_SEED", "0")))  # noqa: S311  # repeatable on purpose
