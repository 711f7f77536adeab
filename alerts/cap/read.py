"""Reading CAP 1.2 and 1.1 from bytes nobody vouches for.

A message whose meaning is certain is accepted and every departure from the schema is listed as a
warning; it is refused where the meaning is not certain (a required value missing or outside its list)
or where reading it is not safe.
"""

from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from alerts.cap import values
from alerts.cap.children import SIGNATURE, Log, Times, join, numbered, read_children, text_of
from alerts.cap.cn_dialect import as_cap
from alerts.cap.geometry import Drawings
from alerts.cap.message import (
    CATEGORIES,
    CERTAINTIES,
    DEFAULT_LANGUAGE,
    MESSAGE_TYPES,
    NAMESPACES,
    RESPONSE_TYPES,
    SCOPES,
    SEVERITIES,
    STATUSES,
    URGENCIES,
    Area,
    CapProblem,
    Departure,
    Info,
    Message,
    Pair,
    Resource,
)
from alerts.cap.xml import parse

_ONE, _OPTIONAL, _MANY = Times.ONE, Times.OPTIONAL, Times.MANY
_ALERT = {
    **{"identifier": _ONE, "sender": _ONE, "sent": _ONE, "status": _ONE, "msgType": _ONE},
    **{"source": _OPTIONAL, "scope": _ONE, "restriction": _OPTIONAL, "addresses": _OPTIONAL},
    **{"code": _MANY, "note": _OPTIONAL, "references": _OPTIONAL, "incidents": _OPTIONAL, "info": _MANY},
}
_INFO = {
    **{"language": _OPTIONAL, "category": _MANY, "event": _ONE, "responseType": _MANY, "urgency": _ONE},
    **{"severity": _ONE, "certainty": _ONE, "audience": _OPTIONAL, "eventCode": _MANY},
    **{"effective": _OPTIONAL, "onset": _OPTIONAL, "expires": _OPTIONAL, "senderName": _OPTIONAL},
    **{"headline": _OPTIONAL, "description": _OPTIONAL, "instruction": _OPTIONAL, "web": _OPTIONAL},
    **{"contact": _OPTIONAL, "parameter": _MANY, "resource": _MANY, "area": _MANY},
}
_RESOURCE = {
    **{"resourceDesc": _OPTIONAL, "mimeType": _OPTIONAL, "size": _OPTIONAL, "uri": _OPTIONAL},
    **{"derefUri": _OPTIONAL, "digest": _OPTIONAL},
}
_AREA = {
    **{"areaDesc": _ONE, "polygon": _MANY, "circle": _MANY, "geocode": _MANY},
    **{"altitude": _OPTIONAL, "ceiling": _OPTIONAL},
}
_PAIR = {"valueName": _OPTIONAL, "value": _OPTIONAL}
_REFERRING = ("Update", "Cancel", "Ack", "Error")


@dataclass(frozen=True, slots=True)
class Reading:
    """An accepted message, where it leaves the schema, how many signatures it carries, and its drawings as read."""

    message: Message
    warnings: tuple[Departure, ...]
    signatures: int
    drawings: Drawings


def read(data: bytes) -> Reading:
    """Read one CAP message, or one in the national platform's own form.

    Raises CapProblem, whose code is `xml.*` (see `alerts.cap.xml.parse`), `cap.root`, `cap.namespace`,
    `cap.missing`, `cap.value`, `cap.time` or `cap.repeated`, listing every error found; and nothing else.
    """
    log = Log()
    root = as_cap(parse(data), log)
    version = _version(root)
    reader = _Reader(log, version)
    message = reader.message(root)
    if log.errors or message is None:
        raise CapProblem(*log.errors)
    return Reading(message, tuple(log.warnings), len(root.findall(SIGNATURE)), reader.drawings)


def _version(root: etree._Element) -> str:
    name = etree.QName(root)
    if name.localname != "alert":
        raise CapProblem(Departure("cap.root", "", name.localname[:60]))
    if name.namespace not in NAMESPACES:
        raise CapProblem(Departure("cap.namespace", "", (name.namespace or "-")[:200]))
    return NAMESPACES[name.namespace]


@dataclass(frozen=True)
class _Level:
    """The children of one element and the ways to take their values."""

    found: dict[str, list[etree._Element]]
    path: str
    log: Log

    def text(self, name: str) -> str | None:
        """The text of an optional element; an empty one counts as absent, with a warning."""
        if name not in self.found:
            return None
        text = text_of(self.found[name][0])
        if not text:
            self.log.warn("cap.empty", join(self.path, name), "empty")
        return text or None

    def required(self, name: str) -> str:
        if name not in self.found:
            return ""
        text = text_of(self.found[name][0])
        if not text:
            self.log.error("cap.missing", join(self.path, name), join(self.path, name))
        return text

    def texts(self, name: str) -> tuple[str, ...]:
        kept = []
        for number, element in enumerate(self.found.get(name, []), 1):
            text = text_of(element)
            if text:
                kept.append(text)
            else:
                self.log.warn("cap.empty", numbered(self.path, name, number), "empty")
        return tuple(kept)

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        if name not in self.found:
            return ""
        return self._chosen(text_of(self.found[name][0]), allowed, join(self.path, name), self.log.error) or ""

    def choices(self, name: str, allowed: tuple[str, ...], fault: Callable[[str, str, str], None]) -> tuple[str, ...]:
        taken = (
            self._chosen(text_of(one), allowed, numbered(self.path, name, number), fault)
            for number, one in enumerate(self.found.get(name, []), 1)
        )
        return tuple(value for value in taken if value is not None)

    def _chosen(
        self, text: str, allowed: tuple[str, ...], where: str, fault: Callable[[str, str, str], None]
    ) -> str | None:
        value = values.one_of(text, allowed)
        if value is None:
            fault("cap.value", where, f"{where} “{text[:60]}”")
        elif value != text:
            self.log.warn("cap.value_form", where, f"“{text[:60]}” read as {value}")
        return value

    def each(self, name: str) -> list[tuple[etree._Element, str]]:
        return [
            (element, numbered(self.path, name, number)) for number, element in enumerate(self.found.get(name, []), 1)
        ]


class _Reader:
    def __init__(self, log: Log, version: str) -> None:
        self._log = log
        self._version = version
        self.drawings = Drawings()

    def _level(self, element: etree._Element, shape: dict[str, Times], path: str) -> _Level:
        return _Level(read_children(element, shape, path, self._log), path, self._log)

    def message(self, root: etree._Element) -> Message | None:
        """None only when an error is in the log."""
        level = self._level(root, _ALERT, "")
        sent = values.time_of(level.required("sent"), "sent", self._log)
        msg_type = level.choice("msgType", MESSAGE_TYPES)
        status = level.choice("status", STATUSES)
        scope = level.choice("scope", SCOPES)
        references = values.references_of(level.text("references"), self._log)
        if msg_type in _REFERRING and not references:
            self._log.warn("cap.references_missing", "references", f"{msg_type} refers to no message")
        infos = tuple(self._info(element, path) for element, path in level.each("info"))
        if not infos and msg_type in ("Alert", "Update"):
            self._log.warn("cap.no_info", "info", f"{msg_type} without info")
        identifier = values.identifier_of(level.required("identifier"), "identifier", self._log)
        sender = values.identifier_of(level.required("sender"), "sender", self._log)
        if sent is None:
            return None
        return Message(
            identifier=identifier,
            sender=sender,
            sent=sent,
            status=status,
            msg_type=msg_type,
            scope=scope,
            version=self._version,
            source=level.text("source"),
            restriction=self._restriction(level, scope),
            addresses=self._addresses(level, scope),
            codes=level.texts("code"),
            note=level.text("note"),
            references=references,
            incidents=values.words_of(level.text("incidents")),
            infos=infos,
        )

    def _restriction(self, level: _Level, scope: str) -> str | None:
        text = level.text("restriction")
        if scope == "Restricted" and text is None:
            self._log.warn("cap.restriction_missing", "restriction", "scope Restricted does not say how")
        return text

    def _addresses(self, level: _Level, scope: str) -> tuple[str, ...]:
        words = values.words_of(level.text("addresses"))
        if scope == "Private" and not words:
            self._log.warn("cap.addresses_missing", "addresses", "scope Private names nobody")
        return words

    def _info(self, element: etree._Element, path: str) -> Info:
        level = self._level(element, _INFO, path)
        if "category" not in level.found:
            self._log.error("cap.missing", join(path, "category"), join(path, "category"))
        return Info(
            language=values.language_of(level.text("language") or DEFAULT_LANGUAGE),
            categories=level.choices("category", CATEGORIES, self._log.error),
            event=level.required("event"),
            response_types=level.choices("responseType", RESPONSE_TYPES, self._log.warn),
            urgency=level.choice("urgency", URGENCIES),
            severity=level.choice("severity", SEVERITIES),
            certainty=level.choice("certainty", self._certainties()),
            audience=level.text("audience"),
            event_codes=self._pairs(level, "eventCode"),
            effective=values.time_of(level.text("effective"), join(path, "effective"), self._log),
            onset=values.time_of(level.text("onset"), join(path, "onset"), self._log),
            expires=values.time_of(level.text("expires"), join(path, "expires"), self._log),
            sender_name=level.text("senderName"),
            headline=level.text("headline"),
            description=level.text("description"),
            instruction=level.text("instruction"),
            web=level.text("web"),
            contact=level.text("contact"),
            parameters=self._pairs(level, "parameter"),
            resources=tuple(self._resource(one, where) for one, where in level.each("resource")),
            areas=tuple(self._area(one, where) for one, where in level.each("area")),
        )

    def _certainties(self) -> tuple[str, ...]:
        """CAP 1.1 still carries 1.0's `Very Likely`, to be read as `Likely` (CAP 1.1, certainty)."""
        return (*CERTAINTIES, "Very Likely") if self._version == "1.1" else CERTAINTIES

    def _pairs(self, level: _Level, name: str) -> tuple[Pair, ...]:
        return tuple(self._pair(one, where) for one, where in level.each(name))

    def _pair(self, element: etree._Element, path: str) -> Pair:
        level = self._level(element, _PAIR, path)
        for name in _PAIR:
            if name not in level.found:
                self._log.warn("cap.empty", join(path, name), "absent")
        return Pair(level.text("valueName") or "", level.text("value") or "")

    def _resource(self, element: etree._Element, path: str) -> Resource:
        level = self._level(element, _RESOURCE, path)
        for name in ("resourceDesc", "mimeType"):
            if name not in level.found:
                self._log.warn("cap.empty", join(path, name), "absent")
        return Resource(
            description=level.text("resourceDesc") or "",
            mime_type=level.text("mimeType") or "",
            size_bytes=values.whole_of(level.text("size"), join(path, "size"), self._log),
            uri=level.text("uri"),
            deref_uri=level.text("derefUri"),
            digest=level.text("digest"),
        )

    def _area(self, element: etree._Element, path: str) -> Area:
        level = self._level(element, _AREA, path)
        area = Area(
            description=level.required("areaDesc"),
            polygons=level.texts("polygon"),
            circles=level.texts("circle"),
            geocodes=self._pairs(level, "geocode"),
            altitude_ft=values.number_of(level.text("altitude"), join(path, "altitude"), self._log),
            ceiling_ft=values.number_of(level.text("ceiling"), join(path, "ceiling"), self._log),
        )
        self._faults(area, path)
        return area

    def _faults(self, area: Area, path: str) -> None:
        for name, texts, shape_of in (
            ("polygon", area.polygons, self.drawings.polygon),
            ("circle", area.circles, self.drawings.circle),
        ):
            for number, text in enumerate(texts, 1):
                fault = shape_of(text).fault
                if fault:
                    self._log.warn(fault.code, numbered(path, name, number), fault.detail)
        if not (area.polygons or area.circles or area.geocodes):
            self._log.warn("cap.area_without_geometry", path, "no polygon, circle or geocode that can be read")
