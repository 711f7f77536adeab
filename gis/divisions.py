"""Administrative divisions of China by code: names, levels, parents, validity, successors and boundaries.

Codes are GB/T 2260 (six digits down to the county), GB/T 10114 (nine, township) and the statistical code (twelve,
village). They are held unpadded: `530000`, `532300`, `532301`, `532301101`, `532301101001`; every function also takes
the two- and four-digit stems and codes padded with zeros to twelve digits, as warnings carry them.

The shipped table knows the whole country to the county, the demo's prefecture to the township and its county to the
village; `Divisions` can be built with any other rows.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from shapely.geometry.base import BaseGeometry

from gis.boundaries import Outline, Outlines, shipped_outlines
from gis.package_data import read_json


class Level(StrEnum):
    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"


class DivisionCodeError(ValueError):
    """The text is no division code. `code` is stable."""

    code = "division.code"


@dataclass(frozen=True, slots=True)
class Division:
    """One division. `valid_from` is the first day, `valid_to` the first day after; None where not known or open."""

    code: str
    name: str
    level: Level
    parent: str | None
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str | None = None

    def valid_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class Boundary:
    """A boundary found for a code, in WGS-84.

    `used_code` is the division it belongs to. `approximate` is True when that is not the division asked for but a
    larger one around it; `tolerance_m` says how far the line itself may be off its source.
    """

    geometry: BaseGeometry
    approximate: bool
    used_code: str
    tolerance_m: float


def normalise(code: str) -> str:
    """The unpadded form of a code of 2, 4, 6, 9 or 12 digits. Raises DivisionCodeError for anything else."""
    if not (code.isascii() and code.isdigit() and len(code) in {2, 4, 6, 9, 12}) or code.startswith("0"):
        raise DivisionCodeError(f"not a division code: {code[:20]!r}")
    padded = code.ljust(12, "0")
    if padded[6:] == "000000":
        return padded[:6]
    return padded[:9] if padded[9:] == "000" else padded


def level_of(code: str) -> Level:
    """The level a code stands for by its shape. Raises DivisionCodeError."""
    own = normalise(code)
    if len(own) > 6:
        return Level.TOWNSHIP if len(own) == 9 else Level.VILLAGE
    if own.endswith("0000"):
        return Level.PROVINCE
    return Level.PREFECTURE if own.endswith("00") else Level.COUNTY


def parent_code(code: str) -> str | None:
    """The code one level up, None above a province. Raises DivisionCodeError."""
    own = normalise(code)
    match level_of(own):
        case Level.PROVINCE:
            return None
        case Level.PREFECTURE:
            return own[:2] + "0000"
        case Level.COUNTY:
            return own[:4] + "00"
        case Level.TOWNSHIP:
            return own[:6]
        case Level.VILLAGE:
            return own[:9]


def stem(code: str) -> str:
    """What the codes of everything at or under a division begin with: `5323` of `532300`. Raises DivisionCodeError."""
    own = normalise(code)
    if len(own) > 6:
        return own
    return own[:2] if own.endswith("0000") else own[:4] if own.endswith("00") else own


def covers(code: str, place: str) -> bool:
    """Whether the division of a code is that of a place, or one around it; what is no code covers nothing."""
    try:
        return bool(place) and normalise(place).startswith(stem(code))
    except DivisionCodeError:
        return False


class Divisions:
    """A table of divisions with the outlines that are known for some of them."""

    def __init__(self, rows: Iterable[Division], outlines: Outlines) -> None:
        self._by_code = {row.code: row for row in rows}
        self._outlines = outlines
        self._children: dict[str, list[Division]] = defaultdict(list)
        for row in sorted(self._by_code.values(), key=lambda item: item.code):
            if row.parent:
                self._children[row.parent].append(row)
        self._predecessors = Counter(row.successor for row in self._by_code.values() if row.successor)

    def __iter__(self) -> Iterator[Division]:
        return iter(self._by_code.values())

    def __len__(self) -> int:
        return len(self._by_code)

    def get(self, code: str) -> Division | None:
        """The division of a code in any accepted form, None if unknown. Raises DivisionCodeError."""
        return self._by_code.get(normalise(code))

    def chain(self, code: str) -> list[Division]:
        """The known divisions from the province down to the code itself; unknown ones are left out."""
        found: list[Division] = []
        at: str | None = normalise(code)
        while at:
            if row := self._by_code.get(at):
                found.append(row)
            at = parent_code(at)
        return found[::-1]

    def full_name(self, code: str) -> str:
        """Names from the province down, joined, e.g. 云南省楚雄彝族自治州楚雄市; empty if nothing is known."""
        return "".join(row.name for row in self.chain(code) if row.name not in {"市辖区", "县"})

    def children(self, code: str) -> list[Division]:
        """The divisions one level down that are still valid, in code order."""
        return [row for row in self._children[normalise(code)] if row.valid_to is None]

    def current(self, code: str) -> Division | None:
        """The division a code stands for today: expired codes are followed to their successor."""
        row = self.get(code)
        while row and row.successor:
            row = self._by_code.get(row.successor)
        return row

    def found_among(self, code: str, places: Collection[str]) -> str | None:
        """The code by which what a code means is found among places held by their codes; None if it is not.

        That is the code itself where it covers one of them, else its successor, else the nearest division around it
        that does, up to its county: what lies above would reach places that nobody meant. Raises DivisionCodeError.
        """
        row = self.current(code)
        at: str | None = normalise(code)
        if row is not None and not _covers_any(str(at), places):
            at = row.code
        while at is not None and not _covers_any(at, places):
            at = parent_code(at) if level_of(at) in (Level.TOWNSHIP, Level.VILLAGE) else None
        return at

    def search(self, text: str, limit: int = 20, within: str | None = None) -> list[Division]:
        """Divisions whose name holds the text: exact first, then prefix, then inside; higher levels first in each.

        `within` keeps those at or under a code. Digits are searched as the beginning of a code.
        """
        wanted = text.strip()
        if not wanted or limit <= 0:
            return []
        begin = stem(within) if within else ""
        rows = (row for row in self._by_code.values() if row.code.startswith(begin))
        if wanted.isdigit():
            return sorted((row for row in rows if row.code.startswith(wanted)), key=lambda row: row.code)[:limit]
        hits = [(row.name.find(wanted), row) for row in rows if wanted in row.name]
        hits.sort(key=lambda hit: (hit[1].name != wanted, hit[0] > 0, len(stem(hit[1].code)), hit[1].code))
        return [row for _, row in hits[:limit]]

    def boundary_of(self, code: str, on: date | None = None) -> Boundary | None:
        """The boundary of a code, or failing that of the nearest larger division that has one.

        A code that was already replaced on the day `on` (today's table if None) gets its successor's, marked
        approximate when several divisions went into that one. Returns None if not even the province is known.
        Raises DivisionCodeError.
        """
        asked = normalise(code)
        own, merged = self._in_force(asked, on)
        at: str | None = own
        while at:
            if outline := self._outline(at):
                return Boundary(outline.geometry, merged or at != own, at, outline.tolerance_m)
            at = parent_code(at)
        return None

    def county_at(self, lon: float, lat: float) -> Division | None:
        """The county around a WGS-84 position, as far as county outlines are held."""
        code = self._outlines.county_at(lon, lat)
        return self._by_code.get(code) if code else None

    def _outline(self, code: str) -> Outline | None:
        return self._outlines.get(code) if len(code) == 6 else None

    def _in_force(self, code: str, on: date | None) -> tuple[str, bool]:
        """The code to use on a day, and whether more than the asked division went into it."""
        row, merged = self._by_code.get(code), False
        while row and row.successor and not (on and row.valid_on(on) and self._outline(row.code)):
            merged = merged or self._predecessors[row.successor] > 1
            row = self._by_code.get(row.successor)
        return (row.code, merged) if row else (code, False)


def _covers_any(code: str, places: Collection[str]) -> bool:
    return any(covers(code, place) for place in places)


def _shipped_rows() -> Iterator[Division]:
    changes = read_json("division_changes.json")
    started = {change["successor"]: date.fromisoformat(change["valid_to"]) for change in changes}
    for code, name in read_json("divisions.json"):
        yield Division(code, name, level_of(code), parent_code(code), valid_from=started.get(code))
    for change in changes:
        yield Division(
            change["code"],
            change["name"],
            Level(change["level"]),
            parent_code(change["code"]),
            valid_to=date.fromisoformat(change["valid_to"]),
            successor=change["successor"],
        )


@cache
def shipped_divisions() -> Divisions:
    """The table in the package data, read once (about 40 ms)."""
    return Divisions(_shipped_rows(), shipped_outlines())
