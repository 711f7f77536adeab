"""STUN, against another implementation, and against noise."""

from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from media import ice
from tests.fuzzing import PACKETS, dice, fuzz

PASSWORD = "a-password-of-some-length"
TRANSACTION = bytes(range(12))


def their_request(username: str, password: str, nominate: bool) -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, TRANSACTION)
    message.attributes["USERNAME"] = username
    message.attributes["PRIORITY"] = 5
    message.attributes["ICE-CONTROLLING"] = 77
    if nominate:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(password.encode())
    return bytes(message)


def authentic(data: bytes) -> stun.Message:
    """Our message as the other implementation reads it; its fingerprint and integrity hold."""
    message = stun.parse_message(data)
    assert message.check_message_integrity(PASSWORD.encode())
    return message


@given(st.text("abcXYZ019+/", min_size=1, max_size=30), st.booleans())
def test_their_request_is_understood(name: str, nominate: bool) -> None:
    data = their_request(f"{name}:theirs", PASSWORD, nominate)
    binding = ice.parse(data)
    assert binding is not None
    assert (binding.kind, binding.username, binding.use_candidate) == (ice.REQUEST, f"{name}:theirs", nominate)
    assert ice.verify(data, binding, PASSWORD)
    assert not ice.verify(data, binding, PASSWORD + "x")


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6, network="2001:db8::/32"), st.integers(1, 65535))
def test_our_response_is_understood(address: object, port: int) -> None:
    binding = ice.parse(their_request("a:b", PASSWORD, True))
    assert binding is not None
    message = authentic(ice.response(binding, (str(address), port), PASSWORD))
    assert message.transaction_id == TRANSACTION
    assert message.attributes["XOR-MAPPED-ADDRESS"] == (str(address), port)


def test_a_mapped_address_is_told_as_ipv4() -> None:
    binding = ice.parse(their_request("a:b", PASSWORD, True))
    assert binding is not None
    message = authentic(ice.response(binding, ("::ffff:192.0.2.7", 9), PASSWORD))
    assert message.attributes["XOR-MAPPED-ADDRESS"] == ("192.0.2.7", 9)


def test_our_request_is_understood() -> None:
    message = authentic(ice.request(TRANSACTION, "them:us", PASSWORD, 99))
    assert message.message_class is stun.Class.REQUEST
    assert message.attributes["USERNAME"] == "them:us"
    assert message.attributes["ICE-CONTROLLED"] == 99


def test_any_changed_byte_before_the_integrity_is_noticed() -> None:
    data = their_request("someone:else", PASSWORD, False)
    binding = ice.parse(data)
    assert binding is not None
    for at in range(binding.integrity_at + 24):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        again = ice.parse(changed)
        assert again is None or not ice.verify(changed, again, PASSWORD)


@fuzz
def test_noise_is_nothing() -> None:
    chance = dice(5)
    good = their_request("someone:else", PASSWORD, True)
    for _ in range(PACKETS // 5):
        data = bytearray(good)
        for _ in range(3):
            data[chance.randrange(len(data))] = chance.randrange(256)
        binding = ice.parse(bytes(data[: chance.randrange(len(data) + 1)]))
        if binding is not None:
            ice.verify(bytes(data), binding, PASSWORD)
        ice.parse(chance.randbytes(chance.randrange(60)))
