"""How long it would take is told by what is set up, not by what the program shipped with."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from alerts.drafting import AreaInput
from alerts.forecast import Flow, forecast_99_s
from alerts.preview import preview
from alerts.recipients import Contact
from tests.alerts.county import DIVISIONS, SOUTH, County, fields
from tests.alerts.telephones import set_phone
from web.outlets import outlets_by
from web.settings import Settings

MOBILE, OTHER = "smpp://a@one?rate=10&segments=139", "cmpp://b@two?rate=50"


def crowd(number: str, count: int) -> list[Contact]:
    return [Contact(f"person:{n}", "sms", f"+86 {number}{n:08d}", "", "u", "u", "") for n in range(count)]


def test_each_gateway_takes_its_numbers_at_its_rate_and_every_part_counts() -> None:
    flows = [Flow(("139",), 10.0), Flow((), 50.0)]
    few, many = crowd("139", 100), crowd("186", 1_000)
    assert forecast_99_s(few, flows) == 1 + 99 / 10
    assert forecast_99_s(few + many, flows) == 1 + 990 / 50
    assert forecast_99_s(few + many, flows, lambda one: 3 if one.address.startswith("+86 139") else 1) == 1 + 297 / 10
    assert forecast_99_s(many) == round(1 + 990 / 200, 1), "of no gateway anything is known"
    assert forecast_99_s([]) == 0


def test_the_preview_goes_by_the_settings_and_the_text(county: County, tmp_path: Path) -> None:
    for number, name in enumerate(("south_head", "villager")):
        set_phone(county, county.people[name], f"1390000000{number}")
    outlets = outlets_by(Settings(data=tmp_path, sms_urls=(SecretStr(MOBILE), SecretStr(OTHER), SecretStr("no://x"))))
    assert outlets.wires == ("smpp", "cmpp")
    assert outlets.flows == (Flow(("139",), 10.0), Flow((), 50.0))
    slow = replace(outlets, flows=(Flow((), 0.1),))
    wanted = fields(area=AreaInput(divisions=(SOUTH,)), channels=("sms",))
    found: Any = county.see("duty", lambda s, a: preview(s, county.clock, a, wanted, DIVISIONS, slow))
    parts = found["carried"]["sms"]["parts"]
    assert found["channels"] == {"sms": 2}
    assert found["forecast_99_s"] == 1 + 2 * parts / 0.1
