"""叫应 by people: calls they ask for or make themselves, and what they report."""

from typing import Any

import pytest

from alerts.calls import actions as calls
from alerts.calls.model import Obligation
from alerts.calls.queries import obligation_details, obligations_of
from command.kernel.errors import FengsuiError
from tests.alerts.county import County
from tests.alerts.steps import evacuate
from tests.alerts.telephones import SILENT, kinds, obligations, telephones, tries, villages, work


def test_calls_asked_for_by_hand_go_first_and_only_once(county: County) -> None:
    villages(county, "south", ("甲村",))
    network = telephones(county, **{"139-甲村": SILENT})
    evacuate(county)
    work(county, network)
    wanted = obligations(county)["甲村"].id
    county.do("duty", lambda s, a: calls.call(s, county.clock, a, wanted, "deputy"))
    with pytest.raises(FengsuiError) as twice:
        county.do("duty", lambda s, a: calls.call(s, county.clock, a, wanted, "deputy"))
    assert twice.value.code == "obligation.engaged"
    work(county, network)
    answered: Any = obligations(county)["甲村"].answered
    assert answered["whom"] == "deputy"
    with pytest.raises(FengsuiError) as settled:
        county.do("duty", lambda s, a: calls.call(s, county.clock, a, wanted, "holder"))
    assert settled.value.code == "obligation.settled"


def test_called_by_hand_and_answered_says_who_took_it(county: County) -> None:
    villages(county, "south", ("甲村",))
    order = evacuate(county)
    wanted = obligations(county)["甲村"].id
    no = calls.ByHand("holder", confirmed=False, note="关机")
    county.do("duty", lambda s, a: calls.report_call(s, county.clock, a, wanted, no))
    assert obligations(county)["甲村"].mark == "open"
    yes = calls.ByHand("deputy", confirmed=True, note="座机打通")
    county.do("duty", lambda s, a: calls.report_call(s, county.clock, a, wanted, yes))
    answered: Any = obligations(county)["甲村"].answered
    assert (answered["by"]["name"], answered["taken_by"]["name"], answered["channel"]) == ("甲村B角", "duty", "hand")
    listed = county.see("duty", lambda s, a: obligations_of(s, a, order))
    assert [row["name"] for row in listed][-1] == "甲村", "silent ones first"
    with county.db.reading() as session:
        row = session.get_one(Obligation, wanted)
        actor = county.actor(session, "duty")
        details: Any = obligation_details(session, actor, row)
    assert [one["phone"] for one in details["people"][:2]] == ["139-甲村", "139-甲村-b"]
    assert [one["outcome"] for one in details["tries"]] == ["confirmed", "no_answer"]


@pytest.mark.parametrize("name", ["stranger", "north_operator", "reviewer", "south_box"])
def test_who_may_not_call_does_not(county: County, name: str) -> None:
    villages(county, "south", ("甲村",))
    evacuate(county)
    wanted = obligations(county)["甲村"].id
    # A township's device may say that somebody went there; here nobody was sent.
    none = {"obligation.no_visit"} if name == "south_box" else set()
    for act, codes in (
        (lambda s, a: calls.call(s, county.clock, a, wanted, "holder"), set()),
        (lambda s, a: calls.report_call(s, county.clock, a, wanted, calls.ByHand("holder", confirmed=True)), set()),
        (lambda s, a: calls.report_visit(s, county.clock, a, wanted, found=True), none),
        (lambda s, a: calls.report_acted(s, county.clock, a, wanted), set()),
    ):
        with pytest.raises(FengsuiError) as refused:
            county.do(name, act)
        assert refused.value.code in (codes or {"access.refused", "obligation.unknown"})


def test_acted_is_the_last_mark_and_later_signs_change_nothing(county: County) -> None:
    villages(county, "south", ("甲村",))
    evacuate(county)
    wanted = obligations(county)["甲村"].id
    for _ in range(2):
        county.do("south_operator", lambda s, a: calls.report_acted(s, county.clock, a, wanted, "已转移 12 户"))
    row = obligations(county)["甲村"]
    assert row.mark == "acted"
    assert kinds(county).count("obligation.acted") == 1
    assert {one.state for one in tries(county)} <= {"dropped"}
