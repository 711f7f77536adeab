"""A device that is really too slow: it shows fewer pictures, its sound stays whole, all come back. `make weak`."""

from pathlib import Path

import pytest

from scripts.bench import keep
from tests.media import browser
from tests.media.slow_device import between, slow_device

pytestmark = [
    pytest.mark.skipif(
        not (browser.CHROMIUM.exists() and (browser.UI / "node_modules" / ".bin" / "tsc").exists()),
        reason="needs Debian's chromium and the front end's packages",
    ),
    pytest.mark.timeout(300),
    pytest.mark.weak,
]
PICTURES, LEFT = 4, 2


def all_move(moving: int, most: int | None) -> bool:
    return most is None and moving == PICTURES


def fewer_move(moving: int, most: int | None) -> bool:
    return most is not None and moving == most <= LEFT


async def test_pictures_are_given_up_and_sound_is_not(tmp_path: Path) -> None:
    async with slow_device(tmp_path, PICTURES) as device:
        await device.until(all_move, within_s=30)
        calm = await device.count()

        gave_up_s = await device.be_too_busy(fewer_move, within_s=20)
        fewer = await device.count()
        while_slow = between(calm, fewer)

        device.be_busy(0)
        came_back_s = await device.until(all_move, within_s=180)
        whole = between(fewer, await device.count())
        figures: dict[str, object] = {
            "pictures": PICTURES,
            "left": fewer.most,
            "gave_up_s": round(gave_up_s, 1),
            "came_back_s": round(came_back_s, 1),
            "decoded_of_received_while_slow": round(sum(while_slow.decoded_per_s) / sum(while_slow.received_per_s), 2),
            "concealed_percent_while_slow": round(100 * while_slow.concealed_share, 2),
            "concealed_percent_after": round(100 * whole.concealed_share, 2),
        }
        print(f"\nslow device: {figures}")  # noqa: T201  # the table of `make weak`
        keep("slow_device", figures)
        assert while_slow.concealed_share <= 0.05
        assert whole.concealed_share <= 0.02
