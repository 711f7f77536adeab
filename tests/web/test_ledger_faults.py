"""A ledger that does not hold, over HTTP: on the board of its readers until noted, in the brief, in Prometheus."""

from tests.web.broken import ledger_fault, mended
from tests.web.obliged import API, Clients
from tests.web.test_alerts import DRAFT
from web.board import apply
from web.wiring import Core


def test_it_stands_on_the_board_in_the_brief_and_in_the_figures(as_: Clients, core: Core) -> None:
    duty = as_("duty")
    alert = as_("issuer").post(f"{API}/alerts", json=DRAFT).json()["id"]
    board = duty.get(f"{API}/board").json()

    def faults() -> dict[str, object]:
        """Those on the board after the entries, which is a fresh one."""
        for entry in duty.get(f"{API}/timeline", params={"after": board["seq"]}).json()["entries"]:
            apply(board, entry)
        assert duty.get(f"{API}/board").json()["ledger_faults"] == board["ledger_faults"]
        return dict(board["ledger_faults"])

    def brief(language: str) -> list[str]:
        sections = duty.get(f"{API}/duty/brief", headers={"Accept-Language": language}).json()["sections"]
        (lines,) = (one["lines"] for one in sections if one["name"] == "alerts")
        return [f"{one['title']} {one['detail']}" for one in lines if one["urgent"]]

    def figure() -> str:
        lines: list[str] = duty.get("/metrics").text.splitlines()
        return next(one for one in lines if one.startswith("fengsui_ledger_faults "))

    assert (faults(), brief("zh"), figure()) == ({}, [], "fengsui_ledger_faults 0.0")
    fault = ledger_fault(core.db, alert)
    assert list(faults()) == [fault]
    assert as_("north_operator").get(f"{API}/board").json()["ledger_faults"] == {}
    (zh,), (en,) = brief("zh"), brief("en")
    assert "短信台账不相符，" in zh
    assert zh.endswith(" 起：应发 100，待发、已发、失败、不明合计 99")
    assert "ledger of short messages does not agree since " in en
    assert as_("auditor").post(f"{API}/ledger-faults/{fault}/acknowledge").status_code == 403
    assert duty.post(f"{API}/ledger-faults/{fault}/acknowledge").json()["acknowledged"]["by"]
    assert (faults(), len(brief("zh")), figure()) == ({}, 1, "fengsui_ledger_faults 1.0"), "noted, and still broken"
    mended(core.db, alert)
    assert (faults(), brief("zh"), figure()) == ({}, [], "fengsui_ledger_faults 0.0")
