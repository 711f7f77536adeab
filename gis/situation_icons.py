"""The situation map's signs as inline SVG: shape first, then fill, so that they hold without colour.

Only labels carry text from outside, and they are made inert.
"""

from collections.abc import Mapping

from gis.markup import inert

_RESOURCE_SHAPES: Mapping[str, str] = {
    "team": "M4 4h16v16H4z",
    "shelter": "M12 3l9 8v10H3V11z",
    "vehicle": "M2 6h12v4h8v8H2z",
    "equipment": "M2 6h12v4h8v8H2z",
    "hospital": "M9 3h6v6h6v6h-6v6H9v-6H3V9h6z",
    "material": "M3 8h18v12H3zM3 8l4-4h10l4 4",
    "expert": "M12 3a9 9 0 110 18 9 9 0 010-18z",
}
_CATEGORY_SIGNS: Mapping[str, str] = {
    "natural_disaster": "M6 17.5c2-2 4-2 6 0s4 2 6 0M8.6 13c1.2-1 2.2-1 3.4 0s2.2 1 3.4 0",
    "accident": "M12 9v6M12 17v2",
    "public_health": "M12 10v9M7.5 14.5h9",
    "social_security": "M8 19v-3a4 4 0 018 0v3M12 8.5v1",
}
_WARNING_COLOURS = {"red", "orange", "yellow", "blue"}
_SETTLED = {"controlled", "closed", "archived"}


def incident(category: str, status: str, verified: bool) -> str:
    """A triangle: dashed while reported and unverified, filled while it is dealt with, hollow once under control."""
    look = "hollow" if status in _SETTLED else "reported" if status == "reported" and not verified else "active"
    sign = _CATEGORY_SIGNS.get(category, _CATEGORY_SIGNS["accident"])
    triangle = '<path class="incident {}" d="M12 1L23.5 22H.5z"/>'.format("" if look == "active" else look)
    return f'{triangle}<path class="sign" d="{sign}"/>'


def resource(kind: str, status: str) -> str:
    """A square team, house shelter, lorry, cross hospital …: hollow until on scene."""
    state = status if status in {"on_scene", "unavailable"} else ""
    return f'<path class="resource {state}" d="{_RESOURCE_SHAPES.get(kind, _RESOURCE_SHAPES["expert"])}"/>'


def township(answer: str | None) -> str:
    """A dot; a ticked square when it answered, a crossed diamond when it is silent."""
    if answer == "answered":
        return '<path class="yes" d="M4 4h16v16H4z"/><path class="tick" d="M7 12.5l3.5 3.5L17 8.5"/>'
    if answer == "silent":
        return '<path class="no" d="M12 0l12 12-12 12L0 12z"/><path class="tick" d="M8 8l8 8M16 8l-8 8"/>'
    return '<circle class="town-dot" cx="12" cy="12" r="3.5"/>'


def swatch(kind: str, colour: str | None) -> str:
    """A sample of an area's edge and hatch."""
    if kind == "warning" and colour and is_warning_colour(colour):
        return f'<path d="M3 3h18v18H3z" fill="url(#hatch-{colour})" stroke="{edge_colour(colour)}" stroke-width="3"/>'
    return '<path d="M3 3h18v18H3z" fill="url(#hatch-ink)" stroke="#14181A" stroke-width="2" stroke-dasharray="4 3"/>'


def is_warning_colour(colour: str | None) -> bool:
    return colour in _WARNING_COLOURS


def edge_colour(colour: str | None) -> str:
    """The line colour of a warning area, at least 3:1 on the land."""
    return {"red": "#AE0017", "orange": "#C96500", "yellow": "#8A6D00", "blue": "#0F4FB5"}.get(colour or "", "#14181A")


def svg(inner: str, size: int = 22) -> str:
    """A sign for the side panel."""
    return f'<svg class="glyph" viewBox="0 0 24 24" width="{size}" height="{size}" aria-hidden="true">{inner}</svg>'


def on_map(inner: str, size: int, label: str, strong: bool = False) -> str:
    """A sign with its label to the right, for a marker of `size` pixels square centred on its position."""
    style = "strong" if strong else ""
    text = f'<text class="{style}" x="{size + 3}" y="{size / 2 + 5}">{inert(label)}</text>' if label else ""
    scaled = f'<svg class="glyph" viewBox="0 0 24 24" width="{size}" height="{size}">{inner}</svg>'
    return f'<svg class="mark-on-map" width="{size}" height="{size}" aria-hidden="true">{scaled}{text}</svg>'


def patterns() -> str:
    """The hatches: 45 degrees for warnings, 135 for affected areas, so that overlaps stay readable."""
    ink = (
        '<pattern id="hatch-ink" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">'
        '<path class="hatch-ink" d="M0 0V7" stroke-width="2"/></pattern>'
    )
    warnings = "".join(
        f'<pattern id="hatch-{colour}" width="8" height="8" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)">'
        f'<path class="hatch-{colour}" d="M0 0V8" stroke-width="2.4"/></pattern>'
        for colour in sorted(_WARNING_COLOURS)
    )
    return f'<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>{ink}{warnings}</defs></svg>'
