"""The loudspeaker's language: what is not signed, changed or of another device is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.loudspeaker import (
    BadCommand,
    Command,
    Playback,
    loudspeaker_key,
    loudspeaker_of,
    read_command,
    read_playback,
    write_command,
    write_playback,
)

KEY = loudspeaker_key(b"master", "horn")
NOW = datetime(2026, 11, 20, 6, 3, tzinfo=UTC)
COMMAND = Command("d", "a", 7, "演练，马上转移。", NOW, NOW + timedelta(hours=1))
PLAYBACK = Playback("horn", "d", "delivered", NOW)


def test_it_reads_back() -> None:
    assert read_command(write_command(COMMAND, KEY), KEY) == COMMAND
    assert read_playback("horn", write_playback(PLAYBACK, KEY), KEY) == PLAYBACK


def test_another_key_is_refused() -> None:
    with pytest.raises(BadCommand):
        read_command(write_command(COMMAND, loudspeaker_key(b"master", "other")), KEY)
    with pytest.raises(BadCommand):
        read_command(write_command(COMMAND, loudspeaker_key(b"other", "horn")), KEY)


def test_any_changed_byte_is_refused() -> None:
    payload = write_command(COMMAND, KEY)
    for place in range(len(payload)):
        changed = payload[:place] + bytes([payload[place] ^ 1]) + payload[place + 1 :]
        with pytest.raises(BadCommand):
            read_command(changed, KEY)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_payload_is_refused_and_nothing_else(payload: bytes) -> None:
    with pytest.raises(BadCommand):
        read_command(payload, KEY)
    with pytest.raises(BadCommand):
        read_playback("horn", payload, KEY)


@pytest.mark.parametrize("payload", [b"[]", b"1", b'{"signature":1}', b"[" * 100_000, b'{"a":NaN}', b'{"a":1e999}'])
def test_strange_json_is_refused(payload: bytes) -> None:
    with pytest.raises(BadCommand):
        read_command(payload, KEY)


def test_a_state_nobody_knows_is_refused() -> None:
    with pytest.raises(BadCommand):
        read_playback("horn", write_playback(replace(PLAYBACK, state="answered"), KEY), KEY)


def test_topics() -> None:
    assert loudspeaker_of("loudspeakers/x/receipt") == "x"
    for topic in ("loudspeakers/x", "other/x/receipt", "loudspeakers/x/y/receipt"):
        with pytest.raises(BadCommand):
            loudspeaker_of(topic)
