"""From untrusted bytes to an element tree: no DOCTYPE, no entity, no network, a bounded size."""

import codecs
import re

from lxml import etree

from alerts.cap.message import CapProblem, Departure

MAX_BYTES = 5 * 1024 * 1024
MAX_ELEMENTS = 100_000

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ENCODINGS = {
    **{"utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii"},
    **{"iso-8859-1": "iso-8859-1", "latin1": "iso-8859-1", "windows-1252": "cp1252"},
    **{"gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5"},
}
_DECLARED = re.compile(rb"""\A\s{0,64}<\?xml\s[^>]{0,200}?encoding\s{0,8}=\s{0,8}["']([A-Za-z0-9._-]{1,40})["']""")
_DECLARATION = re.compile(r"\A\s{0,64}<\?xml\s[^>]{0,200}?\?>")
_FORBIDDEN = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def parse(data: bytes, *, verbatim: bool = False) -> etree._Element:
    """The root element of `data`, without comments and processing instructions unless `verbatim`.

    Raises CapProblem: `xml.too_large`, `xml.encoding`, `xml.doctype`, `xml.malformed`, `xml.too_many`.
    The text is decoded here and not by the parser, so that the search for a DOCTYPE sees exactly what
    the parser will see.
    """
    if len(data) > MAX_BYTES:
        raise _problem("xml.too_large", f"{len(data)} bytes, at most {MAX_BYTES}")
    text = decode(data)
    found = _FORBIDDEN.search(text)
    if found:
        raise _problem("xml.doctype", f"{found.group(0)} at character {found.start()}")
    root = _tree(_DECLARATION.sub("", text, count=1).lstrip(), verbatim)
    if sum(1 for _ in root.iter()) > MAX_ELEMENTS:
        raise _problem("xml.too_many", f"more than {MAX_ELEMENTS} elements")
    return root


def decode(data: bytes) -> str:
    """The text of `data` by its byte-order mark, else its XML declaration, else UTF-8."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], encoding)
    declared = _DECLARED.match(data)
    if declared is None:
        return _decoded(data, "utf-8")
    name = declared.group(1).decode("ascii").lower()
    if name not in _ENCODINGS:
        raise _problem("xml.encoding", f"encoding {name} is not read here")
    return _decoded(data, _ENCODINGS[name])


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _problem("xml.encoding", f"not {encoding} at byte {error.start}") from None


def _tree(text: str, verbatim: bool) -> etree._Element:
    try:
        return etree.fromstring(text.encode("utf-8"), _parser(verbatim))
    except UnicodeEncodeError:
        raise _problem("xml.encoding", "a lone surrogate") from None
    except etree.XMLSyntaxError as error:
        raise _problem("xml.malformed", str(error.msg)) from None


def _parser(verbatim: bool) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=not verbatim,
        remove_pis=not verbatim,
        collect_ids=False,
    )


def _problem(code: str, detail: str) -> CapProblem:
    return CapProblem(Departure(code, "", detail))
