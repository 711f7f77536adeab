"""The people at the other end of the telephones, who exist only in these tests; and villages they answer for."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.calls import attempts, proving
from alerts.calls.attempts import Held
from alerts.calls.content import outgoings
from alerts.calls.model import CallAttempt, Obligation
from alerts.calls.planning import plan_due
from alerts.calls.policy import MESSAGES, VOICE
from alerts.calls.progress import ANSWERED, CONFIRMED, REACHED
from alerts.calls.signs import record_sign
from alerts.channels.port import Outcome, Outgoing, Result
from alerts.senders import senders
from command.directory.model import Person, Post, Unit
from command.kernel.ids import new_id
from command.kernel.timeline import read_after
from tests.alerts.county import County
from tests.alerts.gateway import Gateway

OWNER = "host/calls#1"

CONFIRMS, OFF, VOICEMAIL, SILENT, BUSY, SPOUSE, NO_SUCH_NUMBER = (
    "confirms", "off", "voicemail", "silent", "busy", "spouse", "no_such_number",
)  # fmt: skip
_HEARD = {
    CONFIRMS: (REACHED, ANSWERED, CONFIRMED),
    SPOUSE: (REACHED, ANSWERED),
    VOICEMAIL: (REACHED,),
    SILENT: (REACHED,),
}
_RESULT = {
    CONFIRMS: (Outcome.SENT, ""),
    SPOUSE: (Outcome.SENT, "other"),
    VOICEMAIL: (Outcome.SENT, ""),
    SILENT: (Outcome.SENT, ""),
    OFF: (Outcome.LATER, "off"),
    BUSY: (Outcome.LATER, "busy"),
    NO_SUCH_NUMBER: (Outcome.FAILED, "no_such_number"),
}


@dataclass
class Telephones:
    """A telephone network: number → how its owner behaves (confirms, where nothing is said). It counts the calls."""

    hear: Callable[[str, str], object]
    manners: dict[str, str] = field(default_factory=dict)
    calls: list[Outgoing] = field(default_factory=list)

    name = VOICE
    batch = 1
    receipts = True

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        return [self._ring(one) for one in batch]

    async def close(self) -> None:
        return None

    def rung(self) -> Counter[str]:
        return Counter(one.address for one in self.calls)

    def _ring(self, one: Outgoing) -> Result:
        self.calls.append(one)
        manner = self.manners.get(one.address, CONFIRMS)
        for mark in _HEARD.get(manner, ()):
            self.hear(one.delivery, mark)
        outcome, detail = _RESULT[manner]
        return Result(one.delivery, outcome, detail)


def telephones(county: County, **manners: str) -> Telephones:
    """A network whose signs are kept in the county's database."""

    def hear(attempt: str, mark: str) -> None:
        with county.db.writing() as session:
            record_sign(session, county.clock, attempt, mark)

    return Telephones(hear, dict(manners))


def work(county: County, network: Telephones, lines: int = 10) -> int:
    """One round of a worker without threads: what is due is planned, claimed, called and finished."""
    outside = senders({VOICE: network, **{name: Gateway(name) for name in MESSAGES}})
    with county.db.writing() as session:
        plan_due(session, county.clock)
        if proving.is_due(session, county.clock.now()):
            proving.plan_tests(session, county.clock)
    with county.db.writing() as session:
        held = claimed(session, county, lines)
        messages = outgoings(session, held, county.clock.now())
    for one in held:
        channel = outside.of(one.channel, drill=one.drill)
        sent = (
            asyncio.run(channel.send([messages[one.id]]))
            if channel
            else [Result(one.id, Outcome.FAILED, "not_configured")]
        )
        (result,) = sent
        with county.db.writing() as session:
            attempts.finish(session, county.clock, one, result)
    return len(held)


def claimed(session: Session, county: County, lines: int) -> list[Held]:
    """Messages and, on so many lines, calls in a worker's hands."""
    messages = attempts.claim_messages(session, county.clock, OWNER)
    return [*messages, *attempts.claim_calls(session, county.clock, OWNER, lines)]


def work_for(county: County, network: Telephones, seconds: int) -> None:
    """Rounds, ten seconds apart."""
    for _ in range(seconds // 10 + 1):
        while work(county, network):
            pass
        county.clock.advance(10)


@dataclass(frozen=True)
class Village:
    unit: str
    post: str
    holder: str
    deputy: str | None


def villages(
    county: County, township: str, names: Sequence[str], *, deputies: bool = True, phone: str = "139"
) -> dict[str, Village]:
    """Villages of a township, each with a responsible post, its holder (`139-NAME`) and deputy (`139-NAME-b`)."""
    with county.db.writing() as session:
        parent = session.get_one(Unit, county.units[township])
        return {name: _village(session, parent, name, number, deputies, phone) for number, name in enumerate(names)}


def _village(session: Session, parent: Unit, name: str, number: int, deputies: bool, phone: str) -> Village:
    unit = new_id()
    code = f"{parent.division_code}{300 + number}"
    session.add(
        Unit(id=unit, parent_id=parent.id, path=f"{parent.path}{unit}/", name=name, kind="village", division_code=code)
    )
    session.flush()
    holder = _person(session, unit, f"{name}责任人", f"{phone}-{name}")
    deputy = _person(session, unit, f"{name}B角", f"{phone}-{name}-b") if deputies else None
    post = Post(id=new_id(), unit_id=unit, title="包保责任人", responsible=True, holder_id=holder, deputy_id=deputy)
    session.add(post)
    session.flush()
    return Village(unit, post.id, holder, deputy)


def _person(session: Session, unit: str, name: str, phone: str) -> str:
    person = Person(id=new_id(), unit_id=unit, name=name, phone=phone)
    session.add(person)
    session.flush()
    return person.id


def hold(county: County, village: Village, holder: str) -> None:
    """Another person takes over the post."""
    with county.db.writing() as session:
        session.get_one(Post, village.post).holder_id = holder


def set_phone(county: County, person: str, phone: str | None, email: str | None = None) -> None:
    with county.db.writing() as session:
        row = session.get_one(Person, person)
        row.phone, row.email = phone, email


def obligations(county: County, alert: str | None = None) -> dict[str, Obligation]:
    """By the place's name."""
    query = select(Obligation)
    with county.db.reading() as session:
        rows = session.scalars(query.where(Obligation.alert_id == alert) if alert else query).all()
        session.expunge_all()
    return {row.name: row for row in rows}


def tries(county: County) -> list[CallAttempt]:
    with county.db.reading() as session:
        rows = list(session.scalars(select(CallAttempt).order_by(CallAttempt.id)))
        session.expunge_all()
    return rows


def kinds(county: County) -> list[str]:
    """Of the entries about calls, in their order."""
    with county.db.reading() as session:
        found = [entry.kind for entry in read_after(session, 0, 10_000)]
    return [kind for kind in found if kind.startswith(("obligation.", "calling."))]
