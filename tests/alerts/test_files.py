"""Files of alerts: what a stranger's message brings, and what goes out with one of ours."""

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import actions
from alerts.cap.message import Message, Resource
from alerts.cap.read import read
from alerts.cap.resources import MOST_BYTES, MOST_LISTED, deref_uri, digest_of, enclosed
from alerts.cap.write import write
from alerts.drafts import draft_of
from alerts.files import MOST_FILES, MOST_INSIDE, File, Shelf, file_for, files_of, own_file, public_file
from alerts.model import Alert
from alerts.queries import cap_document
from command.kernel.attachments import AttachmentStore
from command.kernel.errors import FengsuiError, Gone, Invalid, NotFound, UnsupportedKind
from tests.alerts.county import DIVISIONS, County, fields
from tests.alerts.messages import alert, info
from tests.alerts.schema import assert_valid
from tests.alerts.steps import changed, drafted, issue, issued, signed
from tests.alerts.test_cap_write import FULL
from tests.alerts.test_receiving import HERE, UNTIL_EIGHT, received
from tests.alerts.zips import File as Zipped
from tests.alerts.zips import zipped

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
PAGE = b"<html><script>alert(1)</script></html>"


def resource(inside: str, kind: str = "image/png", said: str = "雨量图") -> str:
    return f"<resource><resourceDesc>{said}</resourceDesc><mimeType>{kind}</mimeType>{inside}</resource>"


def within(content: bytes, digest: str = "") -> str:
    return f"<derefUri>{b64encode(content).decode()}</derefUri>" + (digest and f"<digest>{digest}</digest>")


def message(*resources: str) -> bytes:
    more = f"{UNTIL_EIGHT}<headline>暴雨橙色预警</headline>{''.join(resources)}"
    return alert(infos=info(more=more, areas=HERE)).encode()


def kept(county: County, data: bytes) -> Alert:
    return received(county, data).alert


_word = st.text("图雨abc012", min_size=1, max_size=12)
_resources = st.builds(
    lambda said, content, uri: Resource(
        said, "image/png", len(content), uri, deref_uri(content) or None, digest_of(content)
    ),
    _word,
    st.binary(min_size=1, max_size=300),
    st.none() | st.just("https://example.org/a.png"),
)


@settings(max_examples=40)
@given(st.lists(_resources, max_size=4, unique=True))
def test_resources_go_out_valid_and_come_in_whole(resources: list[Resource]) -> None:
    sent: Message = replace(FULL, infos=(replace(FULL.infos[0], resources=tuple(resources)),))
    document = write(sent)
    assert_valid(document)
    found = list(enclosed(read(document).message, {}))
    assert [one.resource for one in found] == resources
    assert all(one.fault is None and one.content is not None for one in found)
    assert [digest_of(one.content or b"") for one in found] == [one.digest for one in resources]


@pytest.mark.parametrize(
    ("inside", "fault"),
    [
        (within(PNG, "0" * 40), "cap.resource_digest"),
        ("<derefUri>not base64 at all!</derefUri>", "cap.resource_unreadable"),
        (f"<derefUri>{'A' * (MOST_BYTES // 3 * 4 + 8)}</derefUri>", "cap.resource_too_large"),
    ],
)
def test_what_cannot_be_trusted_is_listed_and_not_given_out(
    county: County, tmp_path: Path, inside: str, fault: str
) -> None:
    found = received(county, message(resource(inside)))
    (file,) = files_of(found.alert)
    assert (file.fault, file.sha256, file.picture) == (fault, None, False)
    assert [one.code for one in found.warnings] == [fault]
    with pytest.raises(NotFound):
        county.see("duty", lambda s, a: file_for(s, a, AttachmentStore(tmp_path), found.alert.id, "0" * 64))


def test_pictures_are_told_by_their_bytes_and_addresses_are_words(county: County, tmp_path: Path) -> None:
    """A page that calls itself a picture is none; what a stranger's address names is never fetched."""
    lying = within(PAGE)
    away = "<size>9</size><uri>http://127.0.0.1:9/secret</uri>"
    data = message(
        resource(within(PNG, digest_of(PNG).upper())), resource(lying, said="页"), resource(away, "audio/mpeg", "录音")
    )
    found = kept(county, data)
    picture, page, sound = files_of(found)
    assert (picture.picture, picture.size, picture.digest) == (True, len(PNG), digest_of(PNG))
    assert (page.picture, page.media_type) == (False, "text/plain")
    assert (sound.uri, sound.sha256, sound.size) == ("http://127.0.0.1:9/secret", None, 9)
    store = AttachmentStore(tmp_path / "files")
    _, content = county.see("duty", lambda s, a: file_for(s, a, store, found.id, picture.sha256 or ""))
    assert content == PNG
    assert not store.folder.exists(), "a stranger's bytes stay in the message that brought them"
    with pytest.raises(NotFound):
        county.see("duty", lambda s, _: public_file(s, store, found.id, picture.sha256 or ""))
    with pytest.raises(NotFound):
        county.see("stranger", lambda s, a: file_for(s, a, store, found.id, picture.sha256 or ""))


def test_a_file_beside_the_message_in_its_archive_is_its_resource(county: County, tmp_path: Path) -> None:
    named = resource("<uri>https://example.org/maps/rain%20map.png</uri>")
    data = zipped(Zipped(b"warning.xml", message(named)), Zipped(b"maps/rain map.png", PNG))
    found = kept(county, data)
    (file,) = files_of(found)
    assert file.picture
    store = AttachmentStore(tmp_path)
    assert county.see("duty", lambda s, a: file_for(s, a, store, found.id, file.sha256 or ""))[1] == PNG


def test_no_more_are_listed_than_anybody_reads(county: County) -> None:
    many = (resource(f"<uri>https://example.org/{n}</uri>") for n in range(MOST_LISTED + 5))
    assert len(kept(county, message(*many, resource("<uri>https://example.org/0</uri>"))).files or []) == MOST_LISTED


def test_what_is_attached_goes_out_with_the_alert_and_its_changes(county: County, tmp_path: Path) -> None:
    store = AttachmentStore(tmp_path)
    small, large = PNG, b"%PDF-1.7\n" + b"x" * MOST_INSIDE
    for content in (small, large):
        store.keep(content)
    files = (own_file(small, "转移路线"), own_file(large, "预案"))
    running = issue(county, signed(county, files=files), shelf=Shelf(store, "https://county.example/")).alert.id
    document = county.see("duty", lambda s, _: cap_document(s, running))
    assert_valid(document)
    reading = read(document)
    assert reading.warnings == ()
    first, second = reading.message.infos[0].resources
    assert (first.description, first.mime_type, first.size_bytes) == ("转移路线", "image/png", len(small))
    assert (first.digest, first.deref_uri) == (digest_of(small), deref_uri(small))
    assert (second.mime_type, second.digest, second.deref_uri) == ("application/pdf", digest_of(large), None)
    assert second.uri == f"https://county.example/cap/{running}/files/{files[1].sha256}"
    assert county.see("duty", lambda s, _: public_file(s, store, running, files[1].sha256 or ""))[1] == large

    change = county.do("issuer", lambda s, a: actions.update(s, county.clock, a, running, {}, DIVISIONS))
    assert draft_of(change).files == files, "a change begins with them"
    county.do(
        "issuer", lambda s, a: actions.amend(s, county.clock, a, change.id, None, {"files": files[:1]}, DIVISIONS)
    )
    assert county.see("duty", lambda s, _: draft_of(s.get_one(Alert, change.id)).files) == files[:1]
    with pytest.raises(NotFound):
        county.see("duty", lambda s, _: public_file(s, store, change.id, files[0].sha256 or ""))


def test_what_was_attached_by_mistake_is_taken_back(county: County, tmp_path: Path) -> None:
    """By a change without it, at both addresses; by withdrawing the alert or what it became. Other ends leave it."""
    store = AttachmentStore(tmp_path)
    plan, names = own_file(PNG, "转移路线"), own_file(b"%PDF-1.7\nnames", "住户名单")
    for content in (PNG, b"%PDF-1.7\nnames"):
        store.keep(content)

    def given(alert: str, file: File) -> str:
        """The name under which a stranger gets the file, or the code of why not."""
        try:
            return county.see("duty", lambda s, _: public_file(s, store, alert, file.sha256 or ""))[0].description
        except (Gone, NotFound) as refused:
            return refused.code

    def open_of(alert: str) -> list[str]:
        return [given(alert, file) for file in (plan, names)]

    gone, both = "alert.file_withdrawn", [plan.description, names.description]
    first = issued(county, files=(plan, names))
    assert open_of(first) == both
    second = changed(county, first, files=(plan,))
    assert (open_of(first), open_of(second)) == ([plan.description, gone], [plan.description, "alert.file_unknown"])
    third = changed(county, second, files=(plan, names))
    assert open_of(first) == open_of(third) == both, "put back"
    county.do("issuer", lambda s, a: actions.cancel(s, county.clock, a, third, "withdrawn", ""))
    assert open_of(first) == open_of(third) == [gone, gone]

    lifted, expired = (issued(county, files=(plan, names)) for _ in range(2))
    county.do("issuer", lambda s, a: actions.cancel(s, county.clock, a, lifted, "lifted", ""))
    county.clock.advance(timedelta(hours=7).total_seconds())
    with county.db.writing() as session:
        actions.expire_due(session, county.clock)
    assert open_of(lifted) == open_of(expired) == both


def test_nothing_of_an_exercise_is_for_strangers(county: County, tmp_path: Path) -> None:
    store, plan = AttachmentStore(tmp_path), own_file(PNG, "转移路线")
    store.keep(PNG)
    exercise = issued(county, files=(plan,), drill=True)
    assert county.see("duty", lambda s, a: file_for(s, a, store, exercise, plan.sha256 or ""))[1] == PNG
    for look in (
        lambda s, _: public_file(s, store, exercise, plan.sha256 or ""),
        lambda s, _: cap_document(s, exercise),
    ):
        with pytest.raises(NotFound, match=r"alert\.unknown"):
            county.see("duty", look)


def test_what_nobody_should_attach_is_refused(county: County) -> None:
    one = own_file(PNG, "图")
    many = tuple(replace(one, sha256=f"{n:064x}") for n in range(MOST_FILES + 1))
    with pytest.raises(Invalid, match=r"alert\.files_too_many"):
        drafted(county, wanted=fields(files=many))
    for content, code in ((b"MZ\x00\x01", UnsupportedKind), (b"", Invalid), (PNG + bytes(5 * 2**20), FengsuiError)):
        with pytest.raises(code, match="attachment"):
            own_file(content, "x")


def test_a_persons_own_long_text_is_the_description(county: County) -> None:
    own = "上游来水，今晚 8 时前撤到中心小学。"
    assert described(county, texts={"long": own}) == own
    assert described(county) == "上游水位上涨。"


def described(county: County, **changes: object) -> str | None:
    found = issue(county, signed(county, **changes)).alert.id
    return read(county.see("duty", lambda s, _: cap_document(s, found))).message.infos[0].description
