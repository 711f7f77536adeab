"""What somebody writes when drafting an alert, checked: fields, area and authority."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry

from alerts.answering import ANSWERING
from alerts.audience import Reach
from alerts.authority.rules import Rules, What
from alerts.files import MOST_FILES, File
from alerts.languages import known_languages, language_of
from alerts.model import COLOURS, KINDS, VARIANTS
from alerts.recipients import CHANNELS, USUAL
from command.directory.model import Unit
from command.kernel.errors import FieldError, Invalid, Refused
from command.kernel.values import State
from gis.divisions import DivisionCodeError, Divisions, normalise
from gis.geometry import GeometryProblem, circle, from_geojson, needs_mending, to_geojson

MAX_TEXT = 10_000
SAME_DRAWING = 1e-5
"""Degrees, a metre: pages round what they send."""


@dataclass(frozen=True, slots=True)
class CircleInput:
    """A centre in degrees WGS-84 and a radius in metres."""

    lon: float
    lat: float
    radius_m: float


@dataclass(frozen=True, slots=True)
class AreaInput:
    """Where: division codes, a GeoJSON Polygon or MultiPolygon, a circle, or several of them together.

    `worded` says that a person wrote the description; `english` is what a composed one is in English.
    """

    divisions: tuple[str, ...] = ()
    polygon: Mapping[str, Any] | None = None
    circle: CircleInput | None = None
    description: str | None = None
    worded: bool = True
    english: str | None = None


class RoleTold(NamedTuple):
    """A role whose holders are told: those of the units that lie in the area, or all, `everywhere`."""

    role: str
    everywhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The fields of `POST /alerts`. `kind` None means warning with a colour and notice without one.

    `template` is the key of the one that its texts are made of, `texts` those that a person wrote, by their variants.
    """

    event: str
    headline: str
    description: str
    instruction: str
    area: AreaInput = field(default_factory=AreaInput)
    expires_at: datetime | None
    effective_at: datetime | None = None
    incident: str | None = None
    kind: str | None = None
    colour: str | None = None
    channels: tuple[str, ...] | None = None
    language: str = "zh-CN"
    template: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """In which other languages it is told, and what a person wrote there: its words and its variants."""
    urgency: str = "Immediate"
    certainty: str = "Likely"
    drill: bool = False
    titles: tuple[str, ...] = ()
    """Titles of posts: whoever holds one is told too, wherever the post is."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """Groups by id with their names: whom they list is told too, wherever they are."""
    roles: tuple[RoleTold, ...] = ()
    """Roles of accounts: whoever has one there is told too."""
    files: tuple[File, ...] = ()
    """What is attached."""

    @property
    def chosen_kind(self) -> str:
        return self.kind or ("warning" if self.colour else "notice")

    @property
    def chosen_channels(self) -> tuple[str, ...]:
        return self.channels or USUAL


@dataclass(frozen=True, slots=True)
class AreaFound:
    """An area as stored: `drawn` is what was drawn alone, `geometry` with the divisions' boundaries.

    `mended` says that what was drawn crossed or touched itself, and is all that it encloses; what is stored is no more.
    `english` is the description in English where nobody wrote it; names of divisions have no other form than ours.
    """

    description: str
    divisions: tuple[str, ...]
    drawn: State | None
    geometry: State | None
    approximate: bool
    worded: bool
    mended: bool = False
    english: str | None = None

    def reach(self) -> Reach:
        return reach_of(self.divisions, self.drawn)


def reach_of(divisions: Iterable[str], drawn: Mapping[str, Any] | None) -> Reach:
    return Reach(tuple(divisions), from_geojson(drawn) if drawn else None)


def check_draft(draft: Draft, unit: Unit, rules: Rules) -> None:
    """Refuse a draft nobody could issue.

    Raises Invalid listing every wrong field, Refused `alert.no_authority` where the unit may not issue
    this kind, hazard and colour.
    """
    faults = [*_text_faults(draft), *_choice_faults(draft), *_time_faults(draft)]
    if faults:
        raise Invalid(faults[0].code, fields=tuple(faults), **dict(faults[0].params))
    what = What(draft.chosen_kind, draft.event, draft.colour)
    if not rules.may_issue(unit, what):
        raise no_authority(unit, what)


def no_authority(unit: Unit, what: What) -> Refused:
    said = what.kind if what.colour is None else f"{what.colour},{what.kind}"
    return Refused("alert.no_authority", unit=unit.name, what=said)


def find_area(area: AreaInput, divisions: Divisions, before: AreaFound | None = None) -> AreaFound:
    """The area's geometry and words. A page sends the drawing it has as it was stored `before`: of what was mended
    then, that stays known.

    Raises Invalid `alert.area_needed`, `alert.division_unknown`, `alert.area_unusable`.
    """
    codes = tuple(dict.fromkeys(_code(code, divisions) for code in area.divisions))
    drawn = _drawn(area)
    boundaries = [found for code in codes if (found := divisions.boundary_of(code)) is not None]
    shapes = [*(drawn or []), *(found.geometry for found in boundaries)]
    if not shapes:
        raise _invalid("alert.area_needed", "area")
    said = (area.description or "").strip()
    whole = shapely.union_all(drawn) if drawn else None
    return AreaFound(
        description=said or _described(area, codes, divisions),
        divisions=codes,
        drawn=to_geojson(whole) if whole else None,
        geometry=to_geojson(shapely.union_all(shapes)),
        approximate=any(found.approximate for found in boundaries),
        worded=bool(said) and area.worded,
        mended=(area.polygon is not None and needs_mending(area.polygon)) or _was_mended(whole, before),
        english=area.english if said else in_english(codes, divisions, area.circle, drawn=area.polygon is not None),
    )


def _was_mended(whole: BaseGeometry | None, before: AreaFound | None) -> bool:
    if whole is None or before is None or not before.mended or before.drawn is None:
        return False
    return bool(shapely.hausdorff_distance(whole, from_geojson(before.drawn)) < SAME_DRAWING)


def _described(area: AreaInput, codes: Iterable[str], divisions: Divisions) -> str:
    """The area in words where its author gave none."""
    words = [row.name if (row := divisions.get(code)) else code for code in codes]
    if area.circle is not None:
        words.append(f"以 {area.circle.lon:.3f}，{area.circle.lat:.3f} 为中心 {area.circle.radius_m / 1000:g} 公里")
    if area.polygon is not None:
        words.append("图上划定范围")
    return "、".join(words)


def in_english(
    codes: Iterable[str], divisions: Divisions, circle: CircleInput | None = None, *, drawn: bool = False
) -> str:
    """Divisions, a circle and `drawn`, a shape drawn by hand, as an English reader is told of them."""
    words = [row.name if (row := divisions.get(code)) else code for code in codes]
    if circle is not None:
        words.append(f"within {circle.radius_m / 1000:g} km of {circle.lon:.3f}, {circle.lat:.3f}")
    if drawn:
        words.append("the area drawn on the map")
    return ", ".join(words)


def _code(code: str, divisions: Divisions) -> str:
    try:
        found = divisions.get(code)
        if found is not None:
            return normalise(code)
    except DivisionCodeError:
        pass
    raise _invalid("alert.division_unknown", "area.divisions", division=code[:20])


def _drawn(area: AreaInput) -> list[BaseGeometry]:
    try:
        shapes = [from_geojson(area.polygon)] if area.polygon is not None else []
        if area.circle is not None:
            shapes.append(circle(area.circle.lon, area.circle.lat, area.circle.radius_m))
    except GeometryProblem as problem:
        raise _invalid("alert.area_unusable", "area", reason=problem.code) from problem
    if any(shape.geom_type not in {"Polygon", "MultiPolygon"} for shape in shapes):
        raise _invalid("alert.area_unusable", "area", reason="geometry.not_area")
    return shapes


def _text_faults(draft: Draft) -> list[FieldError]:
    texts = {"event": draft.event, "headline": draft.headline}
    empty = [_fault("alert.text_needed", name, field=name) for name, text in texts.items() if not text.strip()]
    texts |= {"description": draft.description, "instruction": draft.instruction}
    texts |= {f"texts.{name}": text for name, text in draft.texts.items()}
    texts |= {f"translations.{tag}": "".join(each.values()) for tag, each in draft.translations.items()}
    return empty + [
        _fault("request.too_long", name, field=name) for name, text in texts.items() if len(text) > MAX_TEXT
    ]


def _choice_faults(draft: Draft) -> list[FieldError]:
    faults = []
    if draft.kind is not None and draft.kind not in KINDS:
        faults.append(_fault("alert.kind_unknown", "kind", kind=draft.kind[:20]))
    if draft.colour is not None and draft.colour not in COLOURS:
        faults.append(_fault("alert.colour_unknown", "colour", colour=draft.colour[:20]))
    if draft.chosen_kind == "warning" and draft.colour is None:
        faults.append(_fault("alert.colour_needed", "colour"))
    if draft.chosen_kind != "warning" and draft.colour is not None:
        faults.append(_fault("alert.colour_not_allowed", "colour"))
    faults += [_fault("alert.variant_unknown", "texts", variant=one[:20]) for one in draft.texts if one not in VARIANTS]
    own = language_of(draft.language)
    faults += [
        _fault("alert.language_unknown", "translations", language=one[:20])
        for one in draft.translations
        if one not in known_languages() or one == own
    ]
    if len(draft.files) > MOST_FILES:
        faults.append(_fault("alert.files_too_many", "files", most=str(MOST_FILES)))
    if sum(file.seconds is not None for file in draft.files) > 1:
        faults.append(_fault("alert.recording_one", "files"))
    faults += [
        _fault("alert.role_unknown", "roles", role=one.role[:32]) for one in draft.roles if one.role not in ANSWERING
    ]
    unknown = [channel for channel in draft.chosen_channels if channel not in CHANNELS]
    return faults + [_fault("alert.channel_unknown", "channels", channel=channel[:20]) for channel in unknown]


def _time_faults(draft: Draft) -> list[FieldError]:
    if draft.expires_at and draft.effective_at and draft.expires_at <= draft.effective_at:
        return [_fault("alert.times", "expires_at")]
    return []


def _fault(code: str, where: str, **params: str) -> FieldError:
    return FieldError(where, code, tuple(params.items()))


def _invalid(code: str, where: str, **params: str) -> Invalid:
    return Invalid(code, fields=(_fault(code, where, **params),), **params)
