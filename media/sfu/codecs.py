"""Which codec each site's picture is sent in, so that as many as can be see it. Pure."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from media.sfu.terms import PREFERENCE, Terms, VideoCodec


@dataclass(frozen=True, slots=True)
class Ability:
    """What a site's last connection can do with pictures: the codecs it could `send`, and those its slots `take`.

    Empty where it sends none, or shows none.
    """

    sends: frozenset[VideoCodec] = frozenset()
    takes: frozenset[VideoCodec] = frozenset()


@dataclass(frozen=True, slots=True)
class Settlement:
    """`common` is taken by everybody who shows pictures, None where no codec is.

    `sends` is what each site that can send should; `unseen` names, of those whom somebody cannot see, who that is.
    """

    common: VideoCodec | None = PREFERENCE[0]
    sends: Mapping[str, VideoCodec] = field(default_factory=dict)
    unseen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def settle(abilities: Mapping[str, Ability]) -> Settlement:
    """Each site sends, of what it can, the codec that the most others take; of equals the first of PREFERENCE."""
    shows = {name: ability.takes for name, ability in abilities.items() if ability.takes}
    sends = {name: best(name, ability.sends, shows) for name, ability in abilities.items() if ability.sends}
    unseen = {name: tuple(sorted(_blind(name, codec, shows))) for name, codec in sends.items()}
    return Settlement(_common(shows), sends, {name: blind for name, blind in unseen.items() if blind})


def best(name: str, choices: AbstractSet[VideoCodec], shows: Mapping[str, AbstractSet[VideoCodec]]) -> VideoCodec:
    """The codec of `choices`, at least one, that the fewest of `shows` other than the site itself cannot take."""
    return min((codec for codec in PREFERENCE if codec in choices), key=lambda codec: len(_blind(name, codec, shows)))


def _blind(name: str, codec: VideoCodec, shows: Mapping[str, AbstractSet[VideoCodec]]) -> list[str]:
    return [other for other, takes in shows.items() if other != name and codec not in takes]


def _common(shows: Mapping[str, AbstractSet[VideoCodec]]) -> VideoCodec | None:
    return next((codec for codec in PREFERENCE if all(codec in takes for takes in shows.values())), None)


@dataclass(frozen=True, slots=True)
class CodecsChanged:
    """What a room has settled on; `asked` send another codec than they should and are to offer anew."""

    common: VideoCodec | None
    asked: tuple[str, ...]
    unseen: Mapping[str, tuple[str, ...]]


class Codecs:
    """What was agreed with each site of a room, and what follows from it.

    What a site can do is kept while it has no connection, so that a broken line does not change everybody's codec.
    """

    def __init__(self) -> None:
        self.state = CodecsChanged(PREFERENCE[0], (), {})
        self._abilities: dict[str, Ability] = {}
        self._agreed: dict[str, VideoCodec] = {}
        self._told = self.state

    def agree(self, name: str, terms: Terms) -> None:
        """A connection stands, or its terms are other ones now."""
        self._abilities[name] = Ability(terms.sendable, terms.showable)
        self._agreed.pop(name, None)
        for publication in terms.publications:
            if publication.kind == "video":
                self._agreed[name] = publication.codec
        self._settle()

    def disconnect(self, name: str) -> None:
        """The connection is gone, the site is still expected."""
        self._agreed.pop(name, None)
        self._settle()

    def forget(self, name: str) -> None:
        """The site is no longer in the room."""
        self._abilities.pop(name, None)
        self.disconnect(name)

    def preferred(self, name: str, choices: AbstractSet[VideoCodec]) -> VideoCodec:
        """What the site, which can send `choices`, should be answered."""
        return best(name, choices, {other: able.takes for other, able in self._abilities.items() if able.takes})

    def news(self) -> CodecsChanged | None:
        """The state where it changed since the last call."""
        if self.state == self._told:
            return None
        self._told = self.state
        return self.state

    def _settle(self) -> None:
        found = settle(self._abilities)
        asked = tuple(sorted(name for name, codec in self._agreed.items() if found.sends[name] != codec))
        self.state = CodecsChanged(found.common, asked, found.unseen)
