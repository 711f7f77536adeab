"""The counts of a check by township, as they stand on it."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.safety.model import SafetyCheck, SafetyMember
from alerts.safety.standing import counts
from command.directory.model import Unit
from command.kernel.values import Json


def recount(session: Session, check: SafetyCheck) -> None:
    """Count all members anew: counts are never added up on the side."""
    columns = (SafetyMember.township_id, SafetyMember.answer, SafetyMember.people)
    counted = select(*columns, func.count()).where(SafetyMember.check_id == check.id).group_by(*columns)
    found = counts((township, answer, people, number) for township, answer, people, number in session.execute(counted))
    names = dict(session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(found))).all())
    towns: list[Json] = [
        {"unit": unit, "name": names[unit], **count.state()}
        for unit, count in sorted(found.items(), key=lambda one: (names[one[0]], one[0]))
    ]
    check.towns = towns
