"""What several of the bridge's tests ask for."""

from pathlib import Path

import pytest

from media.compiled import build


@pytest.fixture(scope="session")
def library() -> Path:
    """The compiled step; the bridge goes without it where there is no compiler."""
    built = build.build()
    if built is None:
        pytest.skip("no C compiler here")
    return built
