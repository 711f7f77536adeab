"""gis/data/demo/chuxiong.json: the invented part of the demo county. Everything in it is a sample and says so.

Township positions are placed by hand to about two kilometres, in the right part of the county, for the look of the map
alone. Resources, loudspeakers and people do not exist; the telephone numbers cannot be dialled.
"""

import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import shapely
from shapely.geometry import shape

COUNTY = "532301"
SEED = 532301
SAMPLE = "（示例）"
LANDLINE, MOBILE = "0878-000-0000", "000-0000-0000"
LOUDSPEAKERS_EACH, PEOPLE_EACH = 2, 4
SPREAD_DEG = 0.018

TOWNSHIPS = {
    "532301101": (101.546, 25.036),
    "532301102": (101.52, 25.10),
    "532301103": (101.36, 25.16),
    "532301104": (101.38, 25.03),
    "532301105": (101.44, 24.92),
    "532301106": (101.56, 24.88),
    "532301107": (101.68, 25.06),
    "532301108": (101.06, 25.00),
    "532301109": (100.96, 24.86),
    "532301110": (101.06, 24.78),
    "532301111": (101.20, 24.66),
    "532301112": (101.02, 24.66),
    "532301201": (100.96, 25.04),
    "532301202": (101.18, 24.86),
    "532301203": (101.36, 24.68),
}

# kind, name, quantity, measure, lon, lat, township it stands in, owner
RESOURCES = [
    ("team", "市应急救援大队", 46, "人", 101.500, 25.030, "532301101", "532301"),
    ("team", "消防救援站", 32, "人", 101.556, 25.066, "532301101", "532301"),
    ("team", "森林消防中队", 40, "人", 101.352, 25.012, "532301104", "532301"),
    ("team", "中山镇应急小分队", 22, "人", 101.036, 24.802, "532301110", "532301110"),
    ("team", "西舍路镇民兵应急排", 28, "人", 100.996, 24.690, "532301112", "532301112"),
    ("vehicle", "无人机侦察车", 2, "辆", 101.590, 25.012, "532301101", "532301"),
    ("vehicle", "救护车", 6, "辆", 101.516, 25.006, "532301101", "532301"),
    ("equipment", "挖掘机", 2, "台", 101.150, 24.848, "532301202", "532301202"),
    ("equipment", "冲锋舟", 4, "艘", 101.418, 24.940, "532301105", "532301105"),
    ("equipment", "移动发电机", 8, "台", 101.494, 25.080, "532301102", "532301102"),
    ("shelter", "西舍路中心小学安置点", 400, "人", 101.058, 24.690, "532301112", "532301112"),
    ("shelter", "新村镇文化站安置点", 260, "人", 101.184, 24.682, "532301111", "532301111"),
    ("shelter", "市体育馆避难场所", 2000, "人", 101.528, 25.052, "532301101", "532301"),
    ("hospital", "市人民医院", 520, "床", 101.548, 25.010, "532301101", "532301"),
    ("hospital", "八角镇卫生院", 20, "床", 100.944, 24.846, "532301109", "532301109"),
    ("material", "市级救灾物资库 帐篷", 350, "顶", 101.604, 25.048, "532301101", "532301"),
    ("material", "三街镇物资点 棉被", 300, "床", 101.036, 25.018, "532301108", "532301108"),
    ("expert", "地质灾害专家组", 5, "人", 101.488, 25.054, "532301101", "532301"),
]

# Hazard points: hazard, position, township, which of the township's responsible people's villages, shelter, households.
HAZARD_POINTS = [
    ("滑坡", 101.008, 24.672, "532301112", 1, "西舍路中心小学安置点", 6),
    ("泥石流", 101.034, 24.648, "532301112", 2, "西舍路中心小学安置点", 5),
    ("山洪", 101.012, 24.640, "532301112", 3, "西舍路中心小学安置点", 5),
    ("滑坡", 101.050, 24.790, "532301110", 1, "新村镇文化站安置点", 5),
    ("泥石流", 101.072, 24.768, "532301110", 2, "新村镇文化站安置点", 5),
    ("崩塌", 101.044, 24.766, "532301110", 3, "新村镇文化站安置点", 5),
    ("滑坡", 101.072, 25.010, "532301108", 1, "市体育馆避难场所", 5),
    ("山洪", 101.052, 24.988, "532301108", 2, "市体育馆避难场所", 5),
]
NEEDS = {4: "行动不便老人 1 人", 13: "孕妇 1 人", 22: "卧床 1 人，要担架", 31: "轮椅 1 人"}


def _names(data: Path) -> dict[str, str]:
    return dict(json.loads((data / "divisions.json").read_text("utf-8")))


def _scattered(chance: random.Random, code: str, area: shapely.Geometry) -> tuple[float, float]:
    """A position near the township's that lies inside the county."""
    while True:
        lon, lat = (round(value + chance.uniform(-SPREAD_DEG, SPREAD_DEG), 4) for value in TOWNSHIPS[code])
        if shapely.contains_xy(area, lon, lat):
            return lon, lat


def _townships(names: dict[str, str]) -> Iterator[dict[str, object]]:
    for code, (lon, lat) in TOWNSHIPS.items():
        yield {"code": code, "name": names[code], "lon": lon, "lat": lat, "sample": True, "approximate": True}


def _resources() -> Iterator[dict[str, object]]:
    for number, (kind, name, quantity, measure, lon, lat, township, owner) in enumerate(RESOURCES, start=1):
        yield {
            "key": f"resource-{number:02d}",
            "kind": kind,
            "class_code": None,
            "name": name + SAMPLE,
            "quantity": quantity,
            "measure": measure,
            "lon": lon,
            "lat": lat,
            "township_code": township,
            "owner_code": owner,
            "phone": LANDLINE,
            "sample": True,
        }


def _loudspeakers(names: dict[str, str], chance: random.Random, area: shapely.Geometry) -> Iterator[dict[str, object]]:
    for code in TOWNSHIPS:
        for number in range(1, LOUDSPEAKERS_EACH + 1):
            lon, lat = _scattered(chance, code, area)
            yield {
                "key": f"loudspeaker-{code}-{number}",
                "name": f"{names[code]} 大喇叭 {number}{SAMPLE}",
                "township_code": code,
                "lon": lon,
                "lat": lat,
                "sample": True,
            }


def _people(names: dict[str, str], chance: random.Random, area: shapely.Geometry) -> Iterator[dict[str, object]]:
    for code in TOWNSHIPS:
        villages = sorted(village for village in names if len(village) == 12 and village.startswith(code))
        for number, village in enumerate(chance.sample(villages, PEOPLE_EACH), start=1):
            lon, lat = _scattered(chance, code, area)
            yield {
                "key": f"person-{code}-{number}",
                "name": f"{names[code]} 责任人 {number}{SAMPLE}",
                "division_code": village,
                "township_code": code,
                "lon": lon,
                "lat": lat,
                "phone": MOBILE,
                "email": f"responsible-{code}-{number}@example.invalid",
                "sample": True,
            }


def _hazard_points(names: dict[str, str], people: list[dict[str, object]]) -> Iterator[dict[str, object]]:
    village_of = {one["key"]: one["division_code"] for one in people}
    for number, (hazard, lon, lat, code, person, shelter, households) in enumerate(HAZARD_POINTS, start=1):
        village = str(village_of[f"person-{code}-{person}"])
        place = names[village].removesuffix("民委员会").removesuffix("居民委员会")
        yield {
            "key": f"hazard-point-{number}",
            "name": f"{place}{hazard}点{SAMPLE}",
            "hazard": hazard,
            "township_code": code,
            "division_code": village,
            "lon": lon,
            "lat": lat,
            "shelter": shelter + SAMPLE,
            "households": households,
            "sample": True,
        }


def _households(points: list[dict[str, object]], chance: random.Random) -> Iterator[dict[str, object]]:
    number = 0
    for point in points:
        for local in range(1, int(str(point["households"])) + 1):
            number += 1
            yield {
                "key": f"household-{number:02d}",
                "hazard_point": point["key"],
                "number": local,
                "head": f"户主 {number:02d}{SAMPLE}",
                "people": chance.randint(1, 6),
                "needs": NEEDS[number] + SAMPLE if number in NEEDS else None,
                "phone": MOBILE,
                "sample": True,
            }


def _lines(rows: Iterable[dict[str, object]]) -> str:
    return ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)


def write(data: Path) -> None:
    names, chance = _names(data), random.Random(SEED)  # noqa: S311 # scatter on a map, no secret
    sheet = json.loads((data / "boundaries_county.geojson").read_text("utf-8"))
    area = shape(sheet["features"][0]["geometry"])
    loudspeakers = list(_loudspeakers(names, chance, area))
    people = list(_people(names, chance, area))
    points = list(_hazard_points(names, people))
    parts: dict[str, Iterable[dict[str, object]]] = {
        "townships": _townships(names),
        "resources": _resources(),
        "loudspeakers": loudspeakers,
        "people": people,
        "hazard_points": points,
        "households": _households(points, chance),
    }
    body = ",\n".join(f'"{name}":[\n{_lines(rows)}\n]' for name, rows in parts.items())
    text = f'{{"county":"{COUNTY}","name":"{names[COUNTY]}","note":"示例数据，非真实人员、物资和位置",\n{body}}}\n'
    (data / "demo").mkdir(exist_ok=True)
    (data / "demo" / "chuxiong.json").write_text(text, encoding="utf-8")
