"""Accounts: made by the system administrator, given roles by the security administrator."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import select

from command.directory.accounts import NewUser, grant_roles, register_user
from command.directory.model import User
from command.directory.queries import sight_of, unit_of, user_of, user_state
from command.kernel.clock import optional_text
from command.kernel.errors import Refused
from command.kernel.rights import Right, Role
from command.kernel.values import State
from web.account_endings import phone_lost, rename_user, reset_password, set_locked
from web.api.forms import Form, Id, Name
from web.edge import Known

router = APIRouter(prefix="/api/v1", tags=["accounts"])


class UserForm(Form):
    """A new account, without roles."""

    username: Annotated[str, Field(min_length=2, max_length=64)]
    name: Name
    unit: Id


class RoleForm(Form):
    """A role in a unit."""

    role: Role
    unit: Id


class UserChange(Form):
    """Changes of an account: its name or use by the system, its roles by the security administrator."""

    name: Name | None = None
    active: bool | None = None
    roles: Annotated[list[RoleForm], Field(max_length=20)] | None = None


@router.get("/users")
def list_users(edge: Known, after: str = "", limit: Annotated[int, Query(ge=1, le=1000)] = 200) -> State:
    """Accounts of the units the reader administers or audits."""
    if not any(edge.actor.may_somewhere(right) for right in (Right.ACCOUNT_LOCK, Right.AUDIT)):
        raise Refused("access.refused", right=Right.ACCOUNT_LOCK)
    with edge.reading() as session:
        sight = sight_of(session, edge.actor, Right.DIRECTORY_READ)
        rows = list(session.scalars(select(User).where(User.id > after).order_by(User.id).limit(limit)))
        items = [
            {**user_state(session, row), "locked_until": optional_text(row.locked_until)}
            for row in rows
            if sight.covers(row.unit_id)
        ]
    return {"items": list(items), "next": rows[-1].id if len(rows) == limit else None}


@router.post("/users", status_code=201)
def post_user(body: UserForm, edge: Known) -> State:
    """A new account; its one-time password is shown this once."""
    with edge.writing() as session:
        user, password = register_user(session, edge.actor, NewUser(body.username, body.name, body.unit))
        return {"user": user_state(session, user), "password": password}


@router.patch("/users/{user_id}")
def patch_user(user_id: str, body: UserChange, edge: Known) -> State:
    """Change an account."""
    if not any(edge.actor.may_somewhere(right) for right in (Right.DIRECTORY_CHANGE, Right.ROLE_GRANT)):
        raise Refused("access.refused", right=Right.DIRECTORY_CHANGE)
    with edge.writing() as session:
        user = user_of(session, user_id)
        edge.actor.need(Right.DIRECTORY_READ, unit_of(session, user.unit_id).path)
        if body.name is not None or body.active is not None:
            active = user.active if body.active is None else body.active
            user = rename_user(session, edge.actor, user_id, body.name or user.name, active)
        if body.roles is not None:
            user = grant_roles(session, edge.actor, user_id, [(one.role, one.unit) for one in body.roles])
        return user_state(session, user)


@router.post("/users/{user_id}/lock")
def lock_user(user_id: str, edge: Known) -> State:
    """Lock: every session of the account ends now."""
    with edge.writing() as session:
        return user_state(session, set_locked(session, edge.actor, user_id, True))


@router.post("/users/{user_id}/unlock")
def unlock_user(user_id: str, edge: Known) -> State:
    """Unlock."""
    with edge.writing() as session:
        return user_state(session, set_locked(session, edge.actor, user_id, False))


@router.post("/users/{user_id}/password")
def reset_user_password(user_id: str, edge: Known) -> State:
    """A one-time password, shown this once."""
    with edge.writing() as session:
        return {"password": reset_password(session, edge.actor, user_id)}


@router.delete("/users/{user_id}/second-factor")
def take_user_second_factor_off(user_id: str, edge: Known) -> State:
    """The phone is lost: the password alone again; every session of the account ends."""
    with edge.writing() as session:
        return user_state(session, phone_lost(session, edge.actor, user_id))
