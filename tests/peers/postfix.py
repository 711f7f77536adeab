"""Postfix, Debian's mail server, set up as docs/operations.md says: it hands what comes to one address to a command."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.peers.ports import accepts, free_port
from tests.peers.process import folder_for, program, running

# Postfix's own services, none of them in a chroot; the server's address stands in front of them.
_SERVICES = """
{address} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
local unix - n n - - local
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""

MAILBOX = "postfix"
"""An account of the machine, so that a mail to it arrives; what it gets is thrown away."""
_MASTER = "/usr/lib/postfix/sbin/master"


@dataclass(frozen=True, slots=True)
class PostfixServer:
    """A running server for one domain, which passes all other mails on; `folder` everybody may read."""

    port: int
    folder: Path
    host: str = "127.0.0.1"

    @property
    def url(self) -> str:
        """Its address."""
        return f"smtp://{self.host}:{self.port}"


def can_run_postfix() -> bool:
    """Its master gives each of its services an account, which takes root's rights."""
    return os.geteuid() == 0


@contextlib.contextmanager
def postfix(domain: str, onward: int, aliases: str) -> Iterator[PostfixServer]:
    """Run the server for `domain` until the end of the block. `aliases` are the lines of its /etc/aliases, in which
    FOLDER stands for the server's own; mails for other domains go to `onward`, a mail server's port here."""
    with folder_for() as folder:
        folder.chmod(0o755)
        server = PostfixServer(free_port(), folder)
        _write(server, domain, onward, aliases.replace("FOLDER", str(folder)))
        at = ["-c", str(folder)]
        subprocess.run([program("postalias"), *at, f"hash:{folder / 'aliases'}"], check=True)
        subprocess.run([program("postfix"), *at, "check"], check=True, stderr=subprocess.DEVNULL)  # makes its queues
        # `postfix start-fg` stays between us and the master, which it would leave behind.
        with running([_MASTER, *at, "-s"], folder, lambda: accepts(server.port)):
            yield server


def _write(server: PostfixServer, domain: str, onward: int, aliases: str) -> None:
    folder = server.folder
    settings = {
        "compatibility_level": "3.6",
        "queue_directory": folder / "queue",
        "data_directory": folder / "data",
        "maillog_file": "/dev/stdout",
        "myhostname": f"mail.{domain}",
        "myorigin": domain,
        "mydestination": domain,
        "inet_interfaces": server.host,
        "inet_protocols": "ipv4",
        "mynetworks": "127.0.0.0/8",
        "relayhost": f"[{server.host}]:{onward}",
        "alias_maps": f"hash:{folder / 'aliases'}",
        "alias_database": "$alias_maps",
        "mailbox_command": "cat >/dev/null",
        "biff": "no",
    }
    (folder / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
    (folder / "master.cf").write_text(_SERVICES.format(address=f"{server.host}:{server.port}"))
    (folder / "aliases").write_text(aliases)
    (folder / "queue").mkdir()
    (folder / "data").mkdir()
    shutil.chown(folder / "data", MAILBOX)
