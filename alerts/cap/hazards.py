"""What CAP says of a hazard beside its words: categories and the English name, by the table `data/hazards.json`."""

from typing import Any

from alerts.data import table


def categories_of(kind: str, event: str) -> tuple[str, ...]:
    """The CAP categories of a hazard in words, most telling first; one of the kind where the table knows no word of it.

    A longer word hides what it is made of: 森林火灾 is no other 火灾.
    """
    named = [one for row in _found(event) for one in row["categories"]]
    return tuple(dict.fromkeys(named)) or (str(table("hazards")["kinds"][kind]["category"]),)


def response_of(kind: str) -> str:
    """What those in the area are to do, as CAP's responseType."""
    return str(table("hazards")["kinds"][kind]["response"])


def english_event(event: str) -> str | None:
    """The English name of a hazard that the table knows by exactly this word; None for every other."""
    return next((str(row["en"]) for row in table("hazards")["hazards"] if event.strip() in row["words"]), None)


def event_in_english(event: str) -> str:
    """A hazard as it stands in an English sentence; one without an English name here as it is written."""
    name = english_event(event)
    return event if name is None else f"{name[:1].lower()}{name[1:]}"


def english_title(kind: str, event: str, colour: str | None, *, drill: bool, end: str | None = None) -> str | None:
    """`Flash flood: red warning`, with what became of it; None where the hazard has no English name here."""
    hazard, words = english_event(event), table("hazards")
    if hazard is None:
        return None
    graded = " ".join(one for one in (words["colours"].get(colour), words["kinds"][kind]["en"]) if one)
    said = f"{hazard}: {graded}"
    if end is not None:
        said = f"{words['ends'][end]}: {said}"
    return f"{words['drill']} {said}" if drill else said


def _found(event: str) -> list[dict[str, Any]]:
    rows = [(word, row) for row in table("hazards")["hazards"] for word in row["words"] if word in event]
    return [row for word, row in rows if not any(word != other and word in other for other, _ in rows)]
