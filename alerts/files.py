"""Files of an alert, CAP's resources: pictures, plans, texts that are attached to ours or came with a received one.

They are named by their content, so that what was signed off is what goes out. Ours lie in the data folder; those of a
received alert lie in its message, as it came, and are found in it again.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.cap.archive import Opened, opened
from alerts.cap.message import Departure, Message, Resource
from alerts.cap.read import read
from alerts.cap.resources import deref_uri, digest_of, enclosed
from alerts.lineage import last_after
from alerts.lookup import alert_for
from alerts.model import RECEIVED, WITHDRAWN, Alert, CapMessage
from alerts.recordings import is_recording, is_sound, recorded, seconds_of
from alerts.texts import RECORDING_TYPE
from command.kernel.actor import Actor
from command.kernel.attachments import AttachmentStore, is_picture, known_type, media_type_of
from command.kernel.errors import Gone, NotFound
from command.kernel.ids import is_id

MOST_FILES = 6
MOST_BYTES = 4 * 1024 * 1024
"""Of one of ours: townships open it over thin lines."""
MOST_INSIDE = 32 * 1024
"""A file of ours that is no bigger goes inside the CAP message too, for who cannot ask us for it."""
LONGEST = 200
UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class File:
    """`digest` is SHA-1 in hex, as CAP has it; `sha256` names the bytes, None where there are none here.

    `size` is in bytes. `picture`: a page may show it. Of a received one `media_type`, `size` and `digest` are what
    its message says where the bytes are not here; `fault` is the code of why they are not trusted. Of ours `uri` is
    where it can be fetched once the alert is issued. `seconds` is the length of a recorded message, None of anything
    else; `called`: calls say it too, in the place of the text.
    """

    description: str
    media_type: str
    size: int | None = None
    digest: str | None = None
    sha256: str | None = None
    picture: bool = False
    uri: str | None = None
    fault: str | None = None
    seconds: float | None = None
    called: bool = False

    def state(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Shelf:
    """Where the files of our alerts lie, and the address (with its last slash) under which others reach this server."""

    store: AttachmentStore
    base: str

    def resource(self, alert_id: str, file: File) -> Resource:
        """A file as CAP carries it."""
        small = file.size is not None and file.size <= MOST_INSIDE
        content = self.store.find(file.sha256 or "") if small else None
        return Resource(
            description=file.description,
            mime_type=file.media_type,
            size_bytes=file.size,
            uri=self.uri(alert_id, file),
            deref_uri=deref_uri(content) if content else None,
            digest=file.digest,
        )

    def uri(self, alert_id: str, file: File) -> str:
        """Where everybody finds it once the alert is issued."""
        return f"{self.base}cap/{alert_id}/files/{file.sha256}"


def keep_file(store: AttachmentStore, data: bytes, description: str) -> File:
    """Keep what somebody hands in; sound as a recording is kept. Raises as `own_file` and `recorded`."""
    content = recorded(data) if is_sound(data) else data
    file = own_file(content, description)
    store.keep(content, MOST_BYTES, file.media_type)
    return file


def own_file(content: bytes, description: str, *, called: bool = False) -> File:
    """A file that somebody attaches, as it was kept. Raises as `media_type_of`."""
    if is_recording(content):
        spoken = File(description.strip() or RECORDING_TYPE, RECORDING_TYPE, seconds=seconds_of(content), called=called)
        return _held(spoken, content)
    kind = media_type_of(content, MOST_BYTES)
    return _held(File(description.strip() or kind, kind), content)


def taken_along(session: Session, store: AttachmentStore, received: Alert) -> tuple[File, ...]:
    """The pictures, PDF and plain texts that a received alert brought, kept as files of our own; MOST_FILES at most.

    Not its sound: loudspeakers would play it. What only has an address is not here.
    """
    found: list[File] = []
    for file in files_of(received):
        content = _brought(session, received, file.sha256) if file.sha256 is not None else None
        if content is not None and known_type(content) is not None and len(found) < MOST_FILES:
            store.keep(content, MOST_BYTES)
            found.append(own_file(content, file.description))
    return tuple(found)


def files_of(alert: Alert) -> tuple[File, ...]:
    return tuple(File(**one) for one in alert.files or [])


def received_files(message: Message, data: bytes) -> tuple[File, ...]:
    """What a message brings, `data` being its bytes as they came."""
    return tuple(_received(one.resource, one.content, one.fault) for one in enclosed(message, _beside(data)))


def faults_of(files: Iterable[File]) -> Iterator[Departure]:
    return (Departure(one.fault, "", one.description[:80]) for one in files if one.fault)


def file_for(session: Session, actor: Actor, store: AttachmentStore, alert_id: str, sha256: str) -> tuple[File, bytes]:
    """A file of an alert for whoever may read that. Raises NotFound `alert.unknown`, `alert.file_unknown`."""
    return _content(session, alert_for(session, actor, alert_id), store, sha256)


def public_file(session: Session, store: AttachmentStore, alert_id: str, sha256: str) -> tuple[File, bytes]:
    """A file of an alert that we have issued for real, open to everybody as its message is, until it is taken back.

    Raises as `file_for`; Gone `alert.file_withdrawn` where the alert was withdrawn, or what changed it has the file
    no more or was itself withdrawn.
    """
    alert = session.get(Alert, alert_id) if is_id(alert_id) else None
    if alert is None or alert.origin == RECEIVED or alert.issued_at is None or alert.drill:
        raise NotFound("alert.unknown", id=alert_id[:40])
    file, content = _content(session, alert, store, sha256)
    last = last_after(session, alert)
    if last.status == WITHDRAWN or all(one.sha256 != sha256 for one in files_of(last)):
        raise Gone("alert.file_withdrawn", name=file.description)
    return file, content


def _content(session: Session, alert: Alert, store: AttachmentStore, name: str) -> tuple[File, bytes]:
    file = next((one for one in files_of(alert) if one.sha256 is not None and one.sha256 == name), None)
    if file is not None:
        content = _brought(session, alert, name) if alert.origin == RECEIVED else store.find(name)
        if content is not None:
            return file, content
    raise NotFound("alert.file_unknown", name=file.description if file else name[:12])


def _brought(session: Session, alert: Alert, name: str) -> bytes | None:
    """The bytes in one of the messages that brought the alert."""
    mine = (CapMessage.alert_id == alert.id, CapMessage.direction == "in", CapMessage.refused.is_(None))
    for data in session.scalars(select(CapMessage.content).where(*mine).order_by(CapMessage.id)):
        for one in enclosed(read(opened(data).message).message, _beside(data)):
            if one.content is not None and sha256(one.content).hexdigest() == name:
                return one.content
    return None


def _beside(data: bytes) -> Mapping[str, bytes]:
    found: Opened = opened(data)
    return {one.name: one.content for one in found.attachments}


def _received(resource: Resource, content: bytes | None, fault: str | None) -> File:
    said = File(
        description=resource.description[:LONGEST],
        media_type=resource.mime_type[:LONGEST],
        size=resource.size_bytes,
        digest=resource.digest[:64] if resource.digest else None,
        uri=resource.uri[:1000] if resource.uri else None,
        fault=fault,
    )
    return said if content is None else _held(said, content)


def _held(file: File, content: bytes) -> File:
    """With what its bytes say of themselves."""
    kind = known_type(content)
    return replace(
        file,
        media_type=(kind or file.media_type or UNKNOWN_TYPE).partition(";")[0],
        size=len(content),
        digest=digest_of(content),
        sha256=sha256(content).hexdigest(),
        picture=is_picture(kind),
    )
