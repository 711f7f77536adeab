"""Posts are addressed, not people: who holds one at this moment, and how they can be reached."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.answering import answering_accounts
from alerts.calls.policy import DEPUTY, HOLDER, SUPERIOR, VOICE
from alerts.calls.progress import Reach
from command.directory.model import Person, Post, Unit


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person as calls need them; `addresses` by channel."""

    id: str
    name: str
    addresses: Mapping[str, str]


@dataclass(frozen=True)
class Addressees:
    """For each post: whom it has, by `holder`, `deputy` and `superior`."""

    by_post: Mapping[str, Mapping[str, Somebody]] = field(default_factory=dict)

    def of(self, post_id: str, whom: str) -> Somebody | None:
        return self.by_post.get(post_id, {}).get(whom)

    def reach(self, post_id: str) -> Reach:
        """By which channels each of them can be reached."""
        return {whom: frozenset(one.addresses) for whom, one in self.by_post.get(post_id, {}).items()}

    def people(self) -> list[str]:
        """Ids of all of them, in order."""
        return sorted({one.id for held in self.by_post.values() for one in held.values()})


def addressees(session: Session, post_ids: Iterable[str], *, lock: bool = False) -> Addressees:
    """Who holds the posts now. With `lock`, nobody else plans a call to these people at the same time."""
    posts = list(session.scalars(select(Post).where(Post.id.in_(set(post_ids)), Post.active)))
    superiors = _superiors(session, posts)
    wanted = {post.id: _holders(post, superiors.get(post.id)) for post in posts}
    ids = {person for held in wanted.values() for person in held.values()}
    query = select(Person).where(Person.id.in_(ids), Person.active).order_by(Person.id)
    answering = answering_accounts(session)
    people = {
        one.id: Somebody(one.id, one.name, _addresses(one, answering))
        for one in session.scalars(query.with_for_update() if lock else query)
    }
    return Addressees(
        {
            post: {whom: people[person] for whom, person in held.items() if person in people}
            for post, held in wanted.items()
        }
    )


def _holders(post: Post, superior: str | None) -> dict[str, str]:
    found = {HOLDER: post.holder_id, DEPUTY: post.deputy_id, SUPERIOR: superior}
    return {whom: person for whom, person in found.items() if person}


def _superiors(session: Session, posts: Iterable[Post]) -> dict[str, str]:
    """Post → the holder of the nearest responsible post above it: the township's leader, else the county's."""
    units = {post.unit_id for post in posts}
    paths = dict(session.execute(select(Unit.id, Unit.path).where(Unit.id.in_(units))).all())
    above = {unit for path in paths.values() for unit in path.strip("/").split("/")}
    query = select(Post).where(Post.unit_id.in_(above), Post.active, Post.responsible, Post.holder_id.is_not(None))
    leading: dict[str, list[str]] = defaultdict(list)
    for post in session.scalars(query.order_by(Post.id)):
        leading[post.unit_id].append(str(post.holder_id))
    return {
        post.id: found
        for post in posts
        if (found := _nearest(paths[post.unit_id].strip("/").split("/")[-2::-1], leading, post.holder_id))
    }


def _nearest(upwards: Iterable[str], leading: Mapping[str, list[str]], holder: str | None) -> str | None:
    return next((one for unit in upwards for one in leading.get(unit, ()) if one != holder), None)


def _addresses(person: Person, answering: frozenset[str]) -> dict[str, str]:
    page = person.user_id if person.user_id in answering else None
    found = {VOICE: person.phone, "sms": person.phone, "email": person.email, "websocket": page}
    return {channel: address for channel, address in found.items() if address}
