"""Writing CAP 1.2, valid by its schema: elements in their order, times with an offset, no empty element."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from lxml import etree

from alerts.cap.message import Area, Info, Message, Pair, Reference, Resource
from command.kernel.plain import plain

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"


def write(message: Message) -> bytes:
    """`message` as a CAP 1.2 document in UTF-8 with its XML declaration.

    A message read as 1.1 is written as 1.2: its values are the same.
    """
    root = etree.Element(f"{{{NAMESPACE}}}alert", nsmap={None: NAMESPACE})
    for name, value in _alert(message):
        _append(root, name, value)
    for info in message.infos:
        _info(root, info)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def time_text(instant: datetime) -> str:
    """`2026-11-20T14:03:11+08:00`; UTC is `-00:00`, never `Z` (CAP 1.2 §3.3.2)."""
    text = instant.replace(microsecond=0).isoformat(timespec="seconds")
    return text[:19] + "-00:00" if instant.utcoffset() == timedelta(0) else text


def reference_text(reference: Reference) -> str:
    return f"{reference.sender},{reference.identifier},{reference.sent}"


def _alert(message: Message) -> Iterable[tuple[str, str | None]]:
    yield "identifier", message.identifier
    yield "sender", message.sender
    yield "sent", time_text(message.sent)
    yield "status", message.status
    yield "msgType", message.msg_type
    yield "source", message.source
    yield "scope", message.scope
    yield "restriction", message.restriction
    yield "addresses", _words(message.addresses)
    yield from (("code", code) for code in message.codes)
    yield "note", message.note
    yield "references", " ".join(map(reference_text, message.references))
    yield "incidents", _words(message.incidents)


def _info(root: etree._Element, info: Info) -> None:
    element = _child(root, "info")
    for name, value in _info_texts(info):
        if isinstance(value, Pair):
            _pair(element, name, value)
        else:
            _append(element, name, value)
    for resource in info.resources:
        _resource(element, resource)
    for area in info.areas:
        _area(element, area)


def _info_texts(info: Info) -> Iterable[tuple[str, str | Pair | None]]:
    yield "language", info.language
    yield from (("category", category) for category in info.categories)
    yield "event", info.event
    yield from (("responseType", response) for response in info.response_types)
    yield "urgency", info.urgency
    yield "severity", info.severity
    yield "certainty", info.certainty
    yield "audience", info.audience
    yield from (("eventCode", pair) for pair in info.event_codes)
    yield from (
        (name, time_text(at) if at else None)
        for name, at in (("effective", info.effective), ("onset", info.onset), ("expires", info.expires))
    )
    yield "senderName", info.sender_name
    yield "headline", info.headline
    yield "description", info.description
    yield "instruction", info.instruction
    yield "web", info.web
    yield "contact", info.contact
    yield from (("parameter", pair) for pair in info.parameters)


def _resource(parent: etree._Element, resource: Resource) -> None:
    element = _child(parent, "resource")
    _child(element, "resourceDesc", resource.description)
    _child(element, "mimeType", resource.mime_type)
    size = None if resource.size_bytes is None else str(resource.size_bytes)
    _append(element, "size", size)
    _append(element, "uri", resource.uri)
    _append(element, "derefUri", resource.deref_uri)
    _append(element, "digest", resource.digest)


def _area(parent: etree._Element, area: Area) -> None:
    element = _child(parent, "area")
    _child(element, "areaDesc", area.description)
    for polygon in area.polygons:
        _append(element, "polygon", polygon)
    for circle in area.circles:
        _append(element, "circle", circle)
    for geocode in area.geocodes:
        _pair(element, "geocode", geocode)
    _append(element, "altitude", _number(area.altitude_ft))
    _append(element, "ceiling", _number(area.ceiling_ft))


def _pair(parent: etree._Element, name: str, pair: Pair) -> None:
    element = _child(parent, name)
    _child(element, "valueName", pair.name)
    _child(element, "value", pair.value)


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}".rstrip("0").rstrip(".")


def _words(words: Iterable[str]) -> str:
    return " ".join(f'"{word}"' if any(map(str.isspace, word)) else word for word in words)


def _append(parent: etree._Element, name: str, text: str | None) -> None:
    if text and plain(text):
        _child(parent, name, text)


def _child(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    """A text that was stored before texts were plain is not what a warning fails for."""
    made = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    made.text = None if text is None else plain(text)
    return made
