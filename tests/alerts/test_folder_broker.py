"""The embedded profile's broker: wake-ups in a folder, written by some processes while others read."""

import json
import threading
from pathlib import Path

from kombu import Connection

from alerts.folder_broker import FolderChannel, folder_url
from alerts.wake import BrokerConfig, make_celery

PUTS = 400


def channel(folder: Path) -> FolderChannel:
    options = make_celery(BrokerConfig(folder=folder)).conf.broker_transport_options
    found = Connection(folder_url(), transport_options=options).channel()
    assert isinstance(found, FolderChannel)
    return found


def test_whoever_reads_meanwhile_finds_whole_messages(tmp_path: Path) -> None:
    """Listed by another as soon as it is there, each file is all that it will be."""
    writer, folder = channel(tmp_path), tmp_path / "messages"
    faults: list[str] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            for path in folder.glob("*.msg"):
                try:
                    json.loads(path.read_text())
                except ValueError:
                    faults.append(path.name)

    reading = threading.Thread(target=look)
    reading.start()
    for number in range(PUTS):
        writer._put("alerts", {"body": "x" * 4_000, "number": number})
    done.set()
    reading.join()
    assert not faults
    reader = channel(tmp_path)
    assert {reader._get("alerts")["number"] for _ in range(PUTS)} == set(range(PUTS))
    assert not list(folder.iterdir())


def test_a_table_that_is_just_being_written_loses_a_wake_up_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "control").mkdir()
    (tmp_path / "control" / "alerts.exchange").write_text("")
    assert channel(tmp_path).get_table("alerts") == []
