"""Text from outside, made safe for every place the situation map puts it."""

from html import escape

_ACTIVE = str.maketrans({char: f"&#{ord(char)};" for char in "{}%`$\\"})


def inert(text: str) -> str:
    """The text as HTML that shows exactly it, in an element, a quoted attribute, an SVG label, or a Folium string.

    Beyond HTML's own characters these are turned into references: braces and per cent signs, because branca reads the
    scripts it has rendered once more as Jinja templates (a title `{{ … }}` would be run here, on the server), and
    backtick, dollar and backslash, because Folium puts tooltips into JavaScript template literals.
    """
    return escape(text).translate(_ACTIVE)
