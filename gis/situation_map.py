"""The situation map: one HTML file that shows incidents, areas, resources and townships, and needs nothing else.

Folium draws the map; its own links to remote scripts and styles are taken out, Leaflet's text is put in, and a content
security policy in the file forbids every request. The background is the boundary, not tiles. All text from outside is
escaped for the place it stands in. Pure: values in, text out.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any, Literal

import folium
from branca.element import Element, Figure, MacroElement
from folium.template import Template
from shapely.geometry.base import BaseGeometry

from gis import situation_icons as icons
from gis.boundaries import shipped_outlines
from gis.geometry import Bbox, bbox, to_geojson
from gis.markup import inert
from gis.package_data import read_json, read_text
from gis.situation_words import LANGUAGE_TAGS, Language, joined, value, word

BEIJING = timezone(timedelta(hours=8))
LABELLED_INCIDENTS = 6
"""Up to so many incidents are named on the map; beyond that they carry only their number in the list."""
_NO_DEFAULT_ICON = "L.Marker.prototype.options.icon = L.divIcon({className: 'sign-icon'});"
"""Folium gives a marker its icon only after adding it to the map; until then Leaflet would load a picture file."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


@dataclass(frozen=True, slots=True)
class MapIncident:
    """`category`, `status`, `verification` as in the glossary; no position (None) keeps it in the list alone."""

    number: str
    title: str
    category: str
    status: str
    lon: float | None
    lat: float | None
    verification: str = "unverified"
    detail: str = ""


@dataclass(frozen=True, slots=True)
class MapArea:
    """A warning area (with its colour, clipped to the boundary) or an affected one; `model` marks it as estimated."""

    label: str
    geometry: BaseGeometry
    kind: Literal["warning", "affected"] = "affected"
    colour: str | None = None
    until: datetime | None = None
    model: bool = False


@dataclass(frozen=True, slots=True)
class MapResource:
    """`kind` and `status` as in the glossary."""

    name: str
    kind: str
    status: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class MapTownship:
    """`answer` is None outside a warning."""

    name: str
    lon: float
    lat: float
    answer: Literal["answered", "silent"] | None = None
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything the page shows, true at `as_of` (aware). `drill` and `sample` are written on it."""

    title: str
    as_of: datetime
    boundary: BaseGeometry
    neighbours: Sequence[BaseGeometry] = ()
    incidents: Sequence[MapIncident] = ()
    areas: Sequence[MapArea] = ()
    resources: Sequence[MapResource] = ()
    townships: Sequence[MapTownship] = ()
    drill: bool = False
    sample: bool = False
    language: Language = "zh"
    sources: Sequence[str] = field(default=())


def shipped_background() -> tuple[BaseGeometry, list[BaseGeometry]]:
    """The demo county's boundary and the thin outlines around it, from the package data."""
    outlines = shipped_outlines()
    around = [feature["properties"]["code"] for feature in read_json("boundaries_near.geojson")["features"]]
    held = {code: outline.geometry for code in ["532301", *around] if (outline := outlines.get(code))}
    return held.pop("532301"), [geometry for code, geometry in held.items() if not code.endswith("00")]


def render(situation: Situation) -> str:
    """The page as HTML text (save it as UTF-8). Raises ValueError if `as_of` has no offset."""
    if situation.as_of.tzinfo is None:
        raise ValueError("as_of needs an offset")
    page = Figure(width="100%", height="100%", title=inert(_title(situation)))
    page.header.add_child(_Text(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"/>'), name="policy")
    drawn = _map(situation)
    drawn.add_to(page)
    page.html.add_child(_Text(_head(situation) + _side(situation) + _foot(situation) + icons.patterns()), name="texts")
    page.header.add_child(_Text(_leaflet()), name="leaflet")
    text = str(page.render())
    styled = text.replace("</head>", f"<style>{read_text('situation/page.css')}</style></head>", 1)
    return styled.replace("<html>", f'<html lang="{LANGUAGE_TAGS[situation.language]}">', 1)


class _Text(Element):
    """Text that is put in as it is: an `Element` would read it as a template, whatever a user wrote into it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **_: object) -> str:
        return self.text


class _Controls(MacroElement):
    """Zoom buttons in the page's language, a metric scale, and the whole area in sight, on paper as well."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "L.control.zoom({zoomInTitle: {{ this.zoom_in|tojson }}, zoomOutTitle: {{ this.zoom_out|tojson }}})"
        ".addTo({{ this._parent.get_name() }});"
        "L.control.scale({imperial: false}).addTo({{ this._parent.get_name() }});"
        "var whole = {{ this.whole|tojson }}, room = {padding: [24, 24], animate: false};"
        "{{ this._parent.get_name() }}.fitBounds(whole, room);"
        "matchMedia('print').addEventListener('change', function () { "
        "{{ this._parent.get_name() }}.invalidateSize({animate: false}).fitBounds(whole, room); });"
        "{% endmacro %}"
    )

    def __init__(self, language: Language, box: Bbox) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca's own is untyped
        self._name = "Controls"
        self.whole = [[box.south, box.west], [box.north, box.east]]
        self.zoom_in, self.zoom_out = word(language, "zoom_in"), word(language, "zoom_out")


def _map(situation: Situation) -> folium.Map:
    drawn = folium.Map(
        tiles=None,
        zoom_control=False,
        attribution_control=False,
        zoom_snap=0.1,
        zoom_delta=0.5,
        fade_animation=False,
        min_zoom=6,
        max_zoom=16,
    )
    drawn.default_js, drawn.default_css = [], []
    for layer in _background(situation):
        layer.add_to(drawn)
    for area in situation.areas:
        _area(area, situation.boundary).add_to(drawn)
    for marker in _markers(situation):
        marker.add_to(drawn)
    _Controls(situation.language, bbox(situation.boundary)).add_to(drawn)
    return drawn


def _background(situation: Situation) -> Iterator[folium.GeoJson]:
    for neighbour in situation.neighbours:
        yield _shape(neighbour, color="#B4BDB9", weight=1, fillOpacity=0)
    yield _shape(situation.boundary, color="#3C464B", weight=2, fillColor="#FAFBFA", fillOpacity=1)


def _area(area: MapArea, boundary: BaseGeometry) -> folium.GeoJson:
    if area.kind == "affected":
        look = {"color": "#14181A", "weight": 2.5, "dashArray": "9 6", "fillColor": "url(#hatch-ink)"}
        return _shape(area.geometry, fillOpacity=1, **look)
    clipped = area.geometry.intersection(boundary)
    geometry = area.geometry if clipped.is_empty else clipped
    pattern = f"url(#hatch-{area.colour})" if icons.is_warning_colour(area.colour) else "url(#hatch-ink)"
    return _shape(geometry, color=icons.edge_colour(area.colour), weight=4.5, fillColor=pattern, fillOpacity=1)


def _shape(geometry: BaseGeometry, **look: Any) -> folium.GeoJson:
    feature = {"type": "Feature", "properties": {}, "geometry": to_geojson(geometry, decimals=5)}
    return folium.GeoJson(feature, style_function=lambda _: look, interactive=False)


def _markers(situation: Situation) -> Iterator[folium.Marker]:
    language = situation.language
    for town in situation.townships:
        size = 14 if town.answer is None else 20
        yield _marker(
            town.lon, town.lat, icons.on_map(icons.township(town.answer), size, town.name), size, 0, town.name
        )
    for item in situation.resources:
        told = joined(language, [item.name, value(language, item.kind), value(language, item.status)])
        yield _marker(item.lon, item.lat, icons.on_map(icons.resource(item.kind, item.status), 16, ""), 16, 1000, told)
    many = len(situation.incidents) > LABELLED_INCIDENTS
    for number, incident in enumerate(situation.incidents, start=1):
        if incident.lon is not None and incident.lat is not None:
            label = str(number) if many else f"{number} {incident.title}"
            sign = icons.incident(incident.category, incident.status, incident.verification == "verified")
            told = joined(language, [incident.title, _incident_line(incident, language)])
            yield _marker(incident.lon, incident.lat, icons.on_map(sign, 26, label, strong=True), 26, 2000, told)


def _marker(lon: float, lat: float, html: str, size: int, above: int, told: str) -> folium.Marker:
    icon = folium.DivIcon(html=html, icon_size=(size, size), icon_anchor=(size // 2, size // 2), class_name="sign-icon")
    return folium.Marker((lat, lon), icon=icon, tooltip=folium.Tooltip(inert(told)), z_index_offset=above)


def _title(situation: Situation) -> str:
    drill = word(situation.language, "drill") if situation.drill else ""
    return joined(situation.language, [drill, situation.title])


def _head(situation: Situation) -> str:
    language = situation.language
    drill = f'<strong class="mark">{word(language, "drill")}</strong>' if situation.drill else ""
    sample = f'<span class="mark plain">{word(language, "sample")}</span>' if situation.sample else ""
    as_of = word(language, "as_of", at=situation.as_of.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M"))
    return f'<header class="head">{drill}<h1>{inert(situation.title)}</h1>{sample}<p class="asof">{as_of}</p></header>'


def _side(situation: Situation) -> str:
    language = situation.language
    parts = [
        _section(language, "incidents", list(_incident_rows(situation)), len(situation.incidents)),
        _section(language, "areas", [_area_row(area, language) for area in situation.areas], len(situation.areas)),
        _section(language, "resources", list(_resource_rows(situation)), len(situation.resources)),
        _section(language, "townships", list(_township_rows(situation)), len(situation.townships)),
    ]
    return f'<aside class="side" tabindex="0" aria-label="{word(language, "map")}">{"".join(parts)}</aside>'


def _section(language: Language, key: str, rows: list[str], count: int) -> str:
    body = f"<ul>{''.join(rows)}</ul>" if rows else f'<p class="none">{word(language, "none")}</p>'
    return f"<section><h2>{word(language, key)}<b>{count}</b></h2>{body}</section>"


def _incident_rows(situation: Situation) -> Iterator[str]:
    for number, incident in enumerate(situation.incidents, start=1):
        sign = icons.svg(icons.incident(incident.category, incident.status, incident.verification == "verified"))
        second = inert(_incident_line(incident, situation.language))
        yield f'<li>{sign}<strong>{number} {inert(incident.title)}</strong><span class="second">{second}</span></li>'


def _incident_line(incident: MapIncident, language: Language) -> str:
    place = "" if incident.lon is not None else word(language, "no_position")
    states = (value(language, incident.status), value(language, incident.verification))
    return joined(language, [incident.number, *states, place, incident.detail])


def _area_row(area: MapArea, language: Language) -> str:
    known = area.kind == "warning" and icons.is_warning_colour(area.colour)
    square = f'<span class="colour {area.colour}">{value(language, area.colour or "")}</span>' if known else ""
    at = area.until.astimezone(BEIJING).strftime("%m-%d %H:%M") if area.until else ""
    parts = [
        word(language, area.kind),
        word(language, "model") if area.model else "",
        at and word(language, "until", at=at),
    ]
    second = joined(language, parts)
    sign = icons.svg(icons.swatch(area.kind, area.colour))
    return f'<li>{sign}<strong>{inert(area.label)}</strong>{square}<span class="second">{second}</span></li>'


def _resource_rows(situation: Situation) -> Iterator[str]:
    language = situation.language
    kinds = Counter(item.kind for item in situation.resources)
    there = Counter(item.kind for item in situation.resources if item.status == "on_scene")
    for kind, count in kinds.items():
        sign = icons.svg(icons.resource(kind, "on_scene" if there[kind] else "available"))
        arrived = f"{word(language, 'on_scene_count', n=there[kind])} / " if there[kind] else ""
        yield f'<li>{sign}<span>{inert(value(language, kind))}</span><span class="count">{arrived}{count}</span></li>'


def _township_rows(situation: Situation) -> Iterator[str]:
    language = situation.language
    answers = Counter(town.answer for town in situation.townships)
    for answer in ("silent", "answered", None):
        if answers[answer]:
            sign, name = icons.svg(icons.township(answer)), word(language, answer or "plain")
            yield f'<li>{sign}<span>{name}</span><span class="count">{answers[answer]}</span></li>'
    if any(town.approximate for town in situation.townships):
        yield f'<li><span></span><span class="second">{word(language, "approximate")}</span></li>'


def _foot(situation: Situation) -> str:
    notes = [word(situation.language, "survey"), *situation.sources]
    return f'<footer class="foot">{"".join(f"<span>{inert(note)}</span>" for note in notes)}</footer>'


@cache
def _leaflet() -> str:
    """Leaflet's style and script as text, with nothing left in them that a browser could go and fetch."""
    style = re.sub(r"url\([^)]*\)", "none", read_text("leaflet/leaflet.css"))
    script = re.sub(r"(?m)^//# sourceMappingURL=.*$", "", read_text("leaflet/leaflet.js"))
    text = f"<style>{style}</style><script>{script}\n{_NO_DEFAULT_ICON}</script>"
    return re.sub(r"https?://(?!www\.w3\.org/)", "", text)
