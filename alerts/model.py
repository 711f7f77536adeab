"""An alert from draft to end, the messages in and out, and what became of every delivery."""

import hashlib
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, validates
from sqlalchemy.types import TypeDecorator

from alerts.shapes import digest_of
from command.kernel.clock import optional_text
from command.kernel.db import Base, JsonText, Kept, UtcDateTime, index_where
from command.kernel.values import Json, State, compact, parse

DRAFT, SUBMITTED, RETURNED, SIGNED_OFF, ISSUED = "draft", "submitted", "returned", "signed_off", "issued"
CHANGED, LIFTED, WITHDRAWN, EXPIRED, RECEIVED = "changed", "lifted", "withdrawn", "expired", "received"

KINDS = ("warning", "notice", "evacuation")
COLOURS = ("red", "orange", "yellow", "blue")
GRAVE = ("red", "orange", "evacuation")
"""Colours and kinds of what cannot wait; levels of obligations as well."""

VARIANTS = ("short", "medium", "long", "voice")
"""The texts of one alert for what carries them: one short message, two, a page or mail, read aloud."""
READ = ("short", "medium", "long")
"""Those that there are in other languages: what is heard is heard by everybody there, in the alert's own."""

INTERNAL, SAFETY_CHECK, NUMBER_CHECK = "internal", "safety_check", "number_check"
"""Origin and kind of a message that the fan-out carries and nobody reads as an alert: a safety check's question."""

ISSUE, END = "issue", "end"
"""The two acts that are sent: the alert itself, and what ended it."""

RESTRICTED = "cap.restricted"
"""The warning of a received message whose scope is Restricted or Private."""

PENDING, CLAIMED, DONE, DROPPED = "pending", "claimed", "done", "dropped"
SENT, FAILED, UNKNOWN = "sent", "failed", "unknown"
DELIVERED, ANSWERED = "delivered", "answered"
UNDELIVERED = "undelivered"
"""What was sent, of which a receipt says that it failed and none that it arrived: it stays *sent* in the ledger."""

OF_THE_WAY = "channel."
"""What a failed delivery's detail begins with where the way was missing or away, not the address wrong."""


def delivery_id(alert_id: str, recipient: str, channel: str, act: str = ISSUE) -> str:
    """The one id of a delivery, known before it is sent: receipts may arrive before the send is recorded."""
    return delivery_ids(alert_id, channel, act)(recipient)


_VARIANTS = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def delivery_ids(alert_id: str, channel: str, act: str = ISSUE) -> Callable[[str], str]:
    """`delivery_id` for many recipients: UUIDv5 (RFC 9562 §5.5) of `ACT:CHANNEL:RECIPIENT` in the alert's namespace."""
    begun = hashlib.sha1(uuid.UUID(alert_id).bytes + f"{act}:{channel}:".encode(), usedforsecurity=False)

    def made(recipient: str) -> str:
        digest = begun.copy()
        digest.update(recipient.encode())
        text = digest.hexdigest()
        return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{_VARIANTS[text[16]]}{text[17:20]}-{text[20:32]}"

    return made


class Alert(Kept, Base):
    """An alert of our own from draft to end, or a received one, which nobody here changes."""

    __tablename__ = "alert"
    __table_args__ = (Index("ix_alert_status_expires_at", "status", "expires_at"),)

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    shared: Mapped[Json] = mapped_column(JsonText)
    identifier: Mapped[str] = mapped_column(String(250), index=True)
    origin: Mapped[str] = mapped_column(String(8))
    source: Mapped[str] = mapped_column(String(250))
    kind: Mapped[str] = mapped_column(String(12))
    scope_status: Mapped[str] = mapped_column(String(8))
    event: Mapped[str] = mapped_column(Text)
    colour: Mapped[str | None] = mapped_column(String(8))
    severity: Mapped[str] = mapped_column(String(10))
    urgency: Mapped[str] = mapped_column(String(10))
    certainty: Mapped[str] = mapped_column(String(10))
    headline: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    instruction: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    area_description: Mapped[str] = mapped_column(Text)
    area_worded: Mapped[bool] = mapped_column(default=True)
    """Whether a person wrote the description; one that we made is made anew with the area."""
    divisions: Mapped[Json] = mapped_column(JsonText)
    drawn: Mapped[Json] = mapped_column(JsonText)
    geometry: Mapped[Json] = mapped_column(JsonText)
    drawn_digest: Mapped[str | None] = mapped_column(String(64))
    geometry_digest: Mapped[str | None] = mapped_column(String(64))
    """What names these two on the timeline; set with them."""
    approximate: Mapped[bool] = mapped_column(default=False)
    area_mended: Mapped[bool] = mapped_column(default=False)
    """Whether what was drawn crossed itself: it is all that it encloses, as whoever signs it has to know."""
    channels: Mapped[Json] = mapped_column(JsonText)
    template: Mapped[str | None] = mapped_column(String(40))
    """The key of the template that its texts were made of."""
    texts: Mapped[Json] = mapped_column(JsonText)
    """{variant: {text, worded}}: what is sent, word for word; None where the channels' own are made of its fields."""
    translations: Mapped[dict[str, dict[str, dict[str, Any]]] | None] = mapped_column(JsonText)
    """{language: {name: {text, worded}}}: headline, description, instruction and what is read in other languages;
    None where it has none."""
    end_texts: Mapped[Json] = mapped_column(JsonText)
    """{variant: text} of its end, where it has texts."""
    end_translations: Mapped[dict[str, dict[str, str]] | None] = mapped_column(JsonText)
    """{language: {variant: text}} of its end, of what is read in other languages; None where there is none."""
    sms_variant: Mapped[str | None] = mapped_column(String(8))
    """The variant that short messages carry, fixed when it was submitted."""
    titles: Mapped[Json] = mapped_column(JsonText)
    """Titles of posts whose holders are told beside the area; None for none."""
    groups: Mapped[list[dict[str, str]] | None] = mapped_column(JsonText)
    """Groups told beside the area: [{id, name}], named as when the draft was last written; None for none."""
    roles: Mapped[list[dict[str, Any]] | None] = mapped_column(JsonText)
    """Roles of accounts told beside the area: [{role, everywhere}]; None for none."""
    files: Mapped[list[dict[str, Any]] | None] = mapped_column(JsonText)
    """What is attached: a list of `alerts.files.File` as states; None for none."""
    status: Mapped[str] = mapped_column(String(12))
    dropped: Mapped[bool] = mapped_column(default=False)
    on_board: Mapped[bool] = mapped_column(default=True, index=True)
    effective_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_text: Mapped[str] = mapped_column(Text, default="")
    drafted_by: Mapped[Json] = mapped_column(JsonText)
    amended_by: Mapped[Json] = mapped_column(JsonText)
    """Who else wrote in it or submitted it since it was last returned."""
    signed_off_by: Mapped[Json] = mapped_column(JsonText)
    issued_by: Mapped[Json] = mapped_column(JsonText)
    returned: Mapped[Json] = mapped_column(JsonText)
    incident_id: Mapped[str | None] = mapped_column(String(36), index=True)
    drill: Mapped[bool] = mapped_column(default=False)
    people: Mapped[int | None]
    audience_hash: Mapped[str | None] = mapped_column(String(64))
    references: Mapped[Json] = mapped_column(JsonText)
    adopted_from: Mapped[str | None] = mapped_column(String(36))
    supersedes: Mapped[str | None] = mapped_column(String(36))
    warnings: Mapped[Json] = mapped_column(JsonText)
    not_acted_on: Mapped[Json] = mapped_column(JsonText)
    """Why a received one is only kept and listed: codes, none where it is acted on."""
    perhaps_same: Mapped[Json] = mapped_column(JsonText)
    """Ids of received alerts that this one may be a copy of, as long as nobody has said."""
    told_apart: Mapped[Json] = mapped_column(JsonText)
    """Ids of those it is not a copy of, as somebody said."""
    duplicate_of: Mapped[str | None] = mapped_column(String(36), index=True)
    """The one it is a copy of, as somebody said."""
    unheld: Mapped[Json] = mapped_column(JsonText)
    """Places in its area that no post answers for: [{unit, township, name, subject}]; None where none is obliged."""
    summary_due: Mapped[bool] = mapped_column(default=False, index=True)
    """Deliveries or receipts were written since the coverages were last told."""

    @validates("drawn", "geometry")
    def _name_shape(self, name: str, shape: Json) -> Json:
        setattr(self, f"{name}_digest", digest_of(shape))
        return shape

    @property
    def reasons(self) -> list[str]:
        """`not_acted_on` as texts."""
        return [str(code) for code in self.not_acted_on] if isinstance(self.not_acted_on, list) else []

    @property
    def variants(self) -> dict[str, str]:
        """`texts` by their variants, empty where it has none."""
        kept = self.texts if isinstance(self.texts, dict) else {}
        return {name: str(one["text"]) for name, one in kept.items() if isinstance(one, dict)}

    def said_in(self, language: str) -> dict[str, str]:
        """`translations` in one of them: the texts by their names, empty where it has none."""
        return {name: str(one["text"]) for name, one in (self.translations or {}).get(language, {}).items()}

    @property
    def end_variants(self) -> dict[str, str]:
        """`end_texts`, empty where it has none."""
        return {name: str(one) for name, one in self.end_texts.items()} if isinstance(self.end_texts, dict) else {}

    @property
    def restricted(self) -> bool:
        """Whether its sender did not mean it for everybody (CAP scope): the county's own desk alone knows of it."""
        warnings = self.warnings if isinstance(self.warnings, list) else []
        return any(isinstance(one, dict) and one.get("code") == RESTRICTED for one in warnings)

    @property
    def authors(self) -> list[State]:
        """Who drafted it, then whoever else `amended_by` names: none of them signs it off."""
        amended = self.amended_by if isinstance(self.amended_by, list) else []
        return [one for one in (self.drafted_by, *amended) if isinstance(one, dict)]

    def state(self) -> State:
        """As on the timeline and the board."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": self.on_board,
            "identifier": self.identifier,
            "origin": self.origin,
            "source": self.source,
            "kind": self.kind,
            "scope_status": self.scope_status,
            "event": self.event,
            "colour": self.colour,
            "severity": self.severity,
            "urgency": self.urgency,
            "certainty": self.certainty,
            "headline": self.headline,
            "description": self.description,
            "instruction": self.instruction,
            "language": self.language,
            "area": self._area(),
            "channels": self.channels,
            "template": self.template,
            "texts": self.texts,
            "translations": self.translations or {},
            "end_texts": self.end_texts,
            "end_translations": self.end_translations or {},
            "sms_variant": self.sms_variant,
            "titles": self.titles or [],
            "groups": self.groups or [],
            "roles": self.roles or [],
            "files": self.files or [],
            "status": self.status,
            "effective_at": optional_text(self.effective_at),
            "expires_at": optional_text(self.expires_at),
            "issued_at": optional_text(self.issued_at),
            "ended_at": optional_text(self.ended_at),
            "end_text": self.end_text,
            "drafted_by": self.drafted_by,
            "amended_by": self.amended_by or [],
            "signed_off_by": self.signed_off_by,
            "issued_by": self.issued_by,
            "returned": self.returned,
            "incident": self.incident_id,
            "drill": self.drill,
            "people": self.people,
            "audience_hash": self.audience_hash,
            "references": self.references,
            "adopted_from": self.adopted_from,
            "supersedes": self.supersedes,
            "warnings": self.warnings,
            "not_acted_on": self.reasons,
            "perhaps_same": self.perhaps_same or [],
            "told_apart": self.told_apart or [],
            "duplicate_of": self.duplicate_of,
            "unheld": self.unheld,
        }

    @property
    def shapes(self) -> dict[str, Json]:
        """What `state()` names, by digest."""
        shapes = {self.geometry_digest: self.geometry}
        if self.divisions:
            shapes[self.drawn_digest] = self.drawn
        return {digest: shape for digest, shape in shapes.items() if digest is not None}

    def _area(self) -> State:
        """Its shapes by their names alone: a county's border is 48 kB, and every entry goes to everybody.

        `geometry` and `drawn`, which older entries have in place, are None: a page that was opened before there were
        names then draws nothing.
        """
        return {
            "description": self.area_description,
            "worded": self.area_worded,
            "divisions": self.divisions,
            "digest": self.geometry_digest,
            "drawn_digest": self.drawn_digest if self.divisions else None,
            "geometry": None,
            "drawn": None,
            "approximate": self.approximate,
            "mended": self.area_mended,
        }


class CapMessage(Base):
    """The bytes of a message, as received (`in`, accepted or refused) or as issued (`out`).

    Of a refused one `sender`, `identifier`, `msg_type` and `status` are what it claims, as far as that could be found.
    """

    __tablename__ = "cap_message"
    __table_args__ = (
        Index("ix_cap_message_sender_identifier", "sender", "identifier"),
        index_where("refused IS NOT NULL", Index("ix_cap_message_refused", "unit_id", "id")),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    direction: Mapped[str] = mapped_column(String(3))
    alert_id: Mapped[str | None] = mapped_column(ForeignKey("alert.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    by: Mapped[Json] = mapped_column(JsonText)
    sender: Mapped[str] = mapped_column(String(250))
    identifier: Mapped[str] = mapped_column(String(250))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    refused: Mapped[str | None] = mapped_column(String(40))
    signatures: Mapped[Json] = mapped_column(JsonText)
    msg_type: Mapped[str | None] = mapped_column(String(20))
    status: Mapped[str | None] = mapped_column(String(20))
    faults: Mapped[Json] = mapped_column(JsonText)
    """Why it was refused: [{field, code, detail}]."""
    not_acted_on: Mapped[Json] = mapped_column(JsonText)
    """Of an Ack or Error, which makes no alert, why it counts for nothing: codes, none where it does."""


class Members(TypeDecorator[Any]):
    """A chunk's members as JSON in one text. A million of them are written with an alert: nothing is sorted."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Json, dialect: Dialect) -> str:
        """The text."""
        return compact(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Json:
        """The value."""
        return None if value is None else parse(value)


class Chunk(Base):
    """A part of a frozen audience that one worker sends at a time.

    `members` is a list of [recipient, address, name, unit, township, responsible] and, where the telephone is others'
    too, [[recipient, name, unit], …]. `fence` grows with every
    claim: a worker that was overtaken finds it changed and stops. Waiting ones are served by `rank`, then `lane`;
    `resent` counts how often its *unknown* ones were given back to be sent again.
    """

    __tablename__ = "alert_chunk"
    __table_args__ = (
        UniqueConstraint("alert_id", "act", "number"),
        Index("ix_alert_chunk_claim", "channel", "state", "rank", "lane", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id"))
    act: Mapped[str] = mapped_column(String(5))
    number: Mapped[int]
    channel: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(8), default="", server_default="")
    """In which its members are told, empty for the alert's own."""
    lane: Mapped[int]
    rank: Mapped[int] = mapped_column(default=7)
    drill: Mapped[bool]
    members: Mapped[Json] = mapped_column(Members)
    size: Mapped[int]
    state: Mapped[str] = mapped_column(String(8), default=PENDING)
    owner: Mapped[str | None] = mapped_column(String(80))
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    resent: Mapped[int] = mapped_column(default=0)
    begun_from: Mapped[int] = mapped_column(default=0)
    begun_to: Mapped[int] = mapped_column(default=0)
    """Which members, by their places in the list, may have been told without a result that says so: the batch that a
    holder has under way or was lost with, and where what is *unknown* was taken out, all. Written before it is sent."""


class Delivery(Base):
    """What became of telling one recipient by one channel. The row is appended when that is known.

    Its id is made of alert, act, channel and recipient: the primary key is what keeps these unique. The detail of a
    short message names it at its gateway, for receipts.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_alert_id_township_id", "alert_id", "township_id"),
        Index("ix_delivery_chunk_id", "chunk_id"),
        index_where("channel = 'sms'", Index("ix_delivery_sms_detail", "detail")),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    alert_id: Mapped[str] = mapped_column(String(36))
    act: Mapped[str] = mapped_column(String(5))
    recipient: Mapped[str] = mapped_column(String(50))
    channel: Mapped[str] = mapped_column(String(16))
    chunk_id: Mapped[str] = mapped_column(String(36))
    unit_id: Mapped[str] = mapped_column(String(36))
    township_id: Mapped[str] = mapped_column(String(36))
    responsible: Mapped[bool]
    state: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    detail: Mapped[str] = mapped_column(Text, default="")


class Resend(Base):
    """Somebody, or the policy, decided that what may have arrived is sent again: which, and what it was to cost."""

    __tablename__ = "alert_resend"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id"), index=True)
    act: Mapped[str] = mapped_column(String(5))
    channel: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[Json] = mapped_column(JsonText)
    deliveries: Mapped[Json] = mapped_column(JsonText)
    expected_doubles: Mapped[int]


class Receipt(Base):
    """A sign from the other end. It names the delivery by id, which may not have been recorded yet."""

    __tablename__ = "receipt"
    __table_args__ = (UniqueConstraint("delivery_id", "state"), Index("ix_receipt_alert_id", "alert_id"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    delivery_id: Mapped[str] = mapped_column(String(36))
    alert_id: Mapped[str] = mapped_column(String(36))
    state: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[Json] = mapped_column(JsonText)
    detail: Mapped[str] = mapped_column(Text, default="")


class Coverage(Kept, Base):
    """One alert in one township: how many were to be told, were told, and answered."""

    __tablename__ = "coverage"
    __table_args__ = (UniqueConstraint("alert_id", "unit_id"),)

    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id"))
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    name: Mapped[str] = mapped_column(String(80))
    on_board: Mapped[bool] = mapped_column(default=True, index=True)
    planned: Mapped[Json] = mapped_column(JsonText)
    """Channel → deliveries planned."""
    responsible_planned: Mapped[int]
    counts: Mapped[Json] = mapped_column(JsonText)
    """The rest of the public state: what has come of the planned ones."""

    def state(self) -> State:
        """As on the timeline and the board."""
        counts = self.counts if isinstance(self.counts, dict) else {}
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": self.on_board,
            "alert": self.alert_id,
            "name": self.name,
            **counts,
        }
