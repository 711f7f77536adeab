"""The children of one CAP element, held against the order and number the schema gives them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from lxml import etree

from alerts.cap.message import CapProblem, Departure

MAX_LISTED = 100
SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"


class Times(Enum):
    """How often the schema lets an element stand."""

    ONE = "one"
    OPTIONAL = "optional"
    MANY = "many"


Shape = Mapping[str, Times]


@dataclass
class Log:
    """What was found on the way: `errors` refuse the message, `warnings` go with it.

    An error's detail stands in a sentence of the reader's language, so that it is the place and what stood there.
    """

    errors: list[Departure] = field(default_factory=list)
    warnings: list[Departure] = field(default_factory=list)

    def error(self, code: str, where: str, detail: str) -> None:
        """One more. Raises CapProblem with all of them once the list is full: reading on would only cost time."""
        _listed(self.errors, Departure(code, where, detail))
        if len(self.errors) > MAX_LISTED:
            raise CapProblem(*self.errors)

    def warn(self, code: str, where: str, detail: str) -> None:
        if len(self.warnings) <= MAX_LISTED:
            _listed(self.warnings, Departure(code, where, detail))


def _listed(departures: list[Departure], one: Departure) -> None:
    if len(departures) < MAX_LISTED:
        departures.append(one)
    elif len(departures) == MAX_LISTED:
        departures.append(Departure("cap.more", "", f"more than {MAX_LISTED}; the rest is not listed"))


def read_children(element: etree._Element, shape: Shape, path: str, log: Log) -> dict[str, list[etree._Element]]:
    """The known children of `element` by name; the unknown, misplaced and surplus ones go to `log`."""
    namespace = etree.QName(element).namespace
    order = {name: place for place, name in enumerate(shape)}
    found: dict[str, list[etree._Element]] = {}
    furthest = 0
    for child in element:
        name = _known_name(child, namespace, shape, path, log)
        if name is None:
            continue
        if order[name] < furthest:
            log.warn("cap.order", join(path, name), "stands after an element it should precede")
        furthest = max(furthest, order[name])
        found.setdefault(name, []).append(child)
    _check_times(found, shape, path, log)
    return found


def _known_name(child: etree._Element, namespace: str | None, shape: Shape, path: str, log: Log) -> str | None:
    if not isinstance(child.tag, str):
        return None
    before, _, name = child.tag.rpartition("}")
    if before[1:] == (namespace or "") and name in shape:
        return name
    if child.tag != SIGNATURE:
        log.warn("cap.unknown_element", join(path, name), "not part of CAP; left out")
    return None


def _check_times(found: dict[str, list[etree._Element]], shape: Shape, path: str, log: Log) -> None:
    for name, times in shape.items():
        elements = found.get(name, [])
        if times is Times.ONE and not elements:
            log.error("cap.missing", join(path, name), join(path, name))
        if times is not Times.MANY and len(elements) > 1:
            _repeated(elements, join(path, name), log)


def _repeated(elements: list[etree._Element], where: str, log: Log) -> None:
    """Said twice alike is certain, said twice differently is not."""
    if len({text_of(one) for one in elements}) == 1:
        log.warn("cap.repeated", where, "stands more than once, each time alike")
    else:
        log.error("cap.repeated", where, where)


def text_of(element: etree._Element) -> str:
    return (element.text or "").strip()


def join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def numbered(path: str, name: str, number: int) -> str:
    """`info[1].area[2]`, counted from one."""
    return f"{join(path, name)}[{number}]"
