"""The SIP machine without a network: repetitions, crossings, challenges, nonsense; keys and codecs."""

import math
import struct
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.sip.audio import KEYS, RATE, KeyPad, encode, packet, to_telephone_rate
from alerts.sip.call import ENDING, NO_RESPONSE, OVER, RINGING, TIMEOUT, Call, Line
from alerts.sip.digest import Credentials, answer
from alerts.sip.message import BadMessage, SipMessage, parse, tag_of, uri_of
from alerts.sip.sdp import OFFERED_EVENTS, PCMA, PCMU, offer, read_answer

CRLF = "\r\n"
LINE = Line("sip:county@gateway", "192.0.2.1", 5070, Credentials("county", "secret"))


def new_call() -> Call:
    return Call(LINE, "sip:13900000001@gateway:5060", offer("192.0.2.1", 4000))


def first_line(data: bytes) -> str:
    return data.decode().split("\r\n", 1)[0]


def methods(datagrams: list[bytes]) -> list[str]:
    return [first_line(one).split(" ")[0] for one in datagrams]


def reply(request: bytes, status: str, *more: str, body: str = "", tag: str = "them") -> SipMessage:
    """The other side's response to one of our requests."""
    asked = parse(request)
    to = asked.get("to") if "tag=" in asked.get("to") else f"{asked.get('to')};tag={tag}"
    same = [f"{name}: {asked.get(name.lower())}" for name in ("Via", "From", "Call-ID", "CSeq")]
    lines = [f"SIP/2.0 {status}", *same, f"To: {to}", *more, "", body]
    return parse("\r\n".join(lines).encode())


def test_an_invite_is_repeated_until_something_comes_back_and_given_up_after_32_s() -> None:
    call = new_call()
    (invite,) = call.start(0.0)
    sent, now = [], 0.0
    while call.state != OVER:
        assert call.next_at is not None
        now = call.next_at
        sent += [(now, one) for one in call.tick(now)]
    assert [at for at, _ in sent] == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert {one for _, one in sent} == {invite}
    assert (now, call.status) == (TIMEOUT, NO_RESPONSE)


def test_ringing_picked_up_and_hung_up_by_us() -> None:
    call = new_call()
    (invite,) = call.start(0.0)
    assert call.receive(0.1, reply(invite, "180 Ringing")) == []
    assert (call.state, call.next_at) == (RINGING, None)
    taken = reply(
        invite, "200 OK", "Contact: <sip:phone@192.0.2.9:5090>", "Record-Route: <sip:a;lr>, <sip:b;lr>", body="v=0"
    )
    (acknowledged,) = call.receive(5.0, taken)
    assert first_line(acknowledged) == "ACK sip:phone@192.0.2.9:5090 SIP/2.0"
    assert parse(acknowledged).all("route") == ["<sip:b;lr>", "<sip:a;lr>"]
    assert call.receive(5.5, taken) == [acknowledged], "an answer that comes again is acknowledged again"
    (bye,) = call.hang_up(9.0)
    assert (call.state, parse(bye).cseq) == (ENDING, (2, "BYE"))
    assert call.tick(9.5) == [bye]
    call.receive(9.6, reply(bye, "200 OK"))
    assert (call.state, call.status) == (OVER, 200)


def test_the_other_side_hangs_up() -> None:
    call = new_call()
    (invite,) = call.start(0.0)
    call.receive(1.0, reply(invite, "200 OK"))
    ours = parse(invite)
    lines = ["BYE sip:x SIP/2.0", "Via: v", "From: <sip:y>;tag=them", f"To: {ours.get('from')}", f"Call-ID: {call.id}"]
    text = CRLF.join([*lines, "CSeq: 7 BYE", "", ""])
    (answered,) = call.receive(2.0, parse(text.encode()))
    assert first_line(answered) == "SIP/2.0 200 OK"
    assert call.state == OVER
    assert call.receive(2.0, parse(text.replace(tag_of(ours.get("from")), "another").encode())) == []


@pytest.mark.parametrize("status", ["486 Busy Here", "404 Not Found", "503 Service Unavailable", "302 Moved"])
def test_a_refusal_is_acknowledged_and_ends_it(status: str) -> None:
    call = new_call()
    (invite,) = call.start(0.0)
    (acknowledged,) = call.receive(0.2, reply(invite, status))
    assert parse(acknowledged).branch == parse(invite).branch, "RFC 3261 §17.1.1.3"
    assert (call.state, call.status) == (OVER, int(status[:3]))
    assert methods(call.receive(0.7, reply(invite, status))) == ["ACK"]


def test_a_call_given_up_before_anything_was_heard_is_cancelled_later() -> None:
    call = new_call()
    (invite,) = call.start(0.0)
    assert call.hang_up(0.1) == [], "RFC 3261 §9.1: no CANCEL before a provisional response"
    (cancel,) = call.receive(0.3, reply(invite, "100 Trying"))
    assert methods([cancel]) == ["CANCEL"]
    assert parse(cancel).branch == parse(invite).branch
    call.receive(0.4, reply(cancel, "200 OK"))
    assert call.tick(1.0) == []
    assert methods(call.receive(0.5, reply(invite, "487 Request Terminated"))) == ["ACK"]
    assert call.state == OVER


def test_somebody_picks_up_while_we_give_up() -> None:
    call = new_call()
    (invite,) = call.start(0.0)
    call.receive(0.1, reply(invite, "180 Ringing"))
    assert methods(call.hang_up(30.0)) == ["CANCEL"]
    assert methods(call.receive(30.1, reply(invite, "200 OK"))) == ["ACK", "BYE"]
    assert call.state == ENDING


def test_a_challenge_is_answered_once() -> None:
    call = new_call()
    (invite,) = call.start(0.0)
    challenge = 'Proxy-Authenticate: Digest realm="r", nonce="n", qop="auth", algorithm=MD5'
    acknowledged, again = call.receive(0.1, reply(invite, "407 Proxy Authentication Required", challenge))
    assert methods([acknowledged, again]) == ["ACK", "INVITE"]
    assert parse(again).get("proxy-authorization").startswith('Digest username="county"')
    assert parse(again).cseq == (2, "INVITE")
    assert call.receive(0.1, reply(invite, "486 Busy Here")) == [], "an answer to the first one is late"
    assert methods(call.receive(0.2, reply(again, "407 Proxy Authentication Required", challenge))) == ["ACK"]
    assert (call.state, call.status) == (OVER, 407)


def test_the_example_of_rfc_2617() -> None:
    challenge = (
        'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    mufasa = Credentials("Mufasa", "Circle Of Life")
    value = answer(challenge, mufasa, "GET", "/dir/index.html", "0a4f113b")
    assert value is not None
    assert 'response="6629fae49393a05397450978507c4ef1"' in value
    longer = answer(f"{challenge}, algorithm=SHA-256", mufasa, "GET", "/dir/index.html", "0a4f113b")
    assert longer is not None
    assert len(longer.split('response="')[1].split('"')[0]) == 64


@pytest.mark.parametrize("challenge", ["Basic realm=x", 'Digest realm="x"', 'Digest nonce="n", algorithm=MD5-sess'])
def test_a_challenge_of_another_kind_is_not_answered(challenge: str) -> None:
    assert answer(challenge, Credentials("a", "b"), "INVITE", "sip:x", "c") is None


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_nonsense_is_no_message(data: bytes) -> None:
    for candidate in (data, b"SIP/2.0 200 OK\r\n" + data, b"BYE sip:x SIP/2.0\r\n" + data):
        try:
            message = parse(candidate)
        except BadMessage:
            continue
        call = new_call()
        call.start(0.0)
        call.receive(0.1, message)
        assert (uri_of(message.get("contact")), message.cseq, message.branch) is not None
        read_answer(message.body)


@pytest.mark.parametrize(
    "data", [b"x" * 20_000, b"SIP/2.0 200 OK\r\n" + b"a: b\r\n" * 101, b"SIP/2.0 999 No\r\n\r\n", b"\xff"]
)
def test_messages_are_bounded(data: bytes) -> None:
    with pytest.raises(BadMessage):
        parse(data)


def test_an_offer_is_its_own_answer_and_others_are_read() -> None:
    media = read_answer(offer("192.0.2.1", 4000))
    assert media is not None
    assert (media.host, media.port, media.codec, media.events) == ("192.0.2.1", 4000, PCMA, OFFERED_EVENTS)
    other = "v=0\nc=IN IP4 192.0.2.7\nm=audio 9000 RTP/AVP 0 97\nc=IN IP4 192.0.2.8\na=rtpmap:97 telephone-event/8000\n"
    media = read_answer(other)
    assert media is not None
    assert (media.host, media.port, media.codec, media.events) == ("192.0.2.8", 9000, PCMU, 97)


@pytest.mark.parametrize(
    "text", ["", "c=IN IP4 192.0.2.7\nm=audio 0 RTP/AVP 0\n", "c=IN IP4 192.0.2.7\nm=audio 9 RTP/AVP 18\n",
             "c=IN IP4 a.name.of.theirs\nm=audio 9000 RTP/AVP 0\n", "c=IN IP4 192.0.2.7\nm=audio 99999 RTP/AVP 0\n"],
)  # fmt: skip
def test_an_answer_without_audio_for_us_is_none(text: str) -> None:
    assert read_answer(text) is None


def press(event: int, timestamp: int, payload_type: int = 101, *, end: bool = False) -> bytes:
    payload = struct.pack("!BBH", event, 0x80 if end else 0, 160)
    return packet(payload_type, 1, timestamp, 7, payload, marker=False)


def test_a_press_counts_once_whatever_is_repeated() -> None:
    pad = KeyPad(101, 96)
    assert [pad.hear(now / 50, press(1, 800, end=now > 5)) for now in range(9)] == ["1", *[None] * 8]
    assert pad.hear(0.3, press(1, 1600)) == "1"
    assert pad.hear(0.32, press(11, 2400)) == "#"
    assert pad.hear(5.0, press(11, 2400)) == "#", "a gateway that gives every press the same time"
    assert pad.hear(6.0, press(2, 3200, payload_type=96)) == "2"


@given(st.binary(max_size=40))
def test_anything_else_is_no_key(data: bytes) -> None:
    assert KeyPad(101).hear(0.0, data) in (None, *KEYS)


def test_g711_as_its_tables_have_it() -> None:
    samples = array("h", [0, 1, -1, 100, -100, 1_000, -1_000, 32_767, -32_768])
    assert encode(samples, PCMA).hex() == "d5d555d353fa7aaa2a"
    assert encode(array("h", [0, 32_767, -32_768]), PCMU).hex() == "ff8000"


def test_what_a_telephone_does_not_carry_is_filtered_out() -> None:
    rate = 22_050

    def loudness(hertz: int) -> float:
        tone = array("h", [round(10_000 * math.sin(2 * math.pi * hertz * at / rate)) for at in range(rate)])
        slow = to_telephone_rate(tone, rate)
        assert len(slow) == RATE
        return math.sqrt(sum(one * one for one in slow[500:-500]) / (RATE - 1_000))

    assert loudness(1_000) == pytest.approx(7_071, rel=0.03)
    assert loudness(7_000) < 100
