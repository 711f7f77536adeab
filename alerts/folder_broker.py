"""The embedded profile's broker: kombu's files in a folder, each of which appears whole."""

import os
import time
import uuid
from pathlib import Path
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

SCHEME = "folder"


class FolderChannel(filesystem.Channel):
    """kombu's own messages are there before they are written: a worker that reads half a one ends with an error."""

    def _put(self, queue: str, payload: dict[str, Any], **_: Any) -> None:  # type: ignore[override]  # as kombu does
        path = Path(self.data_folder_out, f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg")
        half = path.with_suffix(".half")
        half.write_text(dumps(payload))
        os.replace(half, path)

    def get_table(self, exchange: str) -> Any:
        """The queues of an exchange; none while they are just being written, so that a wake-up is lost and no more."""
        try:
            return super().get_table(exchange)
        except ValueError:
            return []


class FolderTransport(filesystem.Transport):
    """See `FolderChannel`."""

    Channel = FolderChannel


def folder_url() -> str:
    """The broker's URL; kombu knows it from then on."""
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:{FolderTransport.__name__}"
    return f"{SCHEME}://localhost//"
