"""Where the keys are under which secrets lie in the database: a setting, or a file in the data folder (mode 0600).

The first of them seals. The file is read whenever a key is needed, so that what an administrator lays there counts at
once, in every process.
"""

from pathlib import Path

from command.kernel.errors import Unavailable
from command.kernel.sealing import Keyring, new_key
from web.files import write_atomically, write_new

KEY_FILE = "secrets.key"


def keyring_of(given: str, folder: Path) -> Keyring:
    """The keys of the setting, else those of the folder's file; none where there is no file."""
    return Keyring(lambda: given or _read(folder / KEY_FILE))


def make_key(folder: Path) -> None:
    """A first key, unless another process was quicker: what that one seals must open."""
    write_new(folder / KEY_FILE, f"{new_key()}\n".encode(), mode=0o600)


def add_key(folder: Path) -> None:
    """A new key in front of those there are, which still open what they sealed."""
    path = folder / KEY_FILE
    write_atomically(path, f"{new_key()}\n{_read(path)}".encode(), mode=0o600)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise Unavailable("secret.bad_key") from error
