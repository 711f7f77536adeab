"""Who was told of alerts and of their ends, by what the gateway got: what is recorded is what is being judged."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import select

from alerts.bench_stub import CHANNEL
from alerts.chunks import rows_of
from alerts.ledger import accounts_of
from alerts.model import END, ISSUE, LIFTED, WITHDRAWN, Alert, Chunk, delivery_ids
from command.kernel.db import Database
from command.kernel.values import State


@dataclass(frozen=True)
class Told:
    """Recipients of one alert: of its issue and of its end those planned and those whose message the gateway got, and
    those whose batch a worker had begun without a result (`perhaps`)."""

    planned: frozenset[str]
    got: frozenset[str]
    perhaps: frozenset[str]
    of_end: frozenset[str]
    got_end: frozenset[str]

    def lost(self, *, ended: bool) -> int:
        """How many messages were to come and never came; what an end spares was not to come any more."""
        return len(self.of_end - self.got_end) + (0 if ended else len(self.planned - self.got))


@dataclass
class Ends:
    """The alerts that ended, and people of theirs.

    `told` of the end, `in_doubt` those of them whom the gateway never got the alert for, of a batch that a worker had
    begun or had lost; `spared` heard of neither. Two must be nobody: the `unaware` got the alert and not its end, the
    `startled` got the end of an alert that they were certainly never told of.
    """

    lifted: int = 0
    withdrawn: int = 0
    told: int = 0
    in_doubt: int = 0
    spared: int = 0
    unaware: int = 0
    startled: int = 0

    @property
    def hold(self) -> bool:
        """Whether everyone who was told knows of the end, and nobody else was made to wonder."""
        return self.unaware == 0 and self.startled == 0

    def add(self, status: str, told: Told) -> None:
        """One more that ended as `status`."""
        doubtful = told.of_end - told.got
        self.lifted += status == LIFTED
        self.withdrawn += status == WITHDRAWN
        self.told += len(told.of_end)
        self.in_doubt += len(doubtful & told.perhaps)
        self.spared += len(told.planned - told.got - told.of_end)
        self.unaware += len(told.got - told.got_end)
        self.startled += len(doubtful - told.perhaps)

    def state(self) -> State:
        return {**asdict(self), "hold": self.hold}


def judged(db: Database, folder: Path) -> State:
    """Who was offered a message, lost and doubled, the ends, and whether the ledgers hold for both acts."""
    got: Counter[str] = Counter()
    for path in folder.glob("sent-*"):
        got.update(path.read_text().split())
    offered, lost, ends, hold = 0, 0, Ends(), True
    with db.reading() as session:
        alerts = session.execute(select(Alert.id, Alert.status)).all()
    for alert, status in alerts:
        # A session for each: the members of all would not be let go of.
        with db.reading() as session:
            told = _told(session.scalars(select(Chunk).where(Chunk.alert_id == alert)).all(), alert, got.keys())
            hold &= all(one.holds for one in accounts_of(session, alert))
        ended = status in (LIFTED, WITHDRAWN)
        offered += len(told.planned)
        lost += told.lost(ended=ended)
        if ended:
            ends.add(status, told)
    doubled = got.total() - len(got)
    return {"offered": offered, "lost": lost, "doubled": doubled, "ledger_holds": hold, "ends": ends.state()}


def _told(chunks: Collection[Chunk], alert: str, got: Collection[str]) -> Told:
    issue, end = (_members(one for one in chunks if one.act == act) for act in (ISSUE, END))
    perhaps = frozenset(
        name for one in chunks if one.act == ISSUE for name in _names(one)[one.begun_from : one.begun_to]
    )
    of_issue, of_end = (delivery_ids(alert, CHANNEL, act) for act in (ISSUE, END))
    return Told(
        planned=issue,
        got=frozenset(one for one in issue if of_issue(one) in got),
        perhaps=perhaps,
        of_end=end,
        got_end=frozenset(one for one in end if of_end(one) in got),
    )


def _members(chunks: Iterable[Chunk]) -> frozenset[str]:
    return frozenset(name for chunk in chunks for name in _names(chunk))


def _names(chunk: Chunk) -> list[str]:
    return [one.recipient for one in rows_of(chunk.members)]
