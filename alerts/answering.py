"""Whose pages may answer an alert. Every worker asks, so that nothing of maps is loaded with it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.directory.model import RoleGrant, User
from command.kernel.rights import Right, Role, rights_of

ANSWERING = tuple(
    role.value for role in Role if Right.ALERT_ACKNOWLEDGE in rights_of(role) and role is not Role.TERMINAL
)
"""The roles of people who may answer an alert; an auditor or administrator is not told by virtue of that."""


def answering_accounts(session: Session) -> frozenset[str]:
    """Accounts in use whose pages may answer an alert; an auditor's or administrator's may not and is not told."""
    query = select(RoleGrant.user_id).join(User, User.id == RoleGrant.user_id).where(RoleGrant.role.in_(ANSWERING))
    return frozenset(session.scalars(query.where(User.active, ~User.locked)))
