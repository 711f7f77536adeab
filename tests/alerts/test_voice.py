"""Real calls over UDP: SIPp is the exchange, eSpeak NG speaks, keys come as RTP packets."""

import asyncio
import hashlib
import math
from collections.abc import Callable
from datetime import UTC, datetime

import av
import pytest
from av.audio.codeccontext import AudioCodecContext

from alerts.channels.port import Outcome, Outgoing, Result
from alerts.channels.voice import VoiceChannel, VoiceConfig
from alerts.recordings import recorded, seconds_of
from alerts.sip.audio import FRAME, RATE, encode
from alerts.sip.sdp import PCMA
from alerts.sip.speech import NoSpeech, Speech
from alerts.texts import Content, Recording
from command.kernel.ids import new_id
from tests.alerts.sounds import sound
from tests.peers.ports import free_port
from tests.peers.sipp import Listener, SippServer, can_send_keys, sipp
from tests.waiting import until

keys = pytest.mark.skipif(not can_send_keys(), reason="SIPp sends keys by a raw socket, which takes root's rights")


def outgoing(number: str = "139-0000 0001", body: str = "西舍路镇转移。") -> Outgoing:
    return Outgoing(new_id(), new_id(), number, "甲", Content("", body), datetime.now(UTC), None)


def channel(url: str, heard: list[tuple[str, str]] | None = None, **more: float) -> VoiceChannel:
    """Short of patience: these telephones answer at once or never."""
    kept = heard if heard is not None else []
    quick: dict[str, float] = {"ring_s": 1.5, "patience_s": 1.5, "longest_s": 3.0, **more}
    config = VoiceConfig((url,), repeats=1, **quick)  # type: ignore[arg-type]  # the names above are its own

    def hear(attempt: str, mark: str) -> bool:
        kept.append((attempt, mark))
        return True

    return VoiceChannel(config, hear)


def call(server: SippServer, heard: list[tuple[str, str]] | None = None, **more: float) -> Result:
    async def run() -> Result:
        voice = channel(server.url, heard, **more)
        try:
            (result,) = await voice.send([outgoing()])
        finally:
            await voice.close()
        return result

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("scenario", "outcome", "detail", "marks"),
    [
        ("busy", Outcome.LATER, "busy", []),
        ("rings", Outcome.LATER, "no_answer", []),
        ("no_such_number", Outcome.FAILED, "no_such_number", []),
        ("silent", Outcome.SENT, "", ["reached"]),
        ("hangs_up", Outcome.SENT, "", ["reached"]),
        ("asks_who_calls", Outcome.LATER, "busy", []),
        pytest.param("confirms", Outcome.SENT, "", ["reached", "answered", "confirmed"], marks=keys),
        pytest.param("somebody_else", Outcome.SENT, "other", ["reached", "answered"], marks=keys),
    ],
)
def test_what_comes_of_a_call(scenario: str, outcome: Outcome, detail: str, marks: list[str]) -> None:
    heard: list[tuple[str, str]] = []
    with sipp(scenario) as server:
        result = call(server, heard)
        assert (result.outcome, result.detail) == (outcome, detail)
        assert sorted(mark for _, mark in heard) == sorted(marks)
        assert {attempt for attempt, _ in heard} <= {result.delivery}
        assert server.errors() == "", "nothing that the exchange did not expect"


@pytest.mark.parametrize("scenario", ["rings", "silent"])
def test_a_call_that_is_dropped_is_hung_up_at_once(scenario: str) -> None:
    async def run(server: SippServer) -> None:
        voice = channel(server.url, ring_s=60, patience_s=60)
        task = asyncio.create_task(voice.send([outgoing()]))
        await asyncio.to_thread(until, lambda: server.calls_begun() == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.to_thread(until, lambda: server.calls_over() == 1)
        await voice.close()

    with sipp(scenario) as server:
        asyncio.run(run(server))
        assert server.errors() == ""


def test_numbers_that_are_none_are_not_dialled() -> None:
    url = f"sip:127.0.0.1:{free_port()}"
    for number in ("", "a@example.org", "1\r\nVia: x", "sip:other@192.0.2.1"):
        (result,) = asyncio.run(channel(url).send([outgoing(number)]))
        assert (result.outcome, result.detail) == (Outcome.FAILED, "no_such_number")


@pytest.mark.parametrize("url", ["", "http://gateway", "sip:", "sip:a@b:123456"])
def test_a_gateway_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="sip_url"):
        channel(url)


def test_speech_is_chinese_and_kept() -> None:
    async def run() -> tuple[float, bool, bool]:
        speech = Speech()
        first = await speech.say("请立即转移到高处。")
        again = await speech.say("请立即转移到高处。")
        longer = await speech.say("请立即转移到高处。" * 400)
        return len(first) / 8_000, again is first, len(longer) < 70 * len(first)

    seconds, kept, bounded = asyncio.run(run())
    assert 1.0 < seconds < 6.0
    assert kept
    assert bounded


def test_a_recording_is_heard_in_the_texts_place_and_what_is_asked_after_it() -> None:
    kept = recorded(sound(4))
    recording = Recording(hashlib.sha256(kept).hexdigest(), seconds_of(kept), len(kept), "", called=True)
    content = Content("", "马上转移", heard=("元谋县叫应。", recording, "请朵基村负责人立即组织。"))

    async def lengths(find: Callable[[str], bytes | None]) -> list[float]:
        voice = VoiceChannel(VoiceConfig(("sip:127.0.0.1:1",), repeats=2, longest_s=10), lambda *_: True, find=find)
        whole = await voice._prepare(content)
        around = [await voice._speech.say(one) for one in ("元谋县叫应。", "请朵基村负责人立即组织。", content.body)]
        return [len(one) / RATE for one in (whole.text, *around)]

    played, before, after, _ = asyncio.run(lengths({recording.sha256: kept}.get))
    asked = played - before - after - recording.seconds
    assert 1.5 < asked < 6, "whole, once, since twice would be longer than a call may say it; then what is asked"
    said, *_, text = asyncio.run(lengths(lambda _: None))
    assert said > 2 * text, "what is not here is read, twice"


def test_whoever_picks_up_hears_the_recording_and_then_what_to_press() -> None:
    kept = recorded(sound(1.5))
    recording = Recording(hashlib.sha256(kept).hexdigest(), seconds_of(kept), len(kept), "", called=True)
    content = Content("", "马上转移", heard=("元谋县叫应。", recording))
    with Listener() as listener, sipp("silent", listener) as server:

        async def run() -> list[bytes]:
            config = VoiceConfig((server.url,), repeats=1, patience_s=0.5)
            voice = VoiceChannel(config, lambda *_: True, find={recording.sha256: kept}.get)
            await voice.send([outgoing()._replace(content=content)])
            await voice.close()
            return [encode(await Speech().say(one), PCMA) for one in ("元谋县叫应。", "收到请按一。")]

        name, question = asyncio.run(run())
        heard = listener.heard()
    frames = [pcm_of(heard[at : at + FRAME]) for at in range(0, len(heard) - FRAME, FRAME)]
    tones = [at for at, frame in enumerate(frames) if is_tone(frame, 440)]
    assert 1.4 < (tones[-1] + 1 - tones[0]) * FRAME / RATE < 1.6, "the recording, whole"
    assert len(tones) >= 0.95 * (tones[-1] + 1 - tones[0]), "and nothing else meanwhile"
    said = [heard.index(name), heard.index(question)]
    assert said[0] < tones[0] * FRAME < tones[-1] * FRAME < said[1]


def pcm_of(octets: bytes) -> list[float]:
    """A-law as samples (G.711 table 1a), by another's decoder."""
    decoder = av.CodecContext.create("pcm_alaw", "r")
    assert isinstance(decoder, AudioCodecContext)
    decoder.sample_rate, decoder.layout = RATE, "mono"
    (frame,) = decoder.decode(av.Packet(octets))
    return [float(one) for one in frame.to_ndarray()[0]]


def is_tone(frame: list[float], hertz: int) -> bool:
    """Whether nine tenths of the energy are at this frequency (Goertzel)."""
    factor, last, before = 2 * math.cos(math.tau * hertz / RATE), 0.0, 0.0
    for sample in frame:
        last, before = sample + factor * last - before, last
    power = last**2 + before**2 - factor * last * before
    energy = sum(sample**2 for sample in frame)
    return energy > len(frame) * 1_000**2 and power > 0.9 * energy * len(frame) / 2


def test_english_is_said_by_its_own_voice_and_names_in_chinese() -> None:
    async def run() -> list[int]:
        speech = Speech()
        texts = ("Act now in 朵基村.", "Act now in", "朵基村")
        mixed, english = [await speech.say(one, "en") for one in texts[:2]]
        return [len(one) for one in (mixed, english, await speech.say(texts[2]), await speech.say(texts[1]))]

    mixed, english, name, spelt = asyncio.run(run())
    assert mixed == english + name
    assert english != spelt


def test_nothing_is_said_where_nobody_can_speak() -> None:
    async def run() -> None:
        assert len(await Speech().say("  ")) == 0
        await Speech(program="no-such-program").say("喂")

    with pytest.raises(NoSpeech):
        asyncio.run(run())
