"""What came with a message in its archive: listed, tied to the resources it names, given out one by one. Pure."""

from alerts.cap.archive import Attachment, Opened, opened
from alerts.cap.message import CapProblem, Resource
from alerts.cap.read import read
from alerts.cap.resources import last_part
from command.kernel.values import State


def attachments(content: bytes) -> list[State]:
    """Each with its number from 1, and the description of the resource whose address ends with its name."""
    found = _opened(content)
    described = _described(found.message) if found.attachments else {}
    return [
        {
            "number": number,
            "name": one.name,
            "size": len(one.content),
            "description": described[one.name].description if one.name in described else None,
        }
        for number, one in enumerate(found.attachments, 1)
    ]


def attachment(content: bytes, number: int) -> Attachment | None:
    """The attachment of this number, from 1."""
    found = _opened(content).attachments
    return found[number - 1] if 1 <= number <= len(found) else None


def _opened(content: bytes) -> Opened:
    """Of an archive that was refused nothing is taken out."""
    try:
        return opened(content)
    except CapProblem:
        return Opened(content)


def _described(message: bytes) -> dict[str, Resource]:
    """The message's resources by the last part of their addresses."""
    try:
        infos = read(message).message.infos
    except CapProblem:
        return {}
    resources = [one for info in infos for one in info.resources if one.uri]
    return {last_part(one.uri or ""): one for one in reversed(resources)}
