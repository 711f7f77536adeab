"""The national platform's own XML, read as CAP 1.2 and written from it. Which parts are known is in
`data/cn_dialect.json`; what is written has not been checked against the platform and says so.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone

from lxml import etree

from alerts.cap.children import Log
from alerts.cap.message import Area, CapProblem, Departure, Info, Message
from alerts.cap.severity import colour_of, severity_of
from alerts.cap.write import NAMESPACE
from alerts.data import table
from command.kernel.plain import plain

LOCAL = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The platform's times are Beijing's and do not say so."""
UNVERIFIED = "unverified: not checked against the national platform"
_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\+08:00)?")
_TIMES = ("sent", "effective", "onset", "expires")
MOST_CODES = 2000
MOST_UNKNOWN = 50
_RENAMED = {"senderCode": "sender", "sendTime": "sent"}


def as_cap(root: etree._Element, log: Log) -> etree._Element:
    """A message of the platform as a CAP 1.2 tree, with a `cap.dialect` warning; anything else as it is."""
    if root.tag != "alert" or root.find("senderCode") is None:
        return root
    log.warn("cap.dialect", "", "the national platform's form")
    return _converted(root, log)


def write_dialect(message: Message, identifier: str, references: Sequence[str]) -> bytes:
    """`message` in the platform's form under an identifier of its own, which begins with the sender's code.

    `references` are the identifiers under which the platform knows what it refers to. Raises CapProblem
    `cn_dialect.no_colour` for an info without a warning colour.
    """
    root = etree.Element("alert")
    root.append(etree.Comment(UNVERIFIED))
    for name, text in _head(message, identifier, references):
        _put(root, name, text)
    for info in message.infos:
        _info(root, message, info)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def dialect_identifier(sender_code: str, sent: datetime, number: int | None) -> str:
    """`SENDERCODE_YYYYMMDDhhmmss`, with `_N` where there is a number.

    Raises CapProblem `cn_dialect.sender_code` for what is no code of 14 digits.
    """
    if re.fullmatch(table("cn_dialect")["sender_code"], sender_code, re.ASCII) is None:
        raise CapProblem(Departure("cn_dialect.sender_code", "", sender_code[:20]))
    identifier = f"{sender_code}_{sent.astimezone(LOCAL):%Y%m%d%H%M%S}"
    return identifier if number is None else f"{identifier}_{number}"


def is_dialect_identifier(text: str) -> bool:
    """Whether it has the form of the platform's identifiers, which say who sent a message."""
    return re.fullmatch(table("cn_dialect")["identifier"], text, re.ASCII) is not None


_KNOWN = frozenset(
    (
        *("identifier", "sender", "sent", "status", "msgType", "source", "scope", "restriction", "addresses", "code"),
        *("note", "references", "incidents", "info", "language", "category", "event", "responseType", "urgency"),
        *("severity", "certainty", "audience", "eventCode", "effective", "onset", "expires", "senderName"),
        *("headline", "description", "instruction", "web", "contact", "parameter", "resource", "area", "areaDesc"),
        *("resourceDesc", "mimeType", "size", "uri", "derefUri", "digest", "polygon", "circle", "geocode"),
        *("altitude", "ceiling", "valueName", "value"),
    )
)


# -- reading ---------------------------------------------------------------------------------------


def _converted(element: etree._Element, log: Log) -> etree._Element:
    """The element and what CAP knows in it; of what it does not know only the first ones, to be listed."""
    made = etree.Element(_cap(etree.QName(element).localname))
    made.text = element.text
    coded, unknown = element.find("senderCode") is not None, 0
    for child in element:
        if not isinstance(child.tag, str) or (coded and child.tag == "sender"):
            continue
        name = _RENAMED.get(child.tag, child.tag)
        if name in _KNOWN:
            made.extend(_child(name, child, log))
        elif (unknown := unknown + 1) <= MOST_UNKNOWN:
            made.append(_leaf(etree.QName(child).localname, ""))
    return made


def _child(name: str, child: etree._Element, log: Log) -> Iterable[etree._Element]:
    text = (child.text or "").strip()
    if not text and len(child) == 0:
        return []
    if name == "geocode" and len(child) == 0:
        return [_geocode(code) for code in _codes(text, log)]
    if name == "severity" and (colour := _colour(text)) is not None:
        return [_leaf("severity", severity_of(colour)), _pair("parameter", "colour", colour)]
    if name == "references":
        return [_leaf(name, _references(text))]
    made = _converted(child, log)
    made.tag = _cap(name)
    if name in _TIMES:
        made.text = _TIME.sub(r"\1T\2+08:00", text)
    return [made]


def _codes(text: str, log: Log) -> list[str]:
    """Each code once. More than anybody means are an error."""
    codes = dict.fromkeys(code for code in re.split(r"[\s,，]+", text) if code)
    if len(codes) > MOST_CODES:
        log.error("cap.value", "geocode", f"geocode: {len(codes)}")
        return []
    return list(codes)


def _references(text: str) -> str:
    """Whatever stands between them, the identifiers alone are certain: each names its sender by its first part."""
    found = re.findall(table("cn_dialect")["identifier"], text, re.ASCII)
    return " ".join(f"{one.split('_')[0]},{one},-" for one in found) or text


def _colour(text: str) -> str | None:
    colours: dict[str, str] = table("cn_dialect")["severities"]
    return next((colour for colour, word in colours.items() if word.casefold() == text.casefold()), None)


def _geocode(code: str) -> etree._Element:
    return _pair("geocode", table("cn_dialect")["geocode_name"], code)


def _pair(name: str, value_name: str, value: str) -> etree._Element:
    made = etree.Element(_cap(name))
    made.extend((_leaf("valueName", value_name), _leaf("value", value)))
    return made


def _leaf(name: str, text: str) -> etree._Element:
    made = etree.Element(_cap(name))
    made.text = text
    return made


def _cap(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


# -- writing ---------------------------------------------------------------------------------------


def _head(message: Message, identifier: str, references: Sequence[str]) -> Iterable[tuple[str, str | None]]:
    yield "identifier", identifier
    yield "sender", message.source or message.sender
    yield "senderCode", identifier.split("_")[0]
    yield "sendTime", _time(message.sent)
    yield "status", message.status
    yield "msgType", message.msg_type
    yield "scope", message.scope
    yield "addresses", " ".join(message.addresses)
    yield "note", message.note
    yield "references", ",".join(references)


def _info(root: etree._Element, message: Message, info: Info) -> None:
    colour = colour_of(message, info)
    if colour is None:
        raise CapProblem(Departure("cn_dialect.no_colour", "", info.event[:60]))
    made = etree.SubElement(root, "info")
    _put(made, "language", info.language)
    for category in info.categories:
        _put(made, "category", category)
    for name, text in (("event", info.event), ("urgency", info.urgency)):
        _put(made, name, text)
    _put(made, "severity", table("cn_dialect")["severities"][colour])
    _put(made, "certainty", info.certainty)
    for name in ("effective", "onset", "expires"):
        _put(made, name, _time(getattr(info, name)))
    texts = ("senderName", info.sender_name), ("headline", info.headline), ("description", info.description)
    for name, words in (*texts, ("instruction", info.instruction)):
        _put(made, name, words)
    for area in info.areas:
        _area(made, area)


def _area(info: etree._Element, area: Area) -> None:
    made = etree.SubElement(info, "area")
    _put(made, "areaDesc", area.description)
    for polygon in area.polygons:
        _put(made, "polygon", polygon)
    if not area.polygons:
        etree.SubElement(made, "polygon")
    _put(made, "geocode", ",".join(pair.value.ljust(12, "0") for pair in area.geocodes))


def _time(at: datetime | None) -> str | None:
    return None if at is None else f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M:%S}"


def _put(parent: etree._Element, name: str, text: str | None) -> None:
    if text and plain(text):
        etree.SubElement(parent, name).text = plain(text)
