"""The county's templates: the shipped ones, and those that it has put in their place or added."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.lookup import tell_setting
from alerts.templates.model import TextTemplate
from alerts.templates.template import Template, TemplateFault, read_template, shipped
from command.directory.model import Unit
from command.directory.queries import county_of, unit_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock, optional_text
from command.kernel.errors import FieldError, Invalid, NotFound, StaleVersion
from command.kernel.ids import new_id
from command.kernel.rights import Right
from command.kernel.values import Json, State

MOST = 500
"""Templates of a county's own."""


def book_of(session: Session, unit: Unit) -> dict[str, Template]:
    """What is in force in the unit's county, by its keys."""
    own = _own(session, county_of(session, unit))
    written = {key: read_template(row.content) for key, row in own.items() if isinstance(row.content, dict)}
    return {**shipped(), **written}


def template_of(session: Session, unit: Unit, key: str) -> Template | None:
    """The template of that key, also one that a county has given up: drafts were made of it."""
    found = book_of(session, unit).get(key)
    if found is not None:
        return found
    rows = select(TextTemplate).where(TextTemplate.unit_id == county_of(session, unit).id, TextTemplate.key == key)
    kept = [row.content for row in session.scalars(rows.order_by(TextTemplate.version.desc()))]
    return next((read_template(one) for one in kept if isinstance(one, dict)), None)


def chosen(
    session: Session, unit: Unit, kind: str, event: str, colour: str | None, purpose: str, language: str
) -> tuple[str, Template] | None:
    """The template that names most of what it is asked for, with its key; the county's own before a shipped one."""
    ships = shipped()
    fitting = [
        (key, one) for key, one in book_of(session, unit).items() if one.fits(kind, event, colour, purpose, language)
    ]
    return max(fitting, key=lambda pair: (pair[1].precision, pair[1] != ships.get(pair[0])), default=None)


def book_state(session: Session, actor: Actor) -> list[State]:
    """Every template of the actor's county, for who may change them: the county's own keys last."""
    county = county_of(session, unit_of(session, actor.unit_id))
    actor.need(Right.SETTINGS_CHANGE, county.path)
    own = _own(session, county)
    keys = [*shipped(), *sorted(key for key in own if key not in shipped())]
    states = [_state(key, own.get(key)) for key in keys]
    return [one for one in states if one["content"] is not None]


def put_template(
    session: Session, clock: Clock, actor: Actor, key: str | None, version: int, content: Mapping[str, Any] | None
) -> State:
    """Put a template in force for what is drafted from then on; no key adds one, no content takes the county's away.

    Raises NotFound `template.unknown`, StaleVersion `version.stale`, Invalid as `read_template` and
    `template.too_many`.
    """
    county = county_of(session, unit_of(session, actor.unit_id))
    actor.need(Right.SETTINGS_CHANGE, county.path)
    own = _own(session, county)
    before = own.get(key) if key else None
    if key is not None and before is None and key not in shipped():
        raise NotFound("template.unknown", id=key[:40])
    standing = before.version if before else 0
    if version != standing:
        raise StaleVersion("version.stale", version=standing)
    if key is None and len(own) >= MOST:
        raise Invalid("template.too_many", most=MOST)
    kept: Json = None if content is None else checked(content).state()
    row = TextTemplate(
        id=new_id(),
        unit_id=county.id,
        key=key or new_id(),
        version=standing + 1,
        content=kept,
        at=clock.now(),
        by=actor.by(),
    )
    session.add(row)
    session.flush()
    state = _state(row.key, row)
    tell_setting(session, actor, "text_template.changed", county.id, {"text_template": {"id": row.key, **state}})
    return state


def checked(content: Mapping[str, Any]) -> Template:
    """A template as somebody wrote it. Raises Invalid with the code of TemplateFault, naming the field."""
    try:
        return read_template(content)
    except TemplateFault as fault:
        more = {"word": fault.word, "field": fault.field}
        field = FieldError(f"content.{fault.field}", fault.code, tuple(more.items()))
        raise Invalid(fault.code, fields=(field,), **more) from fault


def _own(session: Session, county: Unit) -> dict[str, TextTemplate]:
    """The latest row of each key."""
    last = (
        select(TextTemplate.key, func.max(TextTemplate.version).label("version"))
        .where(TextTemplate.unit_id == county.id)
        .group_by(TextTemplate.key)
        .subquery()
    )
    query = (
        select(TextTemplate)
        .join(last, (TextTemplate.key == last.c.key) & (TextTemplate.version == last.c.version))
        .where(TextTemplate.unit_id == county.id)
        .order_by(TextTemplate.key)
    )
    return {row.key: row for row in session.scalars(query)}


def _state(key: str, row: TextTemplate | None) -> State:
    """`content` None: the county's own was given up, and there is no shipped one."""
    own = row is not None and isinstance(row.content, dict)
    ships = shipped().get(key)
    content: Json = row.content if row is not None and own else ships.state() if ships else None
    return {
        "key": key,
        "version": row.version if row else 0,
        "own": own,
        "shipped": ships is not None,
        "content": content,
        "at": optional_text(row.at if row else None),
        "by": row.by if row else None,
    }
