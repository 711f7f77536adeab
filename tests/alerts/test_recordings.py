"""A recorded message: what is taken for one, and where it is heard."""

from dataclasses import replace
from pathlib import Path

import pytest

from alerts import actions
from alerts.calls.policy import HOLDER
from alerts.calls.words import Part, spoken
from alerts.cap.read import read
from alerts.drafts import draft_of
from alerts.files import File, Shelf, keep_file
from alerts.model import Alert
from alerts.queries import cap_document
from alerts.recordings import is_recording, on_the_telephone, recorded, seconds_of
from alerts.texts import Recording, texts
from alerts.wording import words_of
from command.kernel.attachments import AttachmentStore
from command.kernel.errors import FengsuiError, Invalid
from tests.alerts.county import DIVISIONS, START, County, fields
from tests.alerts.schema import assert_valid
from tests.alerts.sounds import sound
from tests.alerts.steps import drafted, issue, signed


@pytest.mark.parametrize(
    ("form", "codec"),
    [("wav", "pcm_s16le"), ("mp3", "libmp3lame"), ("webm", "libopus"), ("ipod", "aac"), ("flac", "flac")],
)
def test_whatever_is_recorded_becomes_one_kind(form: str, codec: str) -> None:
    made = recorded(sound(2.5, form, codec))
    assert is_recording(made)
    assert 2.5 <= seconds_of(made) <= 2.8
    assert recorded(made) is made, "handed in again it stays as it is"
    heard = on_the_telephone(made)
    assert len(heard) / 8_000 == pytest.approx(seconds_of(made), abs=0.1)
    assert max(heard) > 15_000, "a low voice is brought up"


def test_what_nobody_could_hear_is_refused(tmp_path: Path) -> None:
    whole = sound(1)
    for data, code in (
        (whole[:4] + b"\0\0\0\0WAVEjunk" * 9, "recording.unreadable"),
        (b"OggS" + bytes(100), "recording.unreadable"),
        (sound(1, level=3), "recording.silent"),
        (sound(122), "recording.too_long"),
        (b"RIFF\0\0\0\0WAVE" + bytes(25 * 2**20), "attachment.too_large"),
        (b"MZ\x00\x01", "attachment.kind"),
    ):
        with pytest.raises(FengsuiError) as refused:
            keep_file(AttachmentStore(tmp_path), data, "录音")
        assert refused.value.code == code
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def kept(tmp_path: Path) -> tuple[AttachmentStore, File]:
    store = AttachmentStore(tmp_path / "files")
    return store, keep_file(store, sound(3), "录音")


def heard_of(county: County, alert: str, end: str | None = None) -> tuple[str | Recording, ...]:
    with county.db.reading() as session:
        return texts(words_of(session.get_one(Alert, alert), START, end))["mqtt"].heard


def test_it_goes_out_with_the_alert_and_not_with_its_end(county: County, kept: tuple[AttachmentStore, File]) -> None:
    store, file = kept
    running = issue(county, signed(county, files=(file,)), shelf=Shelf(store, "https://county.example/")).alert.id
    document = county.see("duty", lambda s, _: cap_document(s, running))
    assert_valid(document)
    (resource,) = read(document).message.infos[0].resources
    assert (resource.mime_type, resource.digest) == ("audio/mpeg", file.digest)
    (heard,) = heard_of(county, running)
    assert isinstance(heard, Recording)
    assert (heard.uri, heard.sha256, heard.called) == (resource.uri, file.sha256, False)
    assert heard_of(county, running, "lifted") == ()
    change = county.do("issuer", lambda s, a: actions.update(s, county.clock, a, running, {}, DIVISIONS).id)
    with county.db.reading() as session:
        assert draft_of(session.get_one(Alert, change)).files == (file,), (
            "a change begins with it, and lies nowhere yet"
        )


def test_an_exercise_says_that_it_is_one(county: County, kept: tuple[AttachmentStore, File]) -> None:
    store, file = kept
    alert = signed(county, files=(file,), drill=True)
    drill = issue(county, alert, shelf=Shelf(store, "https://county.example/")).alert.id
    assert heard_of(county, drill) == ()


def test_an_alert_has_one(county: County, kept: tuple[AttachmentStore, File]) -> None:
    _, file = kept
    with pytest.raises(Invalid, match=r"alert\.recording_one"):
        drafted(county, wanted=fields(files=(file, replace(file, sha256="0" * 64))))


@pytest.mark.parametrize("called", [False, True])
def test_a_call_says_it_where_the_alert_says_so(
    county: County, kept: tuple[AttachmentStore, File], called: bool
) -> None:
    _, file = kept
    alert = drafted(county, wanted=fields(files=(replace(file, called=called),), instruction="马上转移"))
    with county.db.reading() as session:
        content = spoken([Part(words_of(session.get_one(Alert, alert), START), ("朵基村",), HOLDER)])
    assert "马上转移" in content.body
    assert "朵基村" in content.body
    if called:
        before, message, after = content.heard
        assert isinstance(message, Recording)
        assert str(before).endswith("叫应。")
        assert "朵基村" in str(after), "whoever is called hears for which place"
    else:
        assert content.heard == ()
