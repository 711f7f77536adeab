"""Whose pages may answer an alert. Every worker asks, so that nothing of maps is loaded with it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.directory.model import RoleGrant, User
from command.kernel.rights import Right, Role, rights_of


def answering_accounts(session: Session) -> frozenset[str]:
    """Accounts in use whose pages may answer an alert; an auditor's or administrator's may not and is not told."""
    roles = [role.value for role in Role if Right.ALERT_ACKNOWLEDGE in rights_of(role)]
    query = select(RoleGrant.user_id).join(User, User.id == RoleGrant.user_id).where(RoleGrant.role.in_(roles))
    return frozenset(session.scalars(query.where(User.active, ~User.locked)))
