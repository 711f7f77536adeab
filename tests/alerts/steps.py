"""An alert brought to a state in a few calls."""

from contextlib import suppress
from typing import Any

from sqlalchemy.orm import Session

from alerts import actions
from alerts.cap.places import BoundaryOf
from alerts.drafting import Draft
from alerts.preview import preview_of
from command.directory.model import Person
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import Invalid
from command.kernel.ids import new_id
from tests.alerts.county import DIVISIONS, County, fields


def drafted(county: County, by: str = "issuer", wanted: Draft | None = None) -> str:
    return county.do(by, lambda s, a: actions.draft(s, county.clock, a, wanted or fields(), DIVISIONS).id)


def submitted(county: County, **changes: Any) -> str:
    alert = drafted(county, wanted=fields(**changes))
    county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, alert))
    return alert


def signed(county: County, **changes: Any) -> str:
    alert = submitted(county, **changes)
    county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, alert))
    return alert


def issued(county: County, **changes: Any) -> str:
    return issue(county, signed(county, **changes)).alert.id


def evacuate(county: County, **more: Any) -> str:
    """An evacuation order for the southern township: called for like a red warning."""
    return issued(county, kind="evacuation", **more)


def changed(county: County, running: str, **amended: Any) -> str:
    """The change of a running alert, issued; what of `amended` is refused stays as it was."""
    alert = county.do("issuer", lambda s, a: actions.update(s, county.clock, a, running, {}, DIVISIONS).id)
    with suppress(Invalid):
        county.do("issuer", lambda s, a: actions.amend(s, county.clock, a, alert, None, amended, DIVISIONS))
    county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, alert))
    county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, alert))
    return issue(county, alert).alert.id


def issue(county: County, alert: str, **more: Any) -> actions.Issued:
    people = county.see("issuer", lambda s, a: preview_of(s, county.clock, a, alert)["people"])
    return county.do("issuer", lambda s, a: actions.issue(s, county.clock, a, alert, int(str(people)), **more))


def crowd(county: County, count: int, unit: str = "village") -> None:
    """People of the public with an address."""
    with county.db.writing() as session:
        session.add_all(
            Person(id=new_id(), unit_id=county.units[unit], name=f"群众{n}", email=f"p{n}@example.org")
            for n in range(count)
        )


def take_cap(
    session: Session, clock: Clock, actor: Actor, data: bytes, boundary_of: BoundaryOf, **options: Any
) -> actions.Received | actions.Answered | actions.RefusedMessage:
    """A message studied and taken in one session."""
    return actions.receive_cap(
        session, clock, actor, actions.study(session, clock, actor, data, boundary_of, **options)
    )
