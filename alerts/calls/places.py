"""Which places an alert is about: those somebody answers for, and those nobody does."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from alerts.audience import Reach, resolve
from alerts.bounds import reach_for
from alerts.calls.policy import HAZARD_POINT, LEADER, VILLAGE, Policy
from alerts.contacts import Tree
from alerts.drafts import meant_by
from alerts.model import Alert
from alerts.recipients import Contact, Spot
from command.directory.model import HazardPoint, Post, Unit
from command.directory.queries import points_of_posts
from command.kernel.among import among
from command.kernel.values import State
from gis.divisions import covers

_PLACE = "place"


@dataclass(frozen=True, slots=True)
class Place:
    """A village, hazard point, township or the county: where it lies and what it is called.

    `post` is the one that answers for it, if any.
    """

    id: str
    subject: str
    name: str
    unit_id: str
    spot: Spot
    post: Post | None = None


def held_places(session: Session, tree: Tree) -> list[Place]:
    """The places of the county with the posts that answer for them, one for each post and place."""
    points = points_of_posts(session, tree.units)
    query = select(Post).where(
        Post.active, among(Post.unit_id, tree.units), or_(Post.responsible, among(Post.id, points))
    )
    return [
        place
        for post in session.scalars(query.order_by(Post.id))
        for place in _held(post, points.get(post.id, ()), tree)
    ]


def unheld_in_area(session: Session, alert: Alert, unit: Unit, tree: Tree, policy: Policy) -> list[State]:
    """The villages and hazard points of the alert's area that the level obliges and no post answers for, by name:
    {place, unit, township, name, subject}."""
    held = {(place.subject, place.id) for place in held_places(session, tree)}
    villages = [_of_unit(one, tree) for one, unit in tree.units.items() if unit.kind == "village"]
    places = [place for place in (*villages, *_points(session, tree)) if (place.subject, place.id) not in held]
    obliged = (place for place in places if place.subject in policy.obliged)
    return [
        {
            "place": one.id,
            "unit": one.unit_id,
            "township": tree.township(one.unit_id),
            "name": one.name,
            "subject": one.subject,
        }
        for one in sorted(in_area(obliged, reach_of(session, alert, unit), tree), key=lambda one: (one.name, one.id))
    ]


def reach_of(session: Session, alert: Alert, unit: Unit) -> Reach:
    """The area that an alert of a unit is about; who is told beside it answers for another place."""
    return reach_for(session, unit, meant_by(alert))


def in_area(places: Iterable[Place], reach: Reach, tree: Tree) -> list[Place]:
    """Those places that lie in the area; where the people live who answer for them does not matter."""
    known = {str(number): place for number, place in enumerate(places)}
    contacts = [_contact(place, key, tree) for key, place in known.items()]
    return [known[one.address] for one in resolve(contacts, reach, (_PLACE,)).contacts]


def unplaced_in_area(reach: Reach, tree: Tree) -> list[State]:
    """The villages and townships that count as in the area because nobody has entered where they lie, and what is drawn
    touches their township: {unit, township, name}."""
    coded = reach.divisions
    places = [_of_unit(one.id, tree) for one in tree.unplaced()]
    found = in_area(places, replace(reach, divisions=()), tree)
    return [
        {"unit": one.id, "township": tree.township(one.id), "name": one.name}
        for one in sorted(found, key=lambda one: (tree.division(one.id), one.id))
        if not any(covers(code, tree.division(one.id)) for code in coded)
    ]


def _held(post: Post, points: Iterable[HazardPoint], tree: Tree) -> list[Place]:
    """What a post answers for: its hazard points, and unless one of these is all that it names, its unit."""
    places = [_of_point(point, tree, post) for point in points]
    if post.responsible and post.hazard_point not in {place.name for place in places}:
        places.append(_of_unit(post.unit_id, tree, post))
    return places


def _points(session: Session, tree: Tree) -> list[Place]:
    query = (
        select(HazardPoint).where(HazardPoint.active, among(HazardPoint.unit_id, tree.units)).order_by(HazardPoint.id)
    )
    return [_of_point(one, tree) for one in session.scalars(query)]


def _of_point(point: HazardPoint, tree: Tree, post: Post | None = None) -> Place:
    spot = tree.spot(point.unit_id, (point.lon, point.lat))
    return Place(point.id, HAZARD_POINT, point.name, point.unit_id, spot, post)


def _of_unit(unit_id: str, tree: Tree, post: Post | None = None) -> Place:
    """A unit, or what its post names in it that is on no list of hazard points."""
    spot = tree.spot(unit_id)
    unit = tree.units[unit_id]
    if post is not None and post.hazard_point:
        return Place(unit_id, HAZARD_POINT, post.hazard_point, unit_id, spot, post)
    return Place(unit_id, VILLAGE if unit.kind == "village" else LEADER, unit.name, unit_id, spot, post)


def _contact(place: Place, key: str, tree: Tree) -> Contact:
    return Contact(
        recipient=f"{_PLACE}:{key}",
        channel=_PLACE,
        address=key,
        name=place.name,
        unit_id=place.unit_id,
        township_id=tree.township(place.unit_id),
        division_code=tree.division(place.unit_id),
        spot=place.spot,
    )
