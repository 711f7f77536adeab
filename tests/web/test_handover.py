"""Handover over HTTP: the duty stays until somebody else has read and acknowledged; two at once; who may."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from alerts.numbers.model import NumberMark
from alerts.numbers.signs import follow
from command.directory.model import RoleGrant, User
from command.kernel.ids import new_id
from command.kernel.rights import Role
from command.kernel.timeline import verify
from tests.web.obliged import API, Clients, made, obligation
from tests.web.world import World
from web.wiring import Core

ALL = ["answers", "evacuations", "silences", "safety", "incidents", "orders", "outside", "drafts", "numbers"]


@pytest.fixture(autouse=True)
def reliefs(core: Core, world: World) -> None:
    """Two more officers of the county."""
    with core.db.writing() as session:
        hashed = session.get_one(User, world.users["duty"]).password_hash
        for name in ("relief", "third"):
            user = User(id=new_id(), unit_id=world.units["county"], username=name, name=name, password_hash=hashed)
            session.add(user)
            session.flush()
            session.add(RoleGrant(user_id=user.id, role=Role.DUTY_OFFICER, unit_id=world.units["county"]))


def handed(client: TestClient, **body: Any) -> dict[str, Any]:
    client.post(f"{API}/duty/begin")
    return made(client, "/handovers", body)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def on_duty(client: TestClient) -> str:
    shift = client.get(f"{API}/duty").json()["shift"]
    return "" if shift is None else str(shift["officer"]["name"])


def kinds(client: TestClient) -> list[str]:
    entries = client.get(f"{API}/timeline", params={"after": 0, "limit": 500}).json()["entries"]
    return [one["kind"] for one in entries if one["kind"].startswith(("shift.", "handover."))]


def test_the_duty_stays_until_another_person_has_seen_what_is_urgent(as_: Clients, world: World, core: Core) -> None:
    duty, relief = as_("duty"), as_("relief")
    obligation(as_, world)
    with core.db.writing() as session:
        follow(session, core.clock.now())
        session.flush()
        mark = session.scalars(select(NumberMark).order_by(NumberMark.person_id)).first()
        assert mark is not None
        mark.bounced_at, mark.bounced_by, mark.reason = core.clock.now(), "voice", "no_such_number"
    made(duty, "/duty/begin", {})
    lines = [line for one in duty.get(f"{API}/duty/brief").json()["sections"] for line in one["lines"]]
    (first, *_) = (line["id"] for line in lines if line["id"].startswith("answers:"))
    handover = made(duty, "/handovers", {"words": "河水还在涨", "remarks": {first: {"marked": True, "remark": "先打"}}})
    assert (handover["status"], handover["urgent"]) == ("handed", ["answers", "numbers"])
    url = f"{API}/handovers/{handover['id']}"
    assert on_duty(relief) == "duty"
    assert code(duty.post(f"{url}/acknowledge", json={"seen": ALL})) == (403, "handover.own")
    assert code(relief.post(f"{url}/acknowledge", json={"seen": ["numbers"]})) == (422, "handover.unseen")
    log = {"title": "塌方", "category": "natural_disaster", "source": "phone", "division_code": "532301109"}
    made(as_("leader"), "/incidents", log)
    # What nobody has taken note of is urgent too, and came after the handover.
    assert code(relief.post(f"{url}/acknowledge", json={"seen": ["answers", "numbers"]})) == (422, "handover.unseen")
    since = relief.get(url).json()["since"]
    assert [(one["how"], one["section"]) for one in since] == [("new", "incidents")]
    taken = [relief.post(f"{url}/acknowledge", json={"seen": ALL}) for _ in range(2)]
    assert [one.json()["status"] for one in taken] == ["acknowledged", "acknowledged"]
    assert on_duty(duty) == "relief"
    assert kinds(duty) == ["shift.begun", "handover.handed", "handover.acknowledged", "shift.begun"]
    found = duty.get(url, headers={"Accept-Language": "en"}).json()
    (noted,) = (line for one in found["sections"] for line in one["lines"] if line["marked"])
    assert (noted["remark"], found["words"], len(found["since"])) == ("先打", "河水还在涨", 1)
    table = duty.get(f"{url}/brief.csv", headers={"Accept-Language": "en"}).text
    assert "no such number" in table
    assert "000-" not in table + str(found)  # no telephone number
    with core.db.reading() as session:
        assert verify(session)[1] is None


def test_it_is_taken_back_or_taken_on_by_the_one_who_was_named(as_: Clients) -> None:
    duty, relief, third = as_("duty"), as_("relief"), as_("third")
    people = {one["name"]: one["id"] for one in duty.get(f"{API}/duty").json()["officers"]}
    first = handed(duty)
    assert code(duty.post(f"{API}/handovers", json={})) == (409, "handover.waiting")
    assert code(relief.post(f"{API}/handovers/{first['id']}/withdraw")) == (403, "duty.not_yours")
    again = [duty.post(f"{API}/handovers/{first['id']}/withdraw").json()["version"] for _ in range(2)]
    assert again == [2, 2]
    assert code(relief.post(f"{API}/handovers/{first['id']}/acknowledge", json={})) == (409, "handover.over")
    assert code(duty.post(f"{API}/handovers", json={"to": people["duty"]})) == (422, "handover.to")
    second = handed(duty, to=people["relief"])
    assert code(third.post(f"{API}/handovers/{second['id']}/acknowledge", json={})) == (403, "handover.for_another")
    # The one who was named does not come, and the one on duty has gone.
    seen = duty.get(f"{API}/duty").json()["shift"]["id"]
    wish = {"shift": seen, "reason": "乙生病"}
    assert code(third.post(f"{API}/duty/take-over", json={**wish, "reason": " "})) == (422, "handover.reason_needed")
    assert code(third.post(f"{API}/duty/take-over", json={"reason": "乙生病"})) == (422, "request.invalid")
    taken = made(third, "/duty/take-over", wish)
    assert taken["former"]["name"] == "duty"
    assert made(third, "/duty/take-over", wish)["id"] == taken["id"], "again changes nothing"
    assert on_duty(duty) == "third"
    late = relief.post(f"{API}/duty/take-over", json=wish, headers={"Accept-Language": "en"})
    assert code(late) == (409, "duty.changed")
    begun = duty.get(f"{API}/duty").json()["shift"]["begun_at"]
    assert f"third has been on duty since {begun};" in late.json()["detail"]
    assert on_duty(duty) == "third"
    assert code(duty.post(f"{API}/duty/begin")) == (409, "duty.held")
    assert kinds(duty)[-2:] == ["handover.taken", "shift.begun"]
    listed = duty.get(f"{API}/handovers").json()["items"]
    assert [one["status"] for one in listed] == ["taken", "withdrawn"]


def test_of_two_who_acknowledge_at_once_one_has_the_duty(as_: Clients) -> None:
    url = f"{API}/handovers/{handed(as_('duty'))['id']}/acknowledge"
    clients = [as_("relief"), as_("third")]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda client: client.post(url, json={"seen": ALL}), clients))
    assert sorted(one.status_code for one in answers) == [200, 409]
    board = clients[0].get(f"{API}/board").json()
    assert (len(board["shifts"]), board["handovers"]) == (1, {})


def test_the_brief_holds_what_its_unit_may_read_and_only_its_readers_get_it(as_: Clients, world: World) -> None:
    log = {"title": "塌方", "category": "natural_disaster", "source": "phone"}
    made(as_("duty"), "/incidents", {**log, "division_code": "532301105"})
    township = as_("south_operator")
    made(township, "/incidents", {**log, "division_code": "532301109"})
    handover = handed(township)
    assert handover["unit"] == world.units["south"]
    url = f"{API}/handovers/{handover['id']}"
    sections = township.get(url).json()["sections"]
    assert [len(one["lines"]) for one in sections if one["name"] == "incidents"] == [1]
    assert [as_(name).get(url).status_code for name in ("leader", "auditor", "wall", "north_operator", "issuer")] == [
        *(200, 200, 404, 404, 404)
    ]
    assert code(as_("leader").post(f"{url}/acknowledge", json={})) == (403, "access.refused")
    assert code(as_("leader").post(f"{API}/duty/begin")) == (403, "access.refused")
    assert code(as_("wall").get(f"{API}/duty")) == (403, "access.refused")
