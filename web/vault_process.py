"""The cipher's process, begun by a worker that has something to open or to seal: `python -m web.vault_process NUMBER`.

NUMBER is the descriptor of the worker's own `WorkerPlan`; questions come over the socket that is its standard input.
"""

import signal
import socket
import sys
from pathlib import Path

from alerts.channels.push_sealing import sealer
from alerts.channels.push_vapid import Vapid
from alerts.channels.vault import answers
from web.key_file import keyring_of
from web.worker_plan import WorkerPlan, taken_over


def main(plan: WorkerPlan) -> None:
    """Answer until nobody asks."""
    # Who interrupts a worker at its terminal interrupts this too, which still has to answer the worker's last batch.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keyring = keyring_of(plan.secrets_key, Path(plan.data))
    seal = sealer(Vapid(plan.vapid_private, plan.push_contact)) if plan.vapid_private else None
    answers(socket.socket(fileno=sys.stdin.fileno()), keyring.open, seal)


if __name__ == "__main__":
    main(taken_over(int(sys.argv[1])))
