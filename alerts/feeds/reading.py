"""What a feed holds: CAP messages in it and links to others, from bytes nobody vouches for. Pure.

Atom (RFC 4287) and RSS 2.0; a CAP message that stands where a feed was expected, or an archive with one, is taken
as one of its own.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from lxml import etree

from alerts.cap.archive import is_archive
from alerts.cap.message import NAMESPACES, CapProblem, Departure
from alerts.cap.xml import parse

MOST_ITEMS = 200
CAP_TYPE = "application/cap+xml"
ATOM = "{http://www.w3.org/2005/Atom}"
_ALERTS = tuple(f"{{{namespace}}}alert" for namespace in NAMESPACES)
_TIMES = (f"{ATOM}updated", f"{ATOM}published", "pubDate")
_XML_TYPES = ("application/xml", "text/xml")
_ZIP_TYPES = ("application/zip", "application/x-zip-compressed")
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Item:
    """One entry: a `message` that stands in it, or the `link` to one. `key` changes when the entry does.

    `at` is when the message was sent or the entry changed, None where it does not say so.
    """

    key: str
    link: str = ""
    message: bytes = b""
    at: datetime | None = None


def read_feed(data: bytes, url: str) -> tuple[Item, ...]:
    """The first `MOST_ITEMS` entries that hold a CAP message or name one, or an archive with one.

    Links to other hosts are left out. Raises CapProblem: `xml.*`, or `feed.root` where it is none of the three.
    """
    if is_archive(data):
        return (Item(hashlib.sha256(data).hexdigest()[:24], message=data),)
    root = parse(data)
    if root.tag in _ALERTS:
        return (_embedded(root),)
    entries = _entries(root)
    found = (item for entry in entries if (item := _item(entry, url)) is not None)
    return tuple(item for item, _ in zip(found, range(MOST_ITEMS), strict=False))


def newest_first(items: Iterable[Item]) -> list[Item]:
    """By their own times, those without one at the end; of one time as they stand in the feed.

    Whoever reads a Cancel before its Alert calls nobody for what is over, and of a long list the running part is first.
    """
    return sorted(items, key=lambda item: item.at or _NEVER, reverse=True)


def same_host(url: str, other: str) -> bool:
    """Whether both are web addresses of one scheme, host and port."""
    try:
        a, b = urlsplit(url), urlsplit(other)
        alike = (a.scheme, a.hostname, a.port) == (b.scheme, b.hostname, b.port)
    except ValueError:
        return False
    return alike and a.scheme in ("http", "https") and bool(a.hostname)


def _entries(root: etree._Element) -> Iterator[etree._Element]:
    if root.tag == f"{ATOM}feed":
        return root.iterchildren(f"{ATOM}entry")
    if root.tag == "rss":
        return root.iterfind("channel/item")
    raise CapProblem(Departure("feed.root", "", etree.QName(root).localname[:60]))


def _item(entry: etree._Element, url: str) -> Item | None:
    inside = next(entry.iter(*_ALERTS), None)
    if inside is not None:
        return _embedded(inside)
    link = next((one for one in _links(entry, url) if same_host(url, one)), None)
    return None if link is None else Item(_key(link, *_stamps(entry)), link=link, at=_changed(entry))


def _embedded(alert: etree._Element) -> Item:
    message = etree.tostring(alert, xml_declaration=True, encoding="UTF-8", with_tail=False)
    sent = next((one.text for space in NAMESPACES for one in alert.iterchildren(f"{{{space}}}sent")), None)
    return Item(_key(message.decode("utf-8")), message=message, at=_time(sent))


def _links(entry: etree._Element, url: str) -> Iterator[str]:
    """Those said to be CAP first, then those that may be."""
    links = [(one.get("href") or "", one.get("type") or "") for one in entry.iterchildren(f"{ATOM}link")]
    links += [(one.get("url") or "", one.get("type") or "") for one in entry.iterchildren("enclosure")]
    links += [((one.text or "").strip(), "") for one in entry.iterchildren("link")]
    named = [(href.strip(), kind.split(";")[0].strip().lower()) for href, kind in links if href.strip()]
    for wanted in ((CAP_TYPE,), _XML_TYPES, _ZIP_TYPES, ("",)):
        yield from (_joined(url, href) for href, kind in named if kind in wanted)


def _joined(url: str, href: str) -> str:
    try:
        return urljoin(url, href)
    except ValueError:
        return ""


def _stamps(entry: etree._Element) -> Iterator[str]:
    for name in (f"{ATOM}id", f"{ATOM}updated", "guid", "pubDate"):
        yield from ((one.text or "").strip() for one in entry.iterchildren(name))


def _changed(entry: etree._Element) -> datetime | None:
    times = (_time(one.text) for name in _TIMES for one in entry.iterchildren(name))
    return next((time for time in times if time is not None), None)


def _time(text: str | None) -> datetime | None:
    """A time of RFC 3339 or, as RSS writes it, RFC 822; one without offset is UTC."""
    for parse_time in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            time = parse_time((text or "").strip())
            return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            continue
    return None


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]
