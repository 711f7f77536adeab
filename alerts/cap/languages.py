"""The infos of a message that say one thing in several languages (CAP 1.2 §3.2.2). Pure."""

from collections.abc import Iterable
from typing import Any

from alerts.cap.message import Info


def said_once(infos: Iterable[Info]) -> tuple[Info, ...]:
    """Each thing that is said once, in Chinese where it is said in Chinese, else in the language that stands first.

    Infos belong together that agree in all that is not text; of one language each is a thing of its own.
    """
    things: list[list[Info]] = []
    for info in infos:
        fits = (one for one in things if _matter(one[0]) == _matter(info) and not _holds(one, info.language))
        thing = next(fits, None)
        if thing is None:
            things.append([info])
        else:
            thing.append(info)
    return tuple(next((info for info in thing if _chinese(info)), thing[0]) for thing in things)


def _matter(info: Info) -> tuple[Any, ...]:
    where = tuple((area.polygons, area.circles, area.geocodes) for area in info.areas)
    graded = (frozenset(info.categories), info.urgency, info.severity, info.certainty)
    return (*graded, info.onset, info.expires, where)


def _holds(thing: Iterable[Info], language: str) -> bool:
    return any(info.language.casefold() == language.casefold() for info in thing)


def _chinese(info: Info) -> bool:
    return info.language.lower().startswith("zh")
