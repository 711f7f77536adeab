"""More workers than one on a machine: `FENGSUI_WORKERS`."""

from pathlib import Path

from tests.e2e.county import county


def test_one_worker_goes_on_while_another_is_started_again(tmp_path: Path) -> None:
    with county(tmp_path, {"FENGSUI_WORKERS": "2"}) as running:
        other = running.child("worker-2")
        assert other
        running.kill("worker-1")
        assert running.child("worker-2") == other
