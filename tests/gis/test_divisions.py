from datetime import date

import pytest
import shapely

from gis.boundaries import Outline, Outlines, shipped_outlines
from gis.divisions import (
    Division,
    DivisionCodeError,
    Divisions,
    Level,
    covers,
    level_of,
    normalise,
    parent_code,
    shipped_divisions,
    stem,
)
from gis.geometry import area_km2

TABLE = shipped_divisions()


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ("53", "530000"),
        ("5323", "532300"),
        ("532301", "532301"),
        ("532301000", "532301"),
        ("532301000000", "532301"),
        ("532301112", "532301112"),
        ("532301112000", "532301112"),
        ("532301112203", "532301112203"),
    ],
)
def test_codes_are_taken_in_every_length(given: str, held: str) -> None:
    assert normalise(given) == held


@pytest.mark.parametrize("text", ["", "5", "53230", "5323011", "53a301", "０３２３０１", "032301", "5323010000000"])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(DivisionCodeError) as problem:
        TABLE.get(text)
    assert problem.value.code == "division.code"


def test_level_and_parent_follow_from_the_code() -> None:
    codes = ["532301112203", "532301112", "532301", "532300", "530000"]
    assert [level_of(code) for code in codes] == list(reversed(Level))
    assert [parent_code(code) for code in codes] == [*codes[1:], None]


def test_the_chain_runs_from_the_province_down() -> None:
    names = [row.name for row in TABLE.chain("532301112000")]
    assert names == ["云南省", "楚雄彝族自治州", "楚雄市", "西舍路镇"]
    assert TABLE.full_name("532301112") == "云南省楚雄彝族自治州楚雄市西舍路镇"
    assert TABLE.full_name("110105") == "北京市朝阳区"


def test_chuxiong_has_fifteen_townships_and_all_their_villages() -> None:
    towns = TABLE.children("532301")
    assert len(towns) == 15
    assert {town.level for town in towns} == {Level.TOWNSHIP}
    assert sum(len(TABLE.children(town.code)) for town in towns) == 154


def test_the_table_knows_the_whole_country_to_the_county() -> None:
    rows = list(TABLE)
    assert len(rows) == len(TABLE) > 3000
    assert all(row.parent is None or TABLE.get(row.parent) for row in rows)


def test_search_puts_the_exact_and_the_higher_first() -> None:
    assert TABLE.search("西舍路镇")[0].name == "西舍路镇"
    assert [row.name for row in TABLE.search("楚雄", limit=2)] == ["楚雄彝族自治州", "楚雄市"]
    assert [row.code for row in TABLE.search("370614")] == ["370614"]
    assert {row.code[:6] for row in TABLE.search("村", within="532301")} == {"532301"}
    assert TABLE.search("  ") == []
    assert TABLE.search("县", limit=0) == []


def test_a_replaced_code_leads_to_its_successor() -> None:
    assert [row.name for code in ("370684", "370634") if (row := TABLE.current(code))] == ["蓬莱区", "蓬莱区"]
    gone = TABLE.get("370684")
    assert gone is not None
    assert gone.valid_on(date(2020, 6, 4))
    assert not gone.valid_on(date(2020, 6, 5))
    assert "370684" not in {row.code for row in TABLE.children("3706")}


def test_a_county_has_its_own_boundary() -> None:
    found = TABLE.boundary_of("532301000000")
    assert found is not None
    assert (found.used_code, found.approximate) == ("532301", False)
    assert area_km2(found.geometry) == pytest.approx(4433, rel=0.01)


@pytest.mark.parametrize(
    ("code", "used", "approximate"),
    [
        ("370614000000", "370614", False),
        ("370684", "370614", True),
        ("370634", "370614", True),
        ("532331", "532302", False),
        ("532301112203", "532301", True),
        ("532399", "532300", True),
        ("370699", "370600", True),
        ("370199", "370000", True),
        ("110105", "110000", True),
    ],
)
def test_the_boundary_a_code_gets(code: str, used: str, approximate: bool) -> None:
    found = TABLE.boundary_of(code)
    assert found is not None
    assert (found.used_code, found.approximate) == (used, approximate)
    assert found.geometry.is_valid


def test_no_boundary_for_a_code_from_elsewhere() -> None:
    assert TABLE.boundary_of("995500") is None


def test_before_the_change_the_older_outline_counts_where_it_is_held() -> None:
    old = Division("100001", "old", Level.COUNTY, "100000", valid_to=date(2020, 1, 1), successor="100002")
    new = Division("100002", "new", Level.COUNTY, "100000", valid_from=date(2020, 1, 1))
    outlines = Outlines(
        {code: Outline(code, shapely.box(i, 0, i + 1, 1), 0.0) for i, code in enumerate(["100001", "100002"])}
    )
    table = Divisions([old, new], outlines)
    used = [
        found.used_code for day in (date(2019, 5, 1), date(2021, 5, 1)) if (found := table.boundary_of("100001", day))
    ]
    assert used == ["100001", "100002"]


def test_which_county_a_position_is_in() -> None:
    names = [row.name if row else None for row in (TABLE.county_at(101.54, 25.03), TABLE.county_at(101.64, 24.69))]
    assert names == ["楚雄市", "双柏县"]
    assert TABLE.county_at(0.0, 0.0) is None


def test_every_shipped_outline_is_a_valid_area_of_a_known_division() -> None:
    held = [outline for row in TABLE if (outline := shipped_outlines().get(row.code))]
    assert len(held) > 160
    assert all(outline.geometry.is_valid and outline.geometry.area > 0 for outline in held)


def test_what_a_code_covers() -> None:
    assert [stem(code) for code in ("530000", "532300", "532301", "532301103000")] == [
        "53",
        "5323",
        "532301",
        "532301103",
    ]
    village = "532301103201"
    assert all(
        covers(code, village) for code in ("53", "530000", "5323", "532300000000", "532301", village[:9], village)
    )
    assert not any(covers(code, village) for code in ("532302", "532301104", "", "5", "県", village + "1"))
    assert not covers("532301", "")


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("532300", "532300"),
        ("532302", "532302"),
        ("532302101", "532302101"),
        ("532302101205", "532302101"),
        ("532302999", "532302"),
        ("532302999001", "532302"),
        ("532331", "532302"),
        ("532331101", None),
        ("532322", None),
        ("532322101", None),
        ("540000", None),
    ],
)
def test_a_code_is_found_by_itself_its_successor_or_what_lies_around_it(code: str, found: str | None) -> None:
    """In a county with two townships and one village; nothing above the county is ever meant by what lies in it."""
    assert TABLE.found_among(code, {"532302", "532302101", "532302101201", "532302102"}) == found
