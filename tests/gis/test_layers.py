import json
from datetime import datetime
from typing import Any

import pytest

from gis import layers
from gis.demo import DemoLoudspeaker, DemoPerson, DemoResource, demo_county
from gis.divisions import shipped_divisions
from gis.geometry import distance_m, from_geojson

TABLE = shipped_divisions()
Sample = DemoResource | DemoLoudspeaker | DemoPerson


def collection(name: str) -> dict[str, Any]:
    found = layers.layer(name)
    assert found is not None
    return dict(json.loads(found))


@pytest.mark.parametrize("name", layers.NAMES)
def test_a_layer_is_geojson_that_names_its_source(name: str) -> None:
    whole = collection(name)
    assert whole["type"] == "FeatureCollection"
    assert whole["attribution"]
    assert whole["features"]
    assert all(from_geojson(feature) for feature in whole["features"])


def test_an_unknown_layer_is_none() -> None:
    assert layers.layer("../divisions") is None


def test_the_county_is_one_polygon_with_its_neighbours_around() -> None:
    assert [feature["properties"]["name"] for feature in collection("county")["features"]] == ["楚雄市"]
    names = {feature["properties"]["name"] for feature in collection("neighbours")["features"]}
    assert {"双柏县", "南华县", "禄丰市", "景东彝族自治县"} <= names
    assert "楚雄市" not in names


def test_townships_are_samples_inside_the_county() -> None:
    features = collection("townships")["features"]
    assert {feature["properties"]["code"] for feature in features} == {row.code for row in TABLE.children("532301")}
    assert all(feature["properties"]["sample"] and feature["properties"]["approximate"] for feature in features)
    assert all(_county(*feature["geometry"]["coordinates"]) == "532301" for feature in features)


def test_quakes_are_strong_and_near_and_dated_in_beijing_time() -> None:
    for feature in collection("quakes")["features"]:
        facts = feature["properties"]
        assert facts["magnitude"] >= 4
        assert facts["magnitude_type"] in {"ML", "Ms"}
        offset = datetime.fromisoformat(facts["at"]).utcoffset()
        assert offset is not None
        assert offset.total_seconds() == 8 * 3600
        assert float(distance_m(101.35, 24.92, *feature["geometry"]["coordinates"])) <= 200_000


def test_nothing_in_the_demo_can_be_taken_for_real() -> None:
    demo = demo_county()
    rows: list[Sample] = [*demo.resources, *demo.loudspeakers, *demo.people]
    assert (len(demo.townships), len(demo.loudspeakers), len(demo.people)) == (15, 30, 60)
    assert all(row.sample and row.name.endswith("（示例）") for row in rows)
    assert {row.phone for row in demo.resources} == {"0878-000-0000"}
    assert {row.phone for row in demo.people} == {"000-0000-0000"}
    assert all(person.email.endswith(".invalid") for person in demo.people)
    assert all(_county(row.lon, row.lat) == "532301" for row in rows)


def test_the_demo_refers_to_divisions_that_exist_and_its_keys_are_unique() -> None:
    demo = demo_county()
    rows: list[Sample] = [*demo.resources, *demo.loudspeakers, *demo.people]
    codes = [row.township_code for row in rows]
    codes += [row.owner_code for row in demo.resources] + [row.division_code for row in demo.people]
    assert all(TABLE.get(code) for code in codes)
    keys = [row.key for row in rows]
    assert len(keys) == len(set(keys))


def test_the_demo_has_every_kind_of_resource() -> None:
    kinds = {row.kind for row in demo_county().resources}
    assert kinds == {"material", "team", "equipment", "vehicle", "shelter", "hospital", "expert"}


def _county(lon: float, lat: float) -> str | None:
    found = TABLE.county_at(lon, lat)
    return found.code if found else None
