"""A template as a value: for what it is, what it says to read and to hear, and which placeholders it may hold. Pure."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from alerts.data import table
from alerts.languages import known_languages, language_of
from alerts.model import COLOURS, KINDS, VARIANTS
from command.kernel.values import State

ALERT, CHANGE, LIFTED, WITHDRAWN, EXPIRED = PURPOSES = ("alert", "change", "lifted", "withdrawn", "expired")
ENDS = (LIFTED, WITHDRAWN, EXPIRED)
LANGUAGES = tuple(known_languages())

MOST = {"short": 70, "medium": 140, "long": 500, "voice": 500}
"""Characters as a short message counts them (UTF-16 code units): 70 are one message in UCS-2 (3GPP TS 23.038)."""

FACTS = ("issuer", "place", "event", "colour", "kind", "expires")
WRITTEN = ("headline", "description", "instruction")
NOTE = "note"
PLACEHOLDERS = (*FACTS, *WRITTEN, NOTE)
"""All there are. `note` is what whoever ends an alert adds."""

OFFERED = ("description", "instruction")
"""The texts that a template puts into the draft, to be changed there; the variants are made of the draft."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class TemplateFault(ValueError):
    """What is wrong with a template: `code`, the field, and the word that it is about."""

    def __init__(self, code: str, field: str, word: str = "") -> None:
        super().__init__(code)
        self.code, self.field, self.word = code, field, word


@dataclass(frozen=True, slots=True)
class Template:
    """What is said of these hazards in these colours, of these kinds of alert; none named means any.

    A hazard is meant where one of `events` stands in its name. `sample`: shipped, not agreed by anybody.
    """

    kinds: tuple[str, ...]
    events: tuple[str, ...]
    colours: tuple[str, ...]
    purpose: str
    language: str
    sample: bool
    description: str
    instruction: str
    short: str
    medium: str
    long: str
    voice: str

    def text(self, name: str) -> str:
        """One of `OFFERED` or `VARIANTS`."""
        return str(getattr(self, name))

    def fits(self, kind: str, event: str, colour: str | None, purpose: str, language: str) -> bool:
        return (
            self.purpose == purpose
            and self.language == language_of(language)
            and kind in (self.kinds or KINDS)
            and (not self.events or any(one.casefold() in event.casefold() for one in self.events))
            and (not self.colours or colour in self.colours)
        )

    @property
    def precision(self) -> tuple[bool, bool, bool]:
        """The more it names, the nearer it is: a hazard before a colour before a kind."""
        return bool(self.events), bool(self.colours), bool(self.kinds)

    def state(self) -> State:
        return {name: list(one) if isinstance(one, tuple) else one for name, one in asdict(self).items()}


def shipped() -> dict[str, Template]:
    """The templates of `data/templates.json` by their keys."""
    return {str(one["key"]): read_template(one) for one in table("templates")["templates"]}


def read_template(raw: Mapping[str, Any]) -> Template:
    """A template from its JSON. Raises TemplateFault."""
    texts = {name: str(raw[name]).strip() for name in (*OFFERED, *VARIANTS)}
    template = Template(
        kinds=_some_of(raw["kinds"], KINDS, "kinds"),
        events=tuple(dict.fromkeys(word for one in raw["events"] if (word := str(one).strip()))),
        colours=_some_of(raw["colours"], COLOURS, "colours"),
        purpose=_some_of([raw["purpose"]], PURPOSES, "purpose")[0],
        language=_some_of([raw["language"]], LANGUAGES, "language")[0],
        sample=bool(raw["sample"]),
        **texts,
    )
    for fault in _faults(template):
        raise fault
    return template


def _faults(template: Template) -> Iterator[TemplateFault]:
    for name in (*OFFERED, *VARIANTS):
        text = template.text(name)
        allowed = allowed_in(template.purpose, name)
        for word in _PLACEHOLDER.findall(text):
            if word not in allowed:
                yield TemplateFault("template.placeholder", name, word[:40])
        rest = _PLACEHOLDER.sub("", text)
        if "{" in rest or "}" in rest:
            yield TemplateFault("template.brace", name)
        if name in VARIANTS and not text and (name != "voice" or known_languages()[template.language]["spoken"]):
            yield TemplateFault("template.empty", name)
        if name in VARIANTS and units(rest) > MOST[name]:
            yield TemplateFault("template.too_long", name, str(MOST[name]))


def allowed_in(purpose: str, name: str) -> tuple[str, ...]:
    """The placeholders of a text: what is offered is made of facts, a note there is where somebody ends an alert."""
    if name in OFFERED:
        return FACTS
    return (*FACTS, *WRITTEN, *((NOTE,) if purpose in (LIFTED, WITHDRAWN) else ()))


def units(text: str) -> int:
    """The length of a text as short messages count it: a character beyond the basic plane counts twice."""
    return len(text) + sum(ord(one) > 0xFFFF for one in text)


def _some_of(values: Iterable[Any], allowed: Collection[str], field: str) -> tuple[str, ...]:
    for one in values:
        if one not in allowed:
            raise TemplateFault("template.choice", field, str(one)[:40])
    return tuple(dict.fromkeys(str(one) for one in values))
