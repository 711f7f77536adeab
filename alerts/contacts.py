"""Everybody and everything that can be told in a county: the directory as contacts of the audience."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from alerts.answering import answering_accounts
from alerts.languages import read_by
from alerts.recipients import NOWHERE, OFFICIALS, PUBLIC, RESPONSIBLE, Contact, Position, Spot
from alerts.webpush.model import PushSubscription
from command.directory.model import MEDIA, HazardPoint, Person, Post, RoleGrant, Terminal, Unit, User
from command.directory.queries import county_of, points_of_posts, subtree
from command.kernel.among import among

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

PAGES = ("browser", "headless")
"""Kinds of terminal that show a page."""
_SOMEWHERE = ("village", "township")
"""Kinds of unit that lie somewhere in a township, entered or not."""
_BY_ITSELF = {"loudspeaker": "mqtt", "webhook": "webhook"}
"""Kinds of terminal with a channel of their own."""


@dataclass(frozen=True)
class Tree:
    """The county's units by id, and for each the township that counts it and the division it lies in.

    Media 电视台、广播、报社、网站 lie nowhere and count for themselves: they pass on what they are told.
    """

    units: dict[str, Unit]

    def above(self, unit_id: str) -> list[Unit]:
        """The units above one, the nearest first."""
        return self._upwards(unit_id)[1:]

    def township(self, unit_id: str) -> str:
        """The nearest medium or township at or above a unit, else the topmost unit held."""
        chain = self._upwards(unit_id)
        return next((unit.id for unit in chain if unit.kind in (MEDIA, "township")), chain[-1].id)

    def division(self, unit_id: str) -> str:
        if self.is_media(unit_id):
            return ""
        return next((unit.division_code for unit in self._upwards(unit_id) if unit.division_code), "")

    def spot(self, unit_id: str, own: tuple[float | None, float | None] = (None, None)) -> Spot:
        """Its own position where it has one, else its unit's. A village or township whose position nobody has entered
        lies somewhere in its township, not at the seat of what is above it."""
        if self.is_media(unit_id):
            return NOWHERE
        if own[0] is not None:
            return Spot(*own)
        for unit in self._upwards(unit_id):
            if unit.lon is not None:
                return Spot(unit.lon, unit.lat)
            if unit.kind in _SOMEWHERE:
                return Spot(around=self._territories[self.township(unit.id)])
        return NOWHERE

    def unplaced(self) -> list[Unit]:
        """The villages and townships whose position nobody has entered."""
        return [one for one in self.units.values() if one.kind in _SOMEWHERE and one.lon is None]

    @cached_property
    def _territories(self) -> "dict[str, BaseGeometry]":
        """Where each township lies, from the positions of its units."""
        # A worker asks this tree whose an answer is, and never where anybody lies: geometry would be 14 MiB of it.
        from alerts.territory import territories  # noqa: PLC0415

        known: dict[str, list[Position]] = {
            one.id: [] for one in self.units.values() if one.id == self.township(one.id)
        }
        for one in self.units.values():
            if one.lon is not None and one.lat is not None and one.kind in _SOMEWHERE:
                known[self.township(one.id)].append((one.lon, one.lat))
        top = min(self.units.values(), key=lambda one: len(one.path))
        return territories(known, top.division_code or "")

    def is_media(self, unit_id: str) -> bool:
        return any(unit.kind == MEDIA for unit in self._upwards(unit_id))

    def _upwards(self, unit_id: str) -> list[Unit]:
        chain = [self.units[unit_id]]
        while (parent := chain[-1].parent_id) in self.units:
            chain.append(self.units[str(parent)])
        return chain


def contacts_of_county(session: Session, unit: Unit) -> list[Contact]:
    """Every contact in the county of `unit`: people by mail and page, pages of terminals, loudspeakers."""
    tree = tree_of(session, unit)
    answering = answering_accounts(session)
    people = list(_people(session, tree, answering))
    found = [
        *people,
        *_accounts(session, tree, answering - {one.address for one in people if one.channel == "websocket"}),
        *_devices(session, tree),
    ]
    return [*found, *_browsers(session, found)]


def people_of_county(session: Session, unit: Unit) -> list[Contact]:
    """Everybody in the county of `unit` who can be asked something: in each of their places once, whether or not any
    channel reaches them (`channel` and `address` are empty), and accounts that no person stands behind."""
    tree = tree_of(session, unit)
    answering = answering_accounts(session)
    own = frozenset(session.scalars(select(Person.user_id).where(Person.active, among(Person.unit_id, tree.units))))
    accounts = _accounts(session, tree, answering - own)
    return [
        *_people(session, tree, answering, lambda person, page: (("", ""),)),
        *(replace(one, channel="", address="") for one in accounts),
    ]


def titles_of_county(session: Session, unit: Unit) -> list[tuple[str, int]]:
    """The titles of posts in the county that somebody holds, each with their number, the most frequent first."""
    within = select(Unit.id).where(Unit.path.startswith(county_of(session, unit).path, autoescape=True), Unit.active)
    held = or_(Post.holder_id.is_not(None), Post.deputy_id.is_not(None))
    query = select(Post.title, func.count(Post.id)).where(Post.active, held, Post.unit_id.in_(within))
    rows = session.execute(query.group_by(Post.title).order_by(func.count(Post.id).desc(), Post.title))
    return [(title, count) for title, count in rows]


def seats_of_roles(session: Session, tree: Tree, roles: Iterable[str]) -> list[Contact]:
    """Each account in use with each unit in which it was given one of the roles: where that lies, and no way to reach
    anybody. `title` is the role."""
    held = RoleGrant.role.in_(frozenset(roles))
    query = select(User.id, User.name, RoleGrant.role, RoleGrant.unit_id).join(RoleGrant, RoleGrant.user_id == User.id)
    return [
        replace(_at_unit(f"user:{account}", "", "", name, unit, tree), account=account, title=role)
        for account, name, role, unit in session.execute(query.where(User.active, held).order_by(User.id))
        if unit in tree.units
    ]


def readers_of(session: Session, unit: Unit, contacts: Iterable[Contact]) -> list[str]:
    """The units whose people read what an audience is told: the county, and where they are counted or told for."""
    county = county_of(session, unit)
    return sorted({county.id, *(one.unit_id for one in contacts), *(one.township_id for one in contacts)})


def tree_of(session: Session, unit: Unit) -> Tree:
    """The county of `unit` with all below it."""
    return Tree({one.id: one for one in session.scalars(subtree(county_of(session, unit).path))})


Ways = Callable[[Person, str | None], Iterable[tuple[str, str]]]
"""The channels and addresses of a person, and of their page if they have one."""


def _addresses(person: Person, page: str | None) -> Iterator[tuple[str, str]]:
    for channel, address in (("email", person.email), ("websocket", page), ("sms", person.phone)):
        if address:
            yield channel, address


def _people(session: Session, tree: Tree, answering: frozenset[str], ways: Ways = _addresses) -> Iterator[Contact]:
    """A person counts where they are, where each of their posts is and where the hazard points of these are."""
    posts, points = _posts_by_person(session), points_of_posts(session, tree.units)
    for person in session.scalars(select(Person).where(Person.active).order_by(Person.id)):
        held = posts[person.id]
        for place in _places(person, held, points):
            if place.unit_id in tree.units:
                page = person.user_id if person.user_id in answering else None
                lane = _lane(held, page, tree)
                yield from _person(person, ways(person, page), place, tree, lane)


def _lane(held: Iterable[Post], page: str | None, tree: Tree) -> int:
    """Who answers only for villages and hazard points comes after those who lead or are on duty."""
    posts = list(held)
    if page or any(not (post.responsible and _is_local(post, tree)) for post in posts):
        return OFFICIALS
    return RESPONSIBLE if posts else PUBLIC


def _is_local(post: Post, tree: Tree) -> bool:
    return bool(post.hazard_point) or (post.unit_id in tree.units and tree.units[post.unit_id].kind == "village")


def _posts_by_person(session: Session) -> dict[str, list[Post]]:
    posts: dict[str, list[Post]] = defaultdict(list)
    for post in session.scalars(select(Post).where(Post.active).order_by(Post.id)):
        for person_id in {post.holder_id, post.deputy_id} - {None}:
            posts[str(person_id)].append(post)
    return posts


class _Place(NamedTuple):
    """Where somebody counts: a unit, by which post, and the hazard point that this one answers for there."""

    unit_id: str
    post: Post | None = None
    point: HazardPoint | None = None


def _places(person: Person, held: Iterable[Post], points: Mapping[str, Iterable[HazardPoint]]) -> Iterator[_Place]:
    for post in held:
        yield _Place(post.unit_id, post)
        yield from (_Place(point.unit_id, post, point) for point in points.get(post.id, ()))
    yield _Place(person.unit_id)


def _person(person: Person, ways: Iterable[tuple[str, str]], place: _Place, tree: Tree, lane: int) -> Iterator[Contact]:
    unit_id, post, point = place
    spot = tree.spot(unit_id, _own_position(person, place))
    media, languages = tree.is_media(unit_id), read_by(person.languages)
    for channel, address in ways:
        yield Contact(
            recipient=f"person:{person.id}",
            channel=channel,
            address=address,
            name=person.name,
            unit_id=unit_id,
            township_id=tree.township(unit_id),
            division_code=tree.division(unit_id),
            spot=spot,
            responsible=post is not None and (post.responsible or point is not None) and not media,
            lane=min(lane, RESPONSIBLE) if media else lane,
            title=post.title if post else "",
            post=post.id if post else "",
            languages=languages,
            account=person.user_id or "",
        )


def _own_position(person: Person, place: _Place) -> tuple[float | None, float | None]:
    if place.point is not None:
        return place.point.lon, place.point.lat
    return (person.lon, person.lat) if place.unit_id == person.unit_id else (None, None)


def _accounts(session: Session, tree: Tree, wanted: frozenset[str]) -> Iterator[Contact]:
    """Accounts that no person in the directory stands behind."""
    for user in session.scalars(select(User).where(User.active).order_by(User.id)):
        if user.unit_id in tree.units and user.id in wanted:
            one = _at_unit(f"user:{user.id}", "websocket", user.id, user.name, user.unit_id, tree)
            yield replace(one, account=user.id)


def _browsers(session: Session, contacts: Iterable[Contact]) -> Iterator[Contact]:
    """Whoever has a page and asked to be told also while it is closed."""
    owners = frozenset(session.scalars(select(PushSubscription.owner).distinct()))
    for one in contacts:
        owner = f"{'user' if one.is_person else 'terminal'}:{one.address}"
        if one.channel == "websocket" and owner in owners:
            yield replace(one, channel="webpush", address=owner)


def _devices(session: Session, tree: Tree) -> Iterator[Contact]:
    kinds = (*PAGES, *_BY_ITSELF)
    query = select(Terminal).where(Terminal.active, Terminal.kind.in_(kinds)).order_by(Terminal.id)
    for terminal in session.scalars(query):
        if terminal.unit_id in tree.units:
            yield _device(terminal, tree)


def _device(terminal: Terminal, tree: Tree) -> Contact:
    channel = _BY_ITSELF.get(terminal.kind, "websocket")
    contact = _at_unit(f"terminal:{terminal.id}", channel, terminal.id, terminal.name, terminal.unit_id, tree)
    return replace(contact, spot=tree.spot(terminal.unit_id, (terminal.lon, terminal.lat)))


def _at_unit(recipient: str, channel: str, address: str, name: str, unit_id: str, tree: Tree) -> Contact:
    return Contact(
        recipient=recipient,
        channel=channel,
        address=address,
        name=name,
        unit_id=unit_id,
        township_id=tree.township(unit_id),
        division_code=tree.division(unit_id),
        spot=tree.spot(unit_id),
        lane=OFFICIALS,
    )
