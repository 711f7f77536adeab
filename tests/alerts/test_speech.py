"""What thirty villages hear is made once, and the first telephone does not wait for the last."""

import asyncio

from alerts.sip.audio import Samples
from alerts.sip.speech import Speech

COMMON = ("西舍路镇发布暴雨红色预警。", "请立即转移到安置点。")


class Counted(Speech):
    """eSpeak NG itself, with what it was asked to say."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def _spoken(self, text: str, voice: str) -> Samples:
        self.asked.append(text)
        return super()._spoken(text, voice)


async def test_each_sentence_is_spoken_once_in_the_order_of_the_calls() -> None:
    speech, ready = Counted(), list[int]()

    async def call(number: int) -> int:
        samples = await speech.say("".join((*COMMON, f"您负责第{number}村。")))
        ready.append(number)
        return len(samples)

    lengths = await asyncio.gather(*map(call, range(8)))
    assert speech.asked == [*COMMON, *(f"您负责第{number}村。" for number in range(8))]
    assert ready[0] == 0
    assert len(await speech.say(COMMON[0])) < min(lengths)
    assert len(speech.asked) == 10, "kept for the next"


async def test_whoever_hangs_up_takes_the_sentence_from_nobody_else() -> None:
    speech = Counted()
    first, second = (asyncio.create_task(speech.say(COMMON[0])) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert len(await second) > 8_000
    assert speech.asked == [COMMON[0]]
