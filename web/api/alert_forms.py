"""What is sent with requests on warnings: drafts, their texts, areas and files, the moves' own words."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from alerts.drafting import AreaInput, CircleInput, Draft, RoleTold
from alerts.files import File, own_file
from alerts.outlets import Outlets
from alerts.recipients import USUAL
from command.kernel.attachments import AttachmentStore
from command.kernel.errors import FieldError, Invalid
from web.api.forms import Form, Id

Line = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(max_length=4000)]
Words = Annotated[str, Field(max_length=2000)]
Key = Annotated[str, Field(min_length=1, max_length=40)]
Language = Annotated[str, Field(max_length=35, pattern=r"^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$")]
Channel = Literal["websocket", "email", "mqtt", "sms", "webhook", "webpush"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Titles = Annotated[list[Annotated[str, Field(min_length=1, max_length=80)]], Field(max_length=40)]
Groups = Annotated[list[Annotated[str, Field(min_length=1, max_length=40)]], Field(max_length=40)]
Codes = Annotated[list[Annotated[str, Field(pattern=r"^\d{2,12}$")]], Field(max_length=500)]


class Circle(Form):
    """A circle: degrees WGS-84, metres."""

    center: Annotated[list[float], Field(min_length=2, max_length=2)]
    radius_m: Annotated[float, Field(gt=0, le=500_000)]


class AreaForm(Form):
    """Where, in one or several ways together."""

    divisions: Codes | None = None
    polygon: dict[str, Any] | None = None
    circle: Circle | None = None
    description: Line | None = None
    worded: bool = True
    """Whether a person wrote the description; what a page made of the area is no person's."""

    def area(self) -> AreaInput:
        """The value the actions take."""
        drawn = self.circle
        circle = None if drawn is None else CircleInput(drawn.center[0], drawn.center[1], drawn.radius_m)
        return AreaInput(tuple(self.divisions or ()), self.polygon, circle, self.description, self.worded)


class ReadForm(Form):
    """What a person wrote of what is read; what is empty or absent is a template's."""

    short: Words = ""
    medium: Words = ""
    long: Words = ""

    def written(self) -> dict[str, str]:
        return {name: text for name, text in self.model_dump().items() if text}


class TextsForm(ReadForm):
    """What a person wrote in the place of a template's texts."""

    voice: Words = ""


class TranslationForm(ReadForm):
    """What a person wrote in another language."""

    headline: Line = ""
    description: Text = ""
    instruction: Text = ""


class FileForm(Form):
    """A file that was handed in before, by its content, and what is said of it."""

    sha256: Sha256
    description: Line = ""
    called: bool = False
    """Of a recorded message: calls say it too."""


Translations = Annotated[dict[str, TranslationForm], Field(max_length=8)]
"""By the tags of the languages."""


Files = Annotated[list[FileForm], Field(max_length=20)]


class RoleForm(Form):
    """A role whose holders are told: those of the units that lie in the area, or all of them, `everywhere`."""

    role: Annotated[str, Field(min_length=1, max_length=32)]
    everywhere: bool = False


Roles = Annotated[list[RoleForm], Field(max_length=12)]


class Fields(Form):
    """What a draft and its changes share."""

    event: Line
    headline: Line
    description: Text
    instruction: Text
    area: AreaForm
    expires_at: AwareDatetime | None
    effective_at: AwareDatetime | None
    incident: Id | None
    kind: Literal["warning", "notice", "evacuation"] | None
    colour: Literal["red", "orange", "yellow", "blue"] | None
    channels: Annotated[list[Channel], Field(min_length=1, max_length=8)] | None
    language: Language
    template: Key | None
    texts: TextsForm
    translations: Translations
    drill: bool
    titles: Titles
    groups: Groups
    roles: Roles
    files: Files

    def values(self, store: AttachmentStore) -> dict[str, Any]:
        """The fields that were sent, as `Draft` names them, files with what lies in the store.

        Raises Invalid `alert.file_unknown`, and as `own_file`.
        """
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        if "area" in sent:
            sent["area"] = sent["area"].area()
        if sent.get("channels") is not None:
            sent["channels"] = tuple(sent["channels"])
        if "texts" in sent:
            sent["texts"] = sent["texts"].written()
        if "translations" in sent:
            sent["translations"] = {tag: one.written() for tag, one in sent["translations"].items()}
        if "titles" in sent:
            sent["titles"] = tuple(dict.fromkeys(sent["titles"]))
        if "groups" in sent:
            sent["groups"] = dict.fromkeys(sent["groups"], "")
        if "roles" in sent:
            sent["roles"] = tuple(RoleTold(*one) for one in {one.role: one.everywhere for one in sent["roles"]}.items())
        if "files" in sent:
            sent["files"] = tuple(_file(one, store) for one in {one.sha256: one for one in sent["files"]}.values())
        return sent


class DraftForm(Fields):
    """A new draft."""

    description: Text = ""
    instruction: Text = ""
    expires_at: AwareDatetime | None = None
    effective_at: AwareDatetime | None = None
    incident: Id | None = None
    kind: Literal["warning", "notice", "evacuation"] | None = None
    colour: Literal["red", "orange", "yellow", "blue"] | None = None
    channels: Annotated[list[Channel], Field(min_length=1, max_length=8)] | None = None
    language: Language = "zh-CN"
    template: Key | None = None
    texts: TextsForm = Field(default_factory=TextsForm)
    translations: Translations = Field(default_factory=dict)
    drill: bool = False
    titles: Titles = Field(default_factory=list)
    groups: Groups = Field(default_factory=list)
    roles: Roles = Field(default_factory=list)
    files: Files = Field(default_factory=list)

    def draft(self, outlets: Outlets, store: AttachmentStore) -> Draft:
        """The value the actions take; one that names no channels has the usual ones that are set up."""
        usual = tuple(one for one in USUAL if one in outlets.open)
        given = {"description": "", "instruction": "", "expires_at": None, **self.values(store)}
        return Draft(**{**given, "channels": given.get("channels") or usual})


class PreviewForm(DraftForm):
    """A draft that is not stored as it is here; `of` is the one that it will change."""

    of: Id | None = None

    def values(self, store: AttachmentStore) -> dict[str, Any]:
        """The draft's fields alone."""
        return {name: value for name, value in super().values(store).items() if name != "of"}


class DraftChange(DraftForm):
    """Changes of a draft; what is absent stays."""

    event: Line = ""
    headline: Line = ""
    area: AreaForm = Field(default_factory=AreaForm)


class Reason(Form):
    """Why it is given back."""

    reason: Annotated[str, Field(max_length=1000)]


class People(Form):
    """The number of people that the issuer typed."""

    people: Annotated[int, Field(ge=0, le=10**9)]


class Adoption(Form):
    """`again`: somebody has adopted it already, and another draft is meant all the same."""

    again: bool = False


class Other(Form):
    """The other alert of two that may be one."""

    alert: Annotated[str, Field(max_length=40)]


class End(Form):
    """How an alert ends, and what everyone told is told."""

    end: Literal["lifted", "withdrawn"]
    text: Annotated[str, Field(max_length=1000)]
    texts: TextsForm = Field(default_factory=TextsForm)
    translations: Annotated[dict[str, ReadForm], Field(max_length=8)] = Field(default_factory=dict)

    def in_others(self) -> dict[str, dict[str, str]]:
        """What was written in other languages, by variants."""
        return {language: texts.written() for language, texts in self.translations.items()}


class Again(Form):
    """A channel's unknown ones, or those that failed for the way, and the number of them that the operator saw."""

    channel: Channel
    state: Literal["unknown", "failed"] = "unknown"
    count: Annotated[int, Field(ge=0, le=10**9)]


class ReceiptForm(Form):
    """A provider's or a page's receipt."""

    delivery: Id | None = None
    alert: Id | None = None
    state: Literal["delivered", "answered", "failed"]
    at: AwareDatetime | None = None


def _file(named: FileForm, store: AttachmentStore) -> File:
    content = store.hold(named.sha256)
    if content is None:
        code, said = "alert.file_unknown", named.description or named.sha256[:12]
        raise Invalid(code, fields=(FieldError("files", code, (("name", said),)),), name=said)
    return own_file(content, named.description, called=named.called)
