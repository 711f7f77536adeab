"""平安核查 over HTTP: ask everybody in an area whether they are safe, take their replies, see who is silent."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, Field, StringConstraints
from sqlalchemy.orm import Session

from alerts.safety import export
from alerts.safety.actions import closing, opening, replying
from alerts.safety.asking import CHANNELS, Asked
from alerts.safety.queries import STATUSES, check_for, checks_of, details, own_checks, people_of, replies_of
from alerts.safety.standing import Said
from command.kernel.values import Json, State
from web.api.alert_forms import AreaForm
from web.api.forms import Form, Id
from web.api.incidents import chosen, tagged
from web.downloads import csv_download
from web.edge import Edge, Known
from web.problems import language_of
from web.safety_area import Meant, area_meant

router = APIRouter(prefix="/api/v1", tags=["safety"])

Question = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400)]
Channel = Literal["websocket", "sms", "voice"]
Channels = Annotated[tuple[Channel, ...], Field(min_length=1, max_length=3)]


class QuestionForm(Form):
    """What is asked; the telephone and the short message ask in Chinese."""

    zh: Question
    en: Question | None = None


class PlaceForm(Form):
    """Where and whom: an area, or that of an incident or a warning; `around_m` metres around the incident's place."""

    area: AreaForm | None = None
    incident: Id | None = None
    alert: Id | None = None
    around_m: Annotated[float, Field(ge=100, le=50_000)] | None = None
    whom: Literal["everyone", "posts"] = "everyone"


class CheckForm(PlaceForm):
    """A check to begin. `people` is the number the preview showed."""

    question: QuestionForm
    channels: Channels
    minutes: Annotated[int, Field(ge=5, le=4320)] = 120
    people: Annotated[int, Field(ge=0)]
    drill: bool = False


class AgainForm(Form):
    """By what the silent are asked again."""

    channels: Channels


class ReplyForm(Form):
    """A reply; `id` is the device's own UUID for it. `recipient` where it is taken down for somebody."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    answer: Literal["safe", "needs_help"]
    people: Annotated[int, Field(ge=1, le=999)] | None = None
    words: Words = ""
    recipient: Annotated[str, StringConstraints(max_length=50)] | None = None
    pressed_at: AwareDatetime | None = None


@router.get("/safety-checks")
def list_checks(
    edge: Known,
    status: Annotated[list[str], Query(max_length=4)] = [],  # noqa: B006 (FastAPI copies it)
) -> State:
    """Checks the reader may see, the newest first."""
    states = chosen(status, STATUSES, "status")
    with edge.reading() as session:
        return {"items": list[Json](checks_of(session, edge.actor, states)), "next": None}


@router.get("/safety-checks/mine")
def list_own(edge: Known) -> State:
    """Open checks that ask the reader, with the answer that counts now."""
    with edge.reading() as session:
        return {"items": list[Json](own_checks(session, edge.actor)), "next": None}


@router.post("/safety-checks/preview")
def post_preview(body: PlaceForm, edge: Known) -> State:
    """Whom a check would ask now, and by what they can be asked."""
    with edge.reading() as session:
        meant = _meant(edge, session, body)
        found = opening.find(session, edge.actor, meant.area, body.whom)
    return {"place": meant.area.description, "place_en": meant.area.english, "drill": meant.drill, **_by_channel(found)}


@router.post("/safety-checks", status_code=201)
def post_check(body: CheckForm, edge: Known, response: Response) -> State:
    """Ask everybody there."""
    with edge.writing() as session:
        meant = _meant(edge, session, body)
        values = opening.Asking(
            question=body.question.model_dump(exclude_none=True),
            area=meant.area,
            whom=body.whom,
            channels=body.channels,
            minutes=body.minutes,
            incident=body.incident,
            drill=body.drill or meant.drill,
        )
        check = opening.begin(session, edge.clock, edge.actor, values, body.people)
        return tagged(response, details(session, edge.actor, check))


@router.get("/safety-checks/{check_id}")
def get_check(check_id: str, edge: Known, response: Response) -> State:
    """One, with its counts."""
    with edge.reading() as session:
        return tagged(response, details(session, edge.actor, check_for(session, edge.actor, check_id)))


@router.get("/safety-checks/{check_id}/people")
def get_people(check_id: str, edge: Known) -> State:
    """Everybody and how they stand, who needs help first."""
    with edge.reading() as session:
        rows = people_of(session, edge.actor, check_for(session, edge.actor, check_id))
    return {"items": list[Json](rows), "next": None}


@router.get("/safety-checks/{check_id}/people.csv")
def get_people_table(check_id: str, edge: Known, request: Request) -> Response:
    """The same as a table for a spreadsheet."""
    language = language_of(request)
    with edge.reading() as session:
        rows = people_of(session, edge.actor, check_for(session, edge.actor, check_id))
    return csv_download(f"safety-{check_id}", export.header(language), [export.row(one, language) for one in rows])


@router.get("/safety-checks/{check_id}/replies")
def get_replies(check_id: str, edge: Known, recipient: Annotated[str, Query(max_length=50)] = "") -> State:
    """Every reply of one person, the latest last."""
    with edge.reading() as session:
        check = check_for(session, edge.actor, check_id)
        return {"items": list[Json](replies_of(session, edge.actor, check, recipient)), "next": None}


@router.post("/safety-checks/{check_id}/replies")
def post_reply(check_id: str, body: ReplyForm, edge: Known, response: Response) -> State:
    """Reply for oneself, or take down what somebody said; the same id again changes nothing."""
    said = Said(body.answer, body.people, body.words)
    values = replying.Reply(id=body.id, said=said, pressed_at=body.pressed_at)
    with edge.writing() as session:
        common = (session, edge.clock, edge.actor, check_id)
        if body.recipient is None:
            check = replying.reply_own(*common, values)
        else:
            check = replying.reply_for(*common, body.recipient, values)
        return tagged(response, check.state())


@router.post("/safety-checks/{check_id}/ask-again")
def post_again(check_id: str, body: AgainForm, edge: Known, response: Response) -> State:
    """Ask whoever is silent."""
    with edge.writing() as session:
        check = opening.ask_again(session, edge.clock, edge.actor, check_id, body.channels)
        return tagged(response, details(session, edge.actor, check))


@router.post("/safety-checks/{check_id}/close")
def post_close(check_id: str, edge: Known, response: Response) -> State:
    """End it."""
    with edge.writing() as session:
        check = closing.close(session, edge.clock, edge.actor, check_id)
        return tagged(response, details(session, edge.actor, check))


def _meant(edge: Edge, session: Session, body: PlaceForm) -> Meant:
    area = body.area.area() if body.area is not None else None
    return area_meant(session, edge.actor, area, body.incident, body.alert, body.around_m)


def _by_channel(found: Sequence[Asked]) -> State:
    """How many people, how many of them each channel reaches, and how many none does."""
    channels: State = {name: sum(one.can_be_asked_by(name) for one in found) for name in CHANNELS}
    unreachable = sum(not (one.phone or one.page) for one in found)
    return {"people": len(found), "channels": channels, "unreachable": unreachable}
